/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/doctor/matrix.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sluicectl/commands.h"

#define QUESTION_TIME (10 * USEC_PER_SEC)

static bool doctor_open(struct doctor *d, const struct config_authz *c)
{
    *d = (struct doctor){.config = c, .loop = loop_create()};
    if (d->loop && outbound_init(&d->outbound, d->loop, *c->dns_servers ? c->dns_servers : NULL)) {
        d->outbound.insecure = c->insecure_tls;
        d->outbound.ca_file = *c->ca_file ? c->ca_file : NULL;
        d->directory = directory_create(&d->outbound, c);
    }
    if (!d->directory)
        fprintf(stderr, "sluicectl: cannot ask anything (memory, or dns_servers)\n");
    return d->directory != NULL;
}

static void doctor_close(struct doctor *d)
{
    directory_destroy(d->directory);
    if (d->outbound.dns)
        outbound_free(&d->outbound);
    if (d->loop)
        loop_destroy(d->loop);
}

/* --- words --- */

const char *doctor_explain(enum cause c)
{
    switch (c) {
    case CAUSE_NAME:
        return "this is no Matrix server name";
    case CAUSE_DNS:
        return "DNS: the name does not exist, or has no address. Is there a record for it, as seen "
               "from this machine?";
    case CAUSE_DNS_TIMEOUT:
        return "DNS: the name server does not answer";
    case CAUSE_REFUSED_ADDRESS:
        return "the name leads to private addresses. Name the server under homeservers or "
               "full_access_homeservers, or its network under allowed_networks";
    case CAUSE_REFUSED_URL:
        return "the URL is not https, or cannot be read";
    case CAUSE_TCP:
        return "TCP: nobody listens there. Is the port forwarded, and does the router let inside "
               "reach outside addresses (hairpin)? federation_url avoids the question";
    case CAUSE_TCP_TIMEOUT:
        return "TCP: no answer at all. A firewall, or a router without hairpin; federation_url "
               "avoids the question";
    case CAUSE_TLS:
        return "TLS: no handshake. Is this port plain http?";
    case CAUSE_CERTIFICATE:
        return "TLS: the certificate is of another name or of an unknown authority. ca_file of the "
               "homeserver names a private authority";
    case CAUSE_TIMEOUT:
        return "connected, but no answer in time";
    case CAUSE_PROTOCOL:
        return "the answer is not HTTP. Is this the right port?";
    default:
        return "see docs/matrix.md";
    }
}

/* --- questions --- */

struct pending {
    struct doctor_answer *a;
    bool done;
};

static void on_answer(void *arg, const struct transfer_answer *a)
{
    struct pending *p = arg;
    p->done = true;
    p->a->cause = a->cause;
    p->a->status = a->status;
    p->a->cors = *a->allow_methods != 0;
    p->a->length = a->length < DOCTOR_BODY_MAX ? a->length : DOCTOR_BODY_MAX;
    memcpy(p->a->body, a->body, p->a->length);
    p->a->body[p->a->length] = 0;
    snprintf(p->a->detail, sizeof(p->a->detail), "%s", a->detail);
}

void doctor_ask(struct doctor *d, struct exchange_request *r, struct doctor_answer *a)
{
    struct pending p = {.a = a};
    a->cause = CAUSE_BUSY;
    r->answer_max = DOCTOR_BODY_MAX;
    r->timeout = QUESTION_TIME;
    if (!exchange_start(&d->outbound, r, on_answer, &p))
        return;
    while (!p.done)
        loop_turn(d->loop, USEC_PER_SEC);
}

bool doctor_errcode(const struct doctor_answer *a, const char *errcode)
{
    json_t *root = json_loadb(a->body, a->length, 0, NULL);
    const char *code = json_string_value(json_object_get(root, "errcode"));
    bool same = code && strcmp(code, errcode) == 0;
    json_decref(root);
    return same;
}

/* --- the command --- */

static bool known(char **servers, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(servers[i], name) == 0)
            return true;
    }
    return false;
}

static void examine(struct doctor *d, int count, char **servers)
{
    const struct config_authz *c = d->config;
    for (int i = 0; i < count; i++)
        doctor_homeserver(d, servers[i]);
    for (size_t i = 0; i < c->n_homeservers && count == 0; i++) {
        if (strcmp(c->homeservers[i].name, "*") != 0 &&
            !known(servers, count, c->homeservers[i].name))
            doctor_homeserver(d, c->homeservers[i].name);
    }
    doctor_service(d);
    doctor_sfu(d);
}

static enum status run(const struct invocation *v)
{
    static struct config_authz c;
    char err[CONFIG_ERROR_TEXT];
    struct doctor d;
    struct report report;
    enum status status = STATUS_FAILED;
    if (!config_authz_load(&c, option_value(v, "config"), NULL, getenv, err)) {
        fprintf(stderr, "sluicectl: %s\n", err);
        return STATUS_USAGE;
    }
    if (doctor_open(&d, &c)) {
        d.token = option_value(v, "token");
        d.report = &report;
        report_begin(&report, v->json);
        examine(&d, v->argument_count, v->arguments);
        status = report_end(&report);
    }
    doctor_close(&d);
    return status;
}

static const struct command_option own_options[] = {
    {"config", "FILE", "the livekit.yaml of sluice-authz, if it has one", COMPLETE_FILE},
    {"token", "ACCESS_TOKEN", "of a Matrix user: lets it read the transports document",
     COMPLETE_NOTHING},
    {0},
};

const struct command command_doctor_matrix = {
    .name = "doctor matrix",
    .arguments = "[SERVER...]",
    .most = -1,
    .summary = "what is wrong between homeserver, authorisation service and SFU",
    .details = "Goes through everything that a call needs, for each homeserver of the\n"
               "configuration (the file, and the variables of sluice-authz) or those named.",
    .options = own_options,
    .run = run,
};
