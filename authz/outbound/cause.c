/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/cause.h"

#define NAME(id, name) [id] = name,
static const char *const names[] = {CAUSE_LIST(NAME)};

const char *cause_name(enum cause c)
{
    return names[c];
}

enum cause cause_of_status(int status)
{
    if (status == 401)
        return CAUSE_HTTP_401;
    if (status == 429)
        return CAUSE_HTTP_429;
    if (status >= 400 && status < 500)
        return CAUSE_HTTP_4XX;
    return status >= 500 && status < 600 ? CAUSE_HTTP_5XX : CAUSE_HTTP_OTHER;
}

bool cause_is_transient(enum cause c)
{
    switch (c) {
    case CAUSE_DNS_TIMEOUT:
    case CAUSE_TCP:
    case CAUSE_TCP_TIMEOUT:
    case CAUSE_TIMEOUT:
    case CAUSE_PROTOCOL:
    case CAUSE_BUSY:
    case CAUSE_HTTP_429:
    case CAUSE_HTTP_5XX:
        return true;
    default:
        return false;
    }
}
