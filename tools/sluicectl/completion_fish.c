/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/completion.h"

static void print_quoted(FILE *to, const char *text)
{
    fputc('\'', to);
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
    }
    fputc('\'', to);
}

static const char *files(const struct command_option *o)
{
    if (!o->value)
        return "";
    if (o->completion == COMPLETE_FILE)
        return " -r -F";
    return o->completion == COMPLETE_DIRECTORY ? " -x -a '(__fish_complete_directories)'" : " -x";
}

static void print_option(FILE *to, const char *condition, const struct command_option *o)
{
    fprintf(to, "complete -c sluicectl%s%s%s -l %s%s -d ", *condition ? " -n \"" : "", condition,
            *condition ? "\"" : "", o->name, files(o));
    print_quoted(to, o->help);
    fputc('\n', to);
}

static void print_name(FILE *to, const struct command *const *c)
{
    size_t n;
    const char *second = completion_second_word(*c, &n);
    if (completion_is_first(c)) {
        fprintf(to, "complete -c sluicectl -n \"test (__sluicectl_typed) = ''\" -a %.*s -d ",
                (int)n, (*c)->name);
        print_quoted(to, (*c)->summary);
        fputc('\n', to);
    }
    if (second) {
        fprintf(to, "complete -c sluicectl -n \"test (__sluicectl_typed) = '%.*s '\" -a %s -d ",
                (int)n, (*c)->name, second);
        print_quoted(to, (*c)->summary);
        fputc('\n', to);
    }
}

static void print_command(FILE *to, const struct command *c)
{
    char condition[128], words[128];
    snprintf(condition, sizeof(condition), "string match -q -- '%s *' (__sluicectl_typed)",
             c->name);
    for (const struct command_option *o = c->options; o && o->name; o++)
        print_option(to, condition, o);
    if (completion_words(c, words, sizeof(words)))
        fprintf(to, "complete -c sluicectl -n \"test (__sluicectl_typed) = '%s '\" -a '%s'\n",
                c->name, words);
    if (completion_wants_room(c))
        fprintf(to,
                "complete -c sluicectl -n \"test (__sluicectl_typed) = '%s '\" "
                "-a '(sluicectl rooms --names 2>/dev/null)'\n",
                c->name);
}

static void print_valued(void *to, const struct command_option *o)
{
    if (o->value)
        fprintf(to, " --%s", o->name);
}

void completion_fish(FILE *to)
{
    fprintf(to, "# fish completion for sluicectl\n"
                "function __sluicectl_typed\n"
                "  set -l typed ''\n"
                "  set -l skip 0\n"
                "  for word in (commandline -opc)[2..-1]\n"
                "    if test $skip = 1\n"
                "      set skip 0\n"
                "    else if contains -- $word");
    completion_each_option(print_valued, to);
    fprintf(to, "\n      set skip 1\n"
                "    else if not string match -q -- '-*' $word\n"
                "      set typed \"$typed$word \"\n"
                "    end\n"
                "  end\n"
                "  echo $typed\n"
                "end\n"
                "complete -c sluicectl -f\n");
    for (const struct command_option *o = common_options; o->name; o++)
        print_option(to, "", o);
    for (const struct command *const *c = commands; *c; c++)
        print_name(to, c);
    for (const struct command *const *c = commands; *c; c++)
        print_command(to, *c);
}
