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

/* What only the configuration of that mode holds, and what it must not. */
static const struct {
    enum mode mode;
    const char *has[8];
    const char *lacks[3];
} modes[] = {
    {MODE_PASS_THROUGH,
     {"clients speak gRPC, the backend gRPC", "match: { prefix: \"/\", grpc: {} }", "http2_protocol_options: {}"},
     {"filters.http.grpc", "max_stream_duration", "typed_per_filter_config"}},
    {MODE_GRPC_WEB,
     {"name: envoy.filters.http.grpc_web\n", "name: envoy.filters.http.cors\n",
      "expose_headers: grpc-status,grpc-message", "exact: OPTIONS", "http2_protocol_options: {}"},
     {"proto_descriptor_bin", "grpc: {} }"}},
    {MODE_HTTP1_BRIDGE,
     {"http.grpc_http1_bridge.v3.Config\n", "match: { prefix: \"/\", grpc: {} }", "http2_protocol_options: {}",
      "{ header: { key: te, value: trailers },"},
     {"reverse"}},
    {MODE_CONNECT,
     {"http.connect_grpc_bridge.v3.FilterConfig\n", "name: connect-protocol-version, present_match: true",
      "query_parameters: [{ name: connect,", "prefix: application/connect+", "http2_protocol_options: {}"},
     {"match: { prefix: \"/\" }"}},
    {MODE_GATEWAY,
     {"http.aws_lambda.v3.Config\n", "payload_passthrough: false", "com.amazonaws.lambda: { egress_gateway: true }",
      "grpc_http1_reverse_bridge.v3.FilterConfig\n", "withhold_grpc_frames: false\n", " http_protocol_options: {}",
      "grpc_timeout_header_max: 3s"},
     {"http2_protocol_options", "grpc: {}"}},
    {MODE_REVERSE_BRIDGE,
     {"grpc_http1_reverse_bridge.v3.FilterConfig\n", "content_type: application/x-protobuf\n",
      "withhold_grpc_frames: true\n", " http_protocol_options: {}", "grpc_timeout_header_max: 3s"},
     {"http2_protocol_options", "grpc: {}", "egress_gateway"}},
    {MODE_REVERSE_BRIDGE_FRAMED,
     {"grpc_http1_reverse_bridge.v3.FilterConfig\n", "content_type: application/grpc+proto\n",
      "withhold_grpc_frames: false\n", " http_protocol_options: {}", "grpc_timeout_header_max: 3s"},
     {"http2_protocol_options", "grpc: {}"}},
    {MODE_REVERSE_TRANSCODER,
     {"grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder\n", " descriptor_binary: \"",
      " http_protocol_options: {}", "match: { prefix: \"/\" }", "grpc_timeout_header_max: 3s"},
     {"http2_protocol_options", "services:", "grpc: {}"}},
};

static void test_modes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct err err = {0};
        char *text = print(
            &(struct config_envoy_options){.listen = "127.0.0.1:1", .backend = "127.0.0.1:2", .mode = modes[i].mode},
            ERR_OK, &err);
        for (size_t k = 0; k < 8 && modes[i].has[k]; k++)
            assert_has(text, modes[i].has[k]);
        for (size_t k = 0; k < 3 && modes[i].lacks[k]; k++) {
            if (strstr(text, modes[i].lacks[k]))
                fail_msg("mode %s holds \"%s\"", mode_name(modes[i].mode), modes[i].lacks[k]);
        }
        /* The router is the last filter. */
        assert_null(strstr(strstr(text, "filters.http.router.v3.Router\n"), "envoy.filters.http."));
        free(text);
    }
}

/* Every mode is written or refused; the refused ones are those of Twirp. */
static void test_all_modes(void **state)
{
    (void)state;
    for (int mode = 0; mode < MODE_COUNT; mode++) {
        struct err err = {0};
        bool twirp = mode == MODE_TWIRP || mode == MODE_TWIRP_BACKEND;
        char *text = print(
            &(struct config_envoy_options){.listen = "127.0.0.1:1", .backend = "127.0.0.1:2", .mode = (enum mode)mode},
            twirp ? ERR_USAGE : ERR_OK, &err);
        assert_true(config_envoy_has((enum mode)mode) != twirp);
        assert_true(strcmp(text, "") != 0 || strstr(err.text, mode_name((enum mode)mode)));
        free(text);
    }
}

/* --open-route is one route for everything, in each mode. */
static void test_open_route(void **state)
{
    (void)state;
    struct err err = {0};
    char *text = print(
        &(struct config_envoy_options){
            .listen = "127.0.0.1:1", .backend = "127.0.0.1:2", .mode = MODE_CONNECT, .open_route = true},
        ERR_OK, &err);
    assert_has(text, "match: { prefix: \"/\" }\n");
    assert_null(strstr(text, "connect-protocol-version"));
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
        cmocka_unit_test(test_whole),     cmocka_unit_test(test_choices),    cmocka_unit_test(test_modes),
        cmocka_unit_test(test_all_modes), cmocka_unit_test(test_open_route), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
