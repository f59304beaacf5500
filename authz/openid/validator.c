/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/openid/validator.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "authz/openid/lookup.h"

#define BUCKETS       1024
#define KEY_SIZE      32
#define QUESTIONS_MAX 8192

/* A token that is being looked up, or whose owner is known. */
struct owner {
    struct validator *validator;
    struct owner *next;          /* in its bucket */
    struct owner *older, *newer; /* in order of being made */
    unsigned char key[KEY_SIZE];
    struct lookup *lookup;        /* under way */
    struct validation *questions; /* that wait for it */
    usec_t until;
    char user_id[USER_ID_SIZE];
};

struct validation {
    struct validator *validator;
    struct validation *next;
    validation_done *done; /* NULL: cancelled */
    void *arg;
    struct loop_task task; /* for an answer from memory */
    enum cause cause;
    char user_id[USER_ID_SIZE];
};

struct validator {
    struct directory *directory;
    struct outbound *out;
    const struct config_authz *config;
    struct owner *buckets[BUCKETS], *oldest, *newest;
    size_t owners, questions;
    struct validator_counters counters;
};

struct validator *validator_create(struct directory *d, struct outbound *o,
                                   const struct config_authz *c)
{
    struct validator *v = calloc(1, sizeof(*v));
    if (!v)
        return NULL;
    v->directory = d;
    v->out = o;
    v->config = c;
    return v;
}

static struct owner **bucket_of(struct validator *v, const unsigned char *key)
{
    return &v->buckets[(key[0] | key[1] << 8) % BUCKETS];
}

static void owner_free(struct owner *o)
{
    struct validator *v = o->validator;
    struct owner **at = bucket_of(v, o->key);
    while (*at != o)
        at = &(*at)->next;
    *at = o->next;
    *(o->older ? &o->older->newer : &v->oldest) = o->newer;
    *(o->newer ? &o->newer->older : &v->newest) = o->older;
    if (o->lookup)
        lookup_cancel(o->lookup);
    v->owners--;
    free(o);
}

static void validation_free(struct validation *q)
{
    loop_unpost(q->validator->out->loop, &q->task);
    q->validator->questions--;
    free(q);
}

void validator_destroy(struct validator *v)
{
    if (!v)
        return;
    while (v->oldest) {
        while (v->oldest->questions) {
            struct validation *q = v->oldest->questions;
            v->oldest->questions = q->next;
            validation_free(q);
        }
        owner_free(v->oldest);
    }
    free(v);
}

const struct validator_counters *validator_counters(const struct validator *v)
{
    return &v->counters;
}

static void tell(struct validation *q, enum cause cause, const char *user_id)
{
    if (q->done)
        q->done(q->arg, cause, user_id);
    validation_free(q);
}

static void tell_later(void *arg)
{
    struct validation *q = arg;
    tell(q, q->cause, q->user_id);
}

static void on_lookup(void *arg, enum cause cause, const char *user_id)
{
    struct owner *o = arg;
    struct validator *v = o->validator;
    struct validation *q = o->questions;
    o->lookup = NULL;
    o->questions = NULL;
    v->counters.answered[cause]++;
    if (cause == CAUSE_NONE) {
        memcpy(o->user_id, user_id, strlen(user_id) + 1);
        o->until = clock_monotonic() + VALIDATOR_REMEMBER;
    } else {
        owner_free(o);
    }
    while (q) {
        struct validation *next = q->next;
        tell(q, cause, user_id);
        q = next;
    }
}

static struct owner *find(struct validator *v, const unsigned char *key)
{
    struct owner *o = *bucket_of(v, key);
    while (o && memcmp(o->key, key, KEY_SIZE) != 0)
        o = o->next;
    return o;
}

/* Forgets who is known no longer; if the place is full, also who is known longest. */
static void make_room(struct validator *v, usec_t now)
{
    struct owner *o = v->oldest;
    while (o) {
        struct owner *newer = o->newer;
        bool over = o->until <= now || v->owners >= VALIDATOR_REMEMBERED_MAX;
        if (!o->lookup && !over)
            break;
        if (!o->lookup)
            owner_free(o);
        o = newer;
    }
}

static struct owner *owner_new(struct validator *v, const unsigned char *key, const char *server,
                               const char *access_token)
{
    make_room(v, clock_monotonic());
    struct owner *o = calloc(1, sizeof(*o)), **bucket = bucket_of(v, key);
    if (!o)
        return NULL;
    o->validator = v;
    memcpy(o->key, key, KEY_SIZE);
    o->next = *bucket;
    *bucket = o;
    o->older = v->newest;
    *(v->newest ? &v->newest->newer : &v->oldest) = o;
    v->newest = o;
    v->owners++;
    o->lookup = lookup_start(v->directory, v->out, v->config, server, access_token, on_lookup, o);
    if (o->lookup)
        return o;
    owner_free(o);
    return NULL;
}

/* Tokens are kept as hashes only. */
static bool make_key(const char *server, const char *access_token, unsigned char *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
              EVP_DigestUpdate(ctx, server, strlen(server) + 1) &&
              EVP_DigestUpdate(ctx, access_token, strlen(access_token)) &&
              EVP_DigestFinal_ex(ctx, key, NULL);
    EVP_MD_CTX_free(ctx);
    return ok;
}

static struct validation *validation_new(struct validator *v, validation_done *done, void *arg)
{
    struct validation *q = v->questions < QUESTIONS_MAX ? calloc(1, sizeof(*q)) : NULL;
    if (!q)
        return NULL;
    v->questions++;
    q->validator = v;
    q->done = done;
    q->arg = arg;
    q->task = (struct loop_task){.run = tell_later, .arg = q};
    return q;
}

static void answer_from_memory(struct validation *q, const struct owner *o)
{
    q->validator->counters.remembered++;
    memcpy(q->user_id, o->user_id, sizeof(q->user_id));
    loop_post(q->validator->out->loop, &q->task);
}

struct validation *validator_ask(struct validator *v, const char *server, const char *access_token,
                                 validation_done *done, void *arg)
{
    unsigned char key[KEY_SIZE];
    struct validation *q = validation_new(v, done, arg);
    if (!q || !make_key(server, access_token, key))
        goto fail;
    struct owner *o = find(v, key);
    if (o && !o->lookup && o->until > clock_monotonic()) {
        answer_from_memory(q, o);
        return q;
    }
    if (o && !o->lookup) {
        owner_free(o);
        o = NULL;
    }
    if (o)
        v->counters.joined++;
    else
        o = owner_new(v, key, server, access_token);
    if (!o)
        goto fail;
    q->next = o->questions;
    o->questions = q;
    return q;
fail:
    if (q)
        validation_free(q);
    return NULL;
}

void validation_cancel(struct validation *q)
{
    q->done = NULL;
}
