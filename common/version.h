/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_COMMON_VERSION_H
#define SLUICE_COMMON_VERSION_H

/* A packager may set another. */
#ifndef SLUICE_VERSION
#define SLUICE_VERSION "0.1.0"
#endif

#endif
