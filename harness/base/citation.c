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
    {"ProtoJSON", "https://protobuf.dev/programming-guides/json/"},
    {"proto3", "https://protobuf.dev/programming-guides/proto3/"},
    {"protobuf encoding", "https://protobuf.dev/programming-guides/encoding/"},
    {"protobuf conformance",
     "https://github.com/protocolbuffers/protobuf/blob/main/conformance/binary_json_conformance_suite.cc"},
};

/* NAME#NUMBER is an issue or a pull request. */
static const struct pair trackers[] = {
    {"envoy", "envoyproxy/envoy"},
    {"grpc-gateway", "grpc-ecosystem/grpc-gateway"},
    {"grpc", "grpc/grpc"},
    {"grpc-go", "grpc/grpc-go"},
    {"vanguard", "connectrpc/vanguard-go"},
    {"armeria", "line/armeria"},
    {"apisix", "apache/apisix"},
    {"aspnetcore", "dotnet/aspnetcore"},
    {"esp-v2", "GoogleCloudPlatform/esp-v2"},
    {"protobuf", "protocolbuffers/protobuf"},
    {"grpc-httpjson-transcoding", "grpc-ecosystem/grpc-httpjson-transcoding"},
    {"nghttp2", "nghttp2/nghttp2"},
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

static bool begins(struct span text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

/* "RFC 9110 section 15.5.6" */
static bool rfc_url(struct buf *out, struct span cite)
{
    static const char section[] = " section ";
    struct span number = begins(cite, "RFC ") ? number_at(cite, 4, false) : span_of(NULL, 0);
    if (number.len == 0)
        return false;
    buf_printf(out, "https://www.rfc-editor.org/rfc/rfc%.*s", SPAN_FMT(number));
    struct span rest = span_from(cite, 4 + number.len);
    if (begins(rest, section))
        buf_printf(out, "#section-%.*s", SPAN_FMT(number_at(rest, strlen(section), true)));
    return true;
}

/* "envoy#5011" */
static bool tracker_url(struct buf *out, struct span cite)
{
    size_t at = span_index_of(cite, '#', 0);
    for (size_t i = 0; at < cite.len && i < COUNT_OF(trackers); i++) {
        struct span number = number_at(cite, at + 1, false);
        if (!span_is(span_of(cite.data, at), trackers[i].name) || number.len == 0)
            continue;
        buf_printf(out, "https://github.com/%s/issues/%.*s", trackers[i].value, SPAN_FMT(number));
        return true;
    }
    return false;
}

bool citation_url(struct buf *out, struct span cite)
{
    if (rfc_url(out, cite) || tracker_url(out, cite))
        return true;
    if (begins(cite, "AIP-") && number_at(cite, 4, false).len > 0)
        return buf_printf(out, "https://google.aip.dev/%.*s", SPAN_FMT(number_at(cite, 4, false)));
    if (begins(cite, "CVE-"))
        return buf_printf(out, "https://nvd.nist.gov/vuln/detail/%.*s", SPAN_FMT(cite));
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct span rest = begins(cite, texts[i].name) ? span_from(cite, strlen(texts[i].name)) : cite;
        if (rest.len < cite.len && (rest.len == 0 || rest.data[0] == ' '))
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
