/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for the broken link: questions asked one after the other with the same code that the
 * services use, and a line in plain words about each answer.
 */
#ifndef SLUICE_TOOLS_SLUICECTL_DOCTOR_MATRIX_H
#define SLUICE_TOOLS_SLUICECTL_DOCTOR_MATRIX_H

#include "authz/discovery/directory.h"
#include "common/config/authz.h"
#include "tools/sluicectl/doctor/report.h"

#define DOCTOR_BODY_MAX (64u << 10)

struct doctor {
    struct loop *loop;
    const struct config_authz *config;
    struct outbound outbound;
    struct directory *directory;
    const char *token; /* access token of some user, or NULL */
    struct report *report;
};

struct doctor_answer {
    enum cause cause;
    int status;
    bool cors;
    size_t length;
    char body[DOCTOR_BODY_MAX + 1]; /* with NUL */
    char detail[256];
};

/* Asks and waits. answer_max and timeout of r are set here. */
void doctor_ask(struct doctor *d, struct exchange_request *r, struct doctor_answer *a);

/* True if the body is an object whose errcode is this one. */
bool doctor_errcode(const struct doctor_answer *a, const char *errcode);

/* What a cause means to an operator. */
const char *doctor_explain(enum cause c);

/* The chain of one homeserver; the authorisation service and the SFU behind it. */
void doctor_homeserver(struct doctor *d, const char *server);
void doctor_service(struct doctor *d);
void doctor_sfu(struct doctor *d);

#endif
