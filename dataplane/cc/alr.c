/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/alr.h"

#include <math.h>

#define USED   0.65 /* of the estimate: less is limited */
#define WINDOW 0.5  /* s of budget, either way */
#define ENTER  0.80 /* of it left over */
#define LEAVE  0.50

void alr_update(struct alr *a, uint64_t sent, double estimate, usec_t now)
{
    double per_second = USED * estimate / 8, most = per_second * WINDOW;
    if (a->at) {
        double seconds = fmin((double)(now - a->at) / USEC_PER_SEC, 1);
        a->budget += per_second * seconds - (double)(sent - a->sent);
        a->budget = fmin(fmax(a->budget, -most), most);
    }
    a->at = now;
    a->sent = sent;
    if (a->budget > ENTER * most)
        a->limited = true;
    else if (a->budget < LEAVE * most)
        a->limited = false;
}
