/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/doctor/doctor.h"

#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sluicectl/command.h"

#define QUESTION_TIME (10 * USEC_PER_SEC)

bool doctor_open(struct doctor *d, const struct config_authz *c)
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

void doctor_close(struct doctor *d)
{
    directory_destroy(d->directory);
    if (d->outbound.dns)
        outbound_free(&d->outbound);
    if (d->loop)
        loop_destroy(d->loop);
}

/* --- words --- */

void doctor_heading(const char *text, const char *subject)
{
    printf("\n%s %s\n", text, subject);
}

static void line(const char *mark, const char *fmt, va_list ap)
{
    printf("  %-4s ", mark);
    vprintf(fmt, ap);
    putchar('\n');
}

void doctor_good(struct doctor *d, const char *fmt, ...)
{
    va_list ap;
    d->good++;
    va_start(ap, fmt);
    line("ok", fmt, ap);
    va_end(ap);
}

void doctor_bad(struct doctor *d, const char *advice, const char *fmt, ...)
{
    va_list ap;
    d->bad++;
    va_start(ap, fmt);
    line("BAD", fmt, ap);
    va_end(ap);
    printf("       %s\n", advice);
}

void doctor_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    line("note", fmt, ap);
    va_end(ap);
}

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

static int usage(FILE *to, int status)
{
    fprintf(to,
            "usage: sluicectl doctor matrix [--config FILE] [--token ACCESS_TOKEN] [SERVER...]\n\n"
            "Goes through everything that a call needs, for each homeserver of the\n"
            "configuration (the file, and the variables of sluice-authz) or those named.\n"
            "A user's access token lets it read the transports document.\n");
    return status;
}

static bool known(char **servers, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(servers[i], name) == 0)
            return true;
    }
    return false;
}

static int run(const struct config_authz *c, const char *token, int count, char **servers)
{
    struct doctor d;
    bool ok = doctor_open(&d, c);
    d.token = token;
    if (ok) {
        for (int i = 0; i < count; i++)
            doctor_homeserver(&d, servers[i]);
        for (size_t i = 0; i < c->n_homeservers && count == 0; i++) {
            if (strcmp(c->homeservers[i].name, "*") != 0 &&
                !known(servers, count, c->homeservers[i].name))
                doctor_homeserver(&d, c->homeservers[i].name);
        }
        doctor_service(&d);
        doctor_sfu(&d);
        printf("\n%u good, %u bad\n", d.good, d.bad);
    }
    doctor_close(&d);
    return ok && d.bad == 0 ? 0 : 1;
}

static int matrix(int argc, char **argv)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"token", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    static struct config_authz c;
    const char *file = NULL, *token = NULL;
    char err[CONFIG_ERROR_TEXT];
    int o;
    optind = 0;
    while ((o = getopt_long(argc, argv, "c:t:h", longs, NULL)) != -1) {
        if (o == 'c')
            file = optarg;
        else if (o == 't')
            token = optarg;
        else
            return usage(o == 'h' ? stdout : stderr, o == 'h' ? 0 : 2);
    }
    if (!config_authz_load(&c, file, NULL, getenv, err)) {
        fprintf(stderr, "sluicectl: %s\n", err);
        return 2;
    }
    return run(&c, token, argc - optind, argv + optind);
}

int command_doctor(const struct options *o, int argc, char **argv)
{
    (void)o;
    if (argc > 1 && strcmp(argv[1], "matrix") == 0)
        return matrix(argc - 1, argv + 1);
    return usage(stderr, 2);
}
