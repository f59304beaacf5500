/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptions in the shape that clients write them, put together from pieces.
 */
#ifndef SLUICE_TESTS_UNIT_SDP_VECTORS_H
#define SLUICE_TESTS_UNIT_SDP_VECTORS_H

#define FINGERPRINT                                                                                \
    "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:"                                             \
    "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89"
#define ICE  "a=ice-ufrag:wXyZ\r\na=ice-pwd:0123456789abcdefghijklmn\r\n"
#define ICE2 "a=ice-ufrag:AbCd\r\na=ice-pwd:zyxwvutsrqponmlkjihgfedc\r\n"

/* ---- Chromium: session level, then sections; transport lines in each ---- */

#define SESSION(mids)                                                                              \
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"                        \
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\na=group:BUNDLE " mids "\r\n"

#define TRANSPORT(ice) ice "a=fingerprint:sha-256 " FINGERPRINT "\r\na=ice-options:trickle\r\n"

#define MUX "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtcp-xr:rcvr-rtt=all\r\n"

#define EXT_LEVEL(id) "a=extmap:" id " urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
#define EXT_AST(id)   "a=extmap:" id " http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
#define EXT_TCC(id)                                                                                \
    "a=extmap:" id " http://www.ietf.org/id/"                                                      \
    "draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
#define EXT_MID(id) "a=extmap:" id " urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define EXT_RID(id) "a=extmap:" id " urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
#define EXT_REPAIRED(id)                                                                           \
    "a=extmap:" id " urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
#define EXT_DD(id)                                                                                 \
    "a=extmap:" id " https://aomediacodec.github.io/av1-rtp-spec/"                                 \
    "#dependency-descriptor-rtp-header-extension\r\n"

#define AUDIO_CODECS                                                                               \
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\n"             \
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n"                      \
    "a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000\r\n"                  \
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:63 111/111\r\n"                               \
    "a=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-fb:111 transport-cc\r\n"

#define AUDIO(ice, mid, direction)                                                                 \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n" AUDIO_CODECS     \
        EXT_LEVEL("1") EXT_AST("2") EXT_TCC("3") EXT_MID("4") "a=setup:actpass\r\na=mid:" mid      \
                                                              "\r\n" direction                     \
                                                              TRANSPORT(ice) MUX

#define VIDEO_FB(pt)                                                                               \
    "a=rtcp-fb:" pt " goog-remb\r\na=rtcp-fb:" pt " transport-cc\r\na=rtcp-fb:" pt                 \
    " ccm fir\r\na=rtcp-fb:" pt " nack\r\na=rtcp-fb:" pt " nack pli\r\n"

#define RTX(pt, apt) "a=rtpmap:" pt " rtx/90000\r\na=fmtp:" pt " apt=" apt "\r\n"

#define H264_FMTP(pt, mode, profile)                                                               \
    "a=fmtp:" pt " level-asymmetry-allowed=1;packetization-mode=" mode                             \
    ";profile-level-id=" profile "\r\n"

#define VIDEO_FORMATS "96 97 98 99 100 101 102 103 104 107 116 117 45 46 47 48 118 119 120"
#define VIDEO_CODECS                                                                               \
    "a=rtpmap:96 VP8/90000\r\n" VIDEO_FB("96") RTX(                                                \
        "97",                                                                                      \
        "96") "a=rtpmap:98 VP9/90000\r\n"                                                          \
              "a=fmtp:98 profile-id=0\r\n" VIDEO_FB("98") RTX(                                     \
                  "99",                                                                            \
                  "98") "a=rtpmap:100 VP9/90000\r\n"                                               \
                        "a=fmtp:100 profile-id=2\r\n" VIDEO_FB("100") RTX(                         \
                            "101", "100") "a=rtpmap:102 H264/90000\r\n" H264_FMTP("102", "1",      \
                                                                                  "42001f")        \
                            VIDEO_FB("102") RTX(                                                   \
                                "103", "102") "a=rtpmap:104 H264/90000\r\n" H264_FMTP("104", "0",  \
                                                                                      "42e01f")    \
                                VIDEO_FB("104") RTX(                                               \
                                    "107",                                                         \
                                    "104") "a=rtpmap:116 H264/90000\r\n" H264_FMTP("116", "1",     \
                                                                                   "4d001f")       \
                                    VIDEO_FB("116") RTX(                                           \
                                        "117",                                                     \
                                        "116") "a=rtpmap:45 AV1/90000\r\n"                         \
                                               "a=fmtp:45 "                                        \
                                               "level-idx=5;profile=0;tier=0\r\n" VIDEO_FB("45")   \
                                                   RTX("46",                                       \
                                                       "45") "a=rtpmap:47 AV1/90000\r\na=fmtp:47 " \
                                                             "level-idx=5;profile=1;tier="         \
                                                             "0\r\n" VIDEO_FB("47")                \
                                                                 RTX("48", "47") "a=rtpmap:118 "   \
                                                                                 "red/"            \
                                                                                 "90000\r\n" RTX(  \
                                                                                     "119",        \
                                                                                     "118") "a="   \
                                                                                            "rtpm" \
                                                                                            "ap:"  \
                                                                                            "120 " \
                                                                                            "ulpf" \
                                                                                            "ec/"  \
                                                                                            "9000" \
                                                                                            "0\r"  \
                                                                                            "\n"

