/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/completion.h"

#include <string.h>

#include "tools/sluicectl/commands.h"

const char *completion_second_word(const struct command *c, size_t *first)
{
    const char *space = strchr(c->name, ' ');
    *first = space ? (size_t)(space - c->name) : strlen(c->name);
    return space ? space + 1 : NULL;
}

bool completion_is_first(const struct command *const *c)
{
    size_t n, m;
    completion_second_word(*c, &n);
    for (const struct command *const *o = commands; o < c; o++) {
        completion_second_word(*o, &m);
        if (n == m && strncmp((*c)->name, (*o)->name, n) == 0)
            return false;
    }
    return true;
}

bool completion_words(const struct command *c, char *buf, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz|[]";
    if (!*c->arguments || strspn(c->arguments, letters) != strlen(c->arguments))
        return false;
    size_t n = 0;
    for (const char *s = c->arguments; *s && n + 1 < size; s++) {
        if (*s != '[' && *s != ']')
            buf[n++] = *s == '|' ? ' ' : *s;
    }
    buf[n] = 0;
    return true;
}

bool completion_wants_room(const struct command *c)
{
    return strncmp(c->arguments, "ROOM", 4) == 0;
}

static bool seen_before(const struct command *const *c, const struct command_option *option)
{
    for (const struct command_option *o = common_options; o->name; o++) {
        if (strcmp(o->name, option->name) == 0)
            return true;
    }
    for (const struct command *const *d = commands; d < c; d++) {
        for (const struct command_option *o = (*d)->options; o && o->name; o++) {
            if (strcmp(o->name, option->name) == 0)
                return true;
        }
    }
    return false;
}

void completion_each_option(void (*each)(void *arg, const struct command_option *o), void *arg)
{
    for (const struct command_option *o = common_options; o->name; o++)
        each(arg, o);
    for (const struct command *const *c = commands; *c; c++) {
        for (const struct command_option *o = (*c)->options; o && o->name; o++) {
            if (!seen_before(c, o))
                each(arg, o);
        }
    }
}

struct selection {
    FILE *to;
    enum completion completion;
    bool first;
};

static void print_pattern(void *arg, const struct command_option *o)
{
    struct selection *s = arg;
    if (!o->value || (s->completion != COMPLETE_NOTHING && o->completion != s->completion))
        return;
    fprintf(s->to, "%s--%s", s->first ? "" : "|", o->name);
    s->first = false;
}

void completion_pattern(FILE *to, enum completion completion)
{
    struct selection s = {.to = to, .completion = completion, .first = true};
    completion_each_option(print_pattern, &s);
}

static enum status run(const struct invocation *v)
{
    static const struct {
        const char *name;
        void (*write)(FILE *to);
    } shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
        if (strcmp(v->arguments[0], shells[i].name) == 0) {
            shells[i].write(stdout);
            return STATUS_OK;
        }
    }
    fprintf(stderr, "sluicectl completion: bash, zsh or fish, not \"%s\"\n", v->arguments[0]);
    return STATUS_USAGE;
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .summary = "the shell's completion script",
    .details =
        "Installed by the package; for this shell alone: source <(sluicectl completion bash)",
    .run = run,
};
