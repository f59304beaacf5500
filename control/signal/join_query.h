/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of struct join_params that come from the query, in both forms.
 */
#ifndef SLUICE_CONTROL_SIGNAL_JOIN_QUERY_H
#define SLUICE_CONTROL_SIGNAL_JOIN_QUERY_H

#include "control/signal/join_request.h"

/* A decoded field from malloc, and its length; NULL if absent or badly encoded. */
char *join_query_field(const struct join_question *q, const char *name, size_t *length);

/* The single parameters of /rtc, except attributes and publish. */
void join_read_fields(const struct join_question *q, struct join_params *out);

/* The same from a decoded join_request. False if memory is out. */
bool join_read_request(const Livekit__JoinRequest *j, struct join_params *out);

/* Fills what the client has not said about itself. */
void join_complete_client(const struct join_question *q, struct join_client *c);

#endif
