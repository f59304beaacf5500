/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration of all processes: a livekit.yaml as it is, LiveKit's command line and
 * environment, and a section `sluice:` of our own. Every key of LiveKit 1.13 is known; those that
 * mean nothing here are accepted and named in a warning.
 *
 * Precedence, highest first: command line, environment, file or body, defaults (of --dev if given).
 * A flat value with bounded texts; nothing to free.
 */
#ifndef SLUICE_COMMON_CONFIG_CONFIG_H
#define SLUICE_COMMON_CONFIG_CONFIG_H

#include "common/clock.h"
#include "common/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_TEXT       256 /* longest text of a key, with NUL */
#define CONFIG_LIST       16  /* longest list */
#define CONFIG_KEYS       64  /* API keys */
#define CONFIG_WORKERS    16
#define CONFIG_ERROR_TEXT 512
#define CONFIG_IGNORED    64 /* known keys without effect that were given */

struct config_list {
    size_t n;
    char text[CONFIG_LIST][CONFIG_TEXT];
};

struct config_key {
    char key[CONFIG_TEXT], secret[CONFIG_TEXT];
};

struct config_turn_server { /* rtc.turn_servers[]: for clients, not ours */
    char host[CONFIG_TEXT], protocol[16], username[CONFIG_TEXT], credential[CONFIG_TEXT],
        secret[CONFIG_TEXT];
    uint16_t port;
    uint32_t ttl;
};

struct config_rtc {
    /* `udp_port` as number or range, or port_range_start/end: worker i uses port first + i */
    uint16_t udp_port_first, udp_port_last;
    uint16_t tcp_port;          /* 0: off */
    struct config_list node_ip; /* addresses, and names of hosts */
    struct config_list stun_servers, interfaces_include, interfaces_exclude, ips_include,
        ips_exclude;
    bool use_external_ip, external_ip_only, advertise_internal_ip, enable_loopback_candidate;
    bool force_tcp, allow_tcp_fallback;
    uint32_t tcp_fallback_rtt_ms; /* 0: any */
    uint16_t packet_buffer_size_video, packet_buffer_size_audio;
    usec_t pli_throttle[3]; /* low, mid, high */
    bool congestion_control, allow_pause, send_side_bwe;
    uint32_t data_slow_threshold;                  /* bit/s, 0: none */
    usec_t data_lossy_latency, data_track_latency; /* 0: no limit */
    size_t n_turn_servers;
    struct config_turn_server turn_servers[CONFIG_LIST];
};

/* The embedded TURN server: relays to our own media ports alone. */
struct config_turn {
    bool enabled, external_tls;  /* external_tls: tls_port gets plain TCP, TLS ends before us */
    bool proxy_protocol;         /* refused */
    uint16_t udp_port, tls_port; /* 0: off */
    char domain[CONFIG_TEXT];    /* that clients use with TLS */
    char cert_file[CONFIG_TEXT], key_file[CONFIG_TEXT]; /* PEM */
    struct config_list bind_addresses;                  /* empty: all */
    uint32_t ttl;                                       /* of credentials, s */
    uint32_t quota;                     /* allocations per participant, 0: unlimited */
    struct config_list deny_peer_cidrs; /* of our own addresses */
};

struct config_room {
    bool auto_create, enable_remote_unmute, enable_full_room_in_webhooks, sync_streams;
    uint32_t empty_timeout, departure_timeout,
        max_participants; /* seconds, seconds, 0: unlimited */
    uint32_t update_batch_target_size;
    struct config_list enabled_codecs; /* mime names: "audio/opus", "video/VP8" */
};

struct config_audio {
    uint8_t active_level; /* -dBov */
    uint8_t min_percentile;
    uint32_t update_interval_ms, smooth_intervals;
};

struct config_limit { /* 0: unlimited */
    uint32_t max_metadata_size, max_attributes_size, max_room_name_length,
        max_participant_identity_length, max_participant_name_length;
    uint32_t signal_message_size, max_api_request_body_size, num_tracks;
    uint32_t bytes_per_sec;                            /* of media, in and out */
    uint32_t subscriptions_video, subscriptions_audio; /* per participant */
    uint32_t max_data_blobs_size, max_data_blob_key_length, max_data_track_custom_encoding_length;
};

struct config_webhook {
    char api_key[CONFIG_TEXT];
    struct config_list urls, include_events, exclude_events;
};

struct config_prometheus {
    uint16_t port; /* 0: off */
    char username[CONFIG_TEXT], password[CONFIG_TEXT];
};

