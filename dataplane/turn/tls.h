/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_DATAPLANE_TURN_TLS_H
#define SLUICE_DATAPLANE_TURN_TLS_H

#include <openssl/ssl.h>
#include <stddef.h>

/* A server's context with this certificate (chain) and key, TLS 1.2 and later. NULL and the reason;
 * the caller frees it with SSL_CTX_free(). */
SSL_CTX *turn_tls_context(const char *cert_file, const char *key_file, char *err, size_t err_size);

#endif
