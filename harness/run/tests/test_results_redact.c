/* Tests of the one place where secrets leave the results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/run/results_redact.h"
#include "harness/run/secrets.h"
#include "harness/run/tests/rig.h"

static const char secret[] = "k3y-of-a-user";
#define SECRET_HEX "6b33792d6f662d612d75736572"

static struct redact *one_secret(void)
{
    struct redact *redact = redact_new();
    enum redact_use use;
    assert_true(redact_add_header(redact, &use, span_cstr("X-Own"), span_cstr(secret)));
    return redact;
}

/* `line` after redaction, as text that the caller frees. */
static char *redacted(const char *line, const struct redact *redact)
{
    json_error_t error;
    json_t *value = json_loads(line, 0, &error);
    if (!value)
        fail_msg("%s: %s", error.text, line);
    assert_true(results_redact(value, redact));
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    return text;
}

static void assert_redacted(const char *line, const char *expected)
{
    struct redact *redact = one_secret();
    char *text = redacted(line, redact);
    assert_string_equal(text, expected);
    free(text);
    redact_free(redact);
}

static void every_text_is_searched(void **state)
{
    (void)state;
    assert_redacted(
        "{\"reasons\":[{\"axis\":\"request\",\"expected\":\"k3y-of-a-user\",\"observed\":\"a K3Y-OF-A-USER\"}],"
        "\"note\":\"k3y-of-a-user\",\"attempts\":[{\"reasons\":[{\"observed\":\"k3y-of-a-user\"}]}],"
        "\"commands\":{\"run\":\"x 'k3y-of-a-user'\"},\"new\":[[\"k3y-of-a-user\",7,null]]}",
        "{\"reasons\":[{\"axis\":\"request\",\"expected\":\"[redacted]\",\"observed\":\"a [redacted]\"}],"
        "\"note\":\"[redacted]\",\"attempts\":[{\"reasons\":[{\"observed\":\"[redacted]\"}]}],"
        "\"commands\":{\"run\":\"x '[redacted]'\"},\"new\":[[\"[redacted]\",7,null]]}");
    assert_redacted("{\"type\":\"event\",\"t\":1,\"text\":\"/k3y-of-a-user\"}",
                    "{\"type\":\"event\",\"t\":1,\"text\":\"/[redacted]\"}");
    assert_redacted("{\"diagnosis\":\"k3y%2Dof%2Da%2Duser\"}", "{\"diagnosis\":\"[redacted]\"}");
}

/* A secret that is a word of ours must not make the results unreadable. */
static void words_of_ours_stay(void **state)
{
    (void)state;
    struct redact *redact = redact_new();
    assert_true(redact_add_value(redact, span_cstr("pass")));
    assert_true(redact_add_value(redact, span_cstr("case")));
    assert_true(redact_add_value(redact, span_cstr("headers")));
    static const char line[] =
        "{\"type\":\"case\",\"id\":\"pass/case\",\"verdict\":\"pass\",\"planned\":[[\"pass/case\",\"h1\"]],"
        "\"request\":{\"path\":\"/case\"},\"events\":[{\"from\":\"proxy\",\"kind\":\"headers\"}]}";
    char *text = redacted(line, redact);
    assert_string_equal(text, line);
    free(text);
    redact_free(redact);
}

static void fields_by_name_and_by_value(void **state)
{
    (void)state;
    static const char line[] =
        "{\"fields\":[[\"x-own\",\"1\"],[\"Set-Cookie\",\"a=b\"],[\"x-other\",\"k3y-of-a-user\"],"
        "[\"k3y-of-a-user\",\"v\"],[\"x-raw\",{\"hex\":\"ff" SECRET_HEX "\"}],[\"accept\",\"*/*\"]]}";
    assert_redacted(
        line, "{\"fields\":[[\"x-own\",\"[redacted]\"],[\"Set-Cookie\",\"[redacted]\"],[\"x-other\",\"[redacted]\"],"
              "[\"[redacted]\",\"v\"],[\"x-raw\",{\"hex\":\"ff2a2a2a2a2a2a2a2a2a2a2a2a2a\"}],[\"accept\",\"*/*\"]]}");
    /* Without any secret, headers that are known for them. */
    char *text = redacted("{\"fields\":[[\"cookie\",\"a=b\"],[\"x-own\",\"1\"]]}", NULL);
    assert_string_equal(text, "{\"fields\":[[\"cookie\",\"[redacted]\"],[\"x-own\",\"1\"]]}");
    free(text);
}

