/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate of TURN over TLS, looked at again for each connection: a renewed one needs no
 * restart, if its files can still be read once rights are given up.
 */
#ifndef SLUICE_DATAPLANE_TURN_TLS_H
#define SLUICE_DATAPLANE_TURN_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct turn_tls {
    SSL_CTX *ctx; /* NULL: no TLS */
    const char *cert_file, *key_file;
    struct timespec changed; /* the certificate's file, when it was last tried */
    bool pending;            /* it has changed, but could not be used yet */
};

/* Reads certificate (chain) and key, whose names outlive it. False and the reason on failure. */
bool turn_tls_open(struct turn_tls *t, const char *cert_file, const char *key_file, char *err,
                   size_t err_size);

/* Reads them again if the certificate's file has changed; keeps the old ones if that fails. */
void turn_tls_refresh(struct turn_tls *t);

void turn_tls_close(struct turn_tls *t);

#endif
