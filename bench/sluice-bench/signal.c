/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/signal.h"

#include "bench/sluice-bench/websocket.h"
#include "common/base64.h"
#include "common/jwt/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_INTERVAL  (5 * USEC_PER_SEC)
#define TOKEN_LIFETIME (24 * 3600)

struct signal {
    struct ws_client *ws;
    signal_response_fn *response;
    void *user;
    usec_t next_ping;
};

/* --- the URL --- */

static char *make_token(const struct settings *s, const struct signal_join *join)
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
static char *make_join_request(const struct signal_join *join)
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

static char *make_target(const struct settings *s, const struct signal_join *join)
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

static void on_message(void *user, const uint8_t *data, size_t len)
{
    struct signal *g = user;
    Livekit__SignalResponse *m = livekit__signal_response__unpack(NULL, len, data);
    if (!m)
        return;
    g->response(g->user, m);
    livekit__signal_response__free_unpacked(m, NULL);
}

void signal_send(struct signal *g, const Livekit__SignalRequest *m)
{
    size_t len = livekit__signal_request__get_packed_size(m);
    uint8_t *data = malloc(len);
    if (!data)
        return;
    livekit__signal_request__pack(m, data);
    ws_client_send(g->ws, data, len);
    free(data);
}

void signal_send_offer(struct signal *g, char *sdp, unsigned id)
{
    Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
    offer.type = offer_type;
    offer.sdp = sdp;
    offer.id = id;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER;
    m.offer = &offer;
    signal_send(g, &m);
}

void signal_leave(struct signal *g)
{
    Livekit__LeaveRequest leave = LIVEKIT__LEAVE_REQUEST__INIT;
    leave.reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
    m.leave = &leave;
    signal_send(g, &m);
    ws_client_close(g->ws);
}

usec_t signal_deadline(const struct signal *g)
{
    return g->next_ping;
}

void signal_run(struct signal *g, usec_t now)
{
    if (now < g->next_ping)
        return;
    g->next_ping = now + PING_INTERVAL;
    Livekit__Ping ping = LIVEKIT__PING__INIT;
    ping.timestamp = (int64_t)(clock_realtime() / USEC_PER_MS);
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    m.ping_req = &ping;
    signal_send(g, &m);
}

/* --- life --- */

struct signal *signal_create(const struct settings *s, const struct signal_join *join,
                             signal_response_fn *response, void *user)
{
    struct signal *g = calloc(1, sizeof *g);
    char *target = make_target(s, join);
    if (g && target)
        g->ws = ws_client_create(s->host, s->port, target, on_message, g);
    free(target);
    if (!g || !g->ws) {
        free(g);
        return NULL;
    }
    g->response = response;
    g->user = user;
    g->next_ping = USEC_NEVER;
    return g;
}

void signal_destroy(struct signal *g)
{
    if (!g)
        return;
    ws_client_destroy(g->ws);
    free(g);
}

bool signal_input(struct signal *g, const uint8_t *data, size_t len, usec_t now)
{
    if (g->next_ping == USEC_NEVER)
        g->next_ping = now + PING_INTERVAL;
    return ws_client_input(g->ws, data, len);
}

const uint8_t *signal_output(struct signal *g, size_t *len)
{
    return ws_client_output(g->ws, len);
}

void signal_written(struct signal *g, size_t n)
{
    ws_client_written(g->ws, n);
}

const char *signal_error(const struct signal *g)
{
    return ws_client_error(g->ws);
}
