/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/control_socket.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (1u << 20)

struct answer {
    char *text;
    size_t size;
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    struct answer *a = arg;
    size_t len = size * n;
    char *grown = a->size + len < ANSWER_MAX ? realloc(a->text, a->size + len) : NULL;
    if (!grown)
        return 0;
    memcpy(grown + a->size, data, len);
    a->text = grown;
    a->size += len;
    return len;
}

static CURLcode transfer(CURL *curl, const char *run_dir, const char *path, const char *body,
                         struct answer *a)
{
    char socket[512], url[512];
    snprintf(socket, sizeof(socket), "%s/control.sock", run_dir);
    snprintf(url, sizeof(url), "http://control%s", path);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 5L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    return curl_easy_perform(curl);
}

json_t *control_ask(const char *run_dir, const char *path, const char *body)
{
    struct answer a = {0};
    CURL *curl = curl_easy_init();
    CURLcode code = curl ? transfer(curl, run_dir, path, body, &a) : CURLE_OUT_OF_MEMORY;
    json_t *root = code == CURLE_OK ? json_loadb(a.text, a.size, 0, NULL) : NULL;
    if (!root)
        fprintf(stderr, "sluicectl: sluice-control does not answer at %s/control.sock: %s\n",
                run_dir, code == CURLE_OK ? "no JSON" : curl_easy_strerror(code));
    curl_easy_cleanup(curl);
    free(a.text);
    return root;
}
