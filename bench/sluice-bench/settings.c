/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/settings.h"

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: sluice-bench [options] SHAPE\n"
    "Loads a LiveKit-compatible server with participants and measures what comes back.\n"
    "\n"
    "Shapes:\n"
    "  audio-room P S   P microphones that hear each other, S listeners\n"
    "  meeting N        N participants with microphone and camera, each gets all others\n"
    "  livestream S     one microphone and camera, S viewers\n"
    "  1-to-1 N         N rooms of two, both with microphone and camera\n"
    "  churn N          N microphones in rooms of ten; see bench/churn\n"
    "\n"
    "Server:\n"
    "  --url URL             ws://host[:port][/path] (ws://127.0.0.1:7880)\n"
    "  --key KEY             API key (devkey)\n"
    "  --secret SECRET       its secret (secret)\n"
    "  --janus               the server is Janus (VideoRoom, WebSocket transport); for livestream\n"
    "                        and audio-room with one publisher\n"
    "  --room NAME           rooms are NAME-0, NAME-1, ... (bench)\n"
    "  --servers LIST        processes to account for: pids or names, comma separated\n"
    "                        (sluice-dataplane,sluice-control,livekit-server)\n"
    "  --stats-socket FILE   stats socket of sluice-dataplane, for what it says of its latency\n"
    "\n"
    "Run:\n"
    "  --duration SECONDS    of measuring, after all have joined (10)\n"
    "  --join-rate N         participants per second, 0 for all at once (100)\n"
    "  --patience SECONDS    that joining may take (30)\n"
    "  --threads N           threads for media, 0 for one per CPU (1)\n"
    "  --pin                 each thread on a CPU of its own\n"
    "  --sample N            decrypt and check one packet of N, 0 for none (50)\n"
    "  --free-slots N        receive-only sections of each kind in the first offer (3)\n"
    "\n"
    "Media:\n"
    "  --audio-pps N         audio packets per second (50)\n"
    "  --audio-bytes N       average Opus payload (160)\n"
    "  --fps N               video frames per second (30)\n"
    "  --video-kbps LIST     of each simulcast layer, lowest first (150,450,1700)\n"
    "  --recording FILE      IVF file of VP8 whose frames' sizes and times are played over and "
    "over,\n"
    "                        scaled to the layers' rates\n"
    "  --quality Q           low, medium or high: what viewers ask for (they do not ask)\n"
    "  --remb-kbps N         bandwidth that viewers claim, 0 for no REMB (100000)\n"
    "  --lose PERMILLE       of the packets that arrive are thrown away; video is asked for again\n"
    "\n"
    "Output:\n"
    "  --json FILE           everything, for machines\n"
    "  --png FILE            a plot of the run\n"
    "  --quiet               no line per second\n";

enum option_id {
    OPT_URL = 256,
    OPT_KEY,
    OPT_SECRET,
    OPT_ROOM,
    OPT_SERVERS,
    OPT_STATS_SOCKET,
    OPT_DURATION,
    OPT_JOIN_RATE,
    OPT_PATIENCE,
    OPT_THREADS,
    OPT_PIN,
    OPT_SAMPLE,
    OPT_FREE_SLOTS,
    OPT_AUDIO_PPS,
    OPT_AUDIO_BYTES,
    OPT_FPS,
    OPT_VIDEO_KBPS,
    OPT_RECORDING,
    OPT_QUALITY,
    OPT_REMB_KBPS,
    OPT_LOSE,
    OPT_JSON,
    OPT_PNG,
    OPT_QUIET,
    OPT_JANUS,
    OPT_HELP,
};

static const struct option options[] = {
    {"url", required_argument, NULL, OPT_URL},
    {"key", required_argument, NULL, OPT_KEY},
    {"secret", required_argument, NULL, OPT_SECRET},
    {"room", required_argument, NULL, OPT_ROOM},
    {"servers", required_argument, NULL, OPT_SERVERS},
    {"stats-socket", required_argument, NULL, OPT_STATS_SOCKET},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"join-rate", required_argument, NULL, OPT_JOIN_RATE},
    {"patience", required_argument, NULL, OPT_PATIENCE},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"pin", no_argument, NULL, OPT_PIN},
    {"sample", required_argument, NULL, OPT_SAMPLE},
    {"free-slots", required_argument, NULL, OPT_FREE_SLOTS},
    {"audio-pps", required_argument, NULL, OPT_AUDIO_PPS},
    {"audio-bytes", required_argument, NULL, OPT_AUDIO_BYTES},
    {"fps", required_argument, NULL, OPT_FPS},
    {"video-kbps", required_argument, NULL, OPT_VIDEO_KBPS},
    {"recording", required_argument, NULL, OPT_RECORDING},
    {"quality", required_argument, NULL, OPT_QUALITY},
    {"remb-kbps", required_argument, NULL, OPT_REMB_KBPS},
    {"lose", required_argument, NULL, OPT_LOSE},
    {"json", required_argument, NULL, OPT_JSON},
    {"png", required_argument, NULL, OPT_PNG},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"janus", no_argument, NULL, OPT_JANUS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static bool read_text(char out[static SETTINGS_TEXT], const char *text)
{
    return (size_t)snprintf(out, SETTINGS_TEXT, "%s", text) < SETTINGS_TEXT;
}

static bool read_number(unsigned *out, const char *text, unsigned least, unsigned most)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    *out = (unsigned)v;
    return end != text && *end == '\0' && v >= least && v <= most;
}