#define VIDEO_EXT                                                                                  \
    "a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n" EXT_AST("2") EXT_TCC("3") EXT_MID("4")    \
        EXT_RID("10") EXT_REPAIRED("11") EXT_DD("12")

#define VIDEO(ice, mid, direction)                                                                 \
    "m=video 9 UDP/TLS/RTP/SAVPF " VIDEO_FORMATS "\r\nc=IN IP4 0.0.0.0\r\n" VIDEO_CODECS VIDEO_EXT \
    "a=setup:actpass\r\na=mid:" mid "\r\n" direction                                               \
    TRANSPORT(ice) MUX

#define DATA(ice, mid, setup)                                                                      \
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:" setup       \
    "\r\na=mid:" mid "\r\n" TRANSPORT(ice) "a=sctp-port:5000\r\na=max-message-size:262144\r\n"

#define RECVONLY "a=recvonly\r\n"
#define MIC                                                                                        \
    "a=msid:stream-1 mic-1\r\na=sendonly\r\na=ssrc:3860791199 cname:c1\r\n"                        \
    "a=ssrc:3860791199 msid:stream-1 mic-1\r\n"
#define CAMERA    "a=msid:stream-2 cam-1\r\na=sendonly\r\n"
#define SIMULCAST "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n"
#define SVC                                                                                        \
    "a=msid:stream-2 cam-1\r\na=sendonly\r\na=ssrc:610106846 cname:c1\r\n"                         \
    "a=ssrc:610106846 msid:stream-2 cam-1\r\na=ssrc:1657636382 cname:c1\r\n"                       \
    "a=ssrc:1657636382 msid:stream-2 cam-1\r\na=ssrc-group:FID 610106846 1657636382\r\n"

/* What a browser says at join in single mode (one section of each kind, instead of three). */
#define CHROMIUM_JOIN_OF(ice)                                                                      \
    SESSION("0 1 2") AUDIO(ice, "0", RECVONLY) VIDEO(ice, "1", RECVONLY) DATA(ice, "2", "actpass")
#define CHROMIUM_JOIN CHROMIUM_JOIN_OF(ICE)

/* The same when microphone and simulcast camera are published. */
#define CHROMIUM_PUBLISH                                                                           \
    SESSION("0 1 2 3 4")                                                                           \
    AUDIO(ICE, "0", RECVONLY)                                                                      \
    VIDEO(ICE, "1", RECVONLY)                                                                      \
    DATA(ICE, "2", "actpass") AUDIO(ICE, "3", MIC) VIDEO(ICE, "4", CAMERA) SIMULCAST

/* One SVC stream, its layers in one SSRC. */
#define CHROMIUM_SVC SESSION("0 1") DATA(ICE, "0", "actpass") VIDEO(ICE, "1", SVC)

/* ---- Firefox: transport at the session level, attributes in another order ---- */

#define FIREFOX_FB(pt)                                                                             \
    "a=rtcp-fb:" pt " nack\r\na=rtcp-fb:" pt " nack pli\r\na=rtcp-fb:" pt                          \
    " ccm fir\r\na=rtcp-fb:" pt " goog-remb\r\na=rtcp-fb:" pt " transport-cc\r\n"

