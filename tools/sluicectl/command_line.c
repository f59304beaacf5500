/* SPDX-License-Identifier: Apache-2.0 */
/* From words to an invocation. */
#include "tools/sluicectl/command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "0.1.0"
#endif

#define OPTION_CODE 256 /* getopt's number of an option is this and its place in the list */

struct option_list {
    const struct command_option *of[OPTIONS_MAX];
    struct option getopt[OPTIONS_MAX + 1];
    size_t count;
};

static void add_options(struct option_list *l, const struct command_option *o)
{
    for (; o && o->name && l->count < OPTIONS_MAX; o++) {
        l->getopt[l->count] = (struct option){.name = o->name,
                                              .has_arg = o->value ? required_argument : no_argument,
                                              .val = OPTION_CODE + (int)l->count};
        l->of[l->count++] = o;
    }
    l->getopt[l->count] = (struct option){0};
}

/* --- what was given --- */

bool option_given(const struct invocation *v, const char *name)
{
    return option_value(v, name) != NULL;
}

const char *option_value(const struct invocation *v, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < v->given_count; i++) {
        if (strcmp(v->given[i].name, name) == 0)
            value = v->given[i].value;
    }
    return value;
}

const char *option_next(const struct invocation *v, const char *name, size_t *at)
{
    while (*at < v->given_count) {
        size_t i = (*at)++;
        if (strcmp(v->given[i].name, name) == 0)
            return v->given[i].value;
    }
    return NULL;
}

static bool take(struct invocation *v, const struct command_option *o, const char *value)
{
    if (v->given_count == OPTIONS_GIVEN) {
        fprintf(stderr, "sluicectl: more than %d options\n", OPTIONS_GIVEN);
        return false;
    }
    v->given[v->given_count].name = o->name;
    v->given[v->given_count++].value = value ? value : "";
    return true;
}

/* Reads options from argv[1] on; `where` says whether they end at the first other word ("+"). */
static bool read_options(struct invocation *v, int argc, char **argv,
                         const struct command_option *own, const char *where)
{
    struct option_list l = {0};
    int c;
    add_options(&l, common_options);
    add_options(&l, own);
    optind = 0;
    while ((c = getopt_long(argc, argv, where, l.getopt, NULL)) != -1) {
        if (c == 'h')
            c = OPTION_CODE + 2;
        size_t index = c >= OPTION_CODE ? (size_t)(c - OPTION_CODE) : l.count;
        if (index >= l.count || !take(v, l.of[index], optarg))
            return false;
    }
    return true;
}

/* --- which command --- */

/* How many words of the line are the command's name; 0: it is another one. */
static int words_of(const struct command *c, int argc, char **argv)
{
    const char *space = strchr(c->name, ' ');
    size_t first = space ? (size_t)(space - c->name) : strlen(c->name);
    if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], c->name, first) != 0)
        return 0;
    if (!space)
        return 1;
    return argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

/* The longest name that the line begins with. */
static const struct command *find(int argc, char **argv, int *words)
{
    const struct command *found = NULL;
    *words = 0;
    for (const struct command *const *c = commands; *c; c++) {
        int n = words_of(*c, argc, argv);
        if (n > *words) {
            *words = n;
            found = *c;
        }
    }
    return found;
}

static enum status unknown(int argc, char **argv)
{
    if (argc == 0) {
        help_all(stderr);
        return STATUS_USAGE;
    }
    fprintf(stderr, "sluicectl: there is no command \"%s\"; ", argv[0]);
    size_t n = strlen(argv[0]), listed = 0;
    for (const struct command *const *c = commands; *c; c++) {
        if (strncmp((*c)->name, argv[0], n) == 0)
            fprintf(stderr, "%s\"%s\"", listed++ ? ", " : "did you mean ", (*c)->name);
    }
    fprintf(stderr, "%s\n", listed ? "?" : "sluicectl --help lists them");
    return STATUS_USAGE;
}

static bool count_is_right(const struct invocation *v)
{
    const struct command *c = v->command;
    if (v->argument_count >= c->least && (c->most < 0 || v->argument_count <= c->most))
        return true;
    fprintf(stderr, "usage: sluicectl %s%s%s [options]   (sluicectl %s --help tells more)\n",
            c->name, *c->arguments ? " " : "", c->arguments, c->name);
    return false;
}

static enum status call(struct invocation *v, int argc, char **argv)
{
    static char name[64]; /* getopt's messages begin with it */
    snprintf(name, sizeof(name), "sluicectl %s", v->command->name);
    argv[0] = name;
    if (!read_options(v, argc, argv, v->command->options, "h"))
        return STATUS_USAGE;
    if (option_given(v, "help")) {
        help_command(stdout, v->command);
        return STATUS_OK;
    }
    v->arguments = argv + optind;
    v->argument_count = argc - optind;
    v->json = option_given(v, "json");
    if (option_given(v, "run-dir"))
        v->run_dir = option_value(v, "run-dir");
    return count_is_right(v) ? v->command->run(v) : STATUS_USAGE;
}

static bool asks_version(int argc, char **argv)
{
    return argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0);
}

enum status command_line(int argc, char **argv)
{
    const char *dir = getenv("SLUICE_RUN_DIR");
    struct invocation v = {.run_dir = dir && *dir ? dir : "/run/sluice"};
    int words;
    if (asks_version(argc, argv)) {
        printf("sluicectl %s\n", SLUICE_VERSION);
        return STATUS_OK;
    }
    if (!read_options(&v, argc, argv, NULL, "+h"))
        return STATUS_USAGE;
    int rest = argc - optind;
    char **word = argv + optind;
    v.command = find(rest, word, &words);
    if (!v.command && option_given(&v, "help")) {
        help_all(stdout);
        return STATUS_OK;
    }
    if (!v.command)
        return unknown(rest, word);
    return call(&v, rest - words + 1, word + words - 1);
}