/* ws://host[:port][/path]; an IPv6 host in brackets. */
static bool read_url(struct settings *s, const char *url)
{
    if (strncmp(url, "ws://", 5) != 0)
        return false;
    const char *at = url + 5;
    bool bracket = *at == '[';
    at += bracket;
    size_t n = strcspn(at, bracket ? "]" : ":/");
    if (n == 0 || n >= SETTINGS_TEXT || (bracket && at[n] != ']'))
        return false;
    memcpy(s->host, at, n);
    s->host[n] = '\0';
    at += n + bracket;
    unsigned port = 80;
    if (*at == ':') {
        char digits[8] = "";
        n = strcspn(++at, "/");
        if (n >= sizeof digits)
            return false;
        memcpy(digits, at, n);
        if (!read_number(&port, digits, 1, 65535))
            return false;
        at += n;
    }
    s->port = (uint16_t)port;
    if (!read_text(s->path, at))
        return false;
    n = strlen(s->path);
    if (n > 0 && s->path[n - 1] == '/')
        s->path[n - 1] = '\0';
    return true;
}

static bool read_layers(struct settings *s, const char *list)
{
    char copy[SETTINGS_TEXT], *rest = NULL;
    if (!read_text(copy, list))
        return false;
    s->layers = 0;
    for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        if (s->layers == SETTINGS_LAYERS || !read_number(&s->kbps[s->layers++], word, 10, 50000))
            return false;
    }
    return s->layers > 0;
}

static bool read_recording(struct settings *s, const char *path)
{
    FILE *f = fopen(path, "re");
    const char *error = f ? recording_read(&s->recording, f) : "cannot be opened";
    if (error)
        fprintf(stderr, "sluice-bench: %s: %s\n", path, error);
    if (f)
        fclose(f);
    return !error;
}

static bool read_quality(struct settings *s, const char *name)
{
    static const char *const names[] = {"low", "medium", "high"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            s->quality = i;
            return true;
        }
    }
    return false;
}

static bool read_option(struct settings *s, int id, const char *value)
{
    switch (id) {
    case OPT_URL:
        return read_url(s, value);
    case OPT_KEY:
        return read_text(s->key, value);
    case OPT_SECRET:
        return read_text(s->secret, value);
    case OPT_ROOM:
        return read_text(s->room, value) && strlen(value) < SETTINGS_TEXT / 2;
    case OPT_SERVERS:
        return read_text(s->servers, value);
    case OPT_STATS_SOCKET:
        return read_text(s->stats_socket, value);
    case OPT_DURATION:
        return read_number(&s->duration, value, 1, 86400);
    case OPT_JOIN_RATE:
        return read_number(&s->join_rate, value, 0, 100000);
    case OPT_PATIENCE:
        return read_number(&s->patience, value, 1, 3600);
    case OPT_THREADS:
        return read_number(&s->threads, value, 0, SETTINGS_THREADS);
    case OPT_PIN:
        return s->pin = true;
    case OPT_SAMPLE:
        return read_number(&s->sample, value, 0, 1000000);
    case OPT_FREE_SLOTS:
        return read_number(&s->free_slots, value, 1, 100);
    case OPT_AUDIO_PPS:
        return read_number(&s->audio_pps, value, 1, 400);
    case OPT_AUDIO_BYTES:
        return read_number(&s->audio_bytes, value, 40, 700);
    case OPT_FPS:
        return read_number(&s->fps, value, 1, 120);
    case OPT_VIDEO_KBPS:
        return read_layers(s, value);
    case OPT_RECORDING:
        return read_recording(s, value);
    case OPT_QUALITY:
        return read_quality(s, value);
    case OPT_REMB_KBPS:
        return read_number(&s->remb_kbps, value, 0, 10000000);
    case OPT_LOSE:
        return read_number(&s->lose, value, 0, 900);
    case OPT_JSON:
        return read_text(s->json, value);
    case OPT_PNG:
        return read_text(s->png, value);
    case OPT_QUIET:
        return s->quiet = true;
    case OPT_JANUS:
        return s->janus = true;
    default:
        return false;
    }
}

static const struct settings defaults = {
    .host = "127.0.0.1",
    .port = 7880,
    .key = "devkey",
    .secret = "secret",
    .room = "bench",
    .duration = 10,
    .patience = 30,
    .join_rate = 100,
    .threads = 1,
    .sample = 50,
    .free_slots = 3,
    .audio_pps = 50,
    .audio_bytes = 160,
    .fps = 30,
    .layers = 3,
    .kbps = {150, 450, 1700},
    .remb_kbps = 100000,
    .quality = -1,
    .servers = "sluice-dataplane,sluice-control,livekit-server",
};

static unsigned allowed_cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    unsigned n = (unsigned)CPU_COUNT(&set);
    return n < SETTINGS_THREADS ? n : SETTINGS_THREADS;
}

static enum settings_result complain(const char *what, const char *value)
{
    fprintf(stderr, "sluice-bench: %s%s%s (see --help)\n", what, value ? ": " : "",
            value ? value : "");
    return SETTINGS_BAD;
}

enum settings_result settings_parse(struct settings *s, int argc, char **argv)
{
    *s = defaults;
    int id, index = 0;
    while ((id = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (id == OPT_HELP) {
            fputs(help, stdout);
            return SETTINGS_HELP;
        }
        if (id == '?')
            return SETTINGS_BAD;
        if (!read_option(s, id, optarg))
            return complain(options[index].name, optarg);
    }
    int words = argc - optind;
    if (words == 0 || shape_parse(&s->shape, words, argv + optind) != words)
        return complain("needs one shape with its numbers", NULL);
    bool one_way = s->shape.publishers == 1 &&
                   (s->shape.kind == SHAPE_LIVESTREAM || s->shape.kind == SHAPE_AUDIO_ROOM);
    if (s->janus && !one_way)
        return complain("--janus needs a shape with one publisher", NULL);
    if (s->threads == 0)
        s->threads = allowed_cpus();
    return SETTINGS_OK;
}
