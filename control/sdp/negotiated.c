/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/negotiated.h"

#include <string.h>

const struct sdp_payload *sdp_negotiated_payload(const struct sdp_negotiated *n, enum sdp_codec c)
{
    for (uint32_t i = 0; i < n->payload_count; i++)
        if (n->payloads[i].codec == c)
            return &n->payloads[i];
    return NULL;
}

/* The layer that a name stands for in every livekit client, -1 for other names. */
static int layer_of_name(const char *rid)
{
    static const char *const names[SDP_ENCODINGS_MAX][2] = {{"q", "2"}, {"h", "1"}, {"f", "0"}};
    for (int layer = 0; layer < SDP_ENCODINGS_MAX; layer++)
        if (strcmp(rid, names[layer][0]) == 0 || strcmp(rid, names[layer][1]) == 0)
            return layer;
    return -1;
}

static bool usual_names(const struct sdp_negotiated *n)
{
    unsigned seen = 0;
    for (uint32_t i = 0; i < n->encoding_count; i++) {
        int layer = layer_of_name(n->encodings[i].rid);
        if (layer < 0 || (seen & 1u << layer))
            return false;
        seen |= 1u << layer;
    }
    return true;
}

uint32_t sdp_encoding_layer(const struct sdp_negotiated *n, uint32_t encoding)
{
    return usual_names(n) ? (uint32_t)layer_of_name(n->encodings[encoding].rid) : encoding;
}
