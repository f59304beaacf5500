/* SPDX-License-Identifier: Apache-2.0 */
/* Command line, environment and file together, as LiveKit's command does. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config/config.h"
#include "common/config/file.h"
#include "common/config/schema.h"
#include "common/config/yaml.h"
#include "common/version.h"

/* What the command line says before anything is read. */
struct arguments {
    const char *config_file, *body, *keys;
    bool dev, lax;
    struct config_list bind;
    int argc;
    char **argv;
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_BIND, OPTION_PATH, OPTION_IGNORED };

struct option {
    const char *name, *environment;
    enum option_kind kind;
    const char *path; /* OPTION_PATH: the key it sets */
    const char *help;
};

static const struct option options[] = {
    {"config", NULL, OPTION_TEXT, NULL, "path of a livekit.yaml"},
    {"config-body", "LIVEKIT_CONFIG", OPTION_TEXT, NULL, "its text, instead of a file"},
    {"keys", "LIVEKIT_KEYS", OPTION_TEXT, NULL, "\"key: secret\" lines"},
    {"key-file", "LIVEKIT_KEY_FILE", OPTION_PATH, "key_file",
     "file of such lines, mode 0660 or less"},
    {"region", "LIVEKIT_REGION", OPTION_PATH, "region", "name of the region"},
    {"node-ip", "NODE_IP", OPTION_PATH, "rtc.node_ip", "address for clients: v4, v6 or v4,v6"},
    {"udp-port", "UDP_PORT", OPTION_PATH, "rtc.udp_port", "one port or a-b, for all media"},
    {"bind", NULL, OPTION_BIND, NULL, "address to listen on; may be given several times"},
    {"run-dir", "SLUICE_RUN_DIR", OPTION_PATH, "sluice.run_dir", "sockets and statistics"},
    {"dev", NULL, OPTION_FLAG, NULL, "devkey/secret, loopback only, debug log"},
    {"disable-strict-config", NULL, OPTION_FLAG, NULL, "unknown keys are no errors"},
    {"redis-host", "REDIS_HOST", OPTION_IGNORED, "redis", NULL},
    {"redis-password", "REDIS_PASSWORD", OPTION_IGNORED, "redis", NULL},
    {"turn-cert", "LIVEKIT_TURN_CERT", OPTION_PATH, "turn.cert_file",
     "certificate of TURN over TLS"},
    {"turn-key", "LIVEKIT_TURN_KEY", OPTION_PATH, "turn.key_file", "its private key"},
    {"memprofile", NULL, OPTION_IGNORED, "memprofile", NULL},
    {"cpuprofile", NULL, OPTION_IGNORED, "cpuprofile", NULL},
};

#define EACH_OPTION(o)                                                                             \
    for (const struct option *o = options; o < options + sizeof(options) / sizeof(options[0]); o++)

static bool wrong(char *err, const char *where, const char *reason)
{
    snprintf(err, CONFIG_ERROR_TEXT, "%.200s: %.200s", where, reason);
    return false;
}

/* --- help --- */

static void print_help(const char *program, bool verbose)
{
    printf("usage: %s [options]\n\n", program);
    EACH_OPTION(o)
    {
        if (o->help)
            printf("  --%-24s %s%s%s%s\n", o->name, o->help, o->environment ? " [$" : "",
                   o->environment ? o->environment : "", o->environment ? "]" : "");
    }
    printf("\nEvery key of one value is an option too (--rtc.tcp_port 7881, "
           "$LIVEKIT_RTC_TCP_PORT)%s\n",
           verbose ? ":" : "; --help-verbose lists them.");
    for (size_t i = 0; verbose && i < schema_count; i++) {
        const struct schema_key *k = &schema_keys[i];
        printf("  %-48s %s\n", k->path,
               k->type == SCHEMA_IGNORED ? "(accepted, without effect)"
               : k->standard             ? k->standard
                                         : "");
    }
}

/* --- one argument --- */

/* The name behind the dashes, and the value behind '=', or NULL. */
static const char *split_argument(const char *arg, char name[static CONFIG_TEXT])
{
    const char *text = arg + strspn(arg, "-");
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);
    if (n >= CONFIG_TEXT)
        n = CONFIG_TEXT - 1;
    memcpy(name, text, n);
    name[n] = 0;
    return equals ? equals + 1 : NULL;
}

