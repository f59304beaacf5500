/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/srtp/engine.h"

#include <openssl/crypto.h>
#include <string.h>

/* Best first. */
static const struct srtp_engine_ops *const engines[] = {
#ifdef SLUICE_IPSEC_MB
    &srtp_engine_ipsec_mb,
#endif
    &srtp_engine_evp,
};

struct srtp_engine *srtp_engine_create(const char *name)
{
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        if (name && strcmp(name, engines[i]->name) != 0)
            continue;
        struct srtp_engine *e = engines[i]->create();
        if (e) {
            e->ops = engines[i];
            return e;
        }
    }
    return NULL;
}

void srtp_engine_destroy(struct srtp_engine *e)
{
    if (e)
        e->ops->destroy(e);
}

const char *srtp_engine_name(const struct srtp_engine *e)
{
    return e->ops->name;
}

struct srtp_key *srtp_key_create(const struct srtp_engine *e, const struct srtp_master *m)
{
    struct srtp_session_keys session;
    struct srtp_key *k = NULL;
    if (srtp_derive(m, &session))
        k = e->ops->key_create(e, &session);
    if (k) {
        k->ops = e->ops;
        k->profile = m->profile;
        memcpy(k->salt[SRTP_USE_RTP], session.rtp.salt, SRTP_SALT_MAX);
        memcpy(k->salt[SRTP_USE_RTCP], session.rtcp.salt, SRTP_SALT_MAX);
    }
    OPENSSL_cleanse(&session, sizeof session);
    return k;
}

void srtp_key_destroy(struct srtp_key *k)
{
    if (k)
        k->ops->key_destroy(k);
}

enum srtp_profile srtp_key_profile(const struct srtp_key *k)
{
    return k->profile;
}

void srtp_protect(struct srtp_engine *e, const struct srtp_job *jobs, size_t n)
{
    e->ops->protect(e, jobs, n);
}
