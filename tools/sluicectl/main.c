/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/command.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *help;
    int (*run)(const struct options *o, int argc, char **argv);
} commands[] = {
    {"address", "how the outside reaches the server; `address refresh` looks anew",
     command_address},
    {"stats", "the dataplane's counters", command_stats},
    {"doctor", "doctor matrix: which link between homeserver, authz and SFU is broken",
     command_doctor},
};

static int usage(FILE *to, int status)
{
    fprintf(to, "usage: sluicectl [--run-dir DIR] [--json] COMMAND\n\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].help);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"run-dir", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *dir = getenv("SLUICE_RUN_DIR");
    struct options o = {.run_dir = dir ? dir : "/run/sluice"};
    int c;
    while ((c = getopt_long(argc, argv, "+r:jh", longs, NULL)) != -1) {
        if (c == 'r')
            o.run_dir = optarg;
        else if (c == 'j')
            o.json = 1;
        else
            return usage(c == 'h' ? stdout : stderr, c == 'h' ? 0 : 2);
    }
    for (size_t i = 0; optind < argc && i < sizeof(commands) / sizeof(*commands); i++)
        if (strcmp(argv[optind], commands[i].name) == 0)
            return commands[i].run(&o, argc - optind, argv + optind);
    return usage(stderr, 2);
}
