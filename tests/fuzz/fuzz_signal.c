/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two participants in a room, one in each mode; the input is what their clients send, what the
 * dataplane reports, and how time passes. Records: what (1 byte), length (2), bytes.
 */
#include "common/bytes.h"
#include "common/log.h"
#include "control/room/events.h"
#include "control/room/participant.h"
#include "control/signal/signalling.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ALICE, BOB, EVENT, TIME, CUT, RESUME, KINDS };

/* A client. */
struct tab {
    const char *identity;
    bool single;
    struct signal_session *session;
    struct claims claims;
    struct join_params params;
};

static struct signalling *g;
static struct rooms *rooms;
static usec_t now;
static struct tab clients[2] = {{.identity = "alice", .single = true}, {.identity = "bob"}};

static void io_write(void *ctx, bool binary, const void *bytes, size_t length)
{
    (void)ctx;
    (void)binary;
    Livekit__SignalResponse *m = livekit__signal_response__unpack(NULL, length, bytes);
    if (!m)
        abort(); /* what we say can always be read */
    livekit__signal_response__free_unpacked(m, NULL);
}

static void io_close(void *ctx)
{
    (void)ctx;
}

static void event(Sluice__Link__Event *e)
{
    rooms_event(rooms, e, now);
}

static void link_up(void)
{
    Sluice__Link__Welcome w = SLUICE__LINK__WELCOME__INIT;
    Sluice__Link__MediaPort port = SLUICE__LINK__MEDIA_PORT__INIT, *ports[] = {&port};
    port.udp_port = 50000;
    w.instance = 1;
    w.n_media_ports = 1;
    w.media_ports = ports;
    Sluice__Link__DumpEnd end = SLUICE__LINK__DUMP_END__INIT;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[256];
        e.body_case = i ? SLUICE__LINK__EVENT__BODY_DUMP_END : SLUICE__LINK__EVENT__BODY_WELCOME;
        if (i)
            e.dump_end = &end;
        else
            e.welcome = &w;
        event(sluice__link__event__unpack(NULL, sluice__link__event__pack(&e, bytes), bytes));
    }
}

static void start(struct tab *c, bool reconnect)
{
    if (c->session)
        signal_closed(c->session, now);
    c->session = NULL;
    c->params.reconnect = reconnect;
    struct signal_join j = {.claims = &c->claims, .params = &c->params};
    struct signal_io io = {.ctx = c, .write = io_write, .close = io_close};
    if (signal_check(g, &j, now).status == 0)
        c->session = signal_start(g, &j, &io, now);
}

static void open_client(struct tab *c)
{
    if (!claims_init(&c->claims))
        abort();
    claims_set_text(&c->claims.identity, c->identity);
    claims_set_text(&c->claims.video.room, "room");
    c->claims.video.can_update_own_metadata = TRISTATE_TRUE;
    memset(&c->params, 0, sizeof c->params);
    c->params.room = (char *)(uintptr_t) "room";
    c->params.identity = (char *)(uintptr_t)c->identity;
    c->params.publish = c->params.metadata = (char *)(uintptr_t) "";
    c->params.single_pc = c->single;
    c->params.auto_subscribe = c->params.auto_subscribe_data_track = true;
    c->params.client.protocol = 17;
    start(c, false);
}

/* Numbers of objects that there are: others would only be looked up in vain. */
static void aim(Sluice__Link__Event *e)
{
    const struct room *r = rooms_find(rooms, "room");
    const struct participant *p = r ? r->participants : NULL;
    const struct publication *t = p ? p->publications : NULL;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE && p && p->transports[0])
        e->transport_state->transport = p->transports[0]->index.id;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_LAYER_SEEN && t)
        e->layer_seen->track = t->source[0].index.id;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_WANTED_LAYERS && t)
        e->wanted_layers->track = t->source[0].index.id;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_PARTICIPANT_STATUS && p)
        e->participant_status->participant = p->index.id;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_AUDIO_LEVELS && t)
        for (size_t i = 0; i < e->audio_levels->n_levels; i++)
            e->audio_levels->levels[i]->track = t->source[0].index.id;
    if (e->body_case == SLUICE__LINK__EVENT__BODY_REPORTS && t)
        for (size_t i = 0; i < e->reports->n_reports; i++)
            e->reports->reports[i]->track = t->source[0].index.id;
}

static void step(uint8_t kind, const uint8_t *bytes, size_t n)
{
    struct tab *c = &clients[n & 1];
    Sluice__Link__Event *e;
    switch (kind % KINDS) {
    case ALICE:
    case BOB:
        c = &clients[kind % KINDS];
        if (c->session)
            signal_message(c->session, true, bytes, n, now);
        break;
    case EVENT:
        e = sluice__link__event__unpack(NULL, n, bytes);
        if (e) {
            aim(e);
            event(e);
        }
        break;
    case TIME:
        now += n > 0 ? (bytes[0] + 1) * 100 * USEC_PER_MS : 0;
        rooms_run(rooms, now);
        break;
    case CUT:
        if (c->session)
            signal_closed(c->session, now);
        c->session = NULL;
        break;
    default:
        start(c, n > 1);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    log_setup("fuzz", LOG_LEVEL_ERROR, false);
    struct rooms_config config;
    rooms_config_default(&config);
    config.data_blobs = true;
    now = 1000 * USEC_PER_SEC;
    g = signalling_create(&config);
    rooms = signalling_rooms(g);
    struct signalling_output out = {0};
    signalling_set_output(g, &out);
    link_up();
    for (int i = 0; i < 2; i++)
        open_client(&clients[i]);
    struct reader r = reader_of(data, size);
    while (reader_left(&r) >= 3) {
        uint8_t kind = read_u8(&r);
        size_t n = read_be16(&r);
        n = n < reader_left(&r) ? n : reader_left(&r);
        step(kind, read_bytes(&r, n), n);
    }
    for (int i = 0; i < 2; i++) {
        if (clients[i].session)
            signal_closed(clients[i].session, now);
        clients[i].session = NULL;
        claims_free(&clients[i].claims);
    }
    signalling_destroy(g);
    return 0;
}
