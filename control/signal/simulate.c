/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/simulate.h"

#include "control/room/commands.h"
#include "control/room/participant.h"
#include "control/room/preference.h"
#include "control/room/speakers.h"
#include "control/room/transport.h"

#define SPEECH_MAX_S 60

/* As if p's line carried no more; 0 or less: no cap. */
static void cap_bandwidth(struct participant *p, int64_t bps)
{
    struct transport *t = transport_towards(p);
    if (!t)
        return;
    t->bandwidth_cap = bps > 0 ? (uint64_t)bps : 0;
    command_open_transport(t);
}

void simulate(struct participant *p, const Livekit__SimulateScenario *m, usec_t now)
{
    switch (m->scenario_case) {
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_SPEAKER_UPDATE:
        if (m->speaker_update > 0 && m->speaker_update <= SPEECH_MAX_S)
            speakers_simulate(p, (usec_t)m->speaker_update * USEC_PER_SEC, now);
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_NODE_FAILURE:
        participant_close(p, LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN, false, now);
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_MIGRATION:
        participant_close(p, LIVEKIT__DISCONNECT_REASON__MIGRATION, false, now);
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_SERVER_LEAVE:
        participant_close(p, LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN, true, now);
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_SWITCH_CANDIDATE_PROTOCOL:
        preference_set(p->room, p->claims.identity, m->switch_candidate_protocol);
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_DISCONNECT_SIGNAL_ON_RESUME:
        p->cut_resume = true;
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_DISCONNECT_SIGNAL_ON_RESUME_NO_MESSAGES:
        p->fail_resume = true;
        break;
    case LIVEKIT__SIMULATE_SCENARIO__SCENARIO_SUBSCRIBER_BANDWIDTH:
        cap_bandwidth(p, m->subscriber_bandwidth);
        break;
    default:
        break;
    }
}
