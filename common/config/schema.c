/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/schema.h"

#include <string.h>

#define AT(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)
#define IGNORED(path)                                                                              \
    {                                                                                              \
        path, SCHEMA_IGNORED, 0, 0, NULL, 0                                                        \
    }

/* In the order of LiveKit's own structs. */
const struct schema_key schema_keys[] = {
    {"port", SCHEMA_NUMBER, AT(port), "7880", 0},
    {"bind_addresses", SCHEMA_LIST, AT(bind_addresses), NULL, 0},
    {"prometheus_port", SCHEMA_NUMBER, AT(prometheus.port), NULL, 0},
    {"prometheus.port", SCHEMA_NUMBER, AT(prometheus.port), NULL, 0},
    {"prometheus.username", SCHEMA_TEXT, AT(prometheus.username), NULL, 0},
    {"prometheus.password", SCHEMA_TEXT, AT(prometheus.password), NULL, 0},
    IGNORED("debug_handler.port"),
    IGNORED("environment"),
    {"key_file", SCHEMA_TEXT, AT(key_file), NULL, 0},
    {"keys", SCHEMA_KEYS, AT(keys), NULL, 0},
    {"region", SCHEMA_TEXT, AT(region), NULL, 0},
    {"log_level", SCHEMA_LEVEL, AT(log_level), "info", 0},
    {"logging.level", SCHEMA_LEVEL, AT(log_level), NULL, 0},
    {"logging.json", SCHEMA_BOOL, AT(log_json), NULL, 0},
    IGNORED("logging.sample"),
    IGNORED("logging.component_levels"),
    IGNORED("logging.pion_level"),
    {"development", SCHEMA_BOOL, AT(development), NULL, 0},
    {"enable_data_tracks", SCHEMA_BOOL, AT(data_tracks), "true", 0},
    {"enable_participant_data_blob", SCHEMA_BOOL, AT(data_blobs), NULL, 0},

    {"rtc.udp_port", SCHEMA_PORTS, AT(rtc.udp_port_first), "50000-60000", 0},
    {"rtc.tcp_port", SCHEMA_NUMBER, AT(rtc.tcp_port), "7881", 0},
    {"rtc.port_range_start", SCHEMA_NUMBER, AT(rtc.udp_port_first), NULL, 0},
    {"rtc.port_range_end", SCHEMA_NUMBER, AT(rtc.udp_port_last), NULL, 0},
    IGNORED("rtc.use_stun_port_as_ice"),
    {"rtc.node_ip", SCHEMA_ADDRESS, AT(rtc.node_ip), NULL, 0},
    IGNORED("rtc.additional_host_ips"),
    {"rtc.stun_servers", SCHEMA_LIST, AT(rtc.stun_servers), NULL, 0},
    {"rtc.use_external_ip", SCHEMA_BOOL, AT(rtc.use_external_ip), NULL, 0},
    IGNORED("rtc.require_ipv4"),
    IGNORED("rtc.skip_external_ip_validation"),
    {"rtc.advertise_internal_ip", SCHEMA_BOOL, AT(rtc.advertise_internal_ip), NULL, 0},
    IGNORED("rtc.use_ice_lite"), /* always */
    {"rtc.interfaces.includes", SCHEMA_LIST, AT(rtc.interfaces_include), NULL, 0},
    {"rtc.interfaces.excludes", SCHEMA_LIST, AT(rtc.interfaces_exclude), NULL, 0},
    {"rtc.ips.includes", SCHEMA_LIST, AT(rtc.ips_include), NULL, 0},
    {"rtc.ips.excludes", SCHEMA_LIST, AT(rtc.ips_exclude), NULL, 0},
    {"rtc.enable_loopback_candidate", SCHEMA_BOOL, AT(rtc.enable_loopback_candidate), NULL, 0},
    IGNORED("rtc.use_mdns"),
    {"rtc.external_ip_only", SCHEMA_BOOL, AT(rtc.external_ip_only), NULL, 0},
    IGNORED("rtc.batch_io"), /* always, and of another kind */
    IGNORED("rtc.sctp_min_cwnd"),
    IGNORED("rtc.sctp_fast_rtx_wnd"),
    IGNORED("rtc.sctp_cwnd_ca_step"),
    IGNORED("rtc.host_acceptance_min_wait"),
    IGNORED("rtc.srflx_acceptance_min_wait"),
    IGNORED("rtc.prflx_acceptance_min_wait"),
    IGNORED("rtc.relay_acceptance_min_wait"),
    {"rtc.force_tcp", SCHEMA_BOOL, AT(rtc.force_tcp), NULL, 0},
    {"rtc.turn_servers", SCHEMA_TURN_SERVERS, AT(rtc.turn_servers), NULL, 0},
    IGNORED("rtc.enable_warp"),
    IGNORED("rtc.strict_acks"),
    IGNORED("rtc.packet_buffer_size"),
    {"rtc.packet_buffer_size_video", SCHEMA_NUMBER, AT(rtc.packet_buffer_size_video), "500", 0},
    {"rtc.packet_buffer_size_audio", SCHEMA_NUMBER, AT(rtc.packet_buffer_size_audio), "200", 0},
    {"rtc.pli_throttle.low_quality", SCHEMA_DURATION, AT(rtc.pli_throttle[0]), "500ms", 0},
    {"rtc.pli_throttle.mid_quality", SCHEMA_DURATION, AT(rtc.pli_throttle[1]), "1s", 0},
    {"rtc.pli_throttle.high_quality", SCHEMA_DURATION, AT(rtc.pli_throttle[2]), "1s", 0},
    {"rtc.congestion_control.enabled", SCHEMA_BOOL, AT(rtc.congestion_control), "true", 0},
    {"rtc.congestion_control.allow_pause", SCHEMA_BOOL, AT(rtc.allow_pause), NULL, 0},
    IGNORED("rtc.congestion_control.stream_allocator"),
    IGNORED("rtc.congestion_control.remote_bwe"),
    IGNORED("rtc.congestion_control.use_send_side_bwe_interceptor"),
    {"rtc.congestion_control.use_send_side_bwe", SCHEMA_BOOL, AT(rtc.send_side_bwe), "true", 0},
    IGNORED("rtc.congestion_control.send_side_bwe_pacer"),
    IGNORED("rtc.congestion_control.send_side_bwe"),
    IGNORED("rtc.congestion_control.nack_ratio_attenuator"),
    IGNORED("rtc.congestion_control.expected_usage_threshold"),
    IGNORED("rtc.congestion_control.send_side_bandwidth_estimation"),
    IGNORED("rtc.congestion_control.probe_mode"),
    IGNORED("rtc.congestion_control.probe_config"),
    IGNORED("rtc.congestion_control.min_channel_capacity"),
    IGNORED("rtc.congestion_control.channel_observer_probe_config"),
    IGNORED("rtc.congestion_control.channel_observer_non_probe_config"),
    IGNORED("rtc.congestion_control.disable_etimation_unmanaged_tracks"),
    {"rtc.allow_tcp_fallback", SCHEMA_BOOL, AT(rtc.allow_tcp_fallback), "true", 0},
    {"rtc.tcp_fallback_rtt_threshold", SCHEMA_NUMBER, AT(rtc.tcp_fallback_rtt_ms), NULL, 0},
    IGNORED("rtc.allow_udp_unstable_fallback"),
    IGNORED("rtc.reconnect_on_publication_error"),
    IGNORED("rtc.reconnect_on_subscription_error"),
    IGNORED("rtc.reconnect_on_data_channel_error"),
    IGNORED("rtc.data_channel_max_buffered_amount"),
    {"rtc.datachannel_slow_threshold", SCHEMA_NUMBER, AT(rtc.data_slow_threshold), NULL, 0},
    {"rtc.datachannel_lossy_target_latency", SCHEMA_DURATION, AT(rtc.data_lossy_latency), NULL, 0},
    {"rtc.datachannel_data_track_target_latency", SCHEMA_DURATION, AT(rtc.data_track_latency),
     "100ms", 0},
    IGNORED("rtc.forward_stats"),
    IGNORED("rtc.enable_rtp_stream_restart_detection"),

    IGNORED("redis"),

    {"audio.active_level", SCHEMA_NUMBER, AT(audio.active_level), "35", 127},
    {"audio.min_percentile", SCHEMA_NUMBER, AT(audio.min_percentile), "40", 100},
    {"audio.update_interval", SCHEMA_NUMBER, AT(audio.update_interval_ms), "400", 0},
    {"audio.smooth_intervals", SCHEMA_NUMBER, AT(audio.smooth_intervals), "2", 0},
    IGNORED("audio.active_red_encoding"),
    IGNORED("audio.enable_loss_proxying"),
    {"video.dynacast_pause_delay", SCHEMA_DURATION, AT(dynacast_pause_delay), "5s", 0},
    IGNORED("video.stream_tracker_manager"),
    IGNORED("video.stream_tracker"),
    {"video.codec_regression_threshold", SCHEMA_NUMBER, AT(codec_regression_threshold), "5", 0},

    {"room.auto_create", SCHEMA_BOOL, AT(room.auto_create), "true", 0},
    {"room.enabled_codecs", SCHEMA_CODECS, AT(room.enabled_codecs),
     "audio/PCMU,audio/PCMA,audio/opus,audio/red,video/VP8,video/H264,video/VP9,video/AV1,"
     "video/H265,video/rtx",
     0},
    {"room.max_participants", SCHEMA_NUMBER, AT(room.max_participants), NULL, 0},
    {"room.empty_timeout", SCHEMA_NUMBER, AT(room.empty_timeout), "300", 0},
    {"room.departure_timeout", SCHEMA_NUMBER, AT(room.departure_timeout), "20", 0},
    {"room.enable_remote_unmute", SCHEMA_BOOL, AT(room.enable_remote_unmute), NULL, 0},
    IGNORED("room.playout_delay"),
    {"room.sync_streams", SCHEMA_BOOL, AT(room.sync_streams), NULL, 0},
    IGNORED("room.create_room_timeout"),
    IGNORED("room.create_room_attempts"),
    IGNORED("room.participant_disconnect_timeout"),
    {"room.enable_full_room_in_webhooks", SCHEMA_BOOL, AT(room.enable_full_room_in_webhooks), NULL,
     0},
    {"room.update_batch_target_size", SCHEMA_LIMIT, AT(room.update_batch_target_size), "131072", 0},
    {"room.max_metadata_size", SCHEMA_LIMIT, AT(limit.max_metadata_size), NULL, 0},
    {"room.max_room_name_length", SCHEMA_LIMIT, AT(limit.max_room_name_length), NULL, 0},
    {"room.max_participant_identity_length", SCHEMA_LIMIT,
     AT(limit.max_participant_identity_length), NULL, 0},
    IGNORED("room.room_configurations"),

    {"limit.num_tracks", SCHEMA_LIMIT, AT(limit.num_tracks), NULL, 0},
    {"limit.bytes_per_sec", SCHEMA_LIMIT, AT(limit.bytes_per_sec), NULL, 0},
    {"limit.subscription_limit_video", SCHEMA_LIMIT, AT(limit.subscriptions_video), NULL, 0},
    {"limit.subscription_limit_audio", SCHEMA_LIMIT, AT(limit.subscriptions_audio), NULL, 0},
    {"limit.max_metadata_size", SCHEMA_LIMIT, AT(limit.max_metadata_size), "524288", 0},
    {"limit.max_attributes_size", SCHEMA_LIMIT, AT(limit.max_attributes_size), "65536", 0},
    {"limit.max_room_name_length", SCHEMA_LIMIT, AT(limit.max_room_name_length), "256", 0},
    {"limit.max_participant_identity_length", SCHEMA_LIMIT,
     AT(limit.max_participant_identity_length), "256", 0},
    {"limit.max_participant_name_length", SCHEMA_LIMIT, AT(limit.max_participant_name_length),
     "256", 0},
    {"limit.max_data_blobs_size", SCHEMA_LIMIT, AT(limit.max_data_blobs_size), "64000", 0},
    {"limit.max_data_blob_key_length", SCHEMA_LIMIT, AT(limit.max_data_blob_key_length), "256", 0},
    {"limit.max_data_track_custom_encoding_length", SCHEMA_LIMIT,
     AT(limit.max_data_track_custom_encoding_length), "32", 0},
    {"limit.signal_message_size_limit", SCHEMA_LIMIT, AT(limit.signal_message_size), "2097152", 0},
    IGNORED("limit.agent_signal_message_size_limit"),
    {"limit.max_api_request_body_size", SCHEMA_LIMIT, AT(limit.max_api_request_body_size),
     "10485760", 0},

    {"webhook.api_key", SCHEMA_TEXT, AT(webhook.api_key), NULL, 0},
    {"webhook.urls", SCHEMA_LIST, AT(webhook.urls), NULL, 0},
    {"webhook.filter_params.include_events", SCHEMA_LIST, AT(webhook.include_events), NULL, 0},
    {"webhook.filter_params.exclude_events", SCHEMA_LIST, AT(webhook.exclude_events), NULL, 0},
    IGNORED("webhook.url_notifier"),
    IGNORED("webhook.resource_url_notifier"),

    {"turn.enabled", SCHEMA_BOOL, AT(turn.enabled), NULL, 0},
    {"turn.domain", SCHEMA_TEXT, AT(turn.domain), NULL, 0},
    {"turn.cert_file", SCHEMA_TEXT, AT(turn.cert_file), NULL, 0},
    {"turn.key_file", SCHEMA_TEXT, AT(turn.key_file), NULL, 0},
    {"turn.tls_port", SCHEMA_NUMBER, AT(turn.tls_port), NULL, 0},
    {"turn.udp_port", SCHEMA_NUMBER, AT(turn.udp_port), NULL, 0},
    IGNORED("turn.relay_range_start"), /* no port is opened for relaying */
    IGNORED("turn.relay_range_end"),
    {"turn.external_tls", SCHEMA_BOOL, AT(turn.external_tls), NULL, 0},
    {"turn.bind_addresses", SCHEMA_LIST, AT(turn.bind_addresses), NULL, 0},
    IGNORED("turn.allow_restricted_peer_cidrs"), /* the only peer is ourselves */
    {"turn.deny_peer_cidrs", SCHEMA_LIST, AT(turn.deny_peer_cidrs), NULL, 0},
    {"turn.ttl_seconds", SCHEMA_NUMBER, AT(turn.ttl), "300", 86400},
    {"turn.per_user_relay_allocation_limit", SCHEMA_LIMIT, AT(turn.quota), "12", 0},
    {"turn.proxy_protocol", SCHEMA_BOOL, AT(turn.proxy_protocol), NULL, 0},
    IGNORED("turn.proxy_protocol_trusted_cidrs"),
    IGNORED("ingress"),
    IGNORED("sip"),
    IGNORED("node_selector"),
    IGNORED("signal_relay"),
    IGNORED("psrpc"),
    IGNORED("agents"),
    IGNORED("metric"),
    IGNORED("trace"),
    IGNORED("node_stats"),
    IGNORED("api"),

    {"sluice.authz", SCHEMA_ELSEWHERE, 0, 0, NULL, 0}, /* authz.h */
    {"sluice.backend", SCHEMA_BACKEND, AT(sluice.backend), "auto", 0},
    {"sluice.workers", SCHEMA_NUMBER, AT(sluice.workers), NULL, CONFIG_WORKERS},
    {"sluice.interfaces", SCHEMA_LIST, AT(sluice.interfaces), NULL, 0},
    {"sluice.run_dir", SCHEMA_TEXT, AT(sluice.run_dir), "/run/sluice", 0},
    {"sluice.console_dir", SCHEMA_TEXT, AT(sluice.console_dir), NULL, 0},
    {"sluice.user", SCHEMA_TEXT, AT(sluice.user), NULL, 0},
    {"sluice.max_participants", SCHEMA_NUMBER, AT(sluice.max_participants), "2000", 100000},
    {"sluice.max_tracks", SCHEMA_NUMBER, AT(sluice.max_tracks), "4000", 200000},
    {"sluice.max_subscriptions", SCHEMA_NUMBER, AT(sluice.max_subscriptions), "16000", 1000000},
    {"sluice.srtp_engine", SCHEMA_TEXT, AT(sluice.srtp_engine), NULL, 0},
    {"sluice.advertise", SCHEMA_LIST, AT(address.advertise), NULL, 0},
    {"sluice.dns_name", SCHEMA_TEXT, AT(address.dns_name), NULL, 0},
    {"sluice.state_dir", SCHEMA_TEXT, AT(address.state_dir), NULL, 0},
    {"sluice.stun_interval", SCHEMA_DURATION, AT(address.stun_interval), "15s", 0},
    {"sluice.turn_public_tls_port", SCHEMA_NUMBER, AT(sluice.turn_public_tls_port), "443", 0},
    {"sluice.connections_per_address", SCHEMA_NUMBER, AT(sluice.connections_per_address), NULL, 0},
};

const size_t schema_count = sizeof(schema_keys) / sizeof(schema_keys[0]);
_Static_assert(sizeof(schema_keys) / sizeof(schema_keys[0]) <= SCHEMA_MAX, "SCHEMA_MAX");

const struct schema_key *schema_find(const char *path)
{
    for (size_t i = 0; i < schema_count; i++) {
        if (strcmp(schema_keys[i].path, path) == 0)
            return &schema_keys[i];
    }
    return NULL;
}

bool schema_is_section(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < schema_count; i++) {
        if (strncmp(schema_keys[i].path, path, n) == 0 && schema_keys[i].path[n] == '.')
            return true;
    }
    return false;
}

bool schema_is_scalar(const struct schema_key *key)
{
    return key->type != SCHEMA_KEYS && key->type != SCHEMA_CODECS &&
           key->type != SCHEMA_TURN_SERVERS && key->type != SCHEMA_ELSEWHERE;
}
