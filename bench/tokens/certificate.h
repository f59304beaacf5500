/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate for 127.0.0.1 that is thrown away after the run.
 */
#ifndef SLUICE_BENCH_TOKENS_CERTIFICATE_H
#define SLUICE_BENCH_TOKENS_CERTIFICATE_H

#include <openssl/ssl.h>

/* A server's context with a fresh self-signed certificate, which is written to `path` as well, for
 * clients to trust. NULL if anything fails. */
SSL_CTX *certificate_make(const char *path);

#endif
