/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/opus.h"

const uint8_t opus_silence[OPUS_SILENCE_LENGTH] = {0xf8, 0xff, 0xfe};
