/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/completion.h"

static void print_options(FILE *to, const struct command_option *o)
{
    for (; o && o->name; o++)
        fprintf(to, "--%s ", o->name);
}

/* "name words "*) what may follow. */
static void print_case(FILE *to, const struct command *c)
{
    char words[128] = "";
    completion_words(c, words, sizeof(words));
    fprintf(to, "    \"%s \"*) next=\"%s ", c->name, words);
    print_options(to, c->options);
    print_options(to, common_options);
    fprintf(to, "\"");
    if (completion_wants_room(c))
        fprintf(to, "\n      [ \"$typed\" = \"%s \" ] && rooms=1", c->name);
    fprintf(to, " ;;\n");
}

/* The first word alone of commands with two: the second words, beside what else was there. */
static void print_seconds(FILE *to)
{
    size_t n;
    for (const struct command *const *c = commands; *c; c++) {
        const char *second = completion_second_word(*c, &n);
        if (second)
            fprintf(to, "  [ \"$typed\" = \"%.*s \" ] && next=\"$next %s\"\n", (int)n, (*c)->name,
                    second);
    }
}

static void print_firsts(FILE *to)
{
    size_t n;
    fprintf(to, "    \"\") next=\"--version ");
    for (const struct command *const *c = commands; *c; c++) {
        completion_second_word(*c, &n);
        if (completion_is_first(c))
            fprintf(to, "%.*s ", (int)n, (*c)->name);
    }
    print_options(to, common_options);
    fprintf(to, "\" ;;\n");
}

void completion_bash(FILE *to)
{
    size_t n;
    fprintf(to, "# bash completion for sluicectl\n"
                "_sluicectl() {\n"
                "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                "  local typed=\"\" next=\"\" rooms=\"\" i\n"
                "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                "    case ${COMP_WORDS[i]} in\n"
                "      ");
    completion_pattern(to, COMPLETE_NOTHING);
    fprintf(to, ") ((i++)) ;;\n"
                "      -*) ;;\n"
                "      *) typed=\"$typed${COMP_WORDS[i]} \" ;;\n"
                "    esac\n"
                "  done\n"
                "  case $prev in\n    ");
    completion_pattern(to, COMPLETE_FILE);
    fprintf(to, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n    ");
    completion_pattern(to, COMPLETE_DIRECTORY);
    fprintf(to, ") COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n    ");
    completion_pattern(to, COMPLETE_NOTHING);
    fprintf(to, ") return ;;\n  esac\n  case $typed in\n");
    print_firsts(to);
    for (const struct command *const *c = commands; *c; c++) {
        if (completion_second_word(*c, &n))
            print_case(to, *c);
    }
    for (const struct command *const *c = commands; *c; c++) {
        if (!completion_second_word(*c, &n))
            print_case(to, *c);
    }
    fprintf(to, "  esac\n");
    print_seconds(to);
    fprintf(to, "  local IFS=$' \\t\\n'\n"
                "  [ -n \"$rooms\" ] && next=\"$next $(sluicectl rooms --names 2>/dev/null)\"\n"
                "  COMPREPLY=($(compgen -W \"$next\" -- \"$cur\"))\n"
                "}\n"
                "complete -o filenames -o nosort -F _sluicectl sluicectl\n");
}
