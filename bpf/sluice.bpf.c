/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keeps strangers' media in the driver. Of UDP to the media ports: RTP and RTCP of validated pairs
 * go to the socket of their queue, others are dropped; STUN and DTLS go there too, strangers' under
 * a token bucket per source prefix. All else, and all on queues without a socket, is the kernel's.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/classify.h"
#include "bpf/sluice_maps.h"

#define IPV4_FRAGMENT 0x3fff /* more fragments, and the offset */

/* What a step of parsing returns to go on; everything else is a verdict. */
#define GO_ON (-1)

struct vlan_tag {
    __be16 id, type;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sluice_config);
} config SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, struct sluice_pair);
    __type(value, __u8);
} pairs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 65536);
    __type(key, __u64);
    __type(value, __u64);
} buckets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, XDP_COUNTER_COUNT);
    __type(key, __u32);
    __type(value, __u64);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, SLUICE_XDP_QUEUES);
    __type(key, __u32);
    __type(value, __u32);
} sockets SEC(".maps");

/* A UDP datagram on its way through the program. */
struct datagram {
    struct sluice_pair pair;
    __u64 prefix;             /* of its source, the key of its bucket */
    const struct udphdr *udp; /* may reach beyond the frame */
    __u32 len;                /* from udp on, as the IP header has it */
};

static __always_inline int counted(__u32 which, int verdict)
{
    __u64 *v = bpf_map_lookup_elem(&counters, &which);
    if (v)
        (*v)++;
    return verdict;
}

static __always_inline void map_ipv4(__u8 out[16], __be32 ip)
{
    __builtin_memset(out, 0, 10);
    __builtin_memset(out + 10, 0xff, 2);
    __builtin_memcpy(out + 12, &ip, 4);
}

static __always_inline int parse_ipv4(const void *at, const void *end, struct datagram *d)
{
    const struct iphdr *ip = at;
    if ((const void *)(ip + 1) > end || ip->version != 4 || ip->protocol != IPPROTO_UDP)
        return XDP_PASS;
    if (ip->frag_off & bpf_htons(IPV4_FRAGMENT))
        return counted(XDP_PASS_FRAGMENT, XDP_PASS);
    if (ip->ihl != 5)
        return counted(XDP_PASS_OPTIONS, XDP_PASS);
    map_ipv4(d->pair.remote_ip, ip->saddr);
    map_ipv4(d->pair.local_ip, ip->daddr);
    d->prefix = sluice_prefix_ipv4((const __u8 *)&ip->saddr);
    d->udp = (const void *)(ip + 1);
    d->len = bpf_ntohs(ip->tot_len) - sizeof(*ip);
    return GO_ON;
}

static __always_inline int parse_ipv6(const void *at, const void *end, struct datagram *d)
{
    const struct ipv6hdr *ip = at;
    if ((const void *)(ip + 1) > end || ip->version != 6)
        return XDP_PASS;
    if (ip->nexthdr == IPPROTO_FRAGMENT)
        return counted(XDP_PASS_FRAGMENT, XDP_PASS);
    if (ip->nexthdr != IPPROTO_UDP)
        return XDP_PASS;
    __builtin_memcpy(d->pair.remote_ip, &ip->saddr, 16);
    __builtin_memcpy(d->pair.local_ip, &ip->daddr, 16);
    d->prefix = sluice_prefix_ipv6((const __u8 *)&ip->saddr);
    d->udp = (const void *)(ip + 1);
    d->len = bpf_ntohs(ip->payload_len);
    return GO_ON;
}

/* Ethernet, at most one VLAN tag (as the dataplane reads it), IP. */
static __always_inline int parse_frame(const void *at, const void *end, struct datagram *d)
{
    const struct ethhdr *eth = at;
    const struct vlan_tag *tag = (const void *)(eth + 1);
    if ((const void *)tag > end)
        return XDP_PASS;
    __be16 type = eth->h_proto;
    at = tag;
    if (type == bpf_htons(ETH_P_8021Q)) {
        at = tag + 1;
        if (at > end)
            return XDP_PASS;
        type = tag->type;
    }
    if (type == bpf_htons(ETH_P_IP))
        return parse_ipv4(at, end, d);
    if (type == bpf_htons(ETH_P_IPV6))
        return parse_ipv6(at, end, d);
    return XDP_PASS;
}

