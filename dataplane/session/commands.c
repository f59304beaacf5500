/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "dataplane/dtls/dtls.h"
#include "dataplane/session/engine.h"

#include "common/link/link.h"

void fail(struct sessions *s, uint64_t seq, Sluice__Link__FailureCode code, uint64_t id,
          const char *text)
{
    log_warn("link", "command refused seq=%llu id=%llu reason=%s", (unsigned long long)seq,
             (unsigned long long)id, text);
    Sluice__Link__Failure f = SLUICE__LINK__FAILURE__INIT;
    f.seq = seq;
    f.code = code;
    f.id = id;
    f.text = (char *)text;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_FAILURE;
    e.failure = &f;
    s->out.event(s->out.context, &e);
}

void worker_command(struct sessions *s, unsigned worker, enum media_command_type type, handle_t h)
{
    struct media_command c = {.type = type, .handle = h};
    s->out.command(s->out.context, worker, &c);
}

static void welcome(struct sessions *s)
{
    Sluice__Link__MediaPort ports[PKTIO_WORKERS_MAX], *pointers[PKTIO_WORKERS_MAX];
    for (unsigned i = 0; i < s->config.workers; i++) {
        ports[i] = (Sluice__Link__MediaPort)SLUICE__LINK__MEDIA_PORT__INIT;
        ports[i].worker = i;
        ports[i].udp_port = s->config.ports[i];
        pointers[i] = &ports[i];
    }
    uint8_t fingerprint[DTLS_FINGERPRINT];
    dtls_context_fingerprint(s->dtls, fingerprint);
    Sluice__Link__Welcome w = SLUICE__LINK__WELCOME__INIT;
    w.version = LINK_VERSION;
    w.instance = s->instance;
    w.backend = (char *)s->config.backend;
    w.fingerprint = (ProtobufCBinaryData){.len = sizeof(fingerprint), .data = fingerprint};
    w.n_media_ports = s->config.workers;
    w.media_ports = pointers;
    w.tcp_port = s->config.tcp_port;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WELCOME;
    e.welcome = &w;
    s->out.event(s->out.context, &e);
}

static void hello(struct sessions *s, uint64_t seq, const Sluice__Link__Hello *m)
{
    if (m->version != LINK_VERSION) {
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_VERSION, 0, "link version");
        return;
    }
    log_info("link", "control connected program=%s", m->program);
    welcome(s);
    dump_all(s);
}

static void close_object(struct sessions *s, const Sluice__Link__Command *c)
{
    struct participant *p;
    struct transport *tr;
    struct track *t;
    struct subscription *sub;
    switch (c->body_case) {
    case SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT:
        if ((p = find_participant(s, c->close_participant->id)))
            session_participant_close(s, p);
        break;
    case SLUICE__LINK__COMMAND__BODY_CLOSE_TRANSPORT:
        if ((tr = find_transport(s, c->close_transport->id)))
            session_transport_close(s, tr);
        break;
    case SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK:
        if ((t = find_track(s, c->close_track->id)))
            session_track_close(s, t);
        break;
    case SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION:
        if ((sub = find_subscription(s, c->close_subscription->id)))
            session_subscription_close(s, sub);
        break;
    default:
        break;
    }
}

static void key_frame(struct sessions *s, uint64_t seq, const Sluice__Link__KeyFrameRequest *m)
{
    struct track *t = find_track(s, m->track);
    if (t)
        worker_command(s, t->transport->state->worker, MEDIA_REQUEST_KEY_FRAME, t->handle);
    else
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID, m->track, "track");
}

static void query(struct sessions *s, uint64_t seq, const Sluice__Link__ParticipantQuery *m)
{
    struct participant *p = find_participant(s, m->participant);
    if (p)
        session_participant_query(s, p);
    else
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID, m->participant, "participant");
}

/* The message inside of the command, which the callee keeps. */
#define STEAL(c, field) ((c)->body_case = SLUICE__LINK__COMMAND__BODY__NOT_SET, (c)->field)

void sessions_command(struct sessions *s, Sluice__Link__Command *c, usec_t now)
{
    s->now = now;
    switch (c->body_case) {
    case SLUICE__LINK__COMMAND__BODY_HELLO:
        hello(s, c->seq, c->hello);
        break;
    case SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT:
        session_participant_open(s, c->seq, STEAL(c, open_participant));
        break;
    case SLUICE__LINK__COMMAND__BODY_ADD_RECORD_PART:
        session_record_part(s, c->seq, STEAL(c, add_record_part));
        break;
    case SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT:
        session_transport_open(s, c->seq, STEAL(c, open_transport));
        break;
    case SLUICE__LINK__COMMAND__BODY_SET_REMOTE:
        session_transport_set_remote(s, c->seq, STEAL(c, set_remote));
        break;
    case SLUICE__LINK__COMMAND__BODY_RESTART_ICE:
        session_transport_restart_ice(s, c->seq, c->restart_ice);
        break;
    case SLUICE__LINK__COMMAND__BODY_OPEN_TRACK:
        session_track_open(s, c->seq, STEAL(c, open_track));
        break;
    case SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION:
        session_subscription_open(s, c->seq, STEAL(c, open_subscription));
        break;
    case SLUICE__LINK__COMMAND__BODY_REQUEST_KEY_FRAME:
        key_frame(s, c->seq, c->request_key_frame);
        break;
    case SLUICE__LINK__COMMAND__BODY_SEND_DATA:
        room_send_data(s, c->send_data);
        break;
    case SLUICE__LINK__COMMAND__BODY_QUERY_PARTICIPANT:
        query(s, c->seq, c->query_participant);
        break;
    case SLUICE__LINK__COMMAND__BODY_ASK_STUN:
        stun_ask(s, c->ask_stun);
        break;
    case SLUICE__LINK__COMMAND__BODY_SET_LINE:
        silence_set_line(s, c->set_line->down);
        break;
    case SLUICE__LINK__COMMAND__BODY_QUERY_SILENT:
        silence_query(s, c->query_silent->silent_ms);
        break;
    case SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT:
    case SLUICE__LINK__COMMAND__BODY_CLOSE_TRANSPORT:
    case SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK:
    case SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION:
        close_object(s, c);
        break;
    default:
        fail(s, c->seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, 0,
             "command is empty or unknown");
        break;
    }
    sluice__link__command__free_unpacked(c, NULL);
}
