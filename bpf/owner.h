/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns the program on an interface, and what a dead owner left behind.
 */
#ifndef SLUICE_BPF_OWNER_H
#define SLUICE_BPF_OWNER_H

#include <stdbool.h>
#include <stdint.h>

/* Claims an interface for this process until the descriptor is closed or the process ends. -1 with
 * errno EADDRINUSE if another one has it. The claim is a name in the network namespace that the
 * interface is in. */
int owner_claim(uint32_t ifindex);

/* Removes programs of our name from the interface. Only for who has claimed it. True if there was
 * one and it is gone. */
bool owner_remove_stale(uint32_t ifindex);

#endif
