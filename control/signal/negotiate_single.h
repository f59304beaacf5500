/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sections of a single PeerConnection send which subscription: the steps of one answer.
 */
#ifndef SLUICE_CONTROL_SIGNAL_NEGOTIATE_SINGLE_H
#define SLUICE_CONTROL_SIGNAL_NEGOTIATE_SINGLE_H

#include "control/signal/negotiate.h"

/* Gives sections to subscriptions that wait; those of a new offer, or (NULL) those that are there.
 */
void single_take_sections(struct transport *t, const struct sdp_description *offer);

/* What section mline is for, if the client does not send in it. Returns the subscription that it
 * sends, or NULL. */
struct subscription *single_plan_section(struct transport *t, uint32_t mline,
                                         struct sdp_plan *plan);

/* The answer says that these sections ended: they are free again. */
void single_give_back(struct transport *t);

#endif
