/* SPDX-License-Identifier: Apache-2.0 */
#include "control/settings.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LiveKit's. */
#define TTL_STANDARD 14400

static void add_ice(struct settings *s, const struct ice_server *server, const char *scheme,
                    const char *host, const char *rest)
{
    size_t n = s->rooms.ice_server_count;
    if (n >= sizeof s->ice / sizeof *s->ice)
        return;
    bool bare = strchr(host, ':') && *host != '[' && *scheme == 't';
    int length =
        snprintf(s->urls[n], SETTINGS_URL_MAX, bare ? "%s:[%s]%s" : "%s:%s%s", scheme, host, rest);
    if (length < 0 || length >= SETTINGS_URL_MAX)
        return;
    s->ice[n] = *server;
    s->ice[n].url = s->urls[n];
    s->rooms.ice_server_count++;
}

static void add_turn(struct settings *s, const struct config_turn_server *t)
{
    struct ice_server server = {.username = t->username,
                                .credential = t->credential,
                                .secret = t->secret,
                                .ttl = t->ttl ? t->ttl : TTL_STANDARD,
                                .tls = strcmp(t->protocol, "tls") == 0};
    char rest[40];
    snprintf(rest, sizeof rest, ":%u?transport=%s", t->port,
             strcmp(t->protocol, "udp") == 0 ? "udp" : "tcp");
    add_ice(s, &server, server.tls ? "turns" : "turn", t->host, rest);
}

static void add_stun(struct settings *s, const char *host)
{
    const struct ice_server server = {.username = "", .credential = "", .secret = ""};
    add_ice(s, &server, "stun", host, "");
}

static void read_range(struct turn_settings *t, const char *cidr)
{
    char ip[NET_ADDR_TEXT];
    const char *slash = strchr(cidr, '/');
    snprintf(ip, sizeof ip, "%.*s", (int)(slash ? slash - cidr : NET_ADDR_TEXT), cidr);
    struct address_range *r = &t->denied[t->denied_count];
    if (t->denied_count == TURN_DENIED_MAX || !net_addr_parse(&r->prefix, ip, 0))
        return;
    unsigned most = r->prefix.family == 4 ? 32 : 128;
    r->bits = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : most;
    t->denied_count++;
}

static void read_turn(struct turn_settings *t, const struct config *c)
{
    if (!c->turn.enabled)
        return;
    t->udp_port = c->turn.udp_port;
    t->tls_port = c->turn.tls_port ? c->sluice.turn_public_tls_port : 0;
    t->domain = c->turn.domain;
    t->ttl = c->turn.ttl;
    for (size_t i = 0; i < c->turn.deny_peer_cidrs.n; i++)
        read_range(t, c->turn.deny_peer_cidrs.text[i]);
}

/* A TURN server answers a STUN client too. */
static void read_ice(struct settings *s, const struct config *c)
{
    s->rooms.ice_servers = s->ice;
    read_turn(&s->rooms.turn, c);
    for (size_t i = 0; i < c->rtc.n_turn_servers; i++)
        add_turn(s, &c->rtc.turn_servers[i]);
    for (size_t i = 0; i < c->rtc.stun_servers.n; i++)
        add_stun(s, c->rtc.stun_servers.text[i]);
    if (s->rooms.ice_server_count > 0 || s->rooms.turn.udp_port != 0)
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
    r->track_limit = c->limit.num_tracks;
    r->force_tcp = c->rtc.force_tcp;
    r->allow_tcp_fallback = c->rtc.allow_tcp_fallback;
    r->tcp_fallback_rtt = c->rtc.tcp_fallback_rtt_ms;
    r->estimate_bandwidth = c->rtc.congestion_control;
    r->send_side_bwe = c->rtc.send_side_bwe;
    r->allow_pause = c->rtc.allow_pause;
    r->codecs = read_codecs(c);
    r->region = c->region;
    r->dynacast_pause_delay = c->dynacast_pause_delay;
    r->codec_regression_threshold = c->codec_regression_threshold;
    r->keys = keys;
    r->name_limit = c->limit.max_participant_name_length;
    r->metadata_limit = c->limit.max_metadata_size;
    r->attributes_limit = c->limit.max_attributes_size;
    r->data_tracks = c->data_tracks;
    r->data_blobs = c->data_blobs;
    r->data_blobs_size = c->limit.max_data_blobs_size;
    r->data_blob_key_length = c->limit.max_data_blob_key_length;
    r->data_track_encoding_length = c->limit.max_data_track_custom_encoding_length;
    r->speaker_level = c->audio.active_level;
    r->speaker_percent = c->audio.min_percentile;
    r->speaker_smoothing = c->audio.smooth_intervals;
    r->speaker_interval = c->audio.update_interval_ms;
    r->bytes_per_second = c->limit.bytes_per_sec;
    r->subscriptions_video = c->limit.subscriptions_video;
    r->subscriptions_audio = c->limit.subscriptions_audio;
    r->sync_streams = c->room.sync_streams;
    r->update_size = c->room.update_batch_target_size;
    read_ice(s, c);
}
