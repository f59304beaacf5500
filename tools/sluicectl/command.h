/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of sluicectl. Each is a description and a function in a file of its own; commands.c
 * lists them. Parsing, --help and shell completion are made from the descriptions.
 */
#ifndef SLUICE_TOOLS_SLUICECTL_COMMAND_H
#define SLUICE_TOOLS_SLUICECTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses. */
enum status {
    STATUS_OK = 0,
    STATUS_FAILED = 1,    /* it could not be done, or doctor found something */
    STATUS_USAGE = 2,     /* the command line or the configuration is wrong */
    STATUS_NO_ANSWER = 3, /* sluice is not running, or may not be asked */
    STATUS_NOT_FOUND = 4, /* no such room or participant */
};

enum completion { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_DIRECTORY };

struct command_option {
    const char *name;
    const char *value; /* what it takes, as "TIME"; NULL: a flag */
    const char *help;
    enum completion completion;
};

#define OPTIONS_MAX   48 /* of one command, with the common ones */
#define OPTIONS_GIVEN 64 /* on one command line */

struct invocation;

struct command {
    const char *name;                     /* one word or two: "token create" */
    const char *arguments;                /* for the usage line: "ROOM IDENTITY"; "" none */
    int least, most;                      /* how many arguments it takes; most -1: any number */
    const char *summary;                  /* one line */
    const char *details;                  /* the rest of --help, in lines; NULL: nothing */
    const struct command_option *options; /* the last one has no name; NULL: none */
    enum status (*run)(const struct invocation *v);
};

/* A parsed command line. */
struct invocation {
    const struct command *command;
    const char *run_dir; /* where the processes keep sockets and statistics */
    bool json;
    char **arguments;
    int argument_count;
    struct {
        const char *name, *value;
    } given[OPTIONS_GIVEN];
    size_t given_count;
};

/* All commands, for help in this order; the last entry is NULL. */
extern const struct command *const commands[];

/* Options that every command takes, before and after its name. */
extern const struct command_option common_options[];

/* The value of an option (the last one, "" of a flag), or NULL if it was not given. */
const char *option_value(const struct invocation *v, const char *name);
bool option_given(const struct invocation *v, const char *name);

/* The values of an option that may be repeated: *at is 0 at first; NULL at the end. */
const char *option_next(const struct invocation *v, const char *name, size_t *at);

/* Calls the command that the line names. Says on stderr what is wrong with the line. */
enum status command_line(int argc, char **argv);

/* `sluicectl --help` and `sluicectl COMMAND --help`. */
void help_all(FILE *to);
void help_command(FILE *to, const struct command *c);

#endif
