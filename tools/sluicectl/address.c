/* SPDX-License-Identifier: Apache-2.0 */
/* `address`: how the outside reaches the server, who says so, and what was before. */
#include "tools/sluicectl/commands.h"
#include "tools/sluicectl/control_socket.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "-";
}

static bool flag(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

/* "never" or "12.3 s" */
static const char *age(const json_t *o, const char *key, char buf[static 24])
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_number(v))
        return "never";
    snprintf(buf, 24, "%.1f s", json_number_value(v));
    return buf;
}

static void print_offered(const json_t *root)
{
    size_t i;
    json_t *o;
    char buf[24];
    printf("offered since %s, changes so far: %lld%s\n", age(root, "since", buf),
           (long long)json_integer_value(json_object_get(root, "changes")),
           flag(root, "degraded") ? "  DEGRADED: no source knows the address of the outside" : "");
    json_array_foreach(json_object_get(root, "offered"), i, o)
        printf("  %-46s%s%s\n", text(o, "address"), flag(o, "udp") ? " udp" : "",
               flag(o, "tcp") ? " tcp" : "");
    printf("source: IPv4 %s, IPv6 %s%s%s%s%s%s\n", text(root, "source_ipv4"),
           text(root, "source_ipv6"), flag(root, "looking") ? "; looking anew" : "",
           flag(root, "line_down") ? "; the line is down" : "",
           flag(root, "stun_disagreement") ? "; STUN servers disagree" : "",
           flag(root, "symmetric_nat") ? "; the NAT is symmetric" : "",
           flag(root, "split_nat") ? "; the NAT gives media ports different addresses" : "");
}

static void print_stun(const json_t *root)
{
    size_t i;
    json_t *o;
    char buf[24];
    json_array_foreach(json_object_get(root, "stun"), i, o)
        printf("stun %s (%s): %s, %s ago, %.1f ms, unanswered %lld%s%s\n", text(o, "name"),
               text(o, "server"), text(o, "mapped"), age(o, "age", buf),
               json_number_value(json_object_get(o, "rtt_ms")),
               (long long)json_integer_value(json_object_get(o, "unanswered")),
               flag(o, "outvoted") ? ", outvoted" : "",
               flag(o, "no_fingerprint") ? ", without FINGERPRINT" : "");
}

static void print_ports(const json_t *root)
{
    size_t i;
    json_t *o;
    char buf[24];
    json_array_foreach(json_object_get(root, "ports"), i, o)
        printf("media port of worker %zu: %s is seen as %s, %s ago\n", i, text(o, "local"),
               text(o, "mapped"), age(o, "age", buf));
}

static void print_names(const json_t *root)
{
    size_t i, k;
    json_t *o, *a;
    char buf[24];
    json_array_foreach(json_object_get(root, "names"), i, o)
    {
        printf("%s %s:", text(o, "use"), text(o, "name"));
        json_array_foreach(json_object_get(o, "addresses"), k, a)
            printf(" %s", json_string_value(a));
        printf(", %s ago\n", age(o, "age", buf));
    }
    json_array_foreach(json_object_get(root, "last_known"), i, a)
        printf("last known: %s\n", json_string_value(a));
}

static void print_history(const json_t *root)
{
    size_t i;
    json_t *o;
    printf("history:\n");
    json_array_foreach(json_object_get(root, "history"), i, o)
    {
        time_t at = (time_t)json_number_value(json_object_get(o, "unix"));
        struct tm tm;
        char when[32];
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", gmtime_r(&at, &tm));
        printf("  %sZ %s (%s)\n", when, text(o, "offered"), text(o, "reason"));
    }
}

static enum status run(const struct invocation *v)
{
    bool refresh = v->argument_count == 1;
    if (refresh && strcmp(v->arguments[0], "refresh") != 0) {
        fprintf(stderr, "sluicectl address: \"%s\" is not \"refresh\"\n", v->arguments[0]);
        return STATUS_USAGE;
    }
    json_t *root =
        control_ask(v->run_dir, refresh ? "/internal/address/refresh" : "/internal/address",
                    refresh ? "" : NULL);
    if (!root)
        return STATUS_NO_ANSWER;
    if (v->json) {
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (!refresh) {
        print_offered(root);
        print_stun(root);
        print_ports(root);
        print_names(root);
        print_history(root);
    }
    json_decref(root);
    return STATUS_OK;
}

const struct command command_address = {
    .name = "address",
    .arguments = "[refresh]",
    .most = 1,
    .summary = "how the outside reaches the server, who says so, what was before",
    .details = "\"refresh\" makes sluice look anew. docs/address.md explains the words.",
    .run = run,
};
