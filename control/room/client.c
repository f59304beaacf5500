/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/heap.h"
#include "control/room/participant.h"

#include <stdlib.h>

void client_read(struct client *c, const Livekit__ClientInfo *info)
{
    static const Livekit__ClientInfo nothing = LIVEKIT__CLIENT_INFO__INIT;
    if (!info)
        info = &nothing;
    c->sdk = info->sdk;
    c->protocol = info->protocol;
    c->client_protocol = info->client_protocol;
    c->version = heap_text(info->version);
    c->os = heap_text(info->os);
    c->browser = heap_text(info->browser);
    c->browser_version = heap_text(info->browser_version);
    c->device_model = heap_text(info->device_model);
    c->address = heap_text(info->address);
    size_t most = sizeof c->capabilities / sizeof *c->capabilities;
    c->capability_count = 0;
    for (size_t i = 0; i < info->n_capabilities && i < most; i++)
        c->capabilities[c->capability_count++] = info->capabilities[i];
}

void client_free(struct client *c)
{
    free(c->version);
    free(c->os);
    free(c->browser);
    free(c->browser_version);
    free(c->device_model);
    free(c->address);
    *c = (struct client){0};
}
