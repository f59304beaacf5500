/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/completion.h"

/* In single quotes, with the colons of _describe escaped. */
static void print_entry(FILE *to, const char *name, size_t length, const char *help)
{
    fprintf(to, " '");
    fprintf(to, "%.*s:", (int)length, name);
    for (; *help; help++) {
        if (*help == ':')
            fprintf(to, "\\:");
        else if (*help == '\'')
            fprintf(to, "'\\''");
        else
            fputc(*help, to);
    }
    fprintf(to, "'");
}

static void print_options(FILE *to, const struct command_option *o)
{
    char name[64];
    for (; o && o->name; o++) {
        int n = snprintf(name, sizeof(name), "--%s", o->name);
        print_entry(to, name, (size_t)n, o->help);
    }
}

static void print_case(FILE *to, const struct command *c)
{
    char words[128];
    fprintf(to, "  \"%s \"*) found=(", c->name);
    print_options(to, c->options);
    print_options(to, common_options);
    fprintf(to, ")");
    if (completion_words(c, words, sizeof(words)))
        fprintf(to, "; compadd %s", words);
    if (completion_wants_room(c))
        fprintf(to,
                "\n    [[ $typed == \"%s \" ]] && "
                "compadd -- ${(f)\"$(sluicectl rooms --names 2>/dev/null)\"}",
                c->name);
    fprintf(to, " ;;\n");
}

static void print_words(FILE *to)
{
    size_t n;
    fprintf(to, "case $typed in\n  \"\") found=(");
    for (const struct command *const *c = commands; *c; c++) {
        completion_second_word(*c, &n);
        if (completion_is_first(c))
            print_entry(to, (*c)->name, n, (*c)->summary);
    }
    print_options(to, common_options);
    fprintf(to, ") ;;\n");
    for (const struct command *const *c = commands; *c; c++) {
        if (completion_second_word(*c, &n))
            print_case(to, *c);
    }
    for (const struct command *const *c = commands; *c; c++) {
        if (!completion_second_word(*c, &n))
            print_case(to, *c);
    }
    fprintf(to, "esac\n");
    for (const struct command *const *c = commands; *c; c++) {
        const char *second = completion_second_word(*c, &n);
        if (second)
            fprintf(to, "[[ $typed == \"%.*s \" ]] && compadd -- %s\n", (int)n, (*c)->name, second);
    }
}

void completion_zsh(FILE *to)
{
    fprintf(to, "#compdef sluicectl\n"
                "local prev=${words[CURRENT-1]} typed=\"\" i\n"
                "local -a found\n"
                "for ((i = 2; i < CURRENT; i++)); do\n"
                "  case ${words[i]} in\n    ");
    completion_pattern(to, COMPLETE_NOTHING);
    fprintf(to, ") ((i++)) ;;\n"
                "    -*) ;;\n"
                "    *) typed+=\"${words[i]} \" ;;\n"
                "  esac\n"
                "done\n"
                "case $prev in\n  ");
    completion_pattern(to, COMPLETE_FILE);
    fprintf(to, ") _files; return ;;\n  ");
    completion_pattern(to, COMPLETE_DIRECTORY);
    fprintf(to, ") _files -/; return ;;\n  ");
    completion_pattern(to, COMPLETE_NOTHING);
    fprintf(to, ") return ;;\nesac\n");
    print_words(to);
    fprintf(to, "_describe sluicectl found\n");
}
