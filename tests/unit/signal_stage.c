/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/signal_stage.h"

#include "control/room/participant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_command(void *ctx, Sluice__Link__Command *c)
{
    struct stage *s = ctx;
    static uint8_t bytes[1 << 17];
    size_t n = sluice__link__command__pack(c, bytes);
    assert_in_range(n, 0, 65536);
    assert_in_range(s->command_count, 0, STAGE_LOG_MAX - 1);
    s->commands[s->command_count++] = sluice__link__command__unpack(NULL, n, bytes);
}

static void on_event(void *ctx, enum room_event e, const struct room *r,
                     const struct participant *p, const struct publication *t)
{
    (void)r;
    (void)t;
    struct stage *s = ctx;
    assert_in_range(s->event_count, 0, 255);
    s->reasons[s->event_count] = p ? p->disconnect_reason : 0;
    s->events[s->event_count++] = e;
}

void stage_event(struct stage *s, const Sluice__Link__Event *e)
{
    static uint8_t bytes[1 << 17];
    assert_in_range(sluice__link__event__get_packed_size(e), 0, sizeof bytes);
    size_t n = sluice__link__event__pack(e, bytes);
    rooms_event(s->rooms, sluice__link__event__unpack(NULL, n, bytes), s->now);
}

void stage_welcome(struct stage *s, uint64_t instance)
{
    Sluice__Link__MediaPort a = SLUICE__LINK__MEDIA_PORT__INIT, b = a, *ports[] = {&a, &b};
    a.udp_port = 50000;
    b.worker = 1;
    b.udp_port = 50001;
    uint8_t fingerprint[32] = {0xaa};
    Sluice__Link__Welcome body = SLUICE__LINK__WELCOME__INIT;
    body.version = 1;
    body.instance = instance;
    body.fingerprint.data = fingerprint;
    body.fingerprint.len = sizeof fingerprint;
    body.n_media_ports = 2;
    body.media_ports = ports;
    body.tcp_port = 7881;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WELCOME;
    e.welcome = &body;
    stage_event(s, &e);
}

void stage_dump_end(struct stage *s)
{
    Sluice__Link__DumpEnd body = SLUICE__LINK__DUMP_END__INIT;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_END;
    e.dump_end = &body;
    stage_event(s, &e);
}

void stage_open(struct stage *s)
{
    memset(s, 0, sizeof *s);
    rooms_config_default(&s->config);
    s->now = 1000 * USEC_PER_SEC;
    s->g = signalling_create(&s->config);
    assert_non_null(s->g);
    s->rooms = signalling_rooms(s->g);
    struct signalling_output out = {.ctx = s, .command = on_command, .event = on_event};
    signalling_set_output(s->g, &out);
    s->rooms->addresses[0] =
        (struct candidate_address){.udp = true, .tcp = true, .preference = UINT16_MAX};
    net_addr_parse(&s->rooms->addresses[0].at, "192.0.2.1", 0);
    s->rooms->address_count = 1;
    stage_welcome(s, 1);
    stage_dump_end(s);
}

void stage_close(struct stage *s)
{
    signalling_destroy(s->g);
    for (size_t i = 0; i < s->command_count; i++)
        sluice__link__command__free_unpacked(s->commands[i], NULL);
}

void stage_pass(struct stage *s, usec_t duration)
{
    usec_t end = s->now + duration;
    for (usec_t at = rooms_deadline(s->rooms); at <= end; at = rooms_deadline(s->rooms)) {
        s->now = at > s->now ? at : s->now;
        rooms_run(s->rooms, s->now);
    }
    s->now = end;
}

Sluice__Link__Command *stage_last(const struct stage *s, Sluice__Link__Command__BodyCase kind)
{
    for (size_t i = s->command_count; i > 0; i--)
        if (s->commands[i - 1]->body_case == kind)
            return s->commands[i - 1];
    return NULL;
}

size_t stage_count(const struct stage *s, Sluice__Link__Command__BodyCase kind)
{
    size_t n = 0;
    for (size_t i = 0; i < s->command_count; i++)
        n += s->commands[i]->body_case == kind;
    return n;
}

/* ---- clients ---- */

static void io_write(void *ctx, bool binary, const void *data, size_t length)
{
    struct actor *a = ctx;
    assert_false(a->closed);
    assert_in_range(a->count, 0, STAGE_LOG_MAX - 1);
    if (!binary) {
        snprintf(a->text, sizeof a->text, "%.*s", (int)length, (const char *)data);
        return;
    }
    Livekit__SignalResponse *m = livekit__signal_response__unpack(NULL, length, data);
    assert_non_null(m);
    a->said[a->count++] = m;
}

static void io_close(void *ctx)
{
    struct actor *a = ctx;
    a->closed = true;
}

