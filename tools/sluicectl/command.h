/* SPDX-License-Identifier: Apache-2.0 */
/* A subcommand of sluicectl: its own arguments (argv[0] is its name) to an exit status. */
#ifndef SLUICE_TOOLS_SLUICECTL_COMMAND_H
#define SLUICE_TOOLS_SLUICECTL_COMMAND_H

struct options {
    const char *run_dir; /* where the processes keep sockets and statistics */
    int json;
};

/* `address [refresh]`: how the outside reaches the server. */
int command_address(const struct options *o, int argc, char **argv);

/* The counters of the dataplane, summed and by thread. */
int command_stats(const struct options *o, int argc, char **argv);

/* `doctor matrix`: which link of the chain of a call is broken. */
int command_doctor(const struct options *o, int argc, char **argv);

#endif