static const struct option *find_option(const char *name)
{
    EACH_OPTION(o)
    {
        if (strcmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

static bool is_flag(const struct option *o, const struct schema_key *key)
{
    return o ? o->kind == OPTION_FLAG : key->type == SCHEMA_BOOL;
}

/* Calls `each` for every argument with its value ("true" for a bare flag). */
static bool walk(const struct arguments *a, struct config *c, char *err,
                 bool (*each)(struct arguments *a, struct config *c, const struct option *o,
                              const struct schema_key *key, const char *value, char *err))
{
    for (int i = 1; i < a->argc; i++) {
        char name[CONFIG_TEXT];
        const char *value = split_argument(a->argv[i], name);
        const struct option *o = find_option(name);
        const struct schema_key *key = o ? NULL : schema_find(name);
        if (a->argv[i][0] != '-' || (!o && (!key || !schema_is_scalar(key))))
            return wrong(err, a->argv[i], "unknown option (see --help)");
        if (!value && is_flag(o, key))
            value = "true";
        if (!value && ++i < a->argc)
            value = a->argv[i];
        if (!value)
            return wrong(err, name, "needs a value");
        if (!each((struct arguments *)a, c, o, key, value, err))
            return false;
    }
    return true;
}

/* First pass: what decides where the rest comes from. */
static bool take_source(struct arguments *a, struct config *c, const struct option *o,
                        const struct schema_key *key, const char *value, char *err)
{
    (void)c, (void)key;
    if (!o)
        return true;
    if (o->kind == OPTION_FLAG && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return wrong(err, o->name, "takes no value");
    if (strcmp(o->name, "dev") == 0)
        a->dev = strcmp(value, "true") == 0;
    else if (strcmp(o->name, "disable-strict-config") == 0)
        a->lax = strcmp(value, "true") == 0;
    else if (strcmp(o->name, "config") == 0)
        a->config_file = value;
    else if (strcmp(o->name, "config-body") == 0)
        a->body = value;
    else if (strcmp(o->name, "keys") == 0)
        a->keys = value;
    else if (o->kind == OPTION_BIND && !schema_append(&a->bind, value, err))
        return false;
    return true;
}

static bool set_path(struct config *c, const char *where, const char *path, const char *value,
                     char *err)
{
    char reason[SCHEMA_REASON];
    return schema_set(c, schema_find(path), value, reason) || wrong(err, where, reason);
}

/* Second pass: over what the file has said. */
static bool take_value(struct arguments *a, struct config *c, const struct option *o,
                       const struct schema_key *key, const char *value, char *err)
{
    (void)a;
    if (key)
        return set_path(c, key->path, key->path, value, err);
    if (o->kind == OPTION_PATH)
        return set_path(c, o->name, o->path, value, err);
    if (o->kind == OPTION_IGNORED)
        schema_note_ignored(c, o->path);
    return true;
}

/* --- environment --- */

static const char *environment_of(const struct schema_key *key, char name[static CONFIG_TEXT])
{
    size_t n = (size_t)snprintf(name, CONFIG_TEXT, "LIVEKIT_%s", key->path);
    for (size_t i = 0; i < n; i++)
        name[i] = name[i] == '.' ? '_' : (char)toupper((unsigned char)name[i]);
    return getenv(name);
}

static bool take_environment(struct config *c, char *err)
{
    char name[CONFIG_TEXT];
    for (size_t i = 0; i < schema_count; i++) {
        const struct schema_key *key = &schema_keys[i];
        const char *value = schema_is_scalar(key) ? environment_of(key, name) : NULL;
        /* Kubernetes sets LIVEKIT_PORT=tcp://... for a service of that name. */
        if (!value || !*value || strncmp(value, "tcp://", 6) == 0)
            continue;
        if (!set_path(c, name, key->path, value, err))
            return false;
    }
    EACH_OPTION(o)
    {
        const char *value = o->environment ? getenv(o->environment) : NULL;
        if (!value || !*value)
            continue;
        if (o->kind == OPTION_PATH && !set_path(c, o->environment, o->path, value, err))
            return false;
        if (o->kind == OPTION_IGNORED)
            schema_note_ignored(c, o->path);
    }
    return true;
}

/* --- all of it --- */

static bool read_body(struct config *c, const struct arguments *a, bool development, char *err,
                      struct yaml_given *given)
{
    struct yaml_options o = {.name = "config", .strict = !a->lax, .secret_files = true};
    char reason[FILE_REASON];
    size_t length = a->body ? strlen(a->body) : 0;
    char *file = NULL;
    *given = (struct yaml_given){0};
    config_defaults(c, development);
    if (!a->body && a->config_file) {
        file = file_read(a->config_file, &length, reason);
        if (!file)
            return wrong(err, "--config", reason);
        o.name = a->config_file;
    }
    const char *body = file ? file : a->body;
    bool ok = !body || yaml_read(c, body, length, &o, given, err);
    free(file);
    return ok;
}

static bool read_key_file(struct config *c, char *err)
{
    char text[65536], reason[FILE_REASON];
    c->n_own_keys = c->n_keys;
    if (!*c->key_file)
        return true;
    bool ok = file_read_secret(c->key_file, text, sizeof(text), reason)
                  ? yaml_read_keys(c, text, strlen(text), c->key_file, err)
                  : wrong(err, "key_file", reason);
    explicit_bzero(text, sizeof(text));
    return ok;
}

static bool read_keys(struct config *c, const struct arguments *a, const struct yaml_given *given,
                      char *err)
{
    if (a->keys || (*c->key_file && !given->keys))
        c->n_keys = 0; /* the key of --dev, and what a lower source said */
    if (a->keys && !yaml_read_keys(c, a->keys, strlen(a->keys), "keys", err))
        return false;
    return read_key_file(c, err);
}

bool config_reload_keys(struct config *c, char err[static CONFIG_ERROR_TEXT])
{
    struct config *fresh = malloc(sizeof(*fresh));
    if (!fresh)
        return wrong(err, "key_file", "out of memory");
    memcpy(fresh, c, sizeof(*fresh));
    fresh->n_keys = fresh->n_own_keys;
    bool ok = read_key_file(fresh, err) && config_check(fresh, err);
    if (ok)
        memcpy(c, fresh, sizeof(*c));
    explicit_bzero(fresh, sizeof(*fresh));
    free(fresh);
    return ok;
}

static bool load(struct config *c, struct arguments *a, char *err)
{
    struct yaml_given given;
    if (!walk(a, c, err, take_source))
        return false;
    if (!a->body)
        a->body = getenv("LIVEKIT_CONFIG");
    if (!a->keys)
        a->keys = getenv("LIVEKIT_KEYS");
    if (a->keys && !*a->keys)
        a->keys = NULL;
    if (a->body && !*a->body)
        a->body = NULL;
    if (!read_body(c, a, a->dev, err, &given))
        return false;
    if (c->development && !a->dev && !read_body(c, a, true, err, &given))
        return false;
    if (!take_environment(c, err) || !walk(a, c, err, take_value))
        return false;
    if (a->bind.n > 0)
        c->bind_addresses = a->bind;
    return read_keys(c, a, &given, err) && config_check(c, err);
}

static bool asks(int argc, char **argv, const char *what)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && strcmp(argv[i] + strspn(argv[i], "-"), what) == 0)
            return true;
    }
    return false;
}

enum config_result config_load(struct config *c, const char *program, int argc, char **argv,
                               char err[static CONFIG_ERROR_TEXT])
{
    struct arguments a = {.argc = argc, .argv = argv};
    bool verbose = asks(argc, argv, "help-verbose");
    if (verbose || asks(argc, argv, "help") || asks(argc, argv, "h")) {
        print_help(program, verbose);
        return CONFIG_HELP;
    }
    if (asks(argc, argv, "version") || asks(argc, argv, "v")) {
        printf("%s %s\n", program, SLUICE_VERSION);
        return CONFIG_HELP;
    }
    return load(c, &a, err) ? CONFIG_OK : CONFIG_WRONG;
}
