/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/schema.h"
#include "common/config/value.h"

static struct config c;
static char err[CONFIG_ERROR_TEXT];

static void parse(const char *body)
{
    config_defaults(&c, false);
    if (!config_parse(&c, "test", body, strlen(body), true, err))
        fail_msg("%s", err);
}

static void expect_wrong(const char *body, const char *message)
{
    config_defaults(&c, false);
    assert_false(config_parse(&c, "f.yaml", body, strlen(body), true, err));
    assert_string_equal(err, message);
}

/* --- values --- */

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        usec_t us;
    } good[] = {{"0", 0},          {"500ms", 500000},   {"1s", 1000000},     {"1.5s", 1500000},
                {"2m", 120000000}, {"1h", 3600000000u}, {"1m30s", 90000000}, {"250us", 250},
                {"1500ns", 2},     {".5s", 500000},     {"1000000", 1000}};
    static const char *const bad[] = {"",      "s",   "5",    "1x",   "-1s",
                                      "1..5s", "1s ", "0x1s", "1e3s", "-5"};
    usec_t us;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(value_duration(good[i].text, &us));
        assert_int_equal(us, good[i].us);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (strcmp(bad[i], "5") == 0)
            assert_true(value_duration(bad[i], &us)); /* nanoseconds, as Go reads it */
        else
            assert_false(value_duration(bad[i], &us));
    }
}

static void numbers_and_ports(void **state)
{
    (void)state;
    int64_t n;
    bool b;
    uint16_t first, last;
    assert_true(value_number("1_000_000", &n) && n == 1000000);
    assert_true(value_number("-1", &n) && n == -1);
    assert_false(value_number("", &n) || value_number("1x", &n) || value_number("_1", &n) ||
                 value_number("1__0", &n) || value_number("99999999999999999999", &n));
    assert_true(value_bool("Yes", &b) && b);
    assert_true(value_bool("off", &b) && !b);
    assert_false(value_bool("1", &b) || value_bool("", &b));
    assert_true(value_ports("7882", &first, &last) && first == 7882 && last == 7882);
    assert_true(value_ports("50000 - 60000", &first, &last) && first == 50000 && last == 60000);
    assert_false(value_ports("0", &first, &last) || value_ports("70000", &first, &last) ||
                 value_ports("5-4", &first, &last) || value_ports("5-5", &first, &last) ||
                 value_ports("-", &first, &last) || value_ports("1-2-3", &first, &last));
}

/* --- documents --- */

static void defaults(void **state)
{
    (void)state;
    parse("");
    assert_int_equal(c.port, 7880);
    assert_int_equal(c.rtc.tcp_port, 7881);
    assert_int_equal(c.rtc.udp_port_first, 50000);
    assert_int_equal(c.rtc.udp_port_last, 60000);
    assert_int_equal(c.rtc.packet_buffer_size_video, 500);
    assert_int_equal(c.rtc.packet_buffer_size_audio, 200);
    assert_int_equal(c.rtc.pli_throttle[0], 500000);
    assert_int_equal(c.rtc.pli_throttle[2], 1000000);
    assert_true(c.rtc.send_side_bwe && c.rtc.congestion_control && c.rtc.allow_tcp_fallback &&
                c.room.auto_create);
    assert_false(c.rtc.allow_pause || c.rtc.use_external_ip || c.development);
    assert_int_equal(c.room.empty_timeout, 300);
    assert_int_equal(c.room.departure_timeout, 20);
    assert_int_equal(c.room.update_batch_target_size, 131072);
    assert_int_equal(c.room.enabled_codecs.n, 10);
    assert_string_equal(c.room.enabled_codecs.text[2], "audio/opus");
    assert_int_equal(c.audio.active_level, 35);
    assert_int_equal(c.audio.update_interval_ms, 400);
    assert_int_equal(c.dynacast_pause_delay, 5000000);
    assert_int_equal(c.limit.max_metadata_size, 524288);
    assert_int_equal(c.limit.signal_message_size, 2097152);
    assert_int_equal(c.limit.max_api_request_body_size, 10485760);
    assert_int_equal(c.limit.max_participant_identity_length, 256);
    assert_string_equal(c.sluice.run_dir, "/run/sluice");
    assert_true(c.sluice.workers >= 1 && c.sluice.workers <= CONFIG_WORKERS);
    assert_int_equal(c.sluice.max_subscriptions, 16000);
    assert_int_equal(c.log_level, LOG_LEVEL_INFO);
    assert_int_equal(c.n_ignored, 0);
    assert_false(config_check(&c, err));

    config_defaults(&c, true);
    assert_true(c.development && c.log_level == LOG_LEVEL_DEBUG);
    assert_int_equal(c.rtc.udp_port_first, 7882);
    assert_int_equal(c.bind_addresses.n, 2);
    assert_string_equal(c.keys[0].key, "devkey");
    assert_true(config_check(&c, err));
}

