/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_CONTROL_ADDRESS_REPORT_H
#define SLUICE_CONTROL_ADDRESS_REPORT_H

#include "control/address/watcher.h"

#include <jansson.h>

/* What `sluicectl address` shows. A new reference; times are in seconds, ages relative to now. */
json_t *report_make(const struct watcher *w, usec_t now);

#endif
