/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSTs bodies to URLs with libcurl, driven by the loop: nothing blocks.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_SENDER_H
#define SLUICE_CONTROL_WEBHOOK_SENDER_H

#include "control/http/loop.h"

#include <stddef.h>

#define SENDER_TIMEOUT_MS         10000 /* for a request as a whole */
#define SENDER_CONNECT_TIMEOUT_MS 5000

struct sender;

/* `done` is told the status of each request, 0 with the reason if there was no answer. Never from
 * within sender_post(). */
struct sender_output {
    void *ctx;
    void (*done)(void *ctx, void *request, long status, const char *reason, usec_t now);
};

/* NULL if libcurl cannot be had. */
struct sender *sender_create(struct loop *l, const struct sender_output *out);

/* Breaks off what is on its way; nothing more is told. */
void sender_destroy(struct sender *s);

/* Body and header are copied. False if memory is out, or the URL is none. */
bool sender_post(struct sender *s, const char *url, const char *authorization, const void *body,
                 size_t length, void *request);

#endif
