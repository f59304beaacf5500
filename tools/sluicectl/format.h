/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times and strangers' texts as people read them. */
#ifndef SLUICE_TOOLS_SLUICECTL_FORMAT_H
#define SLUICE_TOOLS_SLUICECTL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_TEXT 32

/* "0", "812", "12.3k", "4.56M". Returns buf, as all do. */
const char *format_count(double n, char buf[static FORMAT_TEXT]);

/* Bits per second: "0", "812", "64.0k", "2.31M". */
const char *format_bps(double bps, char buf[static FORMAT_TEXT]);

/* Bytes: "812", "64.0K", "17.2M", in powers of 1024. */
const char *format_bytes(double n, char buf[static FORMAT_TEXT]);

/* A short time in µs: "8 us", "1.25 ms", "2.1 s". */
const char *format_us(double us, char buf[static FORMAT_TEXT]);

/* A long one: "42s", "12m05s", "3h12m", "5d04h". */
const char *format_age(double seconds, char buf[static FORMAT_TEXT]);

/* How many columns a terminal needs for a UTF-8 text. */
size_t format_width(const char *text);

/* Copies a text that somebody else has chosen: what could steer a terminal, and what is no UTF-8,
 * becomes '?'; cut at the buffer's size between characters. Returns buf. */
const char *format_clean(const char *text, char *buf, size_t size);

#endif