/* What an operator of Element Call would have, and more. */
static const char sample[] =
    "# a comment\n"
    "port: 7980\n"
    "bind_addresses: ['0.0.0.0', \"::\"]\n"
    "log_level: warn\n"
    "logging: {json: true, pion_level: error}\n"
    "region: eu-1\n"
    "prometheus:\n"
    "  port: 6789\n"
    "  username: scrape\n"
    "keys:\n"
    "  first: a-secret-that-is-long-enough-for-all\n"
    "  second: 1234567890\n"
    "redis:\n"
    "  address: redis:6379\n"
    "  sentinel_addresses: [a, b]\n"
    "rtc:\n"
    "  udp_port: 7882-7889\n"
    "  tcp_port: 0\n"
    "  use_external_ip: yes\n"
    "  node_ip: 192.0.2.1, 2001:db8::1\n"
    "  interfaces:\n"
    "    includes: [eth0]\n"
    "  ips:\n"
    "    excludes:\n"
    "    - 10.0.0.0/8\n"
    "    - 192.168.0.0/16\n"
    "  stun_servers:\n"
    "    - stun.example.org:3478\n"
    "  turn_servers:\n"
    "    - host: turn.example.org\n"
    "      port: 443\n"
    "      protocol: tls\n"
    "      secret: shared\n"
    "      ttl: 3600\n"
    "    - {host: other, port: 3478, protocol: udp, username: u, credential: c}\n"
    "  pli_throttle: {low_quality: 250ms, mid_quality: 2s}\n"
    "  congestion_control:\n"
    "    enabled: false\n"
    "    allow_pause: true\n"
    "    remote_bwe: {nack_ratio_attenuator: 0.4}\n"
    "  batch_io: {batch_size: 128, max_flush_interval: 2ms}\n"
    "room:\n"
    "  auto_create: false\n"
    "  empty_timeout: 60\n"
    "  enabled_codecs:\n"
    "    - mime: audio/opus\n"
    "    - {mime: video/VP8, fmtp_line: ''}\n"
    "  room_configurations: {}\n"
    "audio: {active_level: 40}\n"
    "video:\n"
    "  dynacast_pause_delay: 1m\n"
    "limit:\n"
    "  num_tracks: -1\n"
    "  bytes_per_sec: 1_000_000_000\n"
    "  max_metadata_size: 0\n"
    "webhook:\n"
    "  api_key: second\n"
    "  urls: [\"https://example.org/sfu_webhook\"]\n"
    "  filter_params:\n"
    "    include_events: [participant_joined]\n"
    "turn:\n"
    "  enabled: true\n"
    "  domain: turn.example.org\n"
    "  tls_port: 5349\n"
    "  external_tls: true\n"
    "  udp_port: 3478\n"
    "  relay_range_start: 30000\n"
    "  bind_addresses: [\"192.0.2.1\", \"::\"]\n"
    "  deny_peer_cidrs: [\"10.0.0.0/8\", \"fd00::/8\", \"192.0.2.7\"]\n"
    "agents:\n"
    "sluice:\n"
    "  backend: udp\n"
    "  workers: 2\n"
    "  connections_per_address: 50\n";

