/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void counter(FILE *to, const char *name, uint64_t value)
{
    fprintf(to, "# TYPE sluice_authz_%s counter\nsluice_authz_%s %" PRIu64 "\n", name, name, value);
}

static void write_lookups(FILE *to, const struct validator_counters *v)
{
    fprintf(to, "# TYPE sluice_authz_openid_lookups_total counter\n");
    for (int i = 0; i < CAUSE_COUNT; i++) {
        if (v->answered[i] > 0 || i == CAUSE_NONE)
            fprintf(to, "sluice_authz_openid_lookups_total{cause=\"%s\"} %" PRIu64 "\n",
                    cause_name((enum cause)i), v->answered[i]);
    }
    counter(to, "openid_remembered_total", v->remembered);
    counter(to, "openid_joined_total", v->joined);
}

static void write_delegation(FILE *to, const struct delegation *d)
{
    if (!d)
        return;
    struct delegation_counters c = delegation_counters(d);
    fprintf(to, "# TYPE sluice_authz_delegation_jobs gauge\nsluice_authz_delegation_jobs %zu\n",
            c.jobs);
    counter(to, "delegation_accepted_total", c.accepted);
    counter(to, "delegation_replaced_total", c.replaced);
    counter(to, "delegation_sent_total", c.sent);
    counter(to, "delegation_ended_total", c.ended);
    counter(to, "delegation_calls_total", c.calls);
    counter(to, "delegation_calls_failed_total", c.calls_failed);
}

void metrics_answer(struct service *s, struct http_request *r)
{
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    if (!to) {
        http_respond_text(r, 500, "out of memory");
        return;
    }
    const struct service_counters *c = &s->counters;
    counter(to, "requests_total", c->requests);
    counter(to, "tokens_total", c->tokens);
    counter(to, "delegations_total", c->delegations);
    counter(to, "refused_total", c->refused);
    counter(to, "postponed_total", c->postponed);
    counter(to, "limited_total", c->limited);
    counter(to, "failed_total", c->failed);
    counter(to, "webhooks_total", c->webhooks);
    counter(to, "webhooks_bad_total", c->webhooks_bad);
    write_lookups(to, validator_counters(s->validator));
    write_delegation(to, s->delegation);
    fclose(to);
    http_respond(r, 200, "text/plain; version=0.0.4", text, length);
    free(text);
}
