/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/layer_rates.h"

#define WINDOW_CAMERA (1 * USEC_PER_SEC)
#define WINDOW_SCREEN (4 * USEC_PER_SEC)
#define WINDOW_FIRST  (500 * USEC_PER_MS)

static bool measured(const struct layer_rates *r)
{
    for (unsigned s = 0; s < LAYER_RATES_SPATIAL; s++)
        if (r->bps[s][0] > 0)
            return true;
    return false;
}

static void end_window(struct layer_rates *r, usec_t now)
{
    float seconds = (float)(now - r->since) / USEC_PER_SEC;
    for (unsigned s = 0; s < LAYER_RATES_SPATIAL; s++) {
        for (unsigned t = 0; t < LAYER_RATES_TEMPORAL; t++) {
            float bps = (float)r->bytes[s][t] * 8 / seconds, *known = &r->bps[s][t];
            *known = *known > 0 && bps > 0 ? (*known + bps) / 2 : bps;
            r->bytes[s][t] = 0;
        }
    }
    r->since = now;
}

void layer_rates_check(struct layer_rates *r, bool screen_share, usec_t now)
{
    if (r->since == 0)
        r->since = now;
    usec_t age = now - r->since;
    if (age >= (screen_share ? WINDOW_SCREEN : WINDOW_CAMERA) ||
        (age >= WINDOW_FIRST && !measured(r)))
        end_window(r, now);
}

double layer_rates_of(const struct layer_rates *r, bool svc, uint8_t spatial, uint8_t temporal)
{
    double sum = 0;
    for (unsigned s = svc ? 0 : spatial; s <= spatial && s < LAYER_RATES_SPATIAL; s++)
        for (unsigned t = 0; t <= temporal && t < LAYER_RATES_TEMPORAL; t++)
            sum += (double)r->bps[s][t];
    return sum;
}
