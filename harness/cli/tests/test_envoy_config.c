/* `transcheck config envoy`: what the YAML says, and what is refused. That Envoy takes it is shown by the suite's run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/base/buf.h"
#include "harness/base/embed.h"
/* Subcommands are not part of the library that tests link with. */
#include "harness/cli/envoy_config.c"

static struct span descriptors(void)
{
    struct span set;
    assert_true(embed_find("descriptors.pb", &set));
    return set;
}

static char *print(const struct config_envoy_options *options, enum err_code want, struct err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_int_equal(config_envoy_print(out, options, descriptors(), err), want);
    fclose(out);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("the configuration does not hold \"%s\"", part);
}

static void test_whole(void **state)
{
    (void)state;
    struct err err = {0};
    char *text =
        print(&(struct config_envoy_options){.listen = "127.0.0.1:1234", .backend = "127.0.0.1:4321"}, ERR_OK, &err);
    assert_has(text, "socket_address: { address: \"127.0.0.1\", port_value: 1234 }");
    assert_has(text, "socket_address: { address: \"127.0.0.1\", port_value: 4321 }");
    assert_has(text, "match: { prefix: \"/\", grpc: {} }");
    assert_has(text, "- reservations.v1.ReservationService\n");
    assert_has(text, "type: STATIC");
    assert_null(strstr(text, "admin:"));
    assert_null(strstr(text, "retry_on"));
    /* The descriptors come back as they were. */
    const char *from = strstr(text, "proto_descriptor_bin: \"");
    assert_non_null(from);
    from += strlen("proto_descriptor_bin: \"");
    struct buf decoded;
    buf_init(&decoded, 8u << 20);
    assert_true(base64_decode(&decoded, span_of(from, strcspn(from, "\""))));
    assert_true(span_equal(buf_span(&decoded), descriptors()));
    buf_fini(&decoded);
    free(text);
}

static void test_choices(void **state)
{
    (void)state;
    struct err err = {0};
    struct config_envoy_options options = {.listen = "localhost:1", .backend = "backend.example:2", .open_route = true};
    char *text = print(&options, ERR_OK, &err);
    assert_has(text, "match: { prefix: \"/\" }");
    assert_null(strstr(text, "- match: { prefix: \"/\", grpc: {} }"));
    assert_has(text, "address: \"127.0.0.1\", port_value: 1 }");
    assert_has(text, "address: \"backend.example\", port_value: 2 }");
    assert_has(text, "type: STRICT_DNS");
    free(text);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"127.0.0.1", "127.0.0.1:1"},
        {"127.0.0.1:1", "127.0.0.1:99999"},
        {"name.example:1", "127.0.0.1:1"},
        {"127.0.0.1:1", "a\"b }:1"},
        {"", "127.0.0.1:1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {0};
        char *text = print(&(struct config_envoy_options){.listen = bad[i][0], .backend = bad[i][1]}, ERR_USAGE, &err);
        assert_string_equal(text, "");
        assert_true(err.text[0]);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
