/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/user_agent.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* "12_3_1" or "12.3" after `mark` as "12.3.1". */
static void copy_version(char out[static USER_AGENT_TEXT], const char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    size_t n = 0;
    out[0] = 0;
    if (!at)
        return;
    for (at += strlen(mark); n + 1 < USER_AGENT_TEXT; at++) {
        if ((*at >= '0' && *at <= '9') || *at == '.')
            out[n++] = *at;
        else if (*at == '_')
            out[n++] = '.';
        else
            break;
    }
    out[n] = 0;
}

static bool has(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

static void set(char out[static USER_AGENT_TEXT], const char *name)
{
    snprintf(out, USER_AGENT_TEXT, "%s", name);
}

/* The first mark that is there decides: Edge and Opera call themselves Chrome, Chrome calls itself
 * Safari. */
static void parse_browser(struct user_agent *out, const char *text)
{
    static const struct {
        const char *mark, *name, *mobile_name;
        const char *version_mark; /* NULL: the mark itself */
    } browsers[] = {
        {"EdgiOS/", "Edge Mobile", "Edge Mobile", NULL},
        {"EdgA/", "Edge Mobile", "Edge Mobile", NULL},
        {"Edg/", "Edge", "Edge", NULL},
        {"Edge/", "Edge", "Edge", NULL},
        {"OPR/", "Opera", "Opera Mobile", NULL},
        {"SamsungBrowser/", "Samsung Internet", "Samsung Internet", NULL},
        {"Electron/", "Electron", "Electron", NULL},
        {"FxiOS/", "Firefox iOS", "Firefox iOS", NULL},
        {"Firefox/", "Firefox", "Firefox Mobile", NULL},
        {"CriOS/", "Chrome Mobile iOS", "Chrome Mobile iOS", NULL},
        {"HeadlessChrome/", "HeadlessChrome", "HeadlessChrome", NULL},
        {"; wv)", "Chrome Mobile WebView", "Chrome Mobile WebView", "Chrome/"},
        {"Chrome/", "Chrome", "Chrome Mobile", NULL},
        {"Safari/", "Safari", "Mobile Safari", "Version/"},
    };
    bool mobile = has(text, "Mobile") || has(text, "Tablet");
    for (size_t i = 0; i < sizeof(browsers) / sizeof(browsers[0]); i++) {
        if (!has(text, browsers[i].mark))
            continue;
        set(out->browser, mobile ? browsers[i].mobile_name : browsers[i].name);
        copy_version(out->browser_version, text,
                     browsers[i].version_mark ? browsers[i].version_mark : browsers[i].mark);
        return;
    }
}

static void parse_os(struct user_agent *out, const char *text)
{
    static const struct {
        const char *mark, *name, *version_mark, *device;
    } systems[] = {
        {"Windows NT", "Windows", "Windows NT ", ""},
        {"Android", "Android", "Android ", ""},
        {"iPhone", "iOS", "iPhone OS ", "iPhone"},
        {"iPad", "iOS", "CPU OS ", "iPad"},
        {"Mac OS X", "Mac OS X", "Mac OS X ", "Mac"},
        {"CrOS", "Chrome OS", "", ""},
        {"Ubuntu", "Ubuntu", "", ""},
        {"Linux", "Linux", "", ""},
    };
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
        if (!has(text, systems[i].mark))
            continue;
        set(out->os, systems[i].name);
        set(out->device, systems[i].device);
        if (*systems[i].version_mark)
            copy_version(out->os_version, text, systems[i].version_mark);
        return;
    }
}

void user_agent_parse(struct user_agent *out, const char *text)
{
    *out = (struct user_agent){0};
    parse_browser(out, text);
    parse_os(out, text);
}
