/* The texts that cases cite, by their short names. */
#include "harness/base/citation.h"

#include <ctype.h>
#include <string.h>

#define GRPC_DOCS  "https://github.com/grpc/grpc/blob/master/doc/"
#define GOOGLEAPIS "https://github.com/googleapis/googleapis/blob/master/google/"

struct pair {
    const char *name;
    const char *value;
};

static const struct pair invariants[] = {
    {"INV-1", "a failed call never looks like a complete success"},
    {"INV-2", "the proxy survives"},
    {"INV-3", "nothing hangs"},
    {"INV-4", "no more backend calls than the case allows"},
    {"INV-5", "the response is well-formed"},
    {"INV-6", "a success is whole: each message once, in order, equal"},
};

/* A citation begins with such a name; what follows is the place in the text. */
static const struct pair texts[] = {
    {"PROTOCOL-HTTP2", GRPC_DOCS "PROTOCOL-HTTP2.md"},
    {"PROTOCOL-WEB", GRPC_DOCS "PROTOCOL-WEB.md"},
    {"statuscodes", GRPC_DOCS "statuscodes.md"},
    {"gRPC statuscodes", GRPC_DOCS "statuscodes.md"},
    {"wait-for-ready", GRPC_DOCS "wait-for-ready.md"},
    {"http-grpc-status-mapping", GRPC_DOCS "http-grpc-status-mapping.md"},
    {"compression", GRPC_DOCS "compression.md"},
    {"gRPC core concepts", "https://grpc.io/docs/what-is-grpc/core-concepts/"},
    {"httpbody.proto", GOOGLEAPIS "api/httpbody.proto"},
    {"http.proto", GOOGLEAPIS "api/http.proto"},
    {"code.proto", GOOGLEAPIS "rpc/code.proto"},
    {"status.proto", GOOGLEAPIS "rpc/status.proto"},
    {"google.rpc.Status", GOOGLEAPIS "rpc/status.proto"},
    {"transcoder.proto", "https://github.com/envoyproxy/envoy/blob/main/api/envoy/extensions/filters/http/"
                         "grpc_json_transcoder/v3/transcoder.proto"},
    {"grpc_http1_reverse_bridge", "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/"
                                  "grpc_http1_reverse_bridge_filter"},
    {"Fetch", "https://fetch.spec.whatwg.org/"},
    {"Connect protocol", "https://connectrpc.com/docs/protocol/"},
    {"Twirp v7", "https://twitchtv.github.io/twirp/docs/spec_v7.html"},
    {"Twirp errors", "https://twitchtv.github.io/twirp/docs/errors.html"},
    {"ProtoJSON", "https://protobuf.dev/programming-guides/json/"},
    {"proto3", "https://protobuf.dev/programming-guides/proto3/"},
    {"protobuf encoding", "https://protobuf.dev/programming-guides/encoding/"},
    {"protobuf conformance",
     "https://github.com/protocolbuffers/protobuf/blob/main/conformance/binary_json_conformance_suite.cc"},
    {"Amazon API Gateway \"Payload format differences\"",
     "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html"},
    {"Amazon API Gateway",
     "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"},
    {"AWS Lambda \"Quotas\"", "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"},
    {"duration.proto", "https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/duration.proto"},
    {"timestamp.proto", "https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/timestamp.proto"},
    {"gRFC A6", "https://github.com/grpc/proposal/blob/master/A6-client-retries.md"},
    {"URL Standard", "https://url.spec.whatwg.org/"},
    {"Envoy docs", "https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/"
                   "grpc_json_transcoder_filter"},
    {"grpc-gateway", "https://grpc-ecosystem.github.io/grpc-gateway/"},
    {"nginx", "https://nginx.org/en/docs/http/ngx_http_core_module.html"},
    {"CWE-209", "https://cwe.mitre.org/data/definitions/209.html"},
    {"AWS Lambda", "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"},
};

