/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matrix server names (specification, appendix "Server Name"): hostname [":" port], where the
 * hostname is an IPv4 address, an IPv6 address in brackets, or a DNS name.
 */
#ifndef SLUICE_AUTHZ_DISCOVERY_SERVER_NAME_H
#define SLUICE_AUTHZ_DISCOVERY_SERVER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_HOST_MAX  255
#define SERVER_NAME_SIZE 264 /* host, brackets or colon, port, NUL */
#define FEDERATION_PORT  8448

enum host_kind { HOST_DNS, HOST_IPV4, HOST_IPV6 };

struct server_name {
    enum host_kind kind;
    char host[SERVER_HOST_MAX + 1]; /* without brackets */
    uint16_t port;                  /* 0: none given */
};

/* Reads `length` bytes. False if they are not a server name. */
bool server_name_parse(const char *text, size_t length, struct server_name *out);

/* Writes it as it is put into a Host header, with the port if there is one. */
void server_name_format(const struct server_name *n, char out[static SERVER_NAME_SIZE]);

/* The server of a user id ("@local:server"), within user_id; NULL if it is no user id. At most 255
 * bytes in all. */
const char *user_id_server(const char *user_id);

#endif
