/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signal_cast.h"

struct stage stage;
struct actor alice, bob, carol;

int cast_open(void **state)
{
    (void)state;
    stage_open(&stage);
    actor_open(&alice, &stage, "alice");
    actor_open(&bob, &stage, "bob");
    actor_open(&carol, &stage, "carol");
    return 0;
}

int cast_close(void **state)
{
    (void)state;
    actor_close(&alice);
    actor_close(&bob);
    actor_close(&carol);
    stage_close(&stage);
    return 0;
}
