/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watches how the outside reaches us: asks STUN servers and names, listens to signs that something
 * changed, and says what is to be offered. Sans-I/O: facts and `now` in, calls of struct
 * watcher_output and a deadline out.
 *
 * At rest STUN servers are asked every stun_interval, give or take a fifth, from every media port:
 * the first one's answers are votes, the others' only have to agree with what came of them. A sign
 * of change (event of the network, silent peers, a signal, an operator) begins an alarm: they are
 * asked four times a second until the answer is clear, more seldom after ALARM_FAST without one.
 */
#ifndef SLUICE_CONTROL_ADDRESS_WATCHER_H
#define SLUICE_CONTROL_ADDRESS_WATCHER_H

#include "common/config/config.h"
#include "common/link/link.pb-c.h"
#include "control/address/plan.h"
#include "control/address/votes.h"

#define WATCHER_NAMES_MAX    32
#define WATCHER_RESOLVED_MAX 8
#define WATCHER_HISTORY      32
#define WATCHER_REASON       256
#define WATCHER_PORTS_MAX    16

#define ALARM_ASK     (250 * USEC_PER_MS)
#define ALARM_SLOW    (3 * USEC_PER_SEC)
#define ALARM_FAST    (60 * USEC_PER_SEC)
#define ALARM_END     (600 * USEC_PER_SEC)
#define ALARM_SETTLE  (1500 * USEC_PER_MS)
#define LINE_DEAD     (1500 * USEC_PER_MS) /* an alarm without any answer */
#define LINE_REPEAT   (20 * USEC_PER_SEC)
#define SILENCE_FRESH (5 * USEC_PER_SEC) /* peers were said to be silent so long ago */
#define STALE_AFTER   (3 * USEC_PER_SEC) /* no server answers: other sources are looked at */
#define NAME_AT_REST  (60 * USEC_PER_SEC)
#define NAME_ALARMED  (400 * USEC_PER_MS)
#define NAME_FAILING  (10 * USEC_PER_SEC)
#define NAME_OVERTAKE                                                                              \
    (3 * USEC_PER_SEC)                 /* a failure is forgiven so long after an answer: questions \
                                          overlap */
#define LOUD_EVERY (60 * USEC_PER_SEC) /* a degraded state is told again */

struct watcher_output {
    void *ctx;
    /* To the dataplane. */
    void (*ask)(void *ctx, const Sluice__Link__AskStun *m);
    void (*line)(void *ctx, bool down);
    /* Both families of a name, answered by watcher_resolved(); never from within the call. */
    void (*resolve)(void *ctx, unsigned name, const char *host);
    /* What is to be offered changed; the first plan too. */
    void (*offer)(void *ctx, const struct address_plan *p, const char *reason, usec_t now);
    /* An external address to remember over restarts. */
    void (*remember)(void *ctx, const struct net_addr *a);
};

enum name_use { NAME_STUN, NAME_NODE_IP, NAME_LINE };

struct watched_name {
    enum name_use use;
    char host[CONFIG_TEXT];
    uint16_t port; /* of a STUN server */
    bool literal;
    usec_t due, asked, answered;
    unsigned failures; /* in a row */
    size_t count;
    struct net_addr resolved[WATCHER_RESOLVED_MAX];
    unsigned same; /* answers in a row that were equal */
};

/* How a media port is mapped, as whoever answered last says. */
struct mapped_port {
    struct net_addr local, mapped; /* unset: no answer yet */
    usec_t answered;
};

struct address_change {
    int64_t unix_ms;
    char offered[ADDRESS_PLAN_TEXT], reason[WATCHER_REASON];
};

struct watcher {
    const struct config *config;
    struct watcher_output out;
    struct address_facts facts;
    struct address_plan plan;
    bool ready, planned;  /* the interfaces are known; something was offered */
    usec_t offered_since; /* the plan as it is */
    struct votes votes[FAMILIES];
    struct watched_name name[WATCHER_NAMES_MAX];
    unsigned name_count;
    bool link_up;
    unsigned ports; /* of media; worker i's is port[i] */
    struct mapped_port port[WATCHER_PORTS_MAX];
    bool told_split;
    uint32_t round;
    usec_t round_asked[256];             /* by the round's low byte */
    usec_t ask_at, loud_at, stale_since; /* stale_since 0: servers answer */
    usec_t alarm_since;                  /* 0: at rest */
    usec_t alarm_answered;
    char alarm_reason[WATCHER_REASON];
    unsigned confirmations; /* of what is believed, in this alarm */
    usec_t settled_at, silence_at;
    uint32_t silent; /* peers, as last told */
    bool silent_all, heard;
    bool line_down;
    usec_t line_told_at;
    bool told_disagreement[FAMILIES], told_symmetric[FAMILIES];
    struct address_change history[WATCHER_HISTORY];
    uint32_t changes;
};

/* A flat value: nothing to free. `config` outlives it. */
void watcher_init(struct watcher *w, const struct config *config, const struct watcher_output *out,
                  usec_t now);

/* From the last run, before anything else. */
void watcher_last_known(struct watcher *w, const struct net_addr *a);

/* The interfaces' addresses, as filtered; `loopback` unset: not to be offered. */
void watcher_interfaces(struct watcher *w, const struct net_addr *list, size_t n,
                        const struct net_addr *loopback, usec_t now);

/* A sign of change. `reason` is for the log. */
void watcher_alarm(struct watcher *w, const char *reason, usec_t now);

void watcher_link(struct watcher *w, bool up, usec_t now);
/* How many media ports there are: workers 0 and up. */
void watcher_ports(struct watcher *w, size_t n);
void watcher_mapped(struct watcher *w, const Sluice__Link__MappedAddress *m, usec_t now);
void watcher_silence(struct watcher *w, const Sluice__Link__Silence *m, usec_t now);

/* The answer of a name; n 0: it has none, or nobody could be asked. */
void watcher_resolved(struct watcher *w, unsigned name, const struct net_addr *list, size_t n,
                      usec_t now);

void watcher_tick(struct watcher *w, usec_t now);
usec_t watcher_deadline(const struct watcher *w);

/* ---- shared by the files of the watcher ---- */

/* names.c */
void names_init(struct watcher *w);
void names_run(struct watcher *w, usec_t now);
usec_t names_deadline(const struct watcher *w);
void names_hurry(struct watcher *w, usec_t now);
/* The first entry of config.rtc.stun_servers, or of the default list, that `server` belongs to. */
const struct watched_name *names_of_server(const struct watcher *w, const struct net_addr *server);
/* node_ip and dns_name into the facts. */
void names_gather(struct watcher *w);

/* Makes the plan anew and offers it if it differs. */
void watcher_plan(struct watcher *w, const char *reason, usec_t now);
bool watcher_wants_stun(const struct watcher *w);
/* The fast part of an alarm. */
bool watcher_hurries(const struct watcher *w, usec_t now);

#endif
