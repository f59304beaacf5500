/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/response_head.h"

#include <string.h>
#include <strings.h>

/* The length of the head with its empty line; 0 if that has not come. */
static size_t find_end(const char *data, size_t length)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    return end ? (size_t)(end - data) + 4 : 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static bool parse_status_line(const char *data, struct response_head *out)
{
    const char *end = strstr(data, "\r\n");
    if (!end || end - data < 12 || strncmp(data, "HTTP/1.", 7) != 0 || !is_digit(data[7]) ||
        data[8] != ' ' || !is_digit(data[9]) || !is_digit(data[10]) || !is_digit(data[11]))
        return false;
    if (end - data > 12 && data[12] != ' ')
        return false;
    out->status = (data[9] - '0') * 100 + (data[10] - '0') * 10 + (data[11] - '0');
    out->headers = (size_t)(end - data) + 2;
    return out->status >= 200 && out->status <= 599;
}

static bool name_is(const struct response_header *h, const char *name)
{
    return h->name_length == strlen(name) && strncasecmp(h->name, name, h->name_length) == 0;
}

static bool parse_length(const struct response_header *h, uint64_t *out)
{
    uint64_t n = 0;
    if (h->value_length == 0 || h->value_length > 18)
        return false;
    for (size_t i = 0; i < h->value_length; i++) {
        if (!is_digit(h->value[i]))
            return false;
        n = n * 10 + (uint64_t)(h->value[i] - '0');
    }
    bool differs = *out != RESPONSE_UNTIL_END && *out != n;
    *out = n;
    return !differs;
}

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *text, size_t length)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !is_digit(c) && (c == 0 || !strchr(others, c)))
            return false;
    }
    return length > 0;
}

static bool is_clean(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

bool response_head_next(const char *data, size_t *at, struct response_header *out)
{
    const char *line = data + *at;
    const char *end = strstr(line, "\r\n");
    if (!end || end == line)
        return false;
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const char *value = colon ? colon + 1 : end;
    *out = (struct response_header){.name = line};
    out->name_length = colon ? (size_t)(colon - line) : 0;
    *at = (size_t)(end - data) + 2;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    out->value = value;
    out->value_length = (size_t)(end - value);
    return true;
}

static bool parse_headers(const char *data, struct response_head *out)
{
    struct response_header h;
    size_t at = out->headers;
    out->content_length = RESPONSE_UNTIL_END;
    while (response_head_next(data, &at, &h)) {
        if (!is_token(h.name, h.name_length) || !is_clean(h.value, h.value_length) ||
            name_is(&h, "transfer-encoding"))
            return false;
        if (name_is(&h, "content-length") && !parse_length(&h, &out->content_length))
            return false;
    }
    return at + 2 == out->length;
}

enum response_head_result response_head_parse(const char *data, size_t length,
                                              struct response_head *out)
{
    *out = (struct response_head){.length = find_end(data, length)};
    if (out->length > RESPONSE_HEAD_MAX || (out->length == 0 && length >= RESPONSE_HEAD_MAX))
        return RESPONSE_BAD;
    if (out->length == 0)
        return memchr(data, 0, length) ? RESPONSE_BAD : RESPONSE_PARTIAL;
    if (memchr(data, 0, out->length) || !parse_status_line(data, out) || !parse_headers(data, out))
        return RESPONSE_BAD;
    return RESPONSE_COMPLETE;
}
