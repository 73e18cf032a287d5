/* Tests of the command lines that repeat a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/run/commands.h"

/* A shell reads the line back: what curl would get as its arguments, one a line. */
static void as_shell_reads(char *out, size_t size, const char *line)
{
    char *command = NULL;
    assert_true(
        asprintf(&command,
                 "words() { for word in \"$@\"; do printf '%%s\\n' \"$word\"; done; }; curl() { words \"$@\"; }; "
                 "transcheck() { words \"$@\"; }; sleep() { :; }; nc() { printf '%%s ' \"$@\"; cat; }; %s",
                 line) > 0);
    char *argv = NULL;
    setenv("TRANSCHECK_TEST_LINE", command, 1);
    assert_true(asprintf(&argv, "sh -c \"$TRANSCHECK_TEST_LINE\"") > 0);
    FILE *pipe = popen(argv, "r");
    assert_non_null(pipe);
    size_t len = fread(out, 1, size - 1, pipe);
    out[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
    free(command);
    free(argv);
}

static void assert_begins(const struct buf *line, const char *text)
{
    if (line->len < strlen(text) || memcmp(line->data, text, strlen(text)) != 0)
        fail_msg("not \"%s\": %s", text, (const char *)line->data);
}

static const struct runner_options target = {.url = "http://127.0.0.1:51051/",
                                             .backend = "127.0.0.1:53000",
                                             .repeat = 1,
                                             .timeout_ms = RUNNER_DEFAULT_TIMEOUT_MS,
                                             .ready_timeout_ms = RUNNER_DEFAULT_READY_MS};

static struct testcase a_case(void)
{
    return (struct testcase){.id = "topic/words", .request = {.method = span_cstr("GET"), .path = span_cstr("/v1/x")}};
}

static void plain_get(void **state)
{
    (void)state;
    struct testcase testcase = a_case();
    struct buf line;
    char words[1024];
    buf_init(&line, 4096);
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H1));
    as_shell_reads(words, sizeof words, (const char *)line.data);
    assert_string_equal(words, "-sv\n--path-as-is\n-g\n--http1.1\n-X\nGET\nhttp://127.0.0.1:51051/v1/x\n");
    buf_reset(&line);
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H2));
    assert_non_null(strstr((const char *)line.data, "--http2-prior-knowledge"));
    buf_fini(&line);
}

static void hostile_words_stay_words(void **state)
{
    (void)state;
    struct arena arena;
    struct buf line;
    char words[1024];
    struct testcase testcase = a_case();
    arena_init(&arena, 4096);
    buf_init(&line, 4096);
    testcase.request.method = span_cstr("POST");
    testcase.request.path = span_cstr("/v1/$(touch x)?a='b'&c=`d`");
    testcase.request.body = span_cstr("{\"it's\": \"$HOME; rm -rf\"}");
    testcase.request.has_body = true;
    assert_true(fields_add(&testcase.request.headers, &arena, span_cstr("x-one"), span_cstr("a'b\"c$d")));
    assert_true(fields_add(&testcase.request.headers, &arena, span_cstr("x-empty"), span_cstr("")));
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H1));
    as_shell_reads(words, sizeof words, (const char *)line.data);
    assert_non_null(strstr(words, "\ncontent-type:\n")); /* curl would add one of its own */
    assert_non_null(strstr(words, "\nx-one: a'b\"c$d\n"));
    assert_non_null(strstr(words, "\nx-empty;\n"));
    assert_non_null(strstr(words, "\nhttp://127.0.0.1:51051/v1/$(touch x)?a='b'&c=`d`\n"));
    assert_non_null(strstr(words, "\n{\"it's\": \"$HOME; rm -rf\"}\n"));
    buf_fini(&line);
    arena_fini(&arena);
}

static void long_bodies_are_not_inlined(void **state)
{
    (void)state;
    struct testcase testcase = a_case();
    struct buf line;
    buf_init(&line, 1u << 16);
    uint8_t *body = calloc(1, 20000);
    testcase.request.body = span_of(body, 20000);
    testcase.request.has_body = true;
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H1));
    assert_begins(&line, "transcheck show --body topic/words | curl -sv ");
    assert_non_null(strstr((const char *)line.data, " --data-binary @-"));
    assert_true(line.len < 1000);
    buf_reset(&line);
    testcase.request.body = span_of("a\0'%\n", 5);
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H1));
    assert_begins(&line, "printf 'a\\000\\047%%\\012' | curl -sv ");
    buf_reset(&line);
    testcase.request.body = span_cstr("@file");
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H1));
    assert_non_null(strstr((const char *)line.data, " --data-raw @file"));
    free(body);
    buf_fini(&line);
}

/* Only what differs from the defaults. */
static void the_shortest_line(void **state)
{
    (void)state;
    struct testcase testcase = a_case();
    struct buf line;
    buf_init(&line, 4096);
    assert_true(commands_run(&line, &target, &testcase, CLIENT_H2));
    assert_string_equal((const char *)line.data, "transcheck run http://127.0.0.1:51051/ --backend 127.0.0.1:53000 "
                                                 "--select topic/words --client h2 --verbose");
    buf_reset(&line);
    assert_true(commands_backend(&line, &target, &testcase));
    assert_string_equal((const char *)line.data, "transcheck backend --listen 127.0.0.1:53000 --case topic/words");
    buf_fini(&line);
}

