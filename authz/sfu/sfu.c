/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/sfu/sfu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authz/sfu/request.h"
#include "authz/token/ticket.h"
#include "common/log.h"

#define ROOM_TIME     (8 * USEC_PER_SEC) /* for a room, with all attempts */
#define PRESENCE_TIME (5 * USEC_PER_SEC)
#define PAUSE         (300 * USEC_PER_MS)
#define ANSWER_MAX    (1u << 20)
#define TICKET_TIME_S 600

struct sfu {
    struct outbound *out;
    const struct config_authz *config;
    char api_url[AUTHZ_URL], socket[CONFIG_TEXT + 32];
};

struct sfu_question {
    struct sfu *sfu;
    char *room, *identity; /* identity NULL: the room is to be made */
    bool local;
    usec_t deadline, pause;
    struct exchange *exchange;
    struct loop_timer timer;
    sfu_room_done *room_done;
    sfu_presence_done *presence_done;
    void *arg;
};

bool sfu_api_url(const char *url, char *out, size_t size)
{
    static const char *const schemes[][2] = {{"wss://", "https://"},
                                             {"ws://", "http://"},
                                             {"https://", "https://"},
                                             {"http://", "http://"}};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t n = strlen(schemes[i][0]);
        if (strncmp(url, schemes[i][0], n) != 0 || !url[n])
            continue;
        int length = snprintf(out, size, "%s%s", schemes[i][1], url + n);
        if (length < 0 || (size_t)length >= size)
            return false;
        while (length > 0 && out[length - 1] == '/')
            out[--length] = 0;
        return true;
    }
    return false;
}

struct sfu *sfu_create(struct outbound *o, const struct config_authz *c)
{
    struct sfu *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->out = o;
    s->config = c;
    snprintf(s->socket, sizeof(s->socket), "%s/control.sock", c->run_dir);
    if (sfu_api_url(c->livekit_url, s->api_url, sizeof(s->api_url)) || c->sfu == AUTHZ_SFU_LOCAL)
        return s;
    log_error("sfu", "LIVEKIT_URL is not a ws, wss, http or https URL");
    free(s);
    return NULL;
}

void sfu_destroy(struct sfu *s)
{
    free(s);
}

bool sfu_is_local(const struct sfu *s)
{
    if (s->config->sfu == AUTHZ_SFU_AUTO)
        return access(s->socket, F_OK) == 0;
    return s->config->sfu == AUTHZ_SFU_LOCAL;
}

const char *sfu_local_socket(const struct sfu *s)
{
    return s->socket;
}

static void question_free(struct sfu_question *q)
{
    if (q->exchange)
        exchange_cancel(q->exchange);
    loop_timer_cancel(q->sfu->out->loop, &q->timer);
    free(q->room);
    free(q->identity);
    free(q);
}

static void attempt(struct sfu_question *q);

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    attempt(arg);
}

static void end_room(struct sfu_question *q, bool exists, enum cause cause)
{
    q->room_done(q->arg, exists, cause);
    question_free(q);
}

static void room_answered(struct sfu_question *q, enum cause cause, const char *detail)
{
    usec_t now = clock_monotonic();
    if (cause == CAUSE_NONE) {
        end_room(q, true, cause);
        return;
    }
    log_warn("sfu", "room not created way=%s cause=%s detail=\"%s\"", q->local ? "local" : "twirp",
             cause_name(cause), detail);
    /* a SFU that just starts refuses connections, and so does its proxy with 5xx */
    if (!cause_is_transient(cause) || now + q->pause >= q->deadline) {
        end_room(q, false, cause);
        return;
    }
    loop_timer_after(q->sfu->out->loop, &q->timer, q->pause);
    q->pause *= 2;
}

