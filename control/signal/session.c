/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/session.h"

#include "common/log.h"
#include "control/room/arena.h"

void session_write(struct signal_session *s, const Livekit__SignalResponse *m)
{
    if (s->closed)
        return;
    struct arena a = {0};
    size_t size = livekit__signal_response__get_packed_size(m);
    uint8_t *bytes = arena_take(&a, size);
    livekit__signal_response__pack(m, bytes);
    s->io.write(s->io.ctx, true, bytes, size);
    arena_free(&a);
}

void session_close(struct signal_session *s)
{
    if (s->closed)
        return;
    s->closed = true;
    s->io.close(s->io.ctx);
}

void signal_message(struct signal_session *s, bool binary, const void *data, size_t length,
                    usec_t now)
{
    if (!s->participant || s->closed)
        return;
    Livekit__SignalRequest *m = binary ? livekit__signal_request__unpack(NULL, length, data) : NULL;
    if (!m) {
        log_debug("signal", "malformed request participant=%s length=%zu", s->participant->sid,
                  length);
        return;
    }
    dispatch(s, m, now);
    livekit__signal_request__free_unpacked(m, NULL);
}