/* As reasons have them; the lines that repeat a case must work. */
static void fields_in_texts(void **state)
{
    (void)state;
    char *text =
        redacted("{\"reasons\":[{\"observed\":\"set-cookie: a=b\"}],\"commands\":{\"curl\":\"cookie: a=b\"}}", NULL);
    assert_string_equal(
        text, "{\"reasons\":[{\"observed\":\"set-cookie: [redacted]\"}],\"commands\":{\"curl\":\"cookie: a=b\"}}");
    free(text);
}

/* The bytes of one sender are one stream, those of another do not come between. */
static void bytes_that_are_cut_into_events(void **state)
{
    (void)state;
    assert_redacted("{\"events\":[{\"from\":\"proxy\",\"hex\":\"006b33792d6f\"},{\"from\":\"client\",\"hex\":\"01\"},"
                    "{\"from\":\"proxy\",\"hex\":\"66\"},{\"from\":\"proxy\",\"len\":7},"
                    "{\"from\":\"proxy\",\"hex\":\"2d612d757365\"},{\"from\":\"proxy\",\"hex\":\"7200\"}]}",
                    "{\"events\":[{\"from\":\"proxy\",\"hex\":\"002a2a2a2a2a\"},{\"from\":\"client\",\"hex\":\"01\"},"
                    "{\"from\":\"proxy\",\"hex\":\"2a\"},{\"from\":\"proxy\",\"len\":7},"
                    "{\"from\":\"proxy\",\"hex\":\"2a2a2a2a2a2a\"},{\"from\":\"proxy\",\"hex\":\"2a00\"}]}");
    /* Where the transcript was cut, what is left of it. */
    assert_redacted("{\"events\":[{\"from\":\"proxy\",\"len\":90000,\"hex\":\"41416b33792d\"}]}",
                    "{\"events\":[{\"from\":\"proxy\",\"len\":90000,\"hex\":\"41412a2a2a2a\"}]}");
}

static void compressed_bytes_are_left_out(void **state)
{
    (void)state;
    static const char line[] = "{\"events\":[{\"from\":\"proxy\",\"fields\":[[\"Content-Encoding\",\"gzip\"]]},"
                               "{\"from\":\"proxy\",\"hex\":\"1f8b08\"},{\"from\":\"client\",\"hex\":\"1f8b08\"}]}";
    assert_redacted(line, "{\"events\":[{\"from\":\"proxy\",\"fields\":[[\"Content-Encoding\",\"gzip\"]]},"
                          "{\"from\":\"proxy\",\"hex\":\"2a2a2a\"},{\"from\":\"client\",\"hex\":\"1f8b08\"}]}");
    char *text = redacted(line, NULL); /* nothing to hide */
    assert_string_equal(text, line);
    free(text);
    static const char plain[] = "{\"events\":[{\"from\":\"proxy\",\"fields\":[[\"grpc-encoding\",\"identity\"]]},"
                                "{\"from\":\"proxy\",\"hex\":\"1f8b08\"}]}";
    assert_redacted(plain, plain);
}

/* ---- a whole run */

static char *all_of(FILE *file)
{
    char *text = NULL;
    size_t len = 0;
    rewind(file);
    assert_true(getdelim(&text, &len, '\0', file) > 0);
    return text;
}

