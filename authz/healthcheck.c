/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/healthcheck.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/listen.h"

static int ask(const struct net_addr *a)
{
    char url[NET_ADDR_TEXT + 32], text[NET_ADDR_TEXT];
    struct net_addr to = *a;
    const uint8_t none[16] = {0};
    long status = 0;
    if (memcmp(to.ip, none, sizeof(none)) == 0)
        net_addr_parse(&to, to.family == 4 ? "127.0.0.1" : "::1", to.port);
    snprintf(url, sizeof(url), "http://%s/healthz", net_addr_format(&to, text));
    CURL *easy = curl_easy_init();
    if (!easy)
        return 1;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 5L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    return status == 200 ? 0 : 1;
}

int healthcheck(const char *bind)
{
    struct net_addr at[2];
    if (!bind)
        bind = getenv("LIVEKIT_JWT_BIND");
    size_t n = listen_addresses(bind ? bind : ":8080", at);
    for (size_t i = 0; i < n; i++) {
        if (ask(&at[i]) == 0)
            return 0;
    }
    fprintf(stderr, "sluice-authz: no healthy service at %s\n", bind ? bind : ":8080");
    return 1;
}
