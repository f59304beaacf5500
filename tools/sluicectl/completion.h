/* SPDX-License-Identifier: Apache-2.0 */
/* What the three shells' completion scripts are made of: the table of commands, cut up. */
#ifndef SLUICE_TOOLS_SLUICECTL_COMPLETION_H
#define SLUICE_TOOLS_SLUICECTL_COMPLETION_H

#include "tools/sluicectl/command.h"

/* Each writes a whole script. */
void completion_bash(FILE *to);
void completion_zsh(FILE *to);
void completion_fish(FILE *to);

/* Calls `each` for every option of every command once, however many have it. */
void completion_each_option(void (*each)(void *arg, const struct command_option *o), void *arg);

/* The options that take a value and are completed so, as a shell's pattern: "--config|--key-file".
 * COMPLETE_NOTHING: all that take a value. */
void completion_pattern(FILE *to, enum completion completion);

/* The words that a command's arguments may be, with spaces between: "bash zsh fish" of
 * "bash|zsh|fish", "refresh" of "[refresh]"; false if they are free. */
bool completion_words(const struct command *c, char *buf, size_t size);

/* True if the first argument is the name of a room that exists. */
bool completion_wants_room(const struct command *c);

/* The second word of a command's name, or NULL; *first is the length of the first. */
const char *completion_second_word(const struct command *c, size_t *first);

/* True for the first command with this first word. */
bool completion_is_first(const struct command *const *c);

#endif
