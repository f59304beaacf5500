/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many files and sockets the process may have.
 */
#ifndef SLUICE_COMMON_DESCRIPTORS_H
#define SLUICE_COMMON_DESCRIPTORS_H

/* Raises the soft limit (RLIMIT_NOFILE) to the hard one and logs what it is; with a warning if that
 * is less than `wanted`. */
void descriptors_raise(unsigned long wanted);

#endif
