/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/livekit.h"

#include "common/base64.h"
#include "common/jwt/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_INTERVAL  (5 * USEC_PER_SEC)
#define TOKEN_LIFETIME (24 * 3600)

struct livekit {
    struct signal *signal;
    livekit_response_fn *response;
    void *user;
};

/* --- the URL --- */

static char *make_token(const struct settings *s, const struct livekit_join *join)
{
    struct api_keys keys = {0};
    struct claims c;
    char *token = NULL;
    int64_t now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    if (!api_keys_add(&keys, s->key, s->secret) || !claims_init(&c))
        return NULL;
    c.video.present = c.video.room_join = true;
    c.video.can_publish = join->publishes ? TRISTATE_TRUE : TRISTATE_FALSE;
    c.video.can_subscribe = join->subscribes ? TRISTATE_TRUE : TRISTATE_FALSE;
    c.not_before = c.issued_at = now;
    c.expires = now + TOKEN_LIFETIME;
    if (claims_set_text(&c.api_key, s->key) && claims_set_text(&c.identity, join->identity) &&
        claims_set_text(&c.name, join->identity) && claims_set_text(&c.video.room, join->room))
        token = token_sign(&keys, &c);
    claims_free(&c);
    return token;
}

static char client_version[] = "2.23.0", client_os[] = "Linux", client_browser[] = "Chrome",
            client_browser_version[] = "156.0", offer_type[] = "offer";

/* A JoinRequest inside its wrapper, base64url. */
static char *make_join_request(const struct livekit_join *join)
{
    Livekit__ClientInfo client = LIVEKIT__CLIENT_INFO__INIT;
    client.sdk = LIVEKIT__CLIENT_INFO__SDK__JS;
    client.version = client_version;
    client.protocol = 16;
    client.os = client_os;
    client.browser = client_browser;
    client.browser_version = client_browser_version;
    Livekit__ConnectionSettings connection = LIVEKIT__CONNECTION_SETTINGS__INIT;
    connection.auto_subscribe = join->subscribes;
    Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
    offer.type = offer_type;
    offer.sdp = (char *)(uintptr_t)join->offer;
    offer.id = 1;
    Livekit__JoinRequest request = LIVEKIT__JOIN_REQUEST__INIT;
    request.client_info = &client;
    request.connection_settings = &connection;
    request.publisher_offer = &offer;

    size_t len = livekit__join_request__get_packed_size(&request);
    uint8_t *inner = malloc(len);
    Livekit__WrappedJoinRequest wrapped = LIVEKIT__WRAPPED_JOIN_REQUEST__INIT;
    wrapped.join_request = (ProtobufCBinaryData){.data = inner, .len = len};
    size_t outer_len = livekit__wrapped_join_request__get_packed_size(&wrapped);
    uint8_t *outer = malloc(outer_len);
    char *text = malloc(BASE64_ENCODED_SIZE(outer_len));
    if (inner && outer && text) {
        livekit__join_request__pack(&request, inner);
        livekit__wrapped_join_request__pack(&wrapped, outer);
        base64_encode(outer, outer_len, BASE64_URL, true, text);
    }
    free(outer);
    free(inner);
    return text;
}

static char *make_target(const struct settings *s, const struct livekit_join *join)
{
    char *token = make_token(s, join), *request = make_join_request(join), *target = NULL;
    if (token && request &&
        asprintf(&target, "%s/rtc/v1?access_token=%s&join_request=%s", s->path, token, request) < 0)
        target = NULL;
    free(token);
    free(request);
    return target;
}

/* --- messages --- */

static void on_message(void *self, const uint8_t *data, size_t len)
{
    struct livekit *l = self;
    Livekit__SignalResponse *m = livekit__signal_response__unpack(NULL, len, data);
    if (!m)
        return;
    l->response(l->user, m);
    livekit__signal_response__free_unpacked(m, NULL);
}

void livekit_send(struct signal *g, const Livekit__SignalRequest *m)
{
    size_t len = livekit__signal_request__get_packed_size(m);
    uint8_t *data = malloc(len);
    if (!data)
        return;
    livekit__signal_request__pack(m, data);
    signal_write(g, data, len);
    free(data);
}

void livekit_send_offer(struct signal *g, char *sdp, unsigned id)
{
    Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
    offer.type = offer_type;
    offer.sdp = sdp;
    offer.id = id;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER;
    m.offer = &offer;
    livekit_send(g, &m);
}

static void on_leave(void *self)
{
    struct livekit *l = self;
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;
    leave.reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
    m.leave = &leave;
    livekit_send(l->signal, &m);
}

static void on_ping(void *self)
{
    struct livekit *l = self;
    Livekit__Ping ping = LIVEKIT__PING__INIT;
    ping.timestamp = (int64_t)(clock_realtime() / USEC_PER_MS);
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    m.ping_req = &ping;
    livekit_send(l->signal, &m);
}

static const struct signal_dialect dialect = {
    .ping_interval = PING_INTERVAL,
    .message = on_message,
    .ping = on_ping,
    .leave = on_leave,
    .destroy = free,
};

struct signal *livekit_open(const struct settings *s, const struct livekit_join *join,
                            livekit_response_fn *response, void *user)
{
    struct livekit *l = calloc(1, sizeof *l);
    char *target = make_target(s, join);
    if (!l || !target) {
        free(l);
        free(target);
        return NULL;
    }
    *l = (struct livekit){.response = response, .user = user};
    struct signal *g = signal_open(&dialect, l, s->host, s->port, target);
    free(target);
    if (g)
        l->signal = g;
    return g;
}