#define FIREFOX_PUBLISH                                                                                                                                                             \
    "v=0\r\no=mozilla...THIS_IS_SDPARTA-140.0 7512164357211286736 0 IN IP4 0.0.0.0\r\ns=-\r\n"                                                                                      \
    "t=0 0\r\na=sendrecv\r\na=fingerprint:sha-256 " FINGERPRINT "\r\na=group:BUNDLE 0 1 2\r\n"                                                                                      \
    "a=ice-options:trickle\r\na=msid-semantic:WMS *\r\n"                                                                                                                            \
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n" ICE                                                                                    \
    "a=mid:0\r\na=setup:actpass\r\na=sctp-port:5000\r\na=max-message-size:1073741823\r\n"                                                                                           \
    "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\nc=IN IP4 0.0.0.0\r\na=sendonly\r\n" EXT_LEVEL("1") "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level\r\n" EXT_MID( \
        "3") "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\n" ICE                                                                                  \
             "a=mid:1\r\na=msid:{aa11} {bb22}\r\na=rtcp-mux\r\na=rtpmap:109 opus/48000/2\r\n"                                                                                       \
             "a=rtpmap:9 G722/8000/1\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"                                                                                           \
             "a=rtpmap:101 telephone-event/8000/1\r\na=setup:actpass\r\na=ssrc:1979536866 "                                                                                         \
             "cname:{cc33}\r\n"                                                                                                                                                     \
             "m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 126 127 97 98 123 122 119\r\n"                                                                                            \
             "c=IN IP4 0.0.0.0\r\na=sendonly\r\n" EXT_MID("3") EXT_AST(                                                                                                             \
                 "4") "a=extmap:5 urn:ietf:params:rtp-hdrext:toffset\r\n"                                                                                                           \
                      "a=extmap:6/recvonly "                                                                                                                                        \
                      "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n" EXT_TCC(                                                                                     \
                          "7") EXT_RID("8")                                                                                                                                         \
                          EXT_REPAIRED(                                                                                                                                             \
                              "9") "a=fmtp:126 "                                                                                                                                    \
                                   "profile-level-id=42e01f;level-asymmetry-allowed=1;"                                                                                             \
                                   "packetization-mode=1\r\n"                                                                                                                       \
                                   "a=fmtp:97 "                                                                                                                                     \
                                   "profile-level-id=42e01f;level-asymmetry-allowed=1\r\n"                                                                                          \
                                   "a=fmtp:120 max-fs=12288;max-fr=60\r\na=fmtp:124 "                                                                                               \
                                   "apt=120\r\na=fmtp:121 max-fs=12288;max-fr=60\r\n"                                                                                               \
                                   "a=fmtp:125 apt=121\r\na=fmtp:127 apt=126\r\na=fmtp:98 "                                                                                         \
                                   "apt=97\r\na=fmtp:119 apt=122\r\n" ICE                                                                                                           \
                                   "a=mid:2\r\na=msid:{aa11} {dd44}\r\na=rid:f send\r\na=rid:h "                                                                                    \
                                   "send\r\na=rid:q send\r\n" FIREFOX_FB("120") FIREFOX_FB("121")                                                                                   \
                                       FIREFOX_FB("126") FIREFOX_FB(                                                                                                                \
                                           "97") "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:120 "                                                                                      \
                                                 "VP8/90000\r\na=rtpmap:124 rtx/90000\r\n"                                                                                          \
                                                 "a=rtpmap:121 VP9/90000\r\na=rtpmap:125 "                                                                                          \
                                                 "rtx/90000\r\na=rtpmap:126 H264/90000\r\n"                                                                                         \
                                                 "a=rtpmap:127 rtx/90000\r\na=rtpmap:97 "                                                                                           \
                                                 "H264/90000\r\na=rtpmap:98 rtx/90000\r\n"                                                                                          \
                                                 "a=rtpmap:123 ulpfec/90000\r\na=rtpmap:122 "                                                                                       \
                                                 "red/90000\r\na=rtpmap:119 rtx/90000\r\n"                                                                                          \
                                                 "a=setup:actpass\r\na=simulcast:send "                                                                                             \
                                                 "f;h;q\r\na=ssrc:510 cname:{cc33}\r\n"

/* ---- libwebrtc of the native SDKs: transport before mid, candidates in every section ---- */

#define NATIVE_JOIN                                                                                \
    "v=0\r\no=- 5381586770402550238 3 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"  \
    "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n"                                             \
    "m=audio 49996 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 192.0.2.2\r\n"            \
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"                                                                  \
    "a=candidate:1073942638 1 udp 2122194687 192.0.2.2 49996 typ host generation 0\r\n"            \
    "a=candidate:2338705806 1 udp 2122265343 fd00::2 42999 typ host generation 0\r\n" TRANSPORT(   \
        ICE) "a=setup:actpass\r\na=mid:0\r\n" EXT_LEVEL("1") EXT_MID("4") RECVONLY                 \
        "a=rtcp-mux\r\na=rtcp-rsize\r\n" AUDIO_CODECS                                              \
        DATA(ICE, "1", "actpass")

#endif
