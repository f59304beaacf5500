/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place that includes h2o, with its own event loop (the pkg-config file does not say which
 * backend the library was built for).
 */
#ifndef SLUICE_CONTROL_HTTP_H2O_H
#define SLUICE_CONTROL_HTTP_H2O_H

#define H2O_USE_EPOLL 1
#include <h2o.h>
#include <h2o/http1.h>
#include <h2o/websocket.h>

#include "control/http/loop.h"

h2o_loop_t *loop_h2o(struct loop *l);

#endif
