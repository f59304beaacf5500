/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/session_stage.h"

static void on_command(void *context, unsigned worker, const struct media_command *c)
{
    struct fixture *f = context;
    assert_true(worker < 2 && f->n_commands < COMMANDS_MAX);
    f->commands[f->n_commands++] = *c;
    if (c->type == MEDIA_SET_KEYS) {
        srtp_key_destroy(c->keys.receive);
        srtp_key_destroy(c->keys.send);
    }
}

static void on_packet(void *context, unsigned worker, const struct net_path *path,
                      const uint8_t *data, size_t len)
{
    struct fixture *f = context;
    (void)worker;
    assert_true(f->n_packets < PACKETS_MAX && len <= sizeof(f->packets[0].data));
    f->packets[f->n_packets].path = *path;
    f->packets[f->n_packets].len = len;
    memcpy(f->packets[f->n_packets++].data, data, len);
}

static void on_allow(void *context, unsigned worker, const struct net_path *path, bool allowed)
{
    struct fixture *f = context;
    (void)worker;
    (void)path;
    f->n_allowed += allowed ? 1 : (size_t)-1;
}

static void on_event(void *context, const Sluice__Link__Event *e)
{
    struct fixture *f = context;
    uint8_t buf[8192];
    size_t n = sluice__link__event__get_packed_size(e);
    assert_true(n <= sizeof(buf) && f->n_events < EVENTS_MAX);
    sluice__link__event__pack(e, buf);
    f->events[f->n_events++] = sluice__link__event__unpack(NULL, n, buf);
}

void clear_events(struct fixture *f)
{
    for (size_t i = 0; i < f->n_events; i++)
        sluice__link__event__free_unpacked(f->events[i], NULL);
    f->n_events = f->n_commands = f->n_packets = 0;
}

int stage_open(void **state)
{
    char err[DTLS_ERROR_TEXT];
    struct fixture *f = calloc(1, sizeof(*f));
    f->counters = aligned_alloc(64, sizeof(*f->counters));
    memset(f->counters, 0, sizeof(*f->counters));
    f->now = 1000000;
    f->dtls = dtls_context_create(err);
    const struct sessions_config c = {.workers = 2,
                                      .ports = {7882, 7883},
                                      .tcp_port = 7881,
                                      .backend = "sim",
                                      .heard = {f->heard, f->heard},
                                      .participants = 4,
                                      .transports = 4,
                                      .tracks = 4,
                                      .subscriptions = 4};
    const struct sessions_output out = {.context = f,
                                        .command = on_command,
                                        .packet = on_packet,
                                        .allow = on_allow,
                                        .event = on_event};
    f->s = sessions_create(&c, &out, f->dtls, f->counters, f->now);
    *state = f;
    return f->s ? 0 : -1;
}

int stage_close(void **state)
{
    struct fixture *f = *state;
    sessions_destroy(f->s);
    clear_events(f);
    dtls_context_destroy(f->dtls);
    free(f->counters);
    free(f);
    return 0;
}

void send_command(struct fixture *f, const Sluice__Link__Command *c)
{
    uint8_t buf[8192];
    size_t n = sluice__link__command__get_packed_size(c);
    assert_true(n <= sizeof(buf));
    sluice__link__command__pack(c, buf);
    sessions_command(f->s, sluice__link__command__unpack(NULL, n, buf), f->now);
}

void open_participant_in(struct fixture *f, uint64_t id, uint64_t room)
{
    Sluice__Link__Participant p = SLUICE__LINK__PARTICIPANT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.id = id;
    p.room = room;
    p.sid = (char *)"PA_test";
    p.identity = (char *)"alice";
    p.record = (ProtobufCBinaryData){.len = 3, .data = (uint8_t *)"abc"};
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &p;
    send_command(f, &c);
}

void open_participant(struct fixture *f, uint64_t id)
{
    open_participant_in(f, id, 7);
}

void open_transport(struct fixture *f, uint64_t id, uint64_t participant, const char *ufrag)
{
    Sluice__Link__Transport t = SLUICE__LINK__TRANSPORT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    t.id = id;
    t.participant = participant;
    t.worker = 1;
    t.local_ufrag = (char *)ufrag;
    t.local_pwd = (char *)"password+of+some+length";
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT;
    c.open_transport = &t;
    send_command(f, &c);
}

void set_remote(struct fixture *f, uint64_t transport, struct dtls_context *peer)
{
    uint8_t fingerprint[DTLS_FINGERPRINT];
    Sluice__Link__RemoteDescription r = SLUICE__LINK__REMOTE_DESCRIPTION__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    dtls_context_fingerprint(peer, fingerprint);
    r.transport = transport;
    r.ufrag = (char *)"peer";
    r.pwd = (char *)"peer-password-of-length";
    r.fingerprint = (ProtobufCBinaryData){.len = sizeof(fingerprint), .data = fingerprint};
    c.body_case = SLUICE__LINK__COMMAND__BODY_SET_REMOTE;
    c.set_remote = &r;
    send_command(f, &c);
}

