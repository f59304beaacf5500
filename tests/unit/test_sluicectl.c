/* SPDX-License-Identifier: Apache-2.0 */
/* sluicectl's command line, tokens and completion, through the same door as main(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/config/file.h"
#include "common/jwt/token.h"
#include "tools/sluicectl/completion.h"
#include "tools/sluicectl/token.h"

#define KEY    "key-of-tests"
#define SECRET "a-secret-of-at-least-thirty-two-bytes"

/* Runs a line as main() would; stdout is caught. */
struct ran {
    enum status status;
    char out[16384];
};

static struct ran line(const char *text)
{
    struct ran r = {0};
    char copy[1024], *argv[64], *rest = copy;
    int argc = 0;
    snprintf(copy, sizeof(copy), "sluicectl %s", text);
    for (char *word; (word = strsep(&rest, " ")) && argc < 63;)
        argv[argc++] = word;
    argv[argc] = NULL;
    FILE *file = tmpfile();
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    r.status = command_line(argc, argv);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    r.out[fread(r.out, 1, sizeof(r.out) - 1, file)] = 0;
    fclose(file);
    return r;
}

/* --- the command line --- */

static void lines_that_are_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "nonsense",        "toke",
        "token",           "token create --nonsense",
        "stats extra",     "completion",
        "completion tcsh", "address elsewhere",
        "--run-dir",       "token create --join extra",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(line(wrong[i]).status, STATUS_USAGE);
}

static void every_command_has_help(void **state)
{
    (void)state;
    for (const struct command *const *c = commands; *c; c++) {
        char text[128], usage[128];
        snprintf(text, sizeof(text), "%s --help", (*c)->name);
        snprintf(usage, sizeof(usage), "usage: sluicectl %s", (*c)->name);
        struct ran r = line(text);
        assert_int_equal(r.status, STATUS_OK);
        assert_ptr_equal(strstr(r.out, usage), r.out);
        for (const struct command_option *o = (*c)->options; o && o->name; o++)
            assert_non_null(strstr(r.out, o->name));
        assert_non_null(strstr(line("--help").out, (*c)->name));
    }
}

/* Hyphens are written "\-" there. */
static bool man_page_has(const char *page, const char *option)
{
    char text[128] = "\\-\\-";
    size_t at = strlen(text);
    for (; *option && at + 2 < sizeof(text); option++) {
        if (*option == '-')
            text[at++] = '\\';
        text[at++] = *option;
    }
    text[at] = 0;
    return strstr(page, text) != NULL;
}

static void man_page_has_everything(void **state)
{
    (void)state;
    size_t length;
    char reason[FILE_REASON], *page = file_read(MAN_PAGE, &length, reason);
    assert_non_null(page);
    for (const struct command *const *c = commands; *c; c++) {
        char heading[128];
        snprintf(heading, sizeof(heading), ".SS \"%s%s%s\"\n", (*c)->name,
                 *(*c)->arguments ? " " : "", (*c)->arguments);
        if (!strstr(page, heading))
            fail_msg("no %s", heading);
        for (const struct command_option *o = (*c)->options; o && o->name; o++) {
            if (!man_page_has(page, o->name))
                fail_msg("no --%s", o->name);
        }
    }
    free(page);
}

static void nobody_there(void **state)
{
    (void)state;
    assert_int_equal(line("--run-dir /nonexistent stats").status, STATUS_NO_ANSWER);
    assert_int_equal(line("address --json --run-dir /nonexistent").status, STATUS_NO_ANSWER);
}

/* --- tokens --- */

static void keys_of_tests(struct api_keys *keys)
{
    *keys = (struct api_keys){0};
    assert_true(api_keys_add(keys, KEY, SECRET));
}

/* What a server makes of the token that a line prints. */
static struct claims claims_of(const char *options)
{
    char text[1024];
    struct api_keys keys;
    struct claims c;
    snprintf(text, sizeof(text), "token create --api-key " KEY " --api-secret " SECRET " %s",
             options);
    struct ran r = line(text);
    assert_int_equal(r.status, STATUS_OK);
    assert_int_equal(r.out[strlen(r.out) - 1], '\n');
    keys_of_tests(&keys);
    int64_t now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    char *refusal = token_verify(&keys, r.out, strlen(r.out) - 1, now, &c);
    assert_null(refusal);
    return c;
}

