/* SPDX-License-Identifier: Apache-2.0 */
/* What parses must come out the same after being written and parsed again. */
#include "dataplane/sctp/dcep.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data_channel_type once, again;
    if (dcep_parse(data, size, &once) != DCEP_OPEN)
        return 0;
    uint8_t buf[DCEP_MESSAGE_MAX];
    size_t len = dcep_write_open(buf, sizeof(buf), &once);
    if (len == 0 || dcep_parse(buf, len, &again) != DCEP_OPEN)
        abort();
    if (strcmp(once.label, again.label) != 0 || once.ordered != again.ordered ||
        once.reliability != again.reliability || once.limit != again.limit)
        abort();
    return 0;
}