/* Every option of a run that bears on a case is there, whatever it holds, and nothing of a secret. */
/* What the shell's printf prints is what the client sends, with words of the reader's. */
static void raw_requests_go_through_a_pipe(void **state)
{
    (void)state;
    struct buf line;
    char words[1024];
    struct testcase testcase = a_case();
    struct field field = {.name = span_cstr("X"), .value = span_cstr("$SCHEME")};
    const struct raw_frame frame = {
        .type = 1, .flags = 5, .stream = 1, .marked = true, .fields = {.items = &field, .count = 1}};
    buf_init(&line, 4096);
    testcase.request.raw.bytes = span_cstr("GET / HTTP/1.1\r\nHost: $AUTHORITY\r\n$MARKER\r\n\r\n");
    assert_true(commands_curl(&line, &target, &testcase, CLIENT_H1));
    as_shell_reads(words, sizeof words, (const char *)line.data);
    assert_string_equal(
        words, "127.0.0.1 51051 GET / HTTP/1.1\r\nHost: 127.0.0.1:51051\r\nx-transcheck-case: by-hand\r\n\r\n");
    buf_reset(&line);
    testcase.request.raw = (struct raw_request){.frames = &frame, .frame_count = 1};
    struct runner_options secure = target;
    secure.url = "https://[::1]:8443";
    assert_true(commands_curl(&line, &secure, &testcase, CLIENT_H2));
    assert_begins(&line, "(printf 'PRI * HTTP/2.0");
    assert_non_null(strstr((const char *)line.data, "https"));
    assert_non_null(
        strstr((const char *)line.data, "; sleep 2) | openssl s_client -quiet -alpn h2 -connect '[::1]:8443' | od -c"));
    buf_fini(&line);
}

static void every_option(void **state)
{
    (void)state;
    struct testcase testcase = a_case();
    struct runner_options full = target;
    struct arena arena;
    struct buf line;
    struct redact *redact = redact_new();
    enum redact_use use;
    char words[4096];
    buf_init(&line, 8192);
    arena_init(&arena, 4096);
    assert_true(fields_add(&full.headers, &arena, span_cstr("Authorization"), span_cstr("Bearer s3cret")));
    assert_true(fields_add(&full.headers, &arena, span_cstr("accept"), span_cstr("a 'quoted' one")));
    for (size_t i = 0; i < 2; i++)
        assert_true(redact_add_header(redact, &use, full.headers.items[i].name, full.headers.items[i].value));
    full.redact = redact;
    full.profile = "envoy";
    full.cases = "my cases";
    full.proxy_command = "envoy -c 'a b' $HOME";
    full.proxy_memory_mib = 77;
    full.cacert_file = "ca cert.pem";
    full.cert_file = "cert;.pem";
    full.key_file = "k`e`y.pem";
    full.insecure = true;
    full.backend_cert_file = "b$cert.pem";
    full.backend_key_file = "b\nkey.pem";
    full.timeout_ms = 123;
    full.ready_timeout_ms = 456;
    full.repeat = 9;
    full.max_memory_mib = 99;
    full.waivers = "envoy-1.40";
    full.strict = true;
    assert_true(commands_run(&line, &full, &testcase, CLIENT_H1));
    as_shell_reads(words, sizeof words, (const char *)line.data);
    assert_string_equal(
        words, "run\nhttp://127.0.0.1:51051/\n--backend\n127.0.0.1:53000\n--profile\nenvoy\n--cases\nmy cases\n"
               "--proxy-cmd\nenvoy -c 'a b' $HOME\n--proxy-memory-mib\n77\n--header\nAuthorization: "
               "[redacted: put the value here]\n--header\naccept: a 'quoted' one\n--cacert\nca cert.pem\n--cert\n"
               "cert;.pem\n--key\nk`e`y.pem\n--insecure\n--backend-cert\nb$cert.pem\n--backend-key\nb\nkey.pem\n"
               "--timeout-ms\n123\n--ready-timeout-ms\n456\n--repeat\n9\n--max-memory-mib\n99\n--waivers\nenvoy-1.40\n-"
               "-strict\n"
               "--select\ntopic/words\n--client\nh1\n--verbose\n");
    buf_reset(&line);
    assert_true(commands_backend(&line, &full, &testcase));
    as_shell_reads(words, sizeof words, (const char *)line.data);
    assert_string_equal(words, "backend\n--listen\n127.0.0.1:53000\n--cert\nb$cert.pem\n--key\nb\nkey.pem\n--cases\n"
                               "my cases\n--case\ntopic/words\n");
    buf_reset(&line);
    assert_true(commands_curl(&line, &full, &testcase, CLIENT_H1));
    as_shell_reads(words, sizeof words, (const char *)line.data);
    assert_non_null(strstr(words, "\n-k\n--cacert\nca cert.pem\n--cert\ncert;.pem\n--key\nk`e`y.pem\n"));
    assert_non_null(strstr(words, "\n-H\nAuthorization: [redacted: put the value here]\n-H\naccept: a 'quoted' one\n"));
    assert_null(strstr(words, "s3cret"));
    buf_fini(&line);
    arena_fini(&arena);
    redact_free(redact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_get),
        cmocka_unit_test(hostile_words_stay_words),
        cmocka_unit_test(long_bodies_are_not_inlined),
        cmocka_unit_test(the_shortest_line),
        cmocka_unit_test(raw_requests_go_through_a_pipe),
        cmocka_unit_test(every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