static void token_to_join(void **state)
{
    (void)state;
    struct claims c = claims_of("--join --room daily --identity alice --name Alice "
                                "--valid-for 90s --attribute a=1 --attribute b=x=y");
    assert_string_equal(c.api_key, KEY);
    assert_string_equal(c.identity, "alice");
    assert_string_equal(c.name, "Alice");
    assert_string_equal(c.video.room, "daily");
    assert_true(c.video.room_join);
    assert_false(c.video.room_admin || c.video.room_create || c.video.hidden);
    assert_int_equal(c.video.can_publish, TRISTATE_UNSET);
    assert_int_equal(c.video.sources, 0);
    assert_string_equal(claims_attribute(&c, "a"), "1");
    assert_string_equal(claims_attribute(&c, "b"), "x=y");
    assert_int_equal(c.expires - c.not_before, 90);
    assert_int_equal(c.issued_at, c.not_before);
    claims_free(&c);
}

static void token_with_limits(void **state)
{
    (void)state;
    struct claims c = claims_of("--join --room=r --identity i --can-publish yes --can-subscribe no "
                                "--can-publish-data no --can-update-own-metadata yes "
                                "--source camera,microphone --source screen_share --hidden "
                                "--kind agent --room-config {\"emptyTimeout\":5}");
    assert_int_equal(c.video.can_publish, TRISTATE_TRUE);
    assert_int_equal(c.video.can_subscribe, TRISTATE_FALSE);
    assert_int_equal(c.video.can_publish_data, TRISTATE_FALSE);
    assert_int_equal(c.video.can_update_own_metadata, TRISTATE_TRUE);
    assert_int_equal(c.video.sources, GRANT_CAMERA | GRANT_MICROPHONE | GRANT_SCREEN_SHARE);
    assert_true(c.video.hidden);
    assert_int_equal(c.kind, CLAIMS_AGENT);
    assert_string_equal(c.room_config, "{\"emptyTimeout\":5}");
    claims_free(&c);
}

static void token_for_the_api(void **state)
{
    (void)state;
    struct claims c = claims_of("--create --list --admin --room daily");
    assert_string_equal(c.identity, "");
    assert_true(c.video.room_create && c.video.room_list && c.video.room_admin);
    assert_false(c.video.room_join);
    assert_int_equal(c.expires - c.not_before, 6 * 3600);
    claims_free(&c);
}

static void token_as_json(void **state)
{
    (void)state;
    struct ran r = line("token create --json --list --api-key " KEY " --api-secret " SECRET);
    json_t *root = json_loads(r.out, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "claims"), "iss")),
                        KEY);
    assert_true(json_is_string(json_object_get(root, "token")));
    json_decref(root);
}

static void token_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "--json",
        "--room r --identity i",
        "--join --room r",
        "--join --identity i",
        "--admin",
        "--list --can-publish maybe",
        "--join --room r --identity i --source eyes",
        "--list --attribute novalue",
        "--list --attribute =x",
        "--list --kind human",
        "--list --room-config [1]",
        "--list --room-config {",
        "--list --valid-for soon",
        "--list --valid-for 0",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), "token create --api-key k --api-secret s %s", wrong[i]);
        struct ran r = line(text);
        assert_int_equal(r.status, STATUS_USAGE);
        assert_string_equal(r.out, "");
    }
}

static void token_by_the_configuration(void **state)
{
    (void)state;
    static const char both[] = "keys: {" KEY ": " SECRET ", second: another-" SECRET "}\n";
    setenv("LIVEKIT_CONFIG", both, 1);
    struct ran first = line("token create --list --json"),
               second = line("token create --list --json --api-key second"),
               none = line("token create --list --api-key third");
    setenv("LIVEKIT_CONFIG", "no_such_key: 1\n", 1);
    struct ran broken = line("token create --list");
    unsetenv("LIVEKIT_CONFIG");
    assert_non_null(strstr(first.out, "\"iss\": \"" KEY "\""));
    assert_non_null(strstr(second.out, "\"iss\": \"second\""));
    assert_int_equal(none.status, STATUS_USAGE);
    assert_int_equal(broken.status, STATUS_USAGE);
}

