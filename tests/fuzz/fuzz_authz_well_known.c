/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of homeservers: well-known documents, versions, userinfo, rate limits, headers; and what
 * Redis holds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "authz/delegation/outcome.h"
#include "authz/delegation/redis_record.h"
#include "authz/discovery/well_known.h"
#include "authz/openid/userinfo.h"
#include "authz/outbound/lifetime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(void *arg, const struct job_record *r)
{
    (void)arg;
    char *value = redis_record_value(r);
    if (r->timeout == 0 || !r->room || !r->identity)
        abort();
    free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server_name n;
    char url[BASE_URL_SIZE], user[USER_ID_SIZE];
    const char *text = (const char *)data;
    bool said;
    if (well_known_server(text, size, &n) && !*n.host)
        abort();
    if (well_known_client(text, size, url) && (!*url || url[strlen(url) - 1] == '/'))
        abort();
    versions_delayed_events(text, size);
    if (userinfo_read(text, size, "hs", user) == CAUSE_NONE && user[0] != '@')
        abort();
    outcome_of(429, "", text, size, 0);
    redis_record_read(text, size, use, NULL);
    char *header = strndup(text, size);
    lifetime_seconds(header, header, 1795406739, &said);
    retry_after_seconds(header, 1795406739);
    free(header);
    return 0;
}
