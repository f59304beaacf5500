/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/config.h"
#include "common/log.h"
#include "common/sandbox/sandbox.h"
#include "dataplane/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Packet buffers per worker: history of some hundred published layers. */
#define FRAMES_PER_WORKER 65536
#define SOCKET_BUFFER     (16u << 20)

static enum pktio_backend backend_of(enum config_backend b)
{
    switch (b) {
    case CONFIG_BACKEND_XDP:
        return PKTIO_XDP;
    case CONFIG_BACKEND_UDP:
        return PKTIO_UDP;
    default:
        return PKTIO_AUTO;
    }
}

static void fill_pktio(struct pktio_config *p, const struct config *c, const char **interfaces)
{
    unsigned ports = (unsigned)(c->rtc.udp_port_last - c->rtc.udp_port_first) + 1;
    p->backend = backend_of(c->sluice.backend);
    p->workers = c->sluice.workers < ports ? c->sluice.workers : ports;
    for (unsigned i = 0; i < p->workers; i++)
        p->ports[i] = (uint16_t)(c->rtc.udp_port_first + i);
    p->ipv4 = p->ipv6 = true;
    p->socket_buffer = SOCKET_BUFFER;
    for (size_t i = 0; i < c->sluice.interfaces.n; i++)
        interfaces[i] = c->sluice.interfaces.text[i];
    if (c->sluice.interfaces.n > 0)
        p->interfaces = interfaces;
}

static void fill_media(struct media_config *m, const struct config *c)
{
    m->frames = FRAMES_PER_WORKER;
    m->history_video = c->rtc.packet_buffer_size_video;
    m->history_audio = c->rtc.packet_buffer_size_audio;
    memcpy(m->pli_throttle, c->rtc.pli_throttle, sizeof(m->pli_throttle));
    m->audio_active_level = c->audio.active_level;
    m->audio_interval = c->audio.update_interval_ms * USEC_PER_MS;
    m->srtp_engine = c->sluice.srtp_engine[0] ? c->sluice.srtp_engine : NULL;
}

static void fill_sessions(struct sessions_config *s, const struct config *c)
{
    s->participants = c->sluice.max_participants;
    s->transports = 2 * c->sluice.max_participants;
    s->tracks = c->sluice.max_tracks;
    s->subscriptions = c->sluice.max_subscriptions;
    s->srtp_engine = c->sluice.srtp_engine[0] ? c->sluice.srtp_engine : NULL;
    s->data_tracks = c->data_tracks;
    s->lossy_latency = c->rtc.data_lossy_latency;
    s->data_track_latency = c->rtc.data_track_latency;
    s->slow_threshold = c->rtc.data_slow_threshold;
}

static void fill_turn(struct turn_server_config *t, const struct config *c)
{
    uint32_t most = 4 * c->sluice.max_participants;
    if (!c->turn.enabled)
        return;
    *t = (struct turn_server_config){.udp_port = c->turn.udp_port,
                                     .tls_port = c->turn.tls_port,
                                     .plain = c->turn.external_tls,
                                     .ipv4 = true,
                                     .ipv6 = true,
                                     .cert_file = c->turn.cert_file,
                                     .key_file = c->turn.key_file};
    t->engine.allocations = most < ALLOCATIONS_MAX ? most : ALLOCATIONS_MAX;
    t->engine.users = 2 * c->sluice.max_participants;
    t->engine.quota = c->turn.quota;
    for (size_t i = 0; i < c->turn.bind_addresses.n && i < TURN_SERVER_BINDS_MAX; i++)
        if (net_addr_parse(&t->binds[t->n_binds], c->turn.bind_addresses.text[i], 0))
            t->n_binds++;
}

/* Becomes readable on SIGINT, SIGTERM or SIGQUIT. Before threads start, so that they inherit it. */
static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool make_run_dir(const char *dir)
{
    if (mkdir(dir, 0755) == 0 || errno == EEXIST)
        return true;
    log_error("config", "run_dir=%s error=\"%s\"", dir, strerror(errno));
    return false;
}

