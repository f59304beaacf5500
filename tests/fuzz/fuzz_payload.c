/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key frame rules that look into payloads.
 */
#include "dataplane/rtp/av1.h"
#include "dataplane/rtp/h264.h"
#include "dataplane/rtp/h265.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    h264_key_frame(data, len);
    h265_key_frame(data, len);
    av1_key_frame(data, len);
    return 0;
}