static void on_answer(void *arg, const struct transfer_answer *a)
{
    struct sfu_question *q = arg;
    q->exchange = NULL;
    if (!q->identity) {
        enum cause cause = a->cause;
        if (cause == CAUSE_NONE && a->status != 200)
            cause = cause_of_status(a->status);
        room_answered(q, cause, a->detail);
        return;
    }
    enum presence p = PRESENCE_UNKNOWN;
    if (a->cause == CAUSE_NONE)
        p = q->local ? sfu_local_presence(a->status, a->body, a->length)
                     : sfu_twirp_presence(a->status, a->body, a->length);
    q->presence_done(q->arg, p);
    question_free(q);
}

/* "Bearer <token>" from malloc. */
static char *authorization_of(const struct sfu_question *q)
{
    const struct api_key *key = &q->sfu->config->keys.list[0];
    const struct ticket t = {
        .key = key->key,
        .secret = key->secret,
        .room = q->identity ? q->room : NULL,
        .room_create = !q->identity,
        .room_admin = q->identity != NULL,
        .now = (int64_t)(clock_realtime() / USEC_PER_SEC),
        .valid_s = TICKET_TIME_S,
    };
    char *token = ticket_sign(&t), *value = NULL;
    if (token && asprintf(&value, "Bearer %s", token) < 0)
        value = NULL;
    free(token);
    return value;
}

static void send_message(struct sfu_question *q, const struct sfu_message *m)
{
    struct sfu *s = q->sfu;
    usec_t now = clock_monotonic();
    char *url = NULL, *authorization = q->local ? NULL : authorization_of(q);
    if (asprintf(&url, "%s%s%s", q->local ? "http://control" : s->api_url, m->path,
                 m->query ? m->query : "") < 0)
        url = NULL;
    const struct exchange_request r = {
        .method = m->body ? "POST" : "GET",
        .url = url,
        .unix_socket = q->local ? s->socket : NULL,
        .authorization = authorization,
        .content_type = m->content_type,
        .body = m->body,
        .body_length = m->length,
        .own = true,
        .plain_http = true,
        .answer_max = ANSWER_MAX,
        .timeout = q->deadline > now ? q->deadline - now : USEC_PER_MS,
    };
    if (url)
        q->exchange = exchange_start(s->out, &r, on_answer, q);
    free(url);
    free(authorization);
}

static void attempt(struct sfu_question *q)
{
    struct sfu_message m;
    q->local = sfu_is_local(q->sfu);
    bool ok = q->local ? sfu_local_message(&m, q->room, q->identity)
                       : sfu_twirp_message(&m, q->room, q->identity);
    if (ok)
        send_message(q, &m);
    sfu_message_free(&m);
    if (q->exchange)
        return;
    if (!q->identity) {
        room_answered(q, CAUSE_BUSY, "");
        return;
    }
    q->presence_done(q->arg, PRESENCE_UNKNOWN);
    question_free(q);
}

static struct sfu_question *question_new(struct sfu *s, const char *room, const char *identity,
                                         usec_t time)
{
    struct sfu_question *q = calloc(1, sizeof(*q));
    if (!q)
        return NULL;
    q->sfu = s;
    q->pause = PAUSE;
    q->deadline = clock_monotonic() + time;
    q->timer = (struct loop_timer){.fire = on_timer, .arg = q};
    q->room = strdup(room);
    q->identity = identity ? strdup(identity) : NULL;
    if (!q->room || (identity && !q->identity)) {
        question_free(q);
        return NULL;
    }
    loop_timer_after(s->out->loop, &q->timer, 0);
    return q;
}

struct sfu_question *sfu_create_room(struct sfu *s, const char *room, sfu_room_done *done,
                                     void *arg)
{
    struct sfu_question *q = question_new(s, room, NULL, ROOM_TIME);
    if (!q)
        return NULL;
    q->room_done = done;
    q->arg = arg;
    return q;
}

struct sfu_question *sfu_presence(struct sfu *s, const char *room, const char *identity,
                                  sfu_presence_done *done, void *arg)
{
    struct sfu_question *q = question_new(s, room, identity, PRESENCE_TIME);
    if (!q)
        return NULL;
    q->presence_done = done;
    q->arg = arg;
    return q;
}

void sfu_cancel(struct sfu_question *q)
{
    question_free(q);
}