static void a_run_whose_proxy_repeats_it(void **state)
{
    (void)state;
    struct rig rig;
    struct redact *redact;
    struct arena arena;
    struct err err;
    static const char *const options[] = {"--head=X-Own: k3y-of-a-user", "--header", "X-Own: k3y-of-a-user", NULL};
    rig_init(&rig, false);
    arena_init(&arena, 4096);
    assert_true(fields_add(&rig.options.headers, &arena, span_cstr("X-Own"), span_cstr(secret)));
    assert_int_equal(secrets_collect(&redact, &rig.options, &err), ERR_OK);
    rig.options.redact = rig.options.log.redact = redact;
    rig.options.arguments = options;
    rig_case(&rig, "decoded", NULL, "{\"status\": 200, \"backend_saw\": {\"message\": {\"id\": \"decoded\"}}}");
    rig_case(&rig, "body", NULL, "{\"message\": {\"id\": \"7\"}}");
    rig_case(&rig, "path", NULL, "{\"backend_saw\": {}}");
    rig_case(&rig, "stray", NULL, NULL);
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/decoded", .id = secret, .header = secret});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/body", .body = "{\"id\":\"k3y\\u002dof-a-user\"}"});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/path", .rpc = "/k3y-of-a-user/Get"});
    fake_ends_rule(&rig.ends, (struct fake_rule){.path = "/stray", .foreign_token = true, .rpc = "/K3Y-OF-A-USER/Get"});
    assert_int_equal(rig_run(&rig), RUNNER_FAILED);
    assert_string_equal(rig_kind(&rig, "decoded"), "wrong-request");
    assert_string_equal(rig_kind(&rig, "path"), "wrong-rpc");
    assert_int_equal(rig_total(&rig, "strays"), 2); /* beside the others, and alone */
    /* It was there to be found: in the decoded message of the request, in the reason. */
    const json_t *call = json_array_get(json_object_get(rig_line(&rig, "decoded", "h1"), "backend_side"), 0);
    const json_t *data = json_array_get(json_object_get(call, "events"), 1);
    const json_t *message = json_array_get(json_object_get(data, "messages"), 0);
    assert_string_equal(json_string_value(json_object_get(message, "json")), "{\"id\":\"[redacted]\"}");
    char *text = all_of(rig.results);
    assert_null(strcasestr(text, "k3y"));
    assert_null(strcasestr(text, "6b3379"));
    assert_null(strstr(text, "of-a-user"));
    free(text);
    rig_fini(&rig);
    redact_free(redact);
    arena_fini(&arena);
}

static void the_terminal(void **state)
{
    (void)state;
    struct redact *redact = one_secret();
    struct log log = {.level = LOG_VERBOSE, .redact = redact};
    char shown[512] = "";
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    log_error(&log, "one %s", secret);
    log_warn(&log, "two %s", "azN5LW9mLWEtdXNlcg==");
    log_info(&log, "three %s", "k3y\\x2dof-a-user");
    log_debug(&log, "four %s", "K3y-Of-A-User");
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    rewind(file);
    shown[fread(shown, 1, sizeof shown - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(shown, "error: one [redacted]\nwarning: two [redacted]g==\nthree [redacted]\ndebug: four "
                               "[redacted]\n");
    redact_free(redact);
}

static void keys_of_files(void **state)
{
    (void)state;
    struct runner_options options = {.log = {.level = LOG_QUIET}};
    struct redact *redact;
    struct err err;
    char path[] = "/tmp/transcheck-key-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\n-----END PRIVATE KEY-----\n";
    assert_int_equal(write(fd, pem, sizeof pem - 1), sizeof pem - 1);
    close(fd);
    for (int which = 0; which < 2; which++) {
        struct buf out;
        options.key_file = which ? NULL : path;
        options.backend_key_file = which ? path : "/nowhere/at/all";
        assert_int_equal(secrets_collect(&redact, &options, &err), ERR_OK);
        buf_init(&out, 256);
        assert_true(redact_text(&out, redact, span_cstr("MIGHAgEAMBMGByqGSM49AgEG")));
        assert_string_equal((const char *)out.data, "[redacted]");
        buf_fini(&out);
        redact_free(redact);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_searched),
        cmocka_unit_test(words_of_ours_stay),
        cmocka_unit_test(fields_by_name_and_by_value),
        cmocka_unit_test(fields_in_texts),
        cmocka_unit_test(bytes_that_are_cut_into_events),
        cmocka_unit_test(compressed_bytes_are_left_out),
        cmocka_unit_test(a_run_whose_proxy_repeats_it),
        cmocka_unit_test(the_terminal),
        cmocka_unit_test(keys_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
