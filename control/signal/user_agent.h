/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Browser and system out of a User-Agent, for clients that do not say it themselves (livekit-client
 * in browsers). Names as the uap-core project has them, which LiveKit uses: "Firefox",
 * "Firefox Mobile", "Safari", "Mobile Safari", "Chrome", "Chrome Mobile", "Edge"; "Windows",
 * "Mac OS X", "iOS", "Android", "Linux".
 */
#ifndef SLUICE_CONTROL_SIGNAL_USER_AGENT_H
#define SLUICE_CONTROL_SIGNAL_USER_AGENT_H

#define USER_AGENT_TEXT 64

/* "" where nothing was recognised. */
struct user_agent {
    char browser[USER_AGENT_TEXT], browser_version[USER_AGENT_TEXT];
    char os[USER_AGENT_TEXT], os_version[USER_AGENT_TEXT];
    char device[USER_AGENT_TEXT];
};

void user_agent_parse(struct user_agent *out, const char *text);

#endif
