/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of both ways: what is sent, and what an answer means.
 */
#ifndef SLUICE_AUTHZ_SFU_REQUEST_H
#define SLUICE_AUTHZ_SFU_REQUEST_H

#include "authz/sfu/sfu.h"

struct sfu_message {
    const char *path; /* behind the base URL */
    char *query;      /* from malloc, or NULL */
    const char *content_type;
    uint8_t *body; /* from malloc, or NULL: a GET */
    size_t length;
};

/* `identity` NULL: the room is to be made. False if memory is out. */
bool sfu_twirp_message(struct sfu_message *m, const char *room, const char *identity);
bool sfu_local_message(struct sfu_message *m, const char *room, const char *identity);
void sfu_message_free(struct sfu_message *m);

enum presence sfu_twirp_presence(int status, const char *body, size_t length);
enum presence sfu_local_presence(int status, const char *body, size_t length);

#endif