void open_track(struct fixture *f, uint64_t id, uint64_t transport, uint32_t pt)
{
    Sluice__Link__Payload p = SLUICE__LINK__PAYLOAD__INIT, *payloads[] = {&p};
    Sluice__Link__Encoding e = SLUICE__LINK__ENCODING__INIT, *encodings[] = {&e};
    Sluice__Link__Track t = SLUICE__LINK__TRACK__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.codec = SLUICE__LINK__CODEC__OPUS;
    p.pt = pt;
    p.clock_rate = 48000;
    t.id = id;
    t.transport = transport;
    t.sid = (char *)"TR_AM";
    t.mid = (char *)"0";
    t.n_payloads = 1;
    t.payloads = payloads;
    t.n_encodings = 1;
    t.encodings = encodings;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRACK;
    c.open_track = &t;
    send_command(f, &c);
}

void open_subscription(struct fixture *f, uint64_t id, uint64_t track, uint64_t transport)
{
    Sluice__Link__Payload p = SLUICE__LINK__PAYLOAD__INIT, *payloads[] = {&p};
    Sluice__Link__Subscription s = SLUICE__LINK__SUBSCRIPTION__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.codec = SLUICE__LINK__CODEC__OPUS;
    p.pt = 111;
    p.clock_rate = 48000;
    s.id = id;
    s.track = track;
    s.transport = transport;
    s.mid = (char *)"1";
    s.cname = (char *)"PA|TR";
    s.ssrc = 4711;
    s.n_payloads = 1;
    s.payloads = payloads;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION;
    c.open_subscription = &s;
    send_command(f, &c);
}

void close_participant(struct fixture *f, uint64_t id)
{
    Sluice__Link__Id i = SLUICE__LINK__ID__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    i.id = id;
    c.body_case = SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT;
    c.close_participant = &i;
    send_command(f, &c);
}

void hello(struct fixture *f, uint32_t version)
{
    Sluice__Link__Hello h = SLUICE__LINK__HELLO__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    h.version = version;
    h.program = (char *)"test";
    c.body_case = SLUICE__LINK__COMMAND__BODY_HELLO;
    c.hello = &h;
    send_command(f, &c);
}

const Sluice__Link__Event *last_event(const struct fixture *f)
{
    assert_true(f->n_events > 0);
    return f->events[f->n_events - 1];
}

const struct media_command *find_command(const struct fixture *f, enum media_command_type t)
{
    for (size_t i = 0; i < f->n_commands; i++)
        if (f->commands[i].type == t)
            return &f->commands[i];
    return NULL;
}

struct net_path path_from(const char *ip, uint16_t port)
{
    struct net_path p = {0};
    assert_true(net_addr_parse(&p.remote, ip, port));
    assert_true(net_addr_parse(&p.local, "192.0.2.1", 7883));
    return p;
}

void check_connectivity(struct fixture *f, const struct net_path *path, const char *username,
                        bool nominate)
{
    static const uint8_t transaction[STUN_TRANSACTION] = "transaction";
    static const char pwd[] = "password+of+some+length";
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, username, strlen(username));
    stun_add_u64(&w, STUN_ICE_CONTROLLING, 1);
    stun_add_u32(&w, STUN_PRIORITY, 100);
    if (nominate)
        stun_add(&w, STUN_USE_CANDIDATE, NULL, 0);
    stun_add_integrity(&w, pwd, strlen(pwd));
    stun_add_fingerprint(&w);
    sessions_packet(f->s, path, buf, stun_end(&w), f->now);
}

void shake_hands(struct fixture *f, struct dtls *peer, const struct net_path *path)
{
    uint8_t buf[DTLS_MTU];
    for (int turn = 0; turn < 20 && dtls_state(peer) == DTLS_HANDSHAKE; turn++) {
        size_t n;
        while ((n = dtls_output(peer, buf)) > 0)
            sessions_packet(f->s, path, buf, n, f->now);
        for (size_t i = 0; i < f->n_packets; i++)
            dtls_input(peer, f->packets[i].data, f->packets[i].len, f->now);
        f->n_packets = 0;
    }
}

void pass(struct fixture *f, usec_t time)
{
    for (usec_t end = f->now + time; f->now < end;) {
        usec_t at = sessions_deadline(f->s);
        f->now = at < end ? at : end;
        sessions_tick(f->s, f->now);
    }
}

struct dtls *connect_peer(struct fixture *f, struct dtls_context *peer_context,
                          const struct net_path *path)
{
    uint8_t ours[DTLS_FINGERPRINT];
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    set_remote(f, 2, peer_context);
    check_connectivity(f, path, "ufrg:peer", true);
    f->n_packets = 0;
    struct dtls *peer = dtls_create(peer_context, true, NULL, f->now);
    dtls_context_fingerprint(f->dtls, ours);
    dtls_set_fingerprint(peer, ours);
    shake_hands(f, peer, path);
    clear_events(f);
    return peer;
}
