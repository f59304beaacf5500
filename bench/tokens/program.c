/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/tokens/program.h"

#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"

#define START_TIME (15 * USEC_PER_SEC)

bool program_prepare(struct program *p)
{
    strcpy(p->directory, "/tmp/bench-tokens-XXXXXX");
    return mkdtemp(p->directory) != NULL;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static uint16_t free_port(void)
{
    struct sockaddr_in at = loopback(0);
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &size) == 0;
    close(fd);
    return ok ? ntohs(at.sin_port) : 0;
}

int program_connect(const struct program *p)
{
    struct sockaddr_in at = loopback(p->port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void run(const struct program *p, const char *path, const char *ca_file)
{
    char bind_to[32];
    snprintf(bind_to, sizeof(bind_to), "127.0.0.1:%u", p->port);
    clearenv();
    setenv("LIVEKIT_KEY", "devkey", 1);
    setenv("LIVEKIT_SECRET", "a secret of at least thirty-two bytes", 1);
    setenv("LIVEKIT_URL", "ws://127.0.0.1:9", 1);
    setenv("LIVEKIT_FULL_ACCESS_HOMESERVERS", "elsewhere.test", 1);
    setenv("LIVEKIT_JWT_BIND", bind_to, 1);
    setenv("LIVEKIT_LOG_LEVEL", "error", 1);
    setenv("LIVEKIT_CONFIG",
           "{sluice: {authz: {allowed_networks: [127.0.0.0/8], lookup_time: 6s}}}", 1);
    setenv("STATE_DIRECTORY", p->directory, 1);
    setenv("SLUICE_RUN_DIR", p->directory, 1);
    setenv("SSL_CERT_FILE", ca_file, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(path, path, (char *)NULL);
    perror(path);
    _exit(127);
}

bool program_start(struct program *p, const char *path, const char *ca_file)
{
    p->port = free_port();
    p->pid = fork();
    if (p->pid == 0)
        run(p, path, ca_file);
    usec_t until = clock_monotonic() + START_TIME;
    while (p->pid > 0 && clock_monotonic() < until && waitpid(p->pid, NULL, WNOHANG) == 0) {
        int fd = program_connect(p);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        usleep(20000);
    }
    p->pid = 0;
    return false;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

void program_stop(struct program *p)
{
    if (p->pid > 0 && kill(p->pid, SIGTERM) == 0)
        waitpid(p->pid, NULL, 0);
    if (*p->directory)
        nftw(p->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool read_proc(const struct program *p, const char *file, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", p->pid, file);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(out, 1, size - 1, f) : 0;
    out[n] = 0;
    if (f)
        fclose(f);
    return n > 0;
}

double program_cpu_ms(const struct program *p)
{
    char text[128];
    return read_proc(p, "schedstat", text, sizeof(text)) ? strtod(text, NULL) / 1e6 : 0;
}

long program_memory_kib(const struct program *p)
{
    char text[4096];
    const char *at = read_proc(p, "status", text, sizeof(text)) ? strstr(text, "VmRSS:") : NULL;
    return at ? strtol(at + strlen("VmRSS:"), NULL, 10) : 0;
}
