/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/round_trip.h"

#define ROUNDING_MAX (65536 / 20) /* 50 ms: clocks of both sides tick differently meanwhile */

bool round_trip(uint64_t now_ntp, uint32_t last, uint32_t delay, usec_t *rtt)
{
    if (last == 0)
        return false;
    int32_t taken = (int32_t)(ntp_middle(now_ntp) - last - delay);
    if (taken < -ROUNDING_MAX)
        return false;
    usec_t us = taken > 0 ? usec_from_middle((uint32_t)taken) : 1;
    if (us > ROUND_TRIP_MAX)
        return false;
    *rtt = us > 0 ? us : 1;
    return true;
}
