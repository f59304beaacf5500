/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/counters.h"

#define COUNTER_NAME(id, name) [id] = name,
static const char *const names[COUNTER_COUNT] = {COUNTER_LIST(COUNTER_NAME)};

const char *counter_name(enum counter which)
{
    return which < COUNTER_COUNT ? names[which] : "unknown";
}