void actor_open(struct actor *a, struct stage *s, const char *identity)
{
    memset(a, 0, sizeof *a);
    a->stage = s;
    a->identity = identity;
    assert_true(claims_init(&a->claims));
    claims_set_text(&a->claims.identity, identity);
    claims_set_text(&a->claims.video.room, "room");
    a->claims.video.present = true;
    a->claims.video.room_join = true;
    a->params.room = (char *)(uintptr_t) "room";
    a->params.identity = (char *)(uintptr_t)identity;
    a->params.publish = (char *)(uintptr_t) "";
    a->params.metadata = (char *)(uintptr_t) "";
    a->params.auto_subscribe = true;
    a->params.client.sdk = LIVEKIT__CLIENT_INFO__SDK__JS;
    a->params.client.protocol = 17;
    a->params.client.client_protocol = 2;
    strcpy(a->params.client.browser, "Chrome");
    livekit__join_request__init(&a->request);
    livekit__session_description__init(&a->offer);
}

static void drop_session(struct actor *a)
{
    if (a->session)
        signal_closed(a->session, a->stage->now);
    a->session = NULL;
}

void actor_close(struct actor *a)
{
    drop_session(a);
    for (size_t i = 0; i < a->count; i++)
        livekit__signal_response__free_unpacked(a->said[i], NULL);
    claims_free(&a->claims);
}

static void start(struct actor *a)
{
    struct signal_join j = {.claims = &a->claims, .params = &a->params};
    struct signal_io io = {.ctx = a, .write = io_write, .close = io_close};
    drop_session(a);
    a->closed = false;
    assert_int_equal(signal_check(a->stage->g, &j, a->stage->now).status, 0);
    a->session = signal_start(a->stage->g, &j, &io, a->stage->now);
}

void actor_join(struct actor *a, const char *offer)
{
    a->params.single_pc = true;
    a->params.request = &a->request;
    a->request.publisher_offer = NULL;
    if (offer) {
        a->offer.type = (char *)(uintptr_t) "offer";
        a->offer.sdp = (char *)(uintptr_t)offer;
        a->offer.id = 1;
        a->request.publisher_offer = &a->offer;
    }
    start(a);
}

void actor_join_dual(struct actor *a)
{
    a->params.single_pc = false;
    a->params.request = NULL;
    start(a);
}

void actor_resume(struct actor *a)
{
    a->params.reconnect = true;
    start(a);
    a->params.reconnect = false;
}

struct participant *actor_participant(const struct actor *a)
{
    const struct room *r = rooms_find(a->stage->rooms, a->params.room);
    return r ? room_participant(r, a->identity) : NULL;
}

void actor_send(struct actor *a, const Livekit__SignalRequest *m)
{
    static uint8_t bytes[1 << 20];
    assert_true(livekit__signal_request__get_packed_size(m) <= sizeof bytes);
    size_t n = livekit__signal_request__pack(m, bytes);
    signal_message(a->session, true, bytes, n, a->stage->now);
}

static void describe(struct actor *a, Livekit__SignalRequest__MessageCase kind, const char *type,
                     const char *sdp, uint32_t id)
{
    Livekit__SessionDescription body = LIVEKIT__SESSION_DESCRIPTION__INIT;
    body.type = (char *)(uintptr_t)type;
    body.sdp = (char *)(uintptr_t)sdp;
    body.id = id;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = kind;
    m.offer = &body;
    actor_send(a, &m);
}

void actor_offer(struct actor *a, const char *sdp, uint32_t id)
{
    describe(a, LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER, "offer", sdp, id);
}

void actor_answer(struct actor *a, const char *sdp, uint32_t id)
{
    describe(a, LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER, "answer", sdp, id);
}

void actor_add_track(struct actor *a, const char *cid, Livekit__TrackType type,
                     Livekit__TrackSource source)
{
    Livekit__VideoLayer layers[3], *list[3];
    for (int i = 0; i < 3; i++) {
        livekit__video_layer__init(&layers[i]);
        layers[i].quality = (Livekit__VideoQuality)i;
        layers[i].width = 320u << i;
        layers[i].height = 180u << i;
        list[i] = &layers[i];
    }
    Livekit__SimulcastCodec codec = LIVEKIT__SIMULCAST_CODEC__INIT, *codecs[] = {&codec};
    codec.codec = (char *)(uintptr_t) "vp8";
    codec.cid = (char *)(uintptr_t)cid;
    Livekit__AddTrackRequest body = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    body.cid = (char *)(uintptr_t)cid;
    body.type = type;
    body.source = source;
    if (type == LIVEKIT__TRACK_TYPE__VIDEO) {
        body.n_layers = 3;
        body.layers = list;
        body.n_simulcast_codecs = 1;
        body.simulcast_codecs = codecs;
    }
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
    m.add_track = &body;
    actor_send(a, &m);
}

void actor_mute(struct actor *a, const char *sid, bool muted)
{
    Livekit__MuteTrackRequest body = LIVEKIT__MUTE_TRACK_REQUEST__INIT;
    body.sid = (char *)(uintptr_t)sid;
    body.muted = muted;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE;
    m.mute = &body;
    actor_send(a, &m);
}

