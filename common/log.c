/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *program_name = "sluice";
static enum log_level least_level = LOG_LEVEL_INFO;
static bool as_json;

void log_setup(const char *program, enum log_level least, bool json)
{
    program_name = program;
    least_level = least;
    as_json = json;
}

bool log_level_parse(const char *text, enum log_level *out)
{
    if (strcasecmp(text, "warning") == 0)
        text = "warn";
    for (int i = 0; i < 4; i++) {
        if (strcasecmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_enabled(enum log_level level)
{
    return level >= least_level;
}

static void format_time(char buf[static 40])
{
    struct timeval tv;
    struct tm tm;
    gettimeofday(&tv, NULL);
    gmtime_r(&tv.tv_sec, &tm);
    size_t n = strftime(buf, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(buf + n, 40 - n, ".%03dZ", (int)(tv.tv_usec / 1000));
}

/* A message may carry bytes from the network: nothing below 0x20 reaches a terminal or breaks a
 * line. */
static size_t escape(char *out, size_t cap, const char *text, bool json)
{
    size_t n = 0;
    for (; *text && n + 7 < cap; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            n += (size_t)snprintf(out + n, cap - n, "\\u%04x", c);
        else if (json && (c == '"' || c == '\\'))
            n += (size_t)snprintf(out + n, cap - n, "\\%c", c);
        else
            out[n++] = (char)c;
    }
    out[n] = 0;
    return n;
}

void log_line(enum log_level level, const char *component, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    char message[LINE_MAX_BYTES], safe[LINE_MAX_BYTES + 64], when[40], line[LINE_MAX_BYTES + 256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    escape(safe, sizeof(safe), message, as_json);
    format_time(when);
    const char *shape =
        as_json ? "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\",\"component\":\"%s\","
                  "\"message\":\"%s\"}\n"
                : "%s %-5s %s/%s: %s\n";
    int n = snprintf(line, sizeof(line), shape, when, level_names[level], program_name, component,
                     safe);
    if (n > 0) {
        size_t len = (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;
        if (write(STDERR_FILENO, line, len) < 0)
            return; /* nowhere left to complain */
    }
}
