/* SPDX-License-Identifier: Apache-2.0 */
/* usrsctp as a whole: settings, time, and the queue of what it sends. */
#include "dataplane/sctp/sctp_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct data_stack *the_stack; /* usrsctp's state is global as well */

struct data_stack *data_the_stack(void)
{
    return the_stack;
}

struct data_association *data_find(struct data_stack *s, handle_t h)
{
    return s && handle_live(&s->handles, h) ? &s->associations[handle_index(h)] : NULL;
}

static int on_output(void *address, void *packet, size_t len, uint8_t tos, uint8_t set_df)
{
    (void)tos;
    (void)set_df;
    struct data_stack *s = the_stack;
    struct data_association *a = &s->associations[(uintptr_t)address - 1];
    if (data_find(s, a->handle) != a)
        return 0;
    if (len > DATA_PACKET_MAX || s->out_count == OUTPUT_SLOTS) {
        s->packets_lost++;
        return ENOBUFS;
    }
    struct output_packet *p = &s->output[(s->out_begin + s->out_count++) % OUTPUT_SLOTS];
    p->owner = a->handle;
    p->len = (uint16_t)len;
    memcpy(p->data, packet, len);
    return 0;
}

size_t data_output(struct data_stack *s, struct data_association **a,
                   uint8_t buf[static DATA_PACKET_MAX])
{
    while (s->out_count > 0) {
        const struct output_packet *p = &s->output[s->out_begin];
        s->out_begin = (s->out_begin + 1) % OUTPUT_SLOTS;
        s->out_count--;
        *a = data_find(s, p->owner);
        if (!*a)
            continue;
        memcpy(buf, p->data, p->len);
        return p->len;
    }
    return 0;
}

uint64_t data_packets_lost(const struct data_stack *s)
{
    return s->packets_lost;
}

/* One path, no addresses of IP, DTLS instead of AUTH (RFC 8831 section 6.1, RFC 8261). */
static void configure(void)
{
    usrsctp_sysctl_set_sctp_blackhole(2); /* no ABORT for what belongs to nobody */
    usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auto_asconf(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(1);
    usrsctp_sysctl_set_sctp_reconfig_enable(1);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(4 * 1024);
    usrsctp_sysctl_set_sctp_sendspace(DATA_SEND_BUFFER);
    usrsctp_sysctl_set_sctp_recvspace(RECEIVE_BUFFER);
    usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
    usrsctp_sysctl_set_sctp_rto_initial_default(500);
    usrsctp_sysctl_set_sctp_rto_min_default(200);
    usrsctp_sysctl_set_sctp_rto_max_default(5000);
    usrsctp_sysctl_set_sctp_init_rto_max_default(2000);
    usrsctp_sysctl_set_sctp_init_rtx_max_default(30);
    usrsctp_sysctl_set_sctp_assoc_rtx_max_default(20);
    usrsctp_sysctl_set_sctp_path_rtx_max_default(20);
    usrsctp_sysctl_set_sctp_initial_cwnd(10);
    usrsctp_sysctl_set_sctp_max_burst_default(10);
}

static void release(struct data_stack *s)
{
    handle_pool_free(&s->handles);
    free(s->associations);
    free(s->output);
    free(s);
}

struct data_stack *data_stack_create(uint32_t associations_max, usec_t now)
{
    if (the_stack)
        return NULL;
    struct data_stack *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->last_tick = now;
    s->associations = calloc(associations_max, sizeof(*s->associations));
    s->output = malloc(OUTPUT_SLOTS * sizeof(*s->output));
    if (!s->associations || !s->output || !handle_pool_init(&s->handles, associations_max)) {
        release(s);
        return NULL;
    }
    the_stack = s;
    usrsctp_init_nothreads(0, on_output, NULL);
    configure();
    return s;
}

void data_stack_destroy(struct data_stack *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->handles.size; i++) {
        struct data_association *a = &s->associations[i];
        if (data_find(s, a->handle) == a)
            data_close(a);
    }
    data_drop_received(s);
    /* closed sockets are freed by timers of theirs */
    for (unsigned i = 0; i < 100 && usrsctp_finish() != 0; i++)
        usrsctp_handle_timers(100);
    the_stack = NULL;
    release(s);
}

usec_t data_deadline(const struct data_stack *s)
{
    return s->handles.used > 0 ? s->last_tick + TICK : USEC_NEVER;
}

static void flush_all(struct data_stack *s)
{
    s->retry = false;
    for (uint32_t i = 0; i < s->handles.size; i++) {
        struct data_association *a = &s->associations[i];
        if (data_find(s, a->handle) == a)
            data_channels_flush(a);
    }
}

/* Not for every millisecond: each tick looks at all timers of all associations. */
void data_timeout(struct data_stack *s, usec_t now)
{
    if (now < s->last_tick + TICK)
        return;
    uint64_t elapsed_ms = (now - s->last_tick) / USEC_PER_MS;
    s->last_tick += elapsed_ms * USEC_PER_MS;
    usrsctp_handle_timers(elapsed_ms < UINT32_MAX ? (uint32_t)elapsed_ms : UINT32_MAX);
    if (s->retry)
        flush_all(s);
}