/* Takes a token from the bucket of a prefix. A bucket is the time at which it is full again: a
 * packet puts that off by one token's time, up to the bucket's size ahead of now. */
static __always_inline int take_token(__u64 prefix, const struct sluice_config *c)
{
    __u64 now = bpf_ktime_get_ns();
    __u64 *full_at = bpf_map_lookup_elem(&buckets, &prefix);
    if (!full_at) {
        __u64 first = now + c->token_ns;
        return bpf_map_update_elem(&buckets, &prefix, &first, BPF_ANY) == 0;
    }
    __u64 old = *full_at;
    __u64 from = old > now ? old : now;
    if (from - now + c->token_ns > c->bucket_ns)
        return 0;
    /* Who loses the race against another CPU passes on that one's token. */
    __sync_val_compare_and_swap(full_at, old, from + c->token_ns);
    return 1;
}

/* To the media ports and well-formed, or a verdict. */
static __always_inline int check_udp(const struct datagram *d, const void *end,
                                     const struct sluice_config *c, __u32 queue)
{
    if ((const void *)(d->udp + 1) > end)
        return XDP_PASS;
    __u16 port = bpf_ntohs(d->udp->dest);
    if (port < c->port_first || port > c->port_last)
        return XDP_PASS;
    if (!bpf_map_lookup_elem(&sockets, &queue))
        return counted(XDP_PASS_NO_SOCKET, XDP_PASS);
    if (bpf_ntohs(d->udp->len) != d->len || d->len > (__u64)(end - (const void *)d->udp) ||
        d->len < sizeof(*d->udp))
        return counted(XDP_DROP_TRUNCATED, XDP_DROP);
    if (d->len < sizeof(*d->udp) + PACKET_CLASSIFY_MIN)
        return counted(XDP_DROP_EMPTY, XDP_DROP);
    return GO_ON;
}

static __always_inline int judge(struct datagram *d, enum packet_class class,
                                 const struct sluice_config *c)
{
    d->pair.remote_port = d->udp->source;
    d->pair.local_port = d->udp->dest;
    int known = bpf_map_lookup_elem(&pairs, &d->pair) != NULL;
    switch (class) {
    case PACKET_RTP:
        return known ? counted(XDP_RX_RTP, GO_ON) : counted(XDP_DROP_RTP_UNKNOWN_PEER, XDP_DROP);
    case PACKET_RTCP:
        return known ? counted(XDP_RX_RTCP, GO_ON) : counted(XDP_DROP_RTCP_UNKNOWN_PEER, XDP_DROP);
    case PACKET_STUN:
        return known || take_token(d->prefix, c) ? counted(XDP_RX_STUN, GO_ON)
                                                 : counted(XDP_DROP_STUN_RATE, XDP_DROP);
    case PACKET_DTLS:
        return known || take_token(d->prefix, c) ? counted(XDP_RX_DTLS, GO_ON)
                                                 : counted(XDP_DROP_DTLS_RATE, XDP_DROP);
    default:
        return counted(XDP_DROP_CLASS, XDP_DROP);
    }
}

SEC("xdp")
int sluice_xdp(struct xdp_md *ctx)
{
    const void *end = (const void *)(long)ctx->data_end;
    struct datagram d = {};
    __u32 zero = 0, queue = ctx->rx_queue_index;
    const struct sluice_config *c = bpf_map_lookup_elem(&config, &zero);
    if (!c)
        return XDP_PASS;

    int verdict = parse_frame((const void *)(long)ctx->data, end, &d);
    if (verdict == GO_ON)
        verdict = check_udp(&d, end, c, queue);
    if (verdict != GO_ON)
        return verdict;

    const __u8 *payload = (const void *)(d.udp + 1);
    if ((const void *)(payload + PACKET_CLASSIFY_MIN) > end)
        return XDP_DROP; /* check_udp() has seen to it; the verifier has not */
    verdict = judge(&d, packet_classify(payload[0], payload[1]), c);
    if (verdict != GO_ON)
        return verdict;
    return bpf_redirect_map(&sockets, queue, XDP_PASS);
}

char _license[] SEC("license") = "Dual BSD/GPL";
