/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs of an agent: internal to ice/.
 */
#ifndef SLUICE_DATAPLANE_ICE_ICE_PAIRS_H
#define SLUICE_DATAPLANE_ICE_ICE_PAIRS_H

#include "dataplane/ice/ice.h"

/* Index of the path's pair, -1 if it has none (or one that is removed already). */
int ice_pair_find(const struct ice_agent *a, const struct net_path *path);

/* Index of the path's pair, made if need be at the cost of the one unused longest; -1 if an earlier
 * removal was not asked for yet. */
int ice_pair_learn(struct ice_agent *a, const struct net_path *path);

/* A check came on it, under the credentials of `generation`. */
void ice_pair_touch(struct ice_agent *a, int i, const struct net_path *path, uint32_t peer_priority,
                    uint32_t generation, usec_t now);

void ice_pair_remove(struct ice_agent *a, int i);

/* The pair to fall back on if the selected one is gone; -1: none. */
int ice_pair_best(const struct ice_agent *a);

/* When the pair is to be removed; USEC_NEVER if it stays. */
usec_t ice_pair_deadline(const struct ice_agent *a, int i);

#endif