static void a_full_sample(void **state)
{
    (void)state;
    parse(sample);
    assert_true(config_check(&c, err));
    assert_int_equal(c.port, 7980);
    assert_int_equal(c.bind_addresses.n, 2);
    assert_string_equal(c.bind_addresses.text[1], "::");
    assert_int_equal(c.log_level, LOG_LEVEL_WARN);
    assert_true(c.log_json);
    assert_int_equal(c.prometheus.port, 6789);
    assert_int_equal(c.n_keys, 2);
    assert_string_equal(c.keys[0].key, "first");
    assert_string_equal(c.keys[1].secret, "1234567890");
    assert_int_equal(c.rtc.udp_port_first, 7882);
    assert_int_equal(c.rtc.udp_port_last, 7889);
    assert_int_equal(c.rtc.tcp_port, 0);
    assert_true(c.rtc.use_external_ip);
    assert_int_equal(c.rtc.node_ip.n, 2);
    assert_string_equal(c.rtc.node_ip.text[1], "2001:db8::1");
    assert_string_equal(c.rtc.interfaces_include.text[0], "eth0");
    assert_int_equal(c.rtc.ips_exclude.n, 2);
    assert_int_equal(c.rtc.n_turn_servers, 2);
    assert_int_equal(c.rtc.turn_servers[0].port, 443);
    assert_int_equal(c.rtc.turn_servers[0].ttl, 3600);
    assert_string_equal(c.rtc.turn_servers[0].secret, "shared");
    assert_string_equal(c.rtc.turn_servers[1].credential, "c");
    assert_int_equal(c.rtc.pli_throttle[0], 250000);
    assert_int_equal(c.rtc.pli_throttle[1], 2000000);
    assert_int_equal(c.rtc.pli_throttle[2], 1000000);
    assert_false(c.rtc.congestion_control);
    assert_true(c.rtc.allow_pause);
    assert_false(c.room.auto_create);
    assert_int_equal(c.room.empty_timeout, 60);
    assert_int_equal(c.room.enabled_codecs.n, 2);
    assert_string_equal(c.room.enabled_codecs.text[1], "video/VP8");
    assert_int_equal(c.audio.active_level, 40);
    assert_int_equal(c.dynacast_pause_delay, 60000000);
    assert_int_equal(c.limit.num_tracks, 0);
    assert_int_equal(c.limit.max_metadata_size, 0);
    assert_int_equal(c.limit.max_attributes_size, 65536);
    assert_string_equal(c.webhook.api_key, "second");
    assert_string_equal(c.webhook.include_events.text[0], "participant_joined");
    assert_true(c.turn.enabled && c.turn.external_tls);
    assert_string_equal(c.turn.domain, "turn.example.org");
    assert_int_equal(c.turn.tls_port, 5349);
    assert_int_equal(c.turn.udp_port, 3478);
    assert_int_equal(c.turn.ttl, 300);
    assert_int_equal(c.turn.quota, 12);
    assert_int_equal(c.turn.bind_addresses.n, 2);
    assert_int_equal(c.turn.deny_peer_cidrs.n, 3);
    assert_int_equal(c.sluice.turn_public_tls_port, 443);
    assert_int_equal(c.sluice.backend, CONFIG_BACKEND_UDP);
    assert_int_equal(c.sluice.workers, 2);
    static const char *const ignored[] = {"logging.pion_level",
                                          "redis",
                                          "rtc.congestion_control.remote_bwe",
                                          "rtc.batch_io",
                                          "room.room_configurations",
                                          "turn.relay_range_start"};
    assert_int_equal(c.n_ignored, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(c.ignored[i], ignored[i]);
}

/* "a.b.c" to the YAML of one value. */
static void nested(const char *path, const char *value, char *out, size_t size)
{
    size_t n = 0;
    unsigned depth = 0;
    while (*path) {
        size_t part = strcspn(path, ".");
        n += (size_t)snprintf(out + n, size - n, "%*s%.*s:%s", (int)depth, "", (int)part, path,
                              path[part] ? "\n" : " ");
        path += part + (path[part] == '.');
        depth += 2;
    }
    snprintf(out + n, size - n, "%s\n", value);
}

static void every_key_of_the_table_is_accepted(void **state)
{
    (void)state;
    static const char *const values[] = {
        [SCHEMA_IGNORED] = "{a: [1]}",
        [SCHEMA_ELSEWHERE] = "{a: [1]}",
        [SCHEMA_BOOL] = "true",
        [SCHEMA_NUMBER] = "7",
        [SCHEMA_LIMIT] = "-1",
        [SCHEMA_DURATION] = "3s",
        [SCHEMA_TEXT] = "text",
        [SCHEMA_LIST] = "[a, b]",
        [SCHEMA_LEVEL] = "error",
        [SCHEMA_BACKEND] = "xdp",
        [SCHEMA_PORTS] = "1000-2000",
        [SCHEMA_ADDRESS] = "::1",
        [SCHEMA_KEYS] = "{a: b}",
        [SCHEMA_CODECS] = "[{mime: a/b}]",
        [SCHEMA_TURN_SERVERS] = "[{host: a, port: 1}]",
    };
    static struct config standard;
    for (size_t i = 0; i < schema_count; i++) {
        const struct schema_key *k = &schema_keys[i];
        char body[512];
        config_defaults(&standard, false);
        nested(k->path, values[k->type], body, sizeof(body));
        parse(body);
        bool ignored = k->type == SCHEMA_IGNORED;
        assert_int_equal(c.n_ignored, ignored);
        bool same = strcmp(k->path, "rtc.port_range_end") == 0 || /* counts with a start only */
                    k->type == SCHEMA_ELSEWHERE || (k->type == SCHEMA_BOOL && k->standard) ||
                    (k->type == SCHEMA_LIMIT && !k->standard && strncmp(k->path, "limit", 5) == 0);
        if (!ignored && !same && memcmp(&c, &standard, sizeof(c)) == 0)
            fail_msg("%s has no effect", k->path);
    }
}

static void errors_say_where(void **state)
{
    (void)state;
    expect_wrong("port: 7880\nrtc:\n  tcp_prot: 1\n", "f.yaml:3:3: rtc.tcp_prot: unknown key");
    expect_wrong("nonsense: 1\n", "f.yaml:1:1: nonsense: unknown key");
    expect_wrong("port: abc\n", "f.yaml:1:7: port: not a number: \"abc\"");
    expect_wrong("port: 70000\n", "f.yaml:1:7: port: out of range: \"70000\"");
    expect_wrong("port: -1\n", "f.yaml:1:7: port: out of range: \"-1\"");
    expect_wrong("port: [1]\n", "f.yaml:1:7: port: not one value");
    expect_wrong("rtc: 5\n", "f.yaml:1:6: rtc: not a mapping of keys to values");
    expect_wrong("- a\n", "f.yaml:1:1: not a mapping of keys to values");
    expect_wrong("keys: [a]\n", "f.yaml:1:7: keys: not a mapping of keys to secrets");
    expect_wrong("keys: {a: [b]}\n", "f.yaml:1:8: keys: a key or its secret is not a text");
    expect_wrong("keys: {a: ''}\n", "f.yaml:1:8: keys: a key or its secret is empty: \"a\"");
    expect_wrong("port: 1\nport: 2\n", "f.yaml:2:1: port: given twice");
    expect_wrong(
        "rtc:\n  node_ip: 192.0.2.300\n",
        "f.yaml:2:12: rtc.node_ip: neither an IP address nor a host name: \"192.0.2.300\"");
    expect_wrong("room:\n  enabled_codecs:\n    - {mine: x}\n",
                 "f.yaml:3:8: room.enabled_codecs: unknown key mine");
    expect_wrong("rtc: {turn_servers: [{host: a, secret_file: /etc/passwd}]}\n",
                 "f.yaml:1:32: rtc.turn_servers: secret_file is for files only");
    expect_wrong("sluice: {backend: dpdk}\n",
                 "f.yaml:1:19: sluice.backend: not one of auto, xdp, udp: \"dpdk\"");
    expect_wrong("sluice: {workers: 17}\n", "f.yaml:1:19: sluice.workers: out of range: \"17\"");
    expect_wrong("a: b: c\n", "f.yaml:1:5: mapping values are not allowed in this context");
    expect_wrong("rtc.tcp_port: 1\n", "f.yaml:1:1: a key that is not a plain name");
    expect_wrong("region: \"a\\0b\"\n", "f.yaml:1:9: region: not one value");
    expect_wrong("rtc: &a\n  pli_throttle: *a\n",
                 "f.yaml:2:3: rtc.pli_throttle.pli_throttle: unknown key");
}

static void unknown_keys_may_be_let_pass(void **state)
{
    (void)state;
    static const char body[] =
        "future: {a: 1}\nport: 1\nrtc: {turn_servers: [{host: a, new: b}]}\n";
    config_defaults(&c, false);
    assert_true(config_parse(&c, "f", body, strlen(body), false, err));
    assert_int_equal(c.port, 1);
    assert_int_equal(c.n_ignored, 1);
    assert_string_equal(c.ignored[0], "future");
}

static void what_does_not_fit(void **state)
{
    (void)state;
    static char body[20000];
    int n = snprintf(body, sizeof(body), "bind_addresses: [a");
    for (int i = 0; i < CONFIG_LIST; i++)
        n += snprintf(body + n, sizeof(body) - (size_t)n, ",a%d", i);
    snprintf(body + n, sizeof(body) - (size_t)n, "]\n");
    config_defaults(&c, false);
    assert_false(config_parse(&c, "f", body, strlen(body), true, err));
    assert_non_null(strstr(err, "first too many: \"a15\""));

    n = snprintf(body, sizeof(body), "keys:\n");
    for (int i = 0; i <= CONFIG_KEYS; i++)
        n += snprintf(body + n, sizeof(body) - (size_t)n, "  key%d: s\n", i);
    config_defaults(&c, false);
    assert_false(config_parse(&c, "f", body, strlen(body), true, err));
    assert_non_null(strstr(err, "first too many: \"key64\""));

    n = snprintf(body, sizeof(body), "region: ");
    memset(body + n, 'x', 300);
    strcpy(body + n + 300, "\n");
    config_defaults(&c, false);
    assert_false(config_parse(&c, "f", body, strlen(body), true, err));
    assert_non_null(strstr(err, "region: too long"));
}

static void ranges_of_ports(void **state)
{
    (void)state;
    parse("rtc: {port_range_start: 50100, port_range_end: 50200}\n");
    assert_int_equal(c.rtc.udp_port_first, 50100);
    assert_int_equal(c.rtc.udp_port_last, 50200);
    parse("rtc: {udp_port: 7882, port_range_end: 50200, port_range_start: 50100}\n");
    assert_int_equal(c.rtc.udp_port_first, 50100);
    assert_int_equal(c.rtc.udp_port_last, 50200);
    assert_string_equal(c.ignored[0], "rtc.udp_port");
    parse("rtc: {port_range_start: 50100}\n");
    assert_int_equal(c.rtc.udp_port_last, 50100);
    parse("rtc: {port_range_end: 50100}\n");
    assert_int_equal(c.rtc.udp_port_first, 50000);
    assert_int_equal(c.rtc.udp_port_last, 60000);
    parse("keys: {a: b}\nrtc: {port_range_start: 2, port_range_end: 1}\n");
    assert_false(config_check(&c, err));
}

static void what_must_hold_between_keys(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
    } bad[] = {
        {"{}", "no API key: give keys, key_file or LIVEKIT_KEYS"},
        {"{keys: {a: b}, port: 0}", "port: 0 cannot be listened on"},
        {"{keys: {a: b}, turn: {enabled: true}}", "turn: neither udp_port nor tls_port is given"},
        {"{keys: {a: b}, turn: {enabled: true, udp_port: 500}}",
         "turn.udp_port: below 1024 only 53, 80 and 443 are usable"},
        {"{keys: {a: b}, rtc: {udp_port: 3478}, turn: {enabled: true, udp_port: 3478}}",
         "turn: a port that is in use for something else"},
        {"{keys: {a: b}, turn: {enabled: true, tls_port: 7881, domain: t, external_tls: true}}",
         "turn: a port that is in use for something else"},
        {"{keys: {a: b}, turn: {enabled: true, tls_port: 5349, external_tls: true}}",
         "turn.domain: tls_port needs one, which its certificate is for"},
        {"{keys: {a: b}, turn: {enabled: true, tls_port: 5349, domain: t, cert_file: c}}",
         "turn: tls_port needs cert_file and key_file, or external_tls"},
        {"{keys: {a: b}, turn: {enabled: true, udp_port: 3478, proxy_protocol: true}}",
         "turn.proxy_protocol: not understood here; switch it off at the balancer too"},
        {"{keys: {a: b}, turn: {enabled: true, udp_port: 3478, bind_addresses: [eth0]}}",
         "turn.bind_addresses: not an IP address"},
        {"{keys: {a: b}, turn: {enabled: true, udp_port: 3478, deny_peer_cidrs: [10.0.0.0/33]}}",
         "turn.deny_peer_cidrs: not an address range"},
        {"{keys: {a: b}, turn: {enabled: true, udp_port: 3478, ttl_seconds: 0}}",
         "turn.ttl_seconds: credentials that are good for no time"},
        {"{keys: {a: b}, port: 7881}", "rtc.tcp_port: the same as port"},
        {"{keys: {a: b}, webhook: {urls: [u], api_key: c}}",
         "webhook.api_key: not one of the keys"},
        {"{keys: {a: b}, sluice: {workers: 0}}", "sluice.workers: at least one is needed"},
        {"{keys: {a: b}, sluice: {max_tracks: 0}}", "sluice: a pool of size 0"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        parse(bad[i].body);
        assert_false(config_check(&c, err));
        assert_string_equal(err, bad[i].message);
    }
}

/* --- command line and environment --- */

static enum config_result load(int argc, const char *const *argv)
{
    return config_load(&c, "test", argc, (char **)argv, err);
}

#define LOAD(...)                                                                                  \
    load((int)(sizeof((const char *[]){"test", ##__VA_ARGS__}) / sizeof(char *)),                  \
         (const char *[]){"test", ##__VA_ARGS__})

static int clear_environment(void **state)
{
    (void)state;
    static const char *const names[] = {
        "LIVEKIT_CONFIG", "LIVEKIT_KEYS", "LIVEKIT_REGION", "NODE_IP",
        "UDP_PORT",       "REDIS_HOST",   "LIVEKIT_PORT",   "LIVEKIT_RTC_TCP_PORT"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    return 0;
}

static void a_development_server(void **state)
{
    (void)state;
    assert_int_equal(LOAD("--dev"), CONFIG_OK);
    assert_string_equal(c.keys[0].secret, "secret");
    assert_int_equal(c.bind_addresses.n, 2);
    assert_int_equal(c.rtc.udp_port_first, 7882);
    assert_int_equal(LOAD("--dev", "--bind", "0.0.0.0", "--keys", "a: b", "--udp-port=9000-9001"),
                     CONFIG_OK);
    assert_int_equal(c.bind_addresses.n, 1);
    assert_int_equal(c.n_keys, 1);
    assert_string_equal(c.keys[0].key, "a");
    assert_int_equal(c.rtc.udp_port_last, 9001);
    assert_int_equal(LOAD("--config-body", "development: true"), CONFIG_OK);
    assert_string_equal(c.keys[0].key, "devkey");
    assert_int_equal(c.rtc.udp_port_first, 7882);
    assert_int_equal(LOAD("--config-body", "development: true\nkeys: {x: y}\nlog_level: warn"),
                     CONFIG_OK);
    assert_int_equal(c.n_keys, 1);
    assert_string_equal(c.keys[0].key, "x");
    assert_int_equal(c.log_level, LOG_LEVEL_WARN);
}

static void sources_override_each_other(void **state)
{
    (void)state;
    setenv("LIVEKIT_CONFIG", "port: 1\nregion: body\nrtc: {tcp_port: 4}\nkeys: {a: b}\n", 1);
    assert_int_equal(LOAD(), CONFIG_OK);
    assert_int_equal(c.port, 1);
    setenv("LIVEKIT_REGION", "env", 1);
    setenv("LIVEKIT_RTC_TCP_PORT", "2", 1);
    setenv("NODE_IP", "192.0.2.7", 1);
    setenv("LIVEKIT_PORT", "tcp://10.0.0.1:7880", 1);
    setenv("LIVEKIT_KEYS", "k1: s1\nk2: s2\n", 1);
    setenv("REDIS_HOST", "redis", 1);
    assert_int_equal(LOAD(), CONFIG_OK);
    assert_int_equal(c.port, 1);
    assert_string_equal(c.region, "env");
    assert_int_equal(c.rtc.tcp_port, 2);
    assert_string_equal(c.rtc.node_ip.text[0], "192.0.2.7");
    assert_int_equal(c.n_keys, 2);
    assert_string_equal(c.keys[0].key, "k1");
    assert_string_equal(c.ignored[0], "redis");
    assert_int_equal(LOAD("--region", "cli", "--rtc.tcp_port", "3", "-node-ip", "::1", "--run-dir",
                          "/tmp/x", "--rtc.use_external_ip", "--room.auto_create=false"),
                     CONFIG_OK);
    assert_string_equal(c.region, "cli");
    assert_int_equal(c.rtc.tcp_port, 3);
    assert_string_equal(c.rtc.node_ip.text[0], "::1");
    assert_int_equal(c.rtc.node_ip.n, 1);
    assert_string_equal(c.sluice.run_dir, "/tmp/x");
    assert_true(c.rtc.use_external_ip);
    assert_false(c.room.auto_create);
}

static void files(void **state)
{
    (void)state;
    char config[] = "/tmp/test_config_XXXXXX", keys[] = "/tmp/test_config_XXXXXX", body[128];
    int config_fd = mkstemp(config), keys_fd = mkstemp(keys);
    assert_true(config_fd >= 0 && keys_fd >= 0);
    assert_int_equal(write(keys_fd, "kf: secret\n", 11), 11);
    int n = snprintf(body, sizeof(body), "port: 5\nkey_file: %s\n", keys);
    assert_int_equal(write(config_fd, body, (size_t)n), n);
    assert_int_equal(fchmod(keys_fd, 0644), 0);
    assert_int_equal(LOAD("--config", config), CONFIG_WRONG);
    assert_non_null(strstr(err, "open to others"));
    assert_int_equal(fchmod(keys_fd, 0640), 0);
    assert_int_equal(LOAD("--config", config), CONFIG_OK);
    assert_int_equal(c.port, 5);
    assert_string_equal(c.keys[0].key, "kf");
    assert_int_equal(LOAD("--config", config, "--config-body", "keys: {x: y}\nport: 6"), CONFIG_OK);
    assert_int_equal(c.port, 6);
    assert_int_equal(LOAD("--dev", "--key-file", keys), CONFIG_OK);
    assert_int_equal(c.n_keys, 1);
    assert_string_equal(c.keys[0].key, "kf");
    close(config_fd);
    close(keys_fd);
    unlink(config);
    unlink(keys);
    assert_int_equal(LOAD("--config", config), CONFIG_WRONG);
    assert_non_null(strstr(err, "cannot read"));
    assert_int_equal(LOAD("--config", "/tmp"), CONFIG_WRONG);
}

static void rewrite(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void keys_that_change_while_running(void **state)
{
    (void)state;
    char keys[] = "/tmp/test_config_XXXXXX";
    int fd = mkstemp(keys);
    assert_true(fd >= 0);
    close(fd);
    rewrite(keys, "f1: s1\nf2: s2\n");
    assert_int_equal(LOAD("--key-file", keys, "--keys", "own: s"), CONFIG_OK);
    assert_int_equal(c.n_keys, 3);
    assert_int_equal(c.n_own_keys, 1);
    rewrite(keys, "f2: new\nf3: s3\n");
    assert_true(config_reload_keys(&c, err));
    assert_int_equal(c.n_keys, 3);
    assert_string_equal(c.keys[0].key, "own");
    assert_string_equal(c.keys[1].key, "f2");
    assert_string_equal(c.keys[1].secret, "new");
    assert_string_equal(c.keys[2].key, "f3");
    rewrite(keys, "[");
    assert_false(config_reload_keys(&c, err));
    assert_int_equal(c.n_keys, 3);
    assert_int_equal(LOAD("--key-file", keys), CONFIG_WRONG);
    rewrite(keys, "f1: s1\n");
    assert_int_equal(LOAD("--key-file", keys), CONFIG_OK);
    rewrite(keys, "");
    assert_false(config_reload_keys(&c, err));
    assert_string_equal(c.keys[0].secret, "s1");
    unlink(keys);
    assert_int_equal(LOAD("--dev"), CONFIG_OK);
    assert_true(config_reload_keys(&c, err));
    assert_int_equal(c.n_keys, 1);
}

static void bad_command_lines(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"--nonsense", "--nonsense: unknown option (see --help)"},
        {"stray", "stray: unknown option (see --help)"},
        {"--keys", "keys: needs a value"},
        {"--port=x", "port: not a number: \"x\""},
        {"--udp-port=0", "udp-port: not a port or a range of ports: \"0\""},
        {"--keys=[", NULL},
        {"--dev=maybe", "dev: takes no value"},
        {"--config-body=port: x", "config:1:7: port: not a number: \"x\""},
        {"--rtc.turn_servers=x", "--rtc.turn_servers=x: unknown option (see --help)"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(LOAD(bad[i][0]), CONFIG_WRONG);
        if (bad[i][1])
            assert_string_equal(err, bad[i][1]);
    }
    assert_int_equal(LOAD("--dev", "--disable-strict-config", "--config-body", "what: 1"),
                     CONFIG_OK);
    assert_int_equal(LOAD(), CONFIG_WRONG);
    assert_int_equal(LOAD("--help"), CONFIG_HELP);
    assert_int_equal(LOAD("--version"), CONFIG_HELP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(numbers_and_ports),
        cmocka_unit_test(defaults),
        cmocka_unit_test(a_full_sample),
        cmocka_unit_test(every_key_of_the_table_is_accepted),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(unknown_keys_may_be_let_pass),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(ranges_of_ports),
        cmocka_unit_test(what_must_hold_between_keys),
        cmocka_unit_test_setup(a_development_server, clear_environment),
        cmocka_unit_test_setup(sources_override_each_other, clear_environment),
        cmocka_unit_test_setup(files, clear_environment),
        cmocka_unit_test_setup(keys_that_change_while_running, clear_environment),
        cmocka_unit_test_setup(bad_command_lines, clear_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
