/* Tests of the addresses of cited texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness/base/citation.h"

#define GRPC       "https://github.com/grpc/grpc/blob/master/doc/"
#define GOOGLEAPIS "https://github.com/googleapis/googleapis/blob/master/google/"

/* NULL: it is no text elsewhere. */
static const struct {
    const char *cite;
    const char *url;
} rows[] = {
    {"RFC 3629", "https://www.rfc-editor.org/rfc/rfc3629"},
    {"RFC 9110 section 15.5.6", "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6"},
    {"rfc9110, Section 8.", "https://www.rfc-editor.org/rfc/rfc9110#section-8"},
    {"RFC 9110 \u00a7 8.3", "https://www.rfc-editor.org/rfc/rfc9110#section-8.3"},
    {"RFC 9110 \u00a78.3", "https://www.rfc-editor.org/rfc/rfc9110#section-8.3"},
    {"RFC 9110 (HTTP)", "https://www.rfc-editor.org/rfc/rfc9110"},
    {"RFC", NULL},
    {"RFC x", NULL},
    {"envoy#5011", "https://github.com/envoyproxy/envoy/issues/5011"},
    {"ESP-v2#7", "https://github.com/GoogleCloudPlatform/esp-v2/issues/7"},
    {"vanguard-go#1", "https://github.com/connectrpc/vanguard-go/issues/1"},
    {"envoy#", NULL},
    {"envoy#5011x", NULL},
    {"nobody#1", NULL},
    {"#1", NULL},
    {"AIP-193", "https://google.aip.dev/193"},
    {"AIP-", NULL},
    {"CVE-2024-34363", "https://nvd.nist.gov/vuln/detail/CVE-2024-34363"},
    {"CVE-2024-343", NULL},
    {"CVE-2024-34363 x", NULL},
    {"CVE-20245-4363", NULL},
    {"PROTOCOL-HTTP2 \"Requests\"", GRPC "PROTOCOL-HTTP2.md"},
    {"protocol-web", GRPC "PROTOCOL-WEB.md"},
    {"statuscodes.md", GRPC "statuscodes.md"},
    {"gRPC statuscodes", GRPC "statuscodes.md"},
    {"compression", GRPC "compression.md"},
    {"http.proto \"HttpRule.body\"", GOOGLEAPIS "api/http.proto"},
    {"httpbody.proto", GOOGLEAPIS "api/httpbody.proto"},
    {"google.rpc.Status", GOOGLEAPIS "rpc/status.proto"},
    {"AWS Lambda \"Invoke\"", "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"},
    {"AWS Lambda \"Quotas\"", "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"},
    {"ProtoJSONish", NULL},
    {"https://example.org/a?b", "https://example.org/a?b"},
    {"https://example.org/a b", NULL},
    {"https://", NULL},
    {"http://example.org/", NULL},
    {"INV-1", NULL},
    {"", NULL},
};

static void addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf url;
        buf_init(&url, 4096);
        bool known = citation_url(&url, span_cstr(rows[i].cite));
        if (known != (rows[i].url != NULL) || !span_is(buf_span(&url), rows[i].url ? rows[i].url : ""))
            fail_msg("%s: %.*s", rows[i].cite, SPAN_FMT(buf_span(&url)));
        buf_fini(&url);
    }
}

static void invariants(void **state)
{
    (void)state;
    assert_string_equal(citation_invariant(span_cstr("INV-2")), "the proxy survives");
    assert_null(citation_invariant(span_cstr("INV-7")));
    assert_null(citation_invariant(span_cstr("INV-")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(invariants)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
