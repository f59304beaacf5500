/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/frame.h"

#include "common/bytes.h"
#include "dataplane/pktio/checksum.h"

#include <string.h>

#define ETHERTYPE_IPV4  0x0800
#define ETHERTYPE_IPV6  0x86dd
#define ETHERTYPE_VLAN  0x8100
#define PROTOCOL_UDP    17
#define IPV4_HEADER     20
#define IPV6_HEADER     40
#define UDP_HEADER      8
#define HOP_LIMIT       64
#define IPV4_DONT_FRAG  0x4000
#define IPV4_FRAG_FIELD 0x3fff /* more fragments, and the offset */

_Static_assert(sizeof(struct frame_link) == sizeof(((struct net_path *)0)->link),
               "fills the field");

/* Ethernet and VLAN; returns the EtherType behind them, 0 if unwanted. */
static uint16_t parse_ethernet(struct reader *r, struct frame_link *link)
{
    const uint8_t *addresses = read_bytes(r, 12);
    uint16_t type = read_be16(r);
    if (!addresses)
        return 0;
    memcpy(link->local_mac, addresses, 6);
    memcpy(link->remote_mac, addresses + 6, 6);
    if (type == ETHERTYPE_VLAN) {
        link->vlan = (uint16_t)((read_be16(r) & 0xfff) | FRAME_VLAN_TAGGED);
        type = read_be16(r);
    }
    bool group = ((link->local_mac[0] | link->remote_mac[0]) & 1) != 0;
    return r->bad || group ? 0 : type;
}

/* Sets r->end to the packet's end. */
static bool parse_ipv4(struct reader *r, struct net_path *path)
{
    const uint8_t *start = r->at, *p = read_bytes(r, IPV4_HEADER);
    if (!p || p[0] >> 4 != 4 || p[9] != PROTOCOL_UDP || be16_get(p + 6) & IPV4_FRAG_FIELD)
        return false;
    size_t header = (size_t)(p[0] & 15) * 4, total = be16_get(p + 2);
    if (header < IPV4_HEADER || total < header || total > (size_t)(r->end - start))
        return false;
    path->remote.family = path->local.family = 4;
    memcpy(path->remote.ip, p + 12, 4);
    memcpy(path->local.ip, p + 16, 4);
    r->at = start + header;
    r->end = start + total;
    return true;
}

static bool parse_ipv6(struct reader *r, struct net_path *path)
{
    const uint8_t *p = read_bytes(r, IPV6_HEADER);
    if (!p || p[0] >> 4 != 6 || p[6] != PROTOCOL_UDP || be16_get(p + 4) > r->end - r->at)
        return false;
    path->remote.family = path->local.family = 6;
    memcpy(path->remote.ip, p + 8, 16);
    memcpy(path->local.ip, p + 24, 16);
    r->end = r->at + be16_get(p + 4);
    return true;
}

static bool parse_udp(struct reader *r, struct net_path *path)
{
    size_t len = (size_t)(r->end - r->at);
    path->remote.port = read_be16(r);
    path->local.port = read_be16(r);
    bool whole = read_be16(r) == len;
    read_be16(r);
    return whole && !r->bad;
}

bool frame_parse(uint8_t *frame, size_t len, struct pktio_packet *out)
{
    struct reader r = reader_of(frame, len);
    struct frame_link link = {0};
    memset(out, 0, sizeof(*out));
    uint16_t type = parse_ethernet(&r, &link);
    bool ip = (type == ETHERTYPE_IPV4 && parse_ipv4(&r, &out->path)) ||
              (type == ETHERTYPE_IPV6 && parse_ipv6(&r, &out->path));
    if (!ip || !parse_udp(&r, &out->path))
        return false;
    frame_link_set(&out->path, &link);
    out->data = frame + (r.at - frame);
    out->len = (uint32_t)(r.end - r.at);
    return true;
}

size_t frame_ethernet_size(const struct frame_link *link)
{
    return link->vlan ? 18 : 14;
}

size_t frame_headers_size(const struct net_path *path, const struct frame_link *link)
{
    return frame_ethernet_size(link) + (path->remote.family == 6 ? IPV6_HEADER : IPV4_HEADER) +
           UDP_HEADER;
}

static uint8_t *write_ethernet(uint8_t *p, const struct frame_link *link, uint16_t type)
{
    memcpy(p, link->remote_mac, 6);
    memcpy(p + 6, link->local_mac, 6);
    p += 12;
    if (link->vlan) {
        be16_put(p, ETHERTYPE_VLAN);
        be16_put(p + 2, link->vlan & 0xfff);
        p += 4;
    }
    be16_put(p, type);
    return p + 2;
}

/* "Atomic" datagrams (RFC 6864): not to be fragmented, so that the identification may be 0. */
static uint8_t *write_ipv4(uint8_t *p, const struct net_path *path, size_t udp_len)
{
    p[0] = 0x45;
    p[1] = 0;
    be16_put(p + 2, (uint16_t)(IPV4_HEADER + udp_len));
    be16_put(p + 4, 0);
    be16_put(p + 6, IPV4_DONT_FRAG);
    p[8] = HOP_LIMIT;
    p[9] = PROTOCOL_UDP;
    be16_put(p + 10, 0);
    memcpy(p + 12, path->local.ip, 4);
    memcpy(p + 16, path->remote.ip, 4);
    uint16_t sum = checksum_fold(checksum_add(0, p, IPV4_HEADER));
    memcpy(p + 10, &sum, 2);
    return p + IPV4_HEADER;
}

static uint8_t *write_ipv6(uint8_t *p, const struct net_path *path, size_t udp_len)
{
    be32_put(p, 0x60000000);
    be16_put(p + 4, (uint16_t)udp_len);
    p[6] = PROTOCOL_UDP;
    p[7] = HOP_LIMIT;
    memcpy(p + 8, path->local.ip, 16);
    memcpy(p + 24, path->remote.ip, 16);
    return p + IPV6_HEADER;
}

uint8_t *frame_write_headers(uint8_t *frame, const struct net_path *path,
                             const struct frame_link *link, size_t len)
{
    bool v6 = path->remote.family == 6;
    size_t udp_len = UDP_HEADER + len;
    uint8_t *p = write_ethernet(frame, link, v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
    p = v6 ? write_ipv6(p, path, udp_len) : write_ipv4(p, path, udp_len);
    be16_put(p, path->local.port);
    be16_put(p + 2, path->remote.port);
    be16_put(p + 4, (uint16_t)udp_len);
    be16_put(p + 6, 0);
    return p + UDP_HEADER;
}

/* Pseudo-header (RFC 768, RFC 8200 section 8.1), header and payload. The addresses lie before the
 * UDP header in both versions. */
size_t frame_finish(uint8_t *frame)
{
    uint8_t *ip = frame + (be16_get(frame + 12) == ETHERTYPE_VLAN ? 18 : 14);
    bool v6 = ip[0] >> 4 == 6;
    uint8_t *udp = ip + (v6 ? IPV6_HEADER : IPV4_HEADER);
    size_t len = be16_get(udp + 4), addresses = v6 ? 32 : 8;
    uint8_t pseudo[4] = {0, PROTOCOL_UDP, udp[4], udp[5]};
    uint64_t sum = checksum_add(0, pseudo, sizeof(pseudo));
    sum = checksum_add(sum, udp - addresses, addresses);
    uint16_t folded = checksum_fold(checksum_add(sum, udp, len));
    if (folded == 0)
        folded = 0xffff; /* 0 would say "no checksum" */
    memcpy(udp + 6, &folded, 2);
    return len - UDP_HEADER;
}
