/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sluice-authz: trades Matrix OpenID tokens for tokens of the SFU, and sends the leave of who is
 * gone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "authz/healthcheck.h"
#include "authz/http/service.h"
#include "authz/listen.h"
#include "common/descriptors.h"
#include "common/log.h"
#include "common/sandbox/sandbox.h"
#include "common/version.h"

/* Thousands of clients, and connections to their homeservers. */
#define DESCRIPTORS_WANTED 4096

struct authz {
    struct config_authz config;
    struct loop *loop;
    struct service service;
    struct loop_watch signals;
};

static void on_signal(void *arg, unsigned events)
{
    struct authz *a = arg;
    struct signalfd_siginfo info;
    (void)events;
    if (read(a->signals.fd, &info, sizeof(info)) != sizeof(info))
        return;
    log_info("stop", "asked to stop signal=%u", info.ssi_signo);
    loop_stop(a->loop);
}

static bool watch_signals(struct authz *a)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    a->signals = (struct loop_watch){.ready = on_signal, .arg = a};
    a->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return a->signals.fd >= 0 && loop_watch(a->loop, &a->signals, LOOP_READ);
}

static void warn(const struct config_authz *c)
{
    if (c->insecure_tls)
        log_warn("start", "certificates are not checked: LIVEKIT_INSECURE_SKIP_VERIFY_TLS");
    if (strlen(c->keys.list[0].secret) < API_SECRET_ADVISED)
        log_warn("start", "the secret of key \"%s\" is shorter than %d bytes: guessable",
                 c->keys.list[0].key, API_SECRET_ADVISED);
    if (c->full_access_any)
        log_warn("start", "users of every homeserver may create rooms: full access is \"*\"");
}

static bool start(struct authz *a)
{
    descriptors_raise(DESCRIPTORS_WANTED);
    warn(&a->config);
    a->loop = loop_create();
    if (!a->loop || !watch_signals(a) || !service_open(&a->service, a->loop, &a->config) ||
        !listen_all(a->service.http, &a->config))
        return false;
    const struct sandbox s = {.user = *a->config.user ? a->config.user : NULL};
    return sandbox_enter(&s);
}

static void stop(struct authz *a)
{
    if (a->service.loop)
        service_close(&a->service);
    if (a->loop) {
        loop_unwatch(a->loop, &a->signals);
        close(a->signals.fd);
        loop_destroy(a->loop);
    }
    api_keys_wipe(&a->config.keys);
}

static int usage(FILE *to, int status)
{
    fputs("usage: sluice-authz [--config FILE] [--healthcheck]\n\n"
          "  --config FILE   a livekit.yaml: its keys, and section sluice.authz [$LIVEKIT_CONFIG]\n"
          "  --healthcheck   ask the running service and exit 0 if it is well\n"
          "  --version\n\n"
          "The variables of lk-jwt-service are understood; docs/matrix.md lists all.\n",
          to);
    return status;
}

int main(int argc, char **argv)
{
    static struct authz a;
    const char *file = NULL;
    char err[CONFIG_ERROR_TEXT];
    bool healthcheck_only = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            file = argv[++i];
        else if (strcmp(argv[i], "--healthcheck") == 0)
            healthcheck_only = true;
        else if (strcmp(argv[i], "--version") == 0)
            return printf("sluice-authz %s\n", SLUICE_VERSION) < 0;
        else
            return usage(strcmp(argv[i], "--help") == 0 ? stdout : stderr,
                         strcmp(argv[i], "--help") == 0 ? 0 : 2);
    }
    bool ok = config_authz_load(&a.config, file, NULL, getenv, err);
    if (healthcheck_only)
        return healthcheck(ok ? a.config.listen[0] : NULL);
    if (!ok) {
        fprintf(stderr, "sluice-authz: %s\n", err);
        return 2;
    }
    log_setup("sluice-authz", a.config.log_level, a.config.log_json);
    ok = start(&a);
    if (ok)
        loop_run(a.loop);
    stop(&a);
    return ok ? 0 : 1;
}
