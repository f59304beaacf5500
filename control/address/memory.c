/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_TEXT 512

void memory_read(const char *dir, struct net_addr out[static 2])
{
    char path[PATH_TEXT], line[NET_ADDR_TEXT + 8];
    memset(out, 0, 2 * sizeof *out);
    snprintf(path, sizeof path, "%s/address", dir);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) {
        struct net_addr a;
        line[strcspn(line, "\n")] = '\0';
        if (net_addr_parse(&a, line, 0))
            out[a.family == 6] = a;
    }
    if (f)
        fclose(f);
}

static bool write_all(FILE *f, const struct net_addr addresses[static 2])
{
    char text[NET_ADDR_TEXT];
    bool good = true;
    for (int i = 0; i < 2; i++)
        if (addresses[i].family)
            good &= fprintf(f, "%s\n", net_addr_format_ip(&addresses[i], text)) > 0;
    good = good && fflush(f) == 0 && fsync(fileno(f)) == 0;
    return fclose(f) == 0 && good;
}

bool memory_write(const char *dir, const struct net_addr addresses[static 2])
{
    char path[PATH_TEXT], temporary[PATH_TEXT];
    snprintf(path, sizeof path, "%s/address", dir);
    snprintf(temporary, sizeof temporary, "%s/address.new", dir);
    FILE *f = fopen(temporary, "we");
    if (!f || !write_all(f, addresses))
        return false;
    return rename(temporary, path) == 0;
}
