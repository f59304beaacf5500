/* SPDX-License-Identifier: Apache-2.0 */
#include "common/descriptors.h"

#include <sys/resource.h>

#include "common/log.h"

#define ENOUGH (1ul << 20) /* some systems allow 2^30, which no one needs */

void descriptors_raise(unsigned long wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < ENOUGH ? limit.rlim_max : ENOUGH;
    if (limit.rlim_cur < before || setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before;
    if (limit.rlim_cur < wanted)
        log_warn("start", "few file descriptors limit=%lu wanted=%lu (LimitNOFILE=, ulimit -Hn)",
                 (unsigned long)limit.rlim_cur, wanted);
    else
        log_info("start", "file descriptors limit=%lu before=%lu", (unsigned long)limit.rlim_cur,
                 (unsigned long)before);
}
