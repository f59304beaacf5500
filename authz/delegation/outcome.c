/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/delegation/outcome.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "authz/openid/userinfo.h"
#include "authz/outbound/lifetime.h"

/* The header has the last word; the field is from before Matrix 1.10. Whole seconds, rounded up. */
static usec_t wait_of(const char *retry_after, const char *body, size_t length, int64_t unix_now)
{
    int64_t seconds = retry_after_seconds(retry_after, unix_now);
    if (seconds >= 0)
        return (usec_t)seconds * USEC_PER_SEC;
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *ms = json_object_get(root, "retry_after_ms");
    int64_t value = json_is_integer(ms) ? json_integer_value(ms) : 0;
    json_decref(root);
    if (value <= 0)
        return 0;
    if (value > 24ll * 3600 * 1000)
        value = 24ll * 3600 * 1000;
    return (usec_t)((value + 999) / 1000) * USEC_PER_SEC;
}

struct outcome_of_call outcome_of(int status, const char *retry_after, const char *body,
                                  size_t length, int64_t unix_now)
{
    switch (status) {
    case 200:
    case 204:
        return (struct outcome_of_call){.outcome = OUTCOME_DONE};
    case 404:
        return (struct outcome_of_call){.outcome = OUTCOME_GONE};
    case 409:
        return (struct outcome_of_call){.outcome = OUTCOME_CONFLICT};
    case 401:
    case 403:
        return (struct outcome_of_call){.outcome = OUTCOME_FORBIDDEN};
    case 429:
        return (struct outcome_of_call){.outcome = OUTCOME_LATER,
                                        .wait = wait_of(retry_after, body, length, unix_now)};
    default:
        return (struct outcome_of_call){.outcome = OUTCOME_TRANSIENT};
    }
}

bool delay_id_valid(const char *delay_id)
{
    return *delay_id && strlen(delay_id) <= DELAY_ID_MAX && strcmp(delay_id, ".") != 0 &&
           strcmp(delay_id, "..") != 0;
}

void delayed_event_url(const char *base_url, bool stable, const char *delay_id,
                       enum delayed_event_action action, char out[static DELAYED_EVENT_URL])
{
    char id[3 * DELAY_ID_MAX + 1];
    percent_encode(delay_id, id, sizeof(id));
    snprintf(out, DELAYED_EVENT_URL, "%s/_matrix/client/%s/delayed_events/%s/%s", base_url,
             stable ? "v1" : "unstable/org.matrix.msc4140", id,
             action == DELAYED_EVENT_SEND ? "send" : "restart");
}
