/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways in: the bytes as a whole token, and the bytes as the payload of a well-signed one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/jwt/claims_json.h"
#include "common/jwt/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_payload(const uint8_t *data, size_t size)
{
    json_t *payload = json_loadb((const char *)data, size, 0, NULL);
    struct claims c, copy;
    if (payload && claims_from_json(payload, &c)) {
        json_t *again = claims_to_json(&c);
        if (!again || !claims_copy(&copy, &c))
            abort();
        claims_free(&copy);
        if (!claims_from_json(again, &copy))
            abort();
        if (strcmp(copy.identity, c.identity) != 0 || copy.video.sources != c.video.sources)
            abort();
        claims_free(&copy);
        claims_free(&c);
        json_decref(again);
    }
    json_decref(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct api_keys keys;
    struct claims c;
    api_keys_add(&keys, "devkey", "secret");
    char *refusal = token_verify(&keys, (const char *)data, size, 1795406739, &c);
    if (!refusal)
        claims_free(&c);
    free(refusal);
    check_payload(data, size);
    return 0;
}
