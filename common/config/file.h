/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a configuration names.
 */
#ifndef SLUICE_COMMON_CONFIG_FILE_H
#define SLUICE_COMMON_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define FILE_REASON 160

/* Reads a whole file of at most 1 MiB, with a NUL behind. From malloc; NULL with a reason. */
char *file_read(const char *path, size_t *length, char reason[static FILE_REASON]);

/* Reads a file with secrets into buf; refuses one that others may read, write or run. */
bool file_read_secret(const char *path, char *buf, size_t size, char reason[static FILE_REASON]);

#endif
