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
    assert_true(asprintf(&command, "curl() { for word in \"$@\"; do printf '%%s\\n' \"$word\"; done; }; %s", line) > 0);
    char *argv = NULL;
    setenv("TRANSCHECK_TEST_LINE", command, 1);
    assert_true(asprintf(&argv, "bash -c \"$TRANSCHECK_TEST_LINE\"") > 0);
    FILE *pipe = popen(argv, "r");
    assert_non_null(pipe);
    size_t len = fread(out, 1, size - 1, pipe);
    out[len] = '\0';
    assert_int_equal(pclose(pipe), 0);
    free(command);
    free(argv);
}

static const struct commands_target target = {.url = "http://127.0.0.1:51051/", .backend = "127.0.0.1:53000"};

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
    assert_non_null(strstr((const char *)line.data, "20000 bytes"));
    assert_true(line.len < 1000);
    free(body);
    buf_fini(&line);
}

static void transcheck_lines(void **state)
{
    (void)state;
    struct testcase testcase = a_case();
    struct commands_target full = target;
    struct buf line;
    buf_init(&line, 4096);
    full.profile = "envoy";
    full.cases = "my cases";
    full.proxy_command = "envoy -c 'a b'";
    full.insecure = true;
    assert_true(commands_run(&line, &full, &testcase, CLIENT_H2));
    const char *text = (const char *)line.data;
    assert_non_null(strstr(text, "--select"));
    assert_non_null(strstr(text, "topic/words"));
    assert_non_null(strstr(text, "--client h2"));
    assert_non_null(strstr(text, "'my cases'"));
    assert_non_null(strstr(text, "--insecure"));
    buf_reset(&line);
    assert_true(commands_backend(&line, &full, &testcase));
    text = (const char *)line.data;
    assert_non_null(strstr(text, "transcheck backend --listen"));
    assert_non_null(strstr(text, "--case"));
    buf_fini(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_get),
        cmocka_unit_test(hostile_words_stay_words),
        cmocka_unit_test(long_bodies_are_not_inlined),
        cmocka_unit_test(transcheck_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
