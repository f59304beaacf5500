/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/session.h"

#include "common/log.h"
#include "common/pbjson/pbjson.h"
#include "control/room/arena.h"

#include <stdlib.h>
#include <string.h>

static void write_binary(struct signal_session *s, const Livekit__SignalResponse *m)
{
    struct arena a = {0};
    size_t size = livekit__signal_response__get_packed_size(m);
    uint8_t *bytes = arena_take(&a, size);
    livekit__signal_response__pack(m, bytes);
    s->io.write(s->io.ctx, true, bytes, size);
    arena_free(&a);
}

static void write_text(struct signal_session *s, const Livekit__SignalResponse *m)
{
    char *text = pbjson_write(&m->base, PBJSON_CAMEL);
    if (text)
        s->io.write(s->io.ctx, false, text, strlen(text));
    free(text);
}

void session_write(struct signal_session *s, const Livekit__SignalResponse *m)
{
    if (s->closed)
        return;
    if (s->text)
        write_text(s, m);
    else
        write_binary(s, m);
}

void session_close(struct signal_session *s)
{
    if (s->closed)
        return;
    s->closed = true;
    s->io.close(s->io.ctx);
}

static Livekit__SignalRequest *read_request(bool binary, const void *data, size_t length)
{
    char err[PBJSON_ERROR];
    if (binary)
        return livekit__signal_request__unpack(NULL, length, data);
    return (Livekit__SignalRequest *)pbjson_read(&livekit__signal_request__descriptor, data, length,
                                                 err);
}

void signal_message(struct signal_session *s, bool binary, const void *data, size_t length,
                    usec_t now)
{
    if (!s->participant || s->closed)
        return;
    s->text = !binary; /* answered as the client speaks */
    Livekit__SignalRequest *m = read_request(binary, data, length);
    if (!m) {
        log_debug("signal", "malformed request participant=%s length=%zu", s->participant->sid,
                  length);
        return;
    }
    dispatch(s, m, now);
    livekit__signal_request__free_unpacked(m, NULL);
}
