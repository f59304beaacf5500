/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XDP program and the dataplane read frames alike: over many damaged frames, what the program
 * hands over is what the dataplane can parse, and its verdict fits the port and the class that the
 * dataplane sees.
 */
#include "bpf/classify.h"
#include "bpf/sluice_maps.h"
#include "dataplane/pktio/frame.h"
#include "sluice_xdp.skel.h"
#include "tests/bpf/frames.h"

#include <bpf/bpf.h>
#include <linux/if_xdp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIP   77
#define FRAMES 50000

static struct sluice_xdp *skel;
static int xsk_fd;
static uint64_t dice = 1;

static uint32_t roll(uint32_t below)
{
    dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)((dice >> 32) * below >> 32);
}

static struct frame_spec random_spec(void)
{
    struct frame_spec s = {.ipv6 = (int)roll(2),
                           .vlan_tags = roll(3),
                           .local_port = (uint16_t)(PORT_FIRST - 1 + roll(6)),
                           .first = (uint8_t)roll(256),
                           .second = (uint8_t)roll(256),
                           .payload = 1 + roll(60)};
    if (roll(4) == 0)
        s.ip_len_error = s.udp_len_error = -(int)roll(20);
    if (roll(8) == 0)
        s.cut = roll(28); /* an Ethernet header is left at least */
    return s;
}

/* A frame, often with a few bytes of its headers damaged. */
static size_t random_frame(uint8_t frame[static FRAME_MAX])
{
    struct frame_spec s = random_spec();
    size_t len = frame_build(frame, &s);
    for (uint32_t n = roll(4); n > 1; n--)
        frame[12 + roll(56)] = (uint8_t)roll(256);
    return len;
}

static uint32_t run(const uint8_t *frame, size_t len)
{
    LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
                .repeat = 1);
    assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.sluice_xdp), &opts), 0);
    return opts.retval;
}

/* What the verdict must be for a frame that the dataplane parses: no pair is known, tokens never
 * run out. */
static uint32_t wanted(const struct pktio_packet *p)
{
    if (p->path.local.port < PORT_FIRST || p->path.local.port > PORT_LAST)
        return XDP_PASS;
    if (p->len < PACKET_CLASSIFY_MIN)
        return XDP_DROP;
    enum packet_class class = packet_classify(p->data[0], p->data[1]);
    return class == PACKET_STUN || class == PACKET_DTLS ? XDP_REDIRECT : XDP_DROP;
}

static bool has_options(const uint8_t *frame, const struct pktio_packet *p)
{
    return p->path.local.family == 4 && p->data - 28 != frame + 14 && p->data - 28 != frame + 18;
}

static void test_parity(void **state)
{
    (void)state;
    unsigned redirected = 0, parsed = 0;
    for (int i = 0; i < FRAMES; i++) {
        uint8_t frame[FRAME_MAX];
        struct pktio_packet p;
        size_t len = random_frame(frame);
        uint32_t verdict = run(frame, len);
        bool ok = frame_parse(frame, len, &p);
        if (ok && !has_options(frame, &p))
            assert_int_equal(verdict, wanted(&p));
        if (!ok)
            assert_int_not_equal(verdict, XDP_REDIRECT);
        redirected += verdict == XDP_REDIRECT;
        parsed += ok;
    }
    assert_true(redirected > FRAMES / 50);
    assert_true(parsed > FRAMES / 5);
}

static bool load(void)
{
    int entries = 64;
    uint32_t zero = 0;
    struct sluice_config c = {
        .port_first = PORT_FIRST, .port_last = PORT_LAST, .token_ns = 1, .bucket_ns = 1000000000};
    skel = sluice_xdp__open_and_load();
    xsk_fd = socket(AF_XDP, SOCK_RAW, 0);
    return skel && xsk_fd >= 0 &&
           setsockopt(xsk_fd, SOL_XDP, XDP_RX_RING, &entries, sizeof entries) == 0 &&
           bpf_map_update_elem(bpf_map__fd(skel->maps.sockets), &zero, &xsk_fd, BPF_ANY) == 0 &&
           bpf_map_update_elem(bpf_map__fd(skel->maps.config), &zero, &c, BPF_ANY) == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parity)};
    if (!load()) {
        printf("skipped: BPF programs or AF_XDP sockets are not allowed here\n");
        return SKIP;
    }
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    close(xsk_fd);
    sluice_xdp__destroy(skel);
    return rc;
}