/* --- completion --- */

static bool have(const char *program)
{
    char command[128];
    snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", program);
    return system(command) == 0;
}

/* What bash offers for a line; "" at its end stands for an empty word. */
static void bash_offers(const char *script, const char *words, char *out, size_t size)
{
    char command[1024];
    snprintf(
        command, sizeof(command),
        "bash -c 'source %s; COMP_WORDS=(sluicectl %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
        "_sluicectl; echo \" ${COMPREPLY[*]} \"'",
        script, words);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    out[fread(out, 1, size - 1, p)] = 0;
    assert_int_equal(pclose(p), 0);
}

static void write_script(const char *path, void (*write)(FILE *))
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    write(f);
    assert_int_equal(fclose(f), 0);
}

static void bash_completion(void **state)
{
    (void)state;
    char path[] = "/tmp/sluicectl-bash-XXXXXX", out[4096];
    close(mkstemp(path));
    write_script(path, completion_bash);
    bash_offers(path, "\"\"", out, sizeof(out));
    for (const struct command *const *c = commands; *c; c++) {
        size_t n;
        char word[64];
        completion_second_word(*c, &n);
        snprintf(word, sizeof(word), " %.*s ", (int)n, (*c)->name);
        assert_non_null(strstr(out, word));
    }
    bash_offers(path, "token \"\"", out, sizeof(out));
    assert_string_equal(out, " create \n");
    bash_offers(path, "--run-dir /x token create --valid", out, sizeof(out));
    assert_string_equal(out, " --valid-for \n");
    bash_offers(path, "completion f", out, sizeof(out));
    assert_string_equal(out, " fish \n");
    bash_offers(path, "token create --name \"\"", out, sizeof(out));
    assert_string_equal(out, "  \n");
    unlink(path);
}

/* fish can be asked from outside. */
static void fish_completion(void **state)
{
    (void)state;
    char path[] = "/tmp/sluicectl-fish-XXXXXX", command[256], out[4096];
    if (!have("fish"))
        skip();
    close(mkstemp(path));
    write_script(path, completion_fish);
    snprintf(command, sizeof(command),
             "HOME=/tmp fish -c 'source %s; complete -C \"sluicectl token cre\"; "
             "complete -C \"sluicectl token create --valid\"; complete -C \"sluicectl completion "
             "z\"'",
             path);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    out[fread(out, 1, sizeof(out) - 1, p)] = 0;
    assert_int_equal(pclose(p), 0);
    assert_ptr_equal(strstr(out, "create\t"), out);
    assert_non_null(strstr(out, "--valid-for\t"));
    assert_non_null(strstr(out, "\nzsh\n"));
    unlink(path);
}

static void other_shells_read_their_script(void **state)
{
    (void)state;
    static const struct {
        const char *shell;
        void (*write)(FILE *);
    } scripts[] = {{"zsh", completion_zsh}, {"fish", completion_fish}};
    for (size_t i = 0; i < 2; i++) {
        char path[] = "/tmp/sluicectl-shell-XXXXXX", command[128];
        close(mkstemp(path));
        write_script(path, scripts[i].write);
        snprintf(command, sizeof(command), "%s -n %s", scripts[i].shell, path);
        if (have(scripts[i].shell))
            assert_int_equal(system(command), 0);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_are_wrong),
        cmocka_unit_test(every_command_has_help),
        cmocka_unit_test(man_page_has_everything),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(token_to_join),
        cmocka_unit_test(token_with_limits),
        cmocka_unit_test(token_for_the_api),
        cmocka_unit_test(token_as_json),
        cmocka_unit_test(token_refused),
        cmocka_unit_test(token_by_the_configuration),
        cmocka_unit_test(bash_completion),
        cmocka_unit_test(fish_completion),
        cmocka_unit_test(other_shells_read_their_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