/* The run directory becomes that user's. His group may add sockets (authz does, as a user of its
   own) and remove none but its own; what is made in it belongs to the group. */
static bool hand_over_directory(const char *dir, const struct passwd *p)
{
    struct stat st;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;
    if (ok && (st.st_mode & S_IWOTH)) {
        errno = EPERM;
        ok = false;
    }
    ok = ok && fchown(fd, p->pw_uid, p->pw_gid) == 0 &&
         fchmod(fd, S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IROTH | S_IXOTH) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Control, run by the same user, has to reach the socket; that user also removes it at the end. */
static bool hand_over(const struct config *c, const char *link_path, const char *stats_socket)
{
    const struct passwd *p = c->sluice.user[0] ? getpwnam(c->sluice.user) : NULL;
    if (!p || geteuid() != 0)
        return true;
    if (hand_over_directory(c->sluice.run_dir, p) && chown(link_path, p->pw_uid, p->pw_gid) == 0 &&
        chown(stats_socket, p->pw_uid, p->pw_gid) == 0)
        return true;
    log_error("start", "run_dir=%s user=%s error=\"%s\"", c->sluice.run_dir, c->sluice.user,
              strerror(errno));
    return false;
}

/* After the sockets and programs are there: what forwarding itself needs is little. */
static bool give_up_rights(const struct config *c)
{
    static const char *const calls[] = {"bpf",    "recvmmsg", "sched_setaffinity", "clone",
                                        "clone3", "rename",   "setpriority",       NULL};
    const struct sandbox s = {.user = c->sluice.user[0] ? c->sluice.user : NULL, .calls = calls};
    return sandbox_enter(&s);
}

static int run(const struct config *c)
{
    const char *interfaces[CONFIG_LIST + 1] = {0};
    char link_path[CONFIG_TEXT + 32], stats_path[CONFIG_TEXT + 32];
    char stats_socket[CONFIG_TEXT + 32], err[PROCESS_ERROR_TEXT];
    snprintf(link_path, sizeof(link_path), "%s/dataplane.sock", c->sluice.run_dir);
    snprintf(stats_path, sizeof(stats_path), "%s/dataplane.stats", c->sluice.run_dir);
    snprintf(stats_socket, sizeof(stats_socket), "%s/stats.sock", c->sluice.run_dir);
    struct process_config p = {.tcp_port = c->rtc.tcp_port,
                               .link_path = link_path,
                               .stats_path = stats_path,
                               .stats_socket = stats_socket,
                               .link_group = -1};
    fill_pktio(&p.pktio, c, interfaces);
    fill_media(&p.media, c);
    fill_sessions(&p.sessions, c);
    fill_turn(&p.turn, c);
    int stop = block_signals();
    if (stop < 0 || !make_run_dir(c->sluice.run_dir))
        return 1;
    struct process *process = process_create(&p, err);
    if (!process) {
        log_error("start", "%s", err);
        return 1;
    }
    if (!hand_over(c, link_path, stats_socket) || !give_up_rights(c) || !process_start(process)) {
        log_error("start", "no rights given up or no threads started");
        process_destroy(process);
        return 1;
    }
    log_info("start", "forwarding backend=\"%s\" workers=%u udp_port=%u tcp_port=%u link=%s",
             pktio_describe(process->pktio), process->workers, p.pktio.ports[0], p.tcp_port,
             link_path);
    process_run(process, stop);
    log_info("stop", "asked to stop");
    process_destroy(process);
    unlink(link_path);
    close(stop);
    return 0;
}

int main(int argc, char **argv)
{
    struct config *c = calloc(1, sizeof(*c));
    char err[CONFIG_ERROR_TEXT];
    if (!c)
        return 1;
    enum config_result r = config_load(c, "sluice-dataplane", argc, argv, err);
    if (r == CONFIG_WRONG)
        fprintf(stderr, "sluice-dataplane: %s\n", err);
    int status = r == CONFIG_HELP ? 0 : 1;
    if (r == CONFIG_OK) {
        log_setup("sluice-dataplane", c->log_level, c->log_json);
        status = run(c);
    }
    free(c);
    return status;
}
