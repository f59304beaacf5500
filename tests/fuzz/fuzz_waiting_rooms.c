/* SPDX-License-Identifier: Apache-2.0 */
/* The file of rooms that wait, as a damaged disk would have it. */
#include "control/room/rooms.h"
#include "control/room/waiting_rooms.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct room_output nobody;
    struct rooms_config config;
    struct rooms rs;
    rooms_config_default(&config);
    rooms_init(&rs, &config, &nobody);
    waiting_rooms_restore(&rs, data, size, 1);
    uint8_t *again;
    waiting_rooms_pack(&rs, &again);
    free(again);
    rooms_free(&rs);
    return 0;
}
