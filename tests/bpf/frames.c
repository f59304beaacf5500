/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bpf/frames.h"

#include "common/bytes.h"

#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define UDP            17
#define UDP_HEADER     8

static uint16_t or_usual(uint16_t value, uint16_t usual)
{
    return value ? value : usual;
}

static void write_ethernet(struct writer *w, const struct frame_spec *s)
{
    static const uint8_t addresses[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    write_bytes(w, addresses, sizeof addresses);
    for (unsigned i = 0; i < s->vlan_tags; i++) {
        write_be16(w, ETHERTYPE_VLAN);
        write_be16(w, (uint16_t)(100 + i));
    }
    write_be16(w, or_usual(s->ethertype, s->ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4));
}

static void write_ipv4(struct writer *w, const struct frame_spec *s, size_t udp_len)
{
    uint8_t words = s->ihl ? s->ihl : 5;
    uint8_t header[60] = {0};
    const uint8_t remote[4] = {192, 0, (uint8_t)(2 + s->remote_net), (uint8_t)(1 + s->remote_host)};
    const uint8_t local[4] = {198, 51, 100, 2};
    header[0] = (uint8_t)((s->version ? s->version : 4) << 4 | words);
    be16_put(header + 2, (uint16_t)((int)(words * 4U + udp_len) + s->ip_len_error));
    be16_put(header + 6, s->frag_off);
    header[8] = 64;
    header[9] = s->protocol ? s->protocol : UDP;
    memcpy(header + 12, remote, 4);
    memcpy(header + 16, local, 4);
    memset(header + 20, 1, sizeof header - 20); /* the option "no operation" */
    write_bytes(w, header, words * 4U);
}

static void write_ipv6(struct writer *w, const struct frame_spec *s, size_t udp_len)
{
    uint8_t header[40] = {0};
    const uint8_t remote[16] = {
        0x20, 1, 0x0d, 0xb8, [6] = s->remote_net, [15] = (uint8_t)(1 + s->remote_host)};
    const uint8_t local[16] = {0x20, 1, 0x0d, 0xb8, 0xff, 0xff, [15] = 2};
    header[0] = (uint8_t)((s->version ? s->version : 6) << 4);
    be16_put(header + 4, (uint16_t)((int)udp_len + s->ip_len_error));
    header[6] = s->protocol ? s->protocol : UDP;
    header[7] = 64;
    memcpy(header + 8, remote, 16);
    memcpy(header + 24, local, 16);
    write_bytes(w, header, sizeof header);
}

size_t frame_build(uint8_t out[static FRAME_MAX], const struct frame_spec *s)
{
    struct writer w = writer_of(out, FRAME_MAX);
    size_t payload = s->payload ? s->payload : PAYLOAD_USUAL;
    if (payload == PAYLOAD_NONE)
        payload = 0;
    size_t udp_len = UDP_HEADER + payload;
    write_ethernet(&w, s);
    (s->ipv6 ? write_ipv6 : write_ipv4)(&w, s, udp_len);
    write_be16(&w, or_usual(s->remote_port, 40000));
    write_be16(&w, or_usual(s->local_port, PORT_FIRST));
    write_be16(&w, (uint16_t)((int)udp_len + s->udp_len_error));
    write_be16(&w, 0);
    for (size_t i = 0; i < payload; i++)
        write_u8(&w, i == 0 ? s->first : s->second);
    return writer_length(&w) - s->cut;
}
