/* SPDX-License-Identifier: Apache-2.0 */
#include "control/settings.h"

#include "common/log.h"

#include <stdio.h>
#include <string.h>

static void add_ice(struct settings *s, const char *username, const char *credential,
                    const char *format, const char *host, unsigned port, const char *transport)
{
    size_t n = s->rooms.ice_server_count;
    if (n >= sizeof s->ice / sizeof *s->ice)
        return;
    int length = snprintf(s->urls[n], SETTINGS_URL_MAX, format, host, port, transport);
    if (length < 0 || length >= SETTINGS_URL_MAX)
        return;
    s->ice[n] =
        (struct ice_server){.url = s->urls[n], .username = username, .credential = credential};
    s->rooms.ice_server_count++;
}

static void add_turn(struct settings *s, const struct config_turn_server *t)
{
    bool tls = strcmp(t->protocol, "tls") == 0;
    add_ice(s, t->username, t->credential,
            tls ? "turns:%s:%u?transport=%s" : "turn:%s:%u?transport=%s", t->host, t->port,
            tls || strcmp(t->protocol, "tcp") == 0 ? "tcp" : "udp");
}

static void add_stun(struct settings *s, const char *server)
{
    add_ice(s, "", "", "stun:%s", server, 0, "");
}

static void read_ice(struct settings *s, const struct config *c)
{
    s->rooms.ice_servers = s->ice;
    for (size_t i = 0; i < c->rtc.n_turn_servers; i++)
        add_turn(s, &c->rtc.turn_servers[i]);
    for (size_t i = 0; i < c->rtc.stun_servers.n; i++)
        add_stun(s, c->rtc.stun_servers.text[i]);
    if (s->rooms.ice_server_count > 0)
        return;
    size_t count;
    const char *const *standard = config_default_stun(&count);
    for (size_t i = 0; i < count; i++)
        add_stun(s, standard[i]);
}

static sdp_codec_set read_codecs(const struct config *c)
{
    sdp_codec_set set = 0;
    for (size_t i = 0; i < c->room.enabled_codecs.n; i++) {
        enum sdp_codec codec = sdp_codec_by_mime(c->room.enabled_codecs.text[i]);
        if (codec != SDP_CODEC_UNKNOWN)
            set |= 1u << codec;
    }
    return set ? set : SDP_CODECS_ALL;
}

void settings_read_keys(struct api_keys *keys, const struct config *c)
{
    api_keys_wipe(keys);
    for (size_t i = 0; i < c->n_keys; i++) {
        if (!api_keys_add(keys, c->keys[i].key, c->keys[i].secret))
            log_warn("control", "API key cannot be used: key=%s", c->keys[i].key);
        if (strlen(c->keys[i].secret) < API_SECRET_ADVISED)
            log_warn("control", "secret is shorter than %d characters: key=%s", API_SECRET_ADVISED,
                     c->keys[i].key);
    }
}

void settings_read(struct settings *s, const struct config *c, const struct api_keys *keys)
{
    struct rooms_config *r = &s->rooms;
    rooms_config_default(r);
    r->auto_create = c->room.auto_create;
    r->empty_timeout = c->room.empty_timeout;
    r->departure_timeout = c->room.departure_timeout;
    r->max_participants = c->room.max_participants;
    r->capacity = c->sluice.max_participants;
    r->codecs = read_codecs(c);
    r->region = c->region;
    r->dynacast_pause_delay = c->dynacast_pause_delay;
    r->keys = keys;
    r->data_tracks = c->data_tracks;
    r->data_blobs = c->data_blobs;
    r->data_blobs_size = c->limit.max_data_blobs_size;
    r->data_blob_key_length = c->limit.max_data_blob_key_length;
    r->data_track_encoding_length = c->limit.max_data_track_custom_encoding_length;
    r->speaker_level = c->audio.active_level;
    r->speaker_percent = c->audio.min_percentile;
    r->speaker_smoothing = c->audio.smooth_intervals;
    read_ice(s, c);
}
