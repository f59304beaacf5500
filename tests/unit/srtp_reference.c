/* SPDX-License-Identifier: Apache-2.0 */
/* libsrtp2's header declares two functions whose names are also ours. */
#define srtp_protect   libsrtp_protect
#define srtp_unprotect libsrtp_unprotect
#include <srtp2/srtp.h>
#undef srtp_protect
#undef srtp_unprotect

#include "tests/unit/srtp_support.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reference {
    srtp_t session;
};

typedef srtp_err_status_t (*packet_fn)(srtp_t ctx, void *buf, int *len);

static struct {
    typeof(srtp_create) *create;
    typeof(srtp_dealloc) *dealloc;
    typeof(srtp_set_stream_roc) *set_roc;
    packet_fn protect, unprotect, protect_rtcp, unprotect_rtcp;
    typeof(srtp_crypto_policy_set_from_profile_for_rtp) *rtp_policy;
    typeof(srtp_crypto_policy_set_from_profile_for_rtcp) *rtcp_policy;
} lib;

static void *symbol(void *handle, const char *name)
{
    void *p = dlsym(handle, name);
    if (!p) {
        fprintf(stderr, "libsrtp2: no %s\n", name);
        exit(1);
    }
    return p;
}

static void load(void)
{
    if (lib.create)
        return;
    void *handle = dlopen("libsrtp2.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        fprintf(stderr, "libsrtp2: %s\n", dlerror());
        exit(1);
    }
    typeof(srtp_init) *init = symbol(handle, "srtp_init");
    lib.create = symbol(handle, "srtp_create");
    lib.dealloc = symbol(handle, "srtp_dealloc");
    lib.set_roc = symbol(handle, "srtp_set_stream_roc");
    lib.protect = symbol(handle, "srtp_protect");
    lib.unprotect = symbol(handle, "srtp_unprotect");
    lib.protect_rtcp = symbol(handle, "srtp_protect_rtcp");
    lib.unprotect_rtcp = symbol(handle, "srtp_unprotect_rtcp");
    lib.rtp_policy = symbol(handle, "srtp_crypto_policy_set_from_profile_for_rtp");
    lib.rtcp_policy = symbol(handle, "srtp_crypto_policy_set_from_profile_for_rtcp");
    if (init() != srtp_err_status_ok)
        exit(1);
}

struct reference *reference_create(const struct srtp_master *m, bool outbound)
{
    load();
    struct reference *r = calloc(1, sizeof *r);
    uint8_t key[64];
    size_t key_len = srtp_key_length(m->profile);
    memcpy(key, m->key, key_len);
    memcpy(key + key_len, m->salt, sizeof m->salt);
    srtp_policy_t policy = {
        .ssrc.type = outbound ? ssrc_any_outbound : ssrc_any_inbound,
        .key = key,
        .window_size = 1024,
        .allow_repeat_tx = 1,
    };
    if (lib.rtp_policy(&policy.rtp, (srtp_profile_t)m->profile) != srtp_err_status_ok ||
        lib.rtcp_policy(&policy.rtcp, (srtp_profile_t)m->profile) != srtp_err_status_ok ||
        lib.create(&r->session, &policy) != srtp_err_status_ok) {
        fprintf(stderr, "libsrtp2: no session for profile %d\n", m->profile);
        exit(1);
    }
    return r;
}

void reference_destroy(struct reference *r)
{
    lib.dealloc(r->session);
    free(r);
}

static bool run(packet_fn fn, struct reference *r, uint8_t *buf, size_t *len)
{
    int n = (int)*len;
    srtp_err_status_t status = fn(r->session, buf, &n);
    *len = (size_t)n;
    return status == srtp_err_status_ok;
}

bool reference_protect(struct reference *r, uint8_t *buf, size_t *len)
{
    return run(lib.protect, r, buf, len);
}

bool reference_unprotect(struct reference *r, uint8_t *buf, size_t *len)
{
    return run(lib.unprotect, r, buf, len);
}

bool reference_set_roc(struct reference *r, uint32_t ssrc, uint32_t roc)
{
    return lib.set_roc(r->session, ssrc, roc) == srtp_err_status_ok;
}

bool reference_protect_rtcp(struct reference *r, uint8_t *buf, size_t *len)
{
    return run(lib.protect_rtcp, r, buf, len);
}

bool reference_unprotect_rtcp(struct reference *r, uint8_t *buf, size_t *len)
{
    return run(lib.unprotect_rtcp, r, buf, len);
}
