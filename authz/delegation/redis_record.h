/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs as lk-jwt-service writes them into its Redis hash: field ["room","identity"], value an
 * object of the job's parameters and the time of its last restart. A member of ours tells what it
 * does not know.
 */
#ifndef SLUICE_AUTHZ_DELEGATION_REDIS_RECORD_H
#define SLUICE_AUTHZ_DELEGATION_REDIS_RECORD_H

#include "authz/delegation/store.h"

/* The field and the value, each from malloc; NULL if memory is out. */
char *redis_record_field(const char *room, const char *identity);
char *redis_record_value(const struct job_record *r);

/* Calls `each` with what a value says; false if it cannot be read. */
bool redis_record_read(const char *value, size_t length,
                       void (*each)(void *arg, const struct job_record *r), void *arg);

#endif
