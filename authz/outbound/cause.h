/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a question to another server was not answered, by class: what is logged and counted.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_CAUSE_H
#define SLUICE_AUTHZ_OUTBOUND_CAUSE_H

#include <stdbool.h>

#define CAUSE_LIST(X)                                                                              \
    X(CAUSE_NONE, "none")                                                                          \
    X(CAUSE_NAME, "bad_server_name")                                                               \
    X(CAUSE_DNS, "dns")                         /* the name does not exist or has no address */    \
    X(CAUSE_DNS_TIMEOUT, "dns_timeout")         /* the resolver does not answer, or fails */       \
    X(CAUSE_REFUSED_ADDRESS, "refused_address") /* only addresses of no public server */           \
    X(CAUSE_REFUSED_URL, "refused_url")         /* not https, or not readable */                   \
    X(CAUSE_TCP, "tcp")                                                                            \
    X(CAUSE_TCP_TIMEOUT, "tcp_timeout")                                                            \
    X(CAUSE_TLS, "tls")                                                                            \
    X(CAUSE_CERTIFICATE, "certificate")                                                            \
    X(CAUSE_TIMEOUT, "timeout") /* connected, but no answer in time */                             \
    X(CAUSE_PROTOCOL, "protocol")                                                                  \
    X(CAUSE_TOO_LARGE, "too_large")                                                                \
    X(CAUSE_REDIRECTS, "redirects")                                                                \
    X(CAUSE_BUSY, "busy") /* more is going on than we carry */                                     \
    X(CAUSE_HTTP_401, "http_401")                                                                  \
    X(CAUSE_HTTP_429, "http_429")                                                                  \
    X(CAUSE_HTTP_4XX, "http_4xx")                                                                  \
    X(CAUSE_HTTP_5XX, "http_5xx")                                                                  \
    X(CAUSE_HTTP_OTHER, "http_other")                                                              \
    X(CAUSE_BODY, "bad_body")                                                                      \
    X(CAUSE_SUB_MISMATCH, "sub_mismatch")

#define CAUSE_ENUM(id, name) id,
enum cause { CAUSE_LIST(CAUSE_ENUM) CAUSE_COUNT };

const char *cause_name(enum cause c);

/* The class of a status that is not the wanted one. */
enum cause cause_of_status(int status);

/* True if asking again a little later may well help. */
bool cause_is_transient(enum cause c);

#endif