enum config_backend { CONFIG_BACKEND_AUTO, CONFIG_BACKEND_XDP, CONFIG_BACKEND_UDP };

/* Of section `sluice:`, how the outside reaches us; see also rtc.node_ip and rtc.use_external_ip.
 */
struct config_address {
    struct config_list advertise; /* advertise: "ip:port[/udp|/tcp]" of a NAT that maps ports */
    char dns_name[CONFIG_TEXT];   /* dns_name: of the line, asked if no STUN server answers */
    char state_dir[CONFIG_TEXT];  /* state_dir: remembers the last address; "" not at all */
    usec_t stun_interval;         /* stun_interval: 15s */
};

/* Section `sluice:`. */
struct config_sluice {
    enum config_backend backend;   /* backend: auto | xdp | udp */
    unsigned workers;              /* workers: 1..CONFIG_WORKERS; default: cores, at most 16 */
    struct config_list interfaces; /* interfaces: of the xdp backend; empty: all that are up */
    char run_dir[CONFIG_TEXT];     /* run_dir: sockets and statistics; default /run/sluice */
    char console_dir[CONFIG_TEXT]; /* console_dir: the test-call page; "" off */
    char user[CONFIG_TEXT];        /* user: to become after start, if root; "" stay */
    uint32_t max_participants, max_tracks, max_subscriptions; /* pool sizes: 2000, 4000, 16000 */
    char srtp_engine[32];             /* srtp_engine: "" best, ipsec-mb, evp */
    uint16_t turn_public_tls_port;    /* in turns: URLs; 443, where a balancer may stand */
    uint32_t connections_per_address; /* signalling; 0: default of the HTTP server */
};

struct config {
    bool development;
    bool data_tracks; /* enable_data_tracks */
    bool data_blobs;  /* enable_participant_data_blob */
    uint16_t port;    /* 7880 */
    struct config_list bind_addresses;
    size_t n_keys;
    struct config_key keys[CONFIG_KEYS]; /* in order of appearance; the first one signs */
    size_t n_own_keys;                   /* of them, first, those that are not from key_file */
    char key_file[CONFIG_TEXT];          /* read again on SIGHUP */
    char region[CONFIG_TEXT];
    enum log_level log_level;
    bool log_json;
    struct config_rtc rtc;
    struct config_turn turn;
    struct config_room room;
    struct config_audio audio;
    usec_t dynacast_pause_delay;
    uint32_t codec_regression_threshold; /* participants; 0: always */
    struct config_limit limit;
    struct config_webhook webhook;
    struct config_prometheus prometheus;
    struct config_sluice sluice;
    struct config_address address;
    size_t n_ignored; /* names of known keys that have no effect, for the warning */
    char ignored[CONFIG_IGNORED][CONFIG_TEXT];
};

enum config_result {
    CONFIG_OK,
    CONFIG_HELP,  /* --help or --version was asked for and printed: exit 0 */
    CONFIG_WRONG, /* err says "file:line:column: reason" */
};

/* Reads command line, environment and file as LiveKit does (--config, --config-body, --dev, --keys,
 * --key-file, --node-ip, --udp-port, --bind, --region, --disable-strict-config, LIVEKIT_CONFIG,
 * LIVEKIT_KEYS, NODE_IP, UDP_PORT, ...) plus --run-dir. `program` is for --help. */
enum config_result config_load(struct config *c, const char *program, int argc, char **argv,
                               char err[static CONFIG_ERROR_TEXT]);

/* Defaults alone, and a YAML body over them; `name` stands in errors. For tests and fuzzing. */
void config_defaults(struct config *c, bool development);
bool config_parse(struct config *c, const char *name, const char *body, size_t len, bool strict,
                  char err[static CONFIG_ERROR_TEXT]);

/* What must hold between keys (ports, at least one key, ranges). */
bool config_check(const struct config *c, char err[static CONFIG_ERROR_TEXT]);

/* Reads key_file again, if there is one: keys it no longer has are gone, others are new or have a
 * new secret. False with a reason, and nothing changed, if it cannot be read or leaves no key. */
bool config_reload_keys(struct config *c, char err[static CONFIG_ERROR_TEXT]);

/* STUN servers if none are configured, "host:port": LiveKit's. */
const char *const *config_default_stun(size_t *count);

/* Logs the ignored keys in one warning, if any. */
void config_warn_ignored(const struct config *c);

#endif