/* NAME#NUMBER is an issue or a pull request. */
static const struct pair trackers[] = {
    {"envoy", "envoyproxy/envoy"},
    {"grpc-gateway", "grpc-ecosystem/grpc-gateway"},
    {"grpc", "grpc/grpc"},
    {"grpc-go", "grpc/grpc-go"},
    {"vanguard", "connectrpc/vanguard-go"},
    {"vanguard-go", "connectrpc/vanguard-go"},
    {"armeria", "line/armeria"},
    {"apisix", "apache/apisix"},
    {"aspnetcore", "dotnet/aspnetcore"},
    {"esp-v2", "GoogleCloudPlatform/esp-v2"},
    {"protobuf", "protocolbuffers/protobuf"},
    {"grpc-httpjson-transcoding", "grpc-ecosystem/grpc-httpjson-transcoding"},
    {"nghttp2", "nghttp2/nghttp2"},
    {"kong", "Kong/kong"},
    {"spring-cloud-gateway", "spring-cloud/spring-cloud-gateway"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* The digits (and dots, where `dots`) at `at`. */
static struct span number_at(struct span text, size_t at, bool dots)
{
    size_t end = at;
    while (end < text.len && (isdigit(text.data[end]) || (dots && text.data[end] == '.')))
        end++;
    while (end > at && text.data[end - 1] == '.')
        end--;
    return span_of(text.data + at, end - at);
}

/* Takes the word off *text, in any case of letters. */
static bool take(struct span *text, const char *word)
{
    size_t len = strlen(word);
    if (text->len < len || !span_equal_nocase(span_of(text->data, len), span_cstr(word)))
        return false;
    *text = span_from(*text, len);
    return true;
}

/* "RFC 9110", "RFC 9110 section 15.5.6", also with the sign for a section. */
static bool rfc_url(struct buf *out, struct span cite)
{
    if (!take(&cite, "RFC"))
        return false;
    take(&cite, " ");
    struct span number = number_at(cite, 0, false);
    if (number.len == 0)
        return false;
    buf_printf(out, "https://www.rfc-editor.org/rfc/rfc%.*s", SPAN_FMT(number));
    cite = span_from(cite, number.len);
    take(&cite, ",");
    bool apart = take(&cite, " ");
    if (!apart || !(take(&cite, "section") || take(&cite, "\u00a7")))
        return true;
    take(&cite, " ");
    struct span section = number_at(cite, 0, true);
    if (section.len > 0)
        buf_printf(out, "#section-%.*s", SPAN_FMT(section));
    return true;
}

/* "envoy#5011" */
static bool tracker_url(struct buf *out, struct span cite)
{
    size_t at = span_index_of(cite, '#', 0);
    if (at == cite.len)
        return false;
    struct span number = number_at(cite, at + 1, false);
    if (number.len == 0 || at + 1 + number.len != cite.len)
        return false;
    for (size_t i = 0; i < COUNT_OF(trackers); i++) {
        if (span_equal_nocase(span_of(cite.data, at), span_cstr(trackers[i].name)))
            return buf_printf(out, "https://github.com/%s/issues/%.*s", trackers[i].value, SPAN_FMT(number));
    }
    return false;
}

/* "CVE-2024-34363", "AIP-193" */
static bool numbered_url(struct buf *out, struct span cite)
{
    struct span rest = cite;
    if (take(&rest, "AIP-") && number_at(rest, 0, false).len > 0)
        return buf_printf(out, "https://google.aip.dev/%.*s", SPAN_FMT(number_at(rest, 0, false)));
    rest = cite;
    if (!take(&rest, "CVE-") || rest.len < 9 || rest.data[4] != '-' || number_at(rest, 0, false).len != 4 ||
        number_at(rest, 5, false).len != rest.len - 5)
        return false;
    return buf_printf(out, "https://nvd.nist.gov/vuln/detail/%.*s", SPAN_FMT(cite));
}

static bool is_address(struct span cite)
{
    return span_starts_with(cite, "https://") && cite.len > 8 && span_index_of(cite, ' ', 0) == cite.len;
}

bool citation_url(struct buf *out, struct span cite)
{
    if (rfc_url(out, cite) || tracker_url(out, cite) || numbered_url(out, cite))
        return true;
    if (is_address(cite))
        return buf_append_span(out, cite);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct span rest = cite;
        if (take(&rest, texts[i].name) && (rest.len == 0 || !isalnum(rest.data[0])))
            return buf_append_cstr(out, texts[i].value);
    }
    return false;
}

const char *citation_invariant(struct span cite)
{
    for (size_t i = 0; i < COUNT_OF(invariants); i++) {
        if (span_is(cite, invariants[i].name))
            return invariants[i].value;
    }
    return NULL;
}
