/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/command.h"

#include <string.h>

static void print_options(FILE *to, const struct command_option *o)
{
    for (; o && o->name; o++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        fprintf(to, "  %-34s %s\n", left, o->help);
    }
}

void help_command(FILE *to, const struct command *c)
{
    fprintf(to, "usage: sluicectl %s%s%s [options]\n\n%s\n", c->name, *c->arguments ? " " : "",
            c->arguments, c->summary);
    if (c->details)
        fprintf(to, "\n%s\n", c->details);
    fprintf(to, "\n");
    print_options(to, c->options);
    print_options(to, common_options);
}

void help_all(FILE *to)
{
    fprintf(to, "usage: sluicectl COMMAND [arguments] [options]\n\n");
    for (const struct command *const *c = commands; *c; c++) {
        char left[64];
        snprintf(left, sizeof(left), "%s%s%s", (*c)->name, *(*c)->arguments ? " " : "",
                 (*c)->arguments);
        fprintf(to, "  %-28s %s\n", left, (*c)->summary);
    }
    fprintf(to, "\n");
    print_options(to, common_options);
    fprintf(to, "\nsluicectl COMMAND --help tells more about one; so does sluicectl(1).\n"
                "Exit status: 0 done, 1 failed, 2 wrong command line, 3 sluice does not answer, "
                "4 not there.\n");
}