void actor_subscribe(struct actor *a, const char *sid, bool subscribe)
{
    char *sids[] = {(char *)(uintptr_t)sid};
    Livekit__UpdateSubscription body = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;
    body.n_track_sids = 1;
    body.track_sids = sids;
    body.subscribe = subscribe;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION;
    m.subscription = &body;
    actor_send(a, &m);
}

void actor_leave(struct actor *a)
{
    Livekit__LeaveRequest body = LIVEKIT__LEAVE_REQUEST__INIT;
    body.reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE;
    m.leave = &body;
    actor_send(a, &m);
}

void actor_cut(struct actor *a)
{
    a->closed = true;
    drop_session(a);
}

static void report(struct actor *a, Sluice__Link__Connection state, bool restartable)
{
    struct participant *p = actor_participant(a);
    for (int i = 0; i < 2; i++) {
        if (!p || !p->transports[i])
            continue;
        Sluice__Link__TransportState body = SLUICE__LINK__TRANSPORT_STATE__INIT;
        body.transport = p->transports[i]->index.id;
        body.state = state;
        body.restartable = restartable;
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE;
        e.transport_state = &body;
        stage_event(a->stage, &e);
    }
}

void actor_transport(struct actor *a, Sluice__Link__Connection state)
{
    report(a, state, state == SLUICE__LINK__CONNECTION__FAILED);
}

void actor_dtls_failed(struct actor *a)
{
    report(a, SLUICE__LINK__CONNECTION__FAILED, false);
}

static const char *name_of(const Livekit__SignalResponse *m)
{
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field(m->base.descriptor, (unsigned)m->message_case);
    return f->name;
}

const char *actor_heard(struct actor *a)
{
    static char text[4096];
    const char *last = "";
    text[0] = '\0';
    for (; a->read < a->count; a->read++) {
        const char *name = name_of(a->said[a->read]);
        if (strcmp(name, last) == 0)
            continue;
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", name);
        last = name;
    }
    return text;
}

Livekit__SignalResponse *actor_last(const struct actor *a,
                                    Livekit__SignalResponse__MessageCase kind)
{
    for (size_t i = a->count; i > 0; i--)
        if (a->said[i - 1]->message_case == kind)
            return a->said[i - 1];
    fail_msg("%s was never told message %d", a->identity, (int)kind);
    return NULL;
}

const char *mapped(const Livekit__SessionDescription *d, const char *mid)
{
    for (size_t i = 0; i < d->n_mid_to_track_id; i++)
        if (strcmp(d->mid_to_track_id[i]->key, mid) == 0)
            return d->mid_to_track_id[i]->value;
    return NULL;
}

/* All objects begin with their id. */
static bool closes(const Sluice__Link__Command *c)
{
    return c->body_case == SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT ||
           c->body_case == SLUICE__LINK__COMMAND__BODY_CLOSE_TRANSPORT ||
           c->body_case == SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK ||
           c->body_case == SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION;
}

/* A part of the record that its participant was opened with last. */
static bool is_current_part(const struct stage *first, const Sluice__Link__Command *c)
{
    uint64_t number = 0;
    for (size_t i = 0; i < first->command_count; i++) {
        const Sluice__Link__Command *o = first->commands[i];
        if (o->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT &&
            o->open_participant->id == c->add_record_part->participant)
            number = o->open_participant->record_number;
    }
    return number == c->add_record_part->record_number;
}

static void dump_part(struct stage *s, const struct stage *first, const Sluice__Link__Command *c)
{
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_RECORD_PART;
    e.dump_record_part = c->add_record_part;
    if (is_current_part(first, c))
        stage_event(s, &e);
}

void stage_dump(struct stage *s, const struct stage *first)
{
    Sluice__Link__Command *const *commands = first->commands;
    size_t n = first->command_count;
    for (size_t i = 0; i < n; i++) {
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        Sluice__Link__DumpTransport t = SLUICE__LINK__DUMP_TRANSPORT__INIT;
        Sluice__Link__TransportState state = SLUICE__LINK__TRANSPORT_STATE__INIT;
        Sluice__Link__Command *c = commands[i];
        bool last = true;
        if (c->body_case == SLUICE__LINK__COMMAND__BODY_ADD_RECORD_PART) {
            dump_part(s, first, c);
            continue;
        }
        for (size_t k = i + 1; k < n; k++)
            if ((commands[k]->body_case == c->body_case || closes(commands[k])) &&
                commands[k]->open_participant->id == c->open_participant->id)
                last = false;
        if (!last)
            continue;
        if (c->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT) {
            e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT;
            e.dump_participant = c->open_participant;
        } else if (c->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT) {
            e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT;
            e.dump_transport = &t;
            t.transport = c->open_transport;
            t.state = &state;
            state.transport = c->open_transport->id;
            state.state = SLUICE__LINK__CONNECTION__CONNECTED;
        } else if (c->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_TRACK) {
            e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_TRACK;
            e.dump_track = c->open_track;
        } else if (c->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION) {
            e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_SUBSCRIPTION;
            e.dump_subscription = c->open_subscription;
        } else {
            continue;
        }
        stage_event(s, &e);
    }
    stage_dump_end(s);
}
