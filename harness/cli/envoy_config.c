/* A configuration for Envoy, with the descriptors inlined. */
#include "harness/cli/envoy_config.h"

#include <errno.h>
#include <arpa/inet.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/base64.h"
#include "harness/engine/proto/schema.h"
#include "harness/net/address.h"

#define BASE64_MAX (2 * (size_t)SCHEMA_MAX_BYTES)

struct endpoint {
    char host[256];
    uint16_t port;
};

/* The suite's descriptors, for the filters that need them. */
struct inlined {
    const struct schema *schema;
    const char *base64;
};

typedef void filter_fn(FILE *out, const struct inlined *inlined);

static const char *const listener_text[] = {
    "#   envoy -c FILE --concurrency 1 --use-dynamic-base-id --disable-hot-restart -l warning\n"
    "# There is no admin interface and no access log: nothing listens but the one port below.\n"
    "static_resources:\n"
    "  listeners:\n"
    "  - name: front\n"
    "    address:\n",
    "    filter_chains:\n"
    "    - filters:\n"
    "      - name: envoy.filters.network.http_connection_manager\n"
    "        typed_config:\n"
    "          \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3."
    "HttpConnectionManager\n"
    "          stat_prefix: front\n"
    "          # HTTP/1.1 and HTTP/2 with prior knowledge on the same port, told apart by the first bytes.\n"
    "          codec_type: AUTO\n"
    "          route_config:\n"
    "            name: routes\n"
    "            virtual_hosts:\n"
    "            - name: all\n"
    "              domains: [\"*\"]\n",
};

/* ---- routes */

#define ANY_PATH  "{ prefix: \"/\" }"
#define GRPC_ONLY "{ prefix: \"/\", grpc: {} }"

static const char closed_note[] = "              # grpc: {} matches only what is a gRPC request. The route is looked "
                                  "up again after the transcoder has\n"
                                  "              # turned a request into gRPC, so whatever it did not recognise finds "
                                  "no route: 404, and the backend\n"
                                  "              # is not reached.\n";

static const char open_note[] =
    "              # Without grpc: {} everything that the transcoder does not recognise goes on to the backend as it\n"
    "              # is. Written by --open-route, to show what the suite says about it.\n";

static const char grpc_note[] =
    "              # grpc: {} matches only what is a gRPC request: anything else finds no route (404).\n";

static const char web_note[] =
    "              # The route is chosen by the request as it came. Nothing but gRPC-Web and gRPC reaches the backend, "
    "and\n"
    "              # a preflight request finds a route, and so the policy that the cors filter answers by.\n";

static const char connect_note[] = "              # Unary Connect calls name the version of the protocol, GETs in "
                                   "their query; streams have a content type\n"
                                   "              # of their own. What is none of them finds no route (404).\n";

static const char reverse_note[] = "              # The filter turns a gRPC request into another and the route is "
                                   "looked up again, so it cannot ask for gRPC.\n"
                                   "              # As documented, what is no gRPC request goes on as it is.\n";

static const char *const any_path[] = {ANY_PATH, NULL};
static const char *const grpc_only[] = {GRPC_ONLY, NULL};
static const char *const web_matches[] = {
    "{ prefix: \"/\", headers: [{ name: content-type, string_match: { prefix: application/grpc, ignore_case: true } }] "
    "}",
    "{ prefix: \"/\", headers: [{ name: \":method\", string_match: { exact: OPTIONS } }] }", NULL};
static const char *const connect_matches[] = {
    "{ prefix: \"/\", headers: [{ name: connect-protocol-version, present_match: true }] }",
    "{ prefix: \"/\", headers: [{ name: content-type, string_match: { prefix: application/connect+ } }] }",
    "{ prefix: \"/\", query_parameters: [{ name: connect, present_match: true }] }", GRPC_ONLY, NULL};

static const char route_options[] =
    "                # No retry_policy: a call that failed is not made again. The timeout is shorter than the deadline "
    "of a\n"
    "                # run (--timeout-ms), so that a call that waits for its backend ends as Envoy ends it: with "
    "504.\n";

static const char deadline_note[] = "                # The backend knows nothing of grpc-timeout: Envoy itself ends a "
                                    "call whose time is up (after 3 s at the latest).\n";

static const char deadline_option[] = ", max_stream_duration: { grpc_timeout_header_max: 3s }";

static const char cors_policy[] =
    "              # What a browser needs to call from a page of any origin, and to see how a call ended.\n"
    "              typed_per_filter_config:\n"
    "                envoy.filters.http.cors:\n"
    "                  \"@type\": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy\n"
    "                  allow_origin_string_match: [{ safe_regex: { regex: \".*\" } }]\n"
    "                  allow_methods: POST\n"
    "                  allow_headers: content-type,x-grpc-web,x-user-agent,grpc-timeout\n"
    "                  expose_headers: grpc-status,grpc-message,grpc-status-details-bin\n"
    "                  max_age: \"600\"\n";

static const char te_options[] =
    "                # gRPC servers ask for te: trailers. A client that knows no trailers does not send it, and the "
    "filter does not\n"
    "                # add it.\n"
    "                request_headers_to_add:\n"
    "                - { header: { key: te, value: trailers }, append_action: OVERWRITE_IF_EXISTS_OR_ADD }\n";

/* ---- filters */

static void print_filter(FILE *out, const char *name, const char *type)
{
    fprintf(out,
            "          - name: envoy.filters.http.%s\n"
            "            typed_config:\n"
            "              \"@type\": type.googleapis.com/envoy.extensions.filters.http.%s.v3.%s\n",
            name, name, type);
}

static void print_transcoder(FILE *out, const struct inlined *inlined)
{
    print_filter(out, "grpc_json_transcoder", "GrpcJsonTranscoder");
    fputs("              # An error before the first message becomes a google.rpc.Status in JSON; without this option "
          "the\n"
          "              # body stays empty and only the grpc-status and grpc-message headers tell.\n"
          "              convert_grpc_status: true\n"
          "              # Not set, so as documented: request_validation_options (what is not recognised is passed on\n"
          "              # untranscoded, and the route above decides), ignore_unknown_query_parameters (an unknown "
          "query\n"
          "              # parameter is not recognised), auto_mapping (only methods with google.api.http are served),\n"
          "              # print_options (names in lowerCamelCase, default values left out, streams as a JSON array).\n"
          "              services:\n",
          out);
    for (size_t i = 0; i < schema_service_count(inlined->schema); i++)
        fprintf(out, "              - %.*s\n", SPAN_FMT(schema_service_at(inlined->schema, i)->name));
    fprintf(out,
            "              # The suite's FileDescriptorSet (transcheck descriptors --profile envoy), in base64.\n"
            "              proto_descriptor_bin: \"%s\"\n",
            inlined->base64);
}

static void print_grpc_web(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    print_filter(out, "grpc_web", "GrpcWeb");
}

static void print_cors(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    print_filter(out, "cors", "Cors");
}

static void print_http1_bridge(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    fputs("          # It buffers the answer to an HTTP/1.1 client and puts the status into its headers; HTTP/2 is "
          "left alone.\n",
          out);
    print_filter(out, "grpc_http1_bridge", "Config");
}

static void print_connect(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    print_filter(out, "connect_grpc_bridge", "FilterConfig");
}

static void print_lambda(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    print_filter(out, "aws_lambda", "Config");
    fputs("              arn: arn:aws:lambda:us-east-1:123456789012:function:transcheck\n"
          "              # The request becomes a JSON event, and the JSON answer of the function the response.\n"
          "              payload_passthrough: false\n"
          "              # Requests are signed with something; the mock backend does not look at it.\n"
          "              credentials: { access_key_id: nobody, secret_access_key: nothing }\n",
          out);
}

static void print_reverse_bridge(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    print_filter(out, "grpc_http1_reverse_bridge", "FilterConfig");
    fputs("              content_type: application/x-protobuf\n"
          "              # The length prefix is taken off the request and put before the response, whose length Envoy "
          "learns by\n"
          "              # holding it: response_size_header is not set.\n"
          "              withhold_grpc_frames: true\n",
          out);
}

static void print_reverse_bridge_framed(FILE *out, const struct inlined *inlined)
{
    (void)inlined;
    print_filter(out, "grpc_http1_reverse_bridge", "FilterConfig");
    fputs("              content_type: application/grpc+proto\n"
          "              withhold_grpc_frames: false\n",
          out);
}

static void print_bridge_of_lambda(FILE *out, const struct inlined *inlined)
{
    fputs("          # aws_lambda makes no trailers, and without them no gRPC client takes an answer: the bridge "
          "before it does.\n"
          "          # It goes by the HTTP status alone; grpc-status and grpc-message of the function are lost.\n",
          out);
    print_reverse_bridge_framed(out, inlined);
}

static void print_reverse_transcoder(FILE *out, const struct inlined *inlined)
{
    print_filter(out, "grpc_json_reverse_transcoder", "GrpcJsonReverseTranscoder");
    fprintf(out,
            "              # Not set, so as documented: request_json_print_options (names as in the .proto file, "
            "default values\n"
            "              # left out). The suite's FileDescriptorSet (transcheck descriptors --profile envoy), in "
            "base64.\n"
            "              descriptor_binary: \"%s\"\n",
            inlined->base64);
}

static const char router_text[] =
    "          - name: envoy.filters.http.router\n"
    "            typed_config:\n"
    "              \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n"
    "  clusters:\n"
    "  - name: backend\n"
    "    connect_timeout: 1s\n";

/* ---- the cluster */

static const char protocol_head[] =
    "    typed_extension_protocol_options:\n"
    "      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
    "        \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
    "        explicit_http_config:\n";

static const char http2_note[] = "    # gRPC needs HTTP/2; in cleartext with prior knowledge.\n";

static const char lambda_metadata[] = "    # aws_lambda acts on requests to such a cluster only.\n"
                                      "    metadata:\n"
                                      "      filter_metadata:\n"
                                      "        com.amazonaws.lambda: { egress_gateway: true }\n";

static const char endpoint_text[] = "    load_assignment:\n"
                                    "      cluster_name: backend\n"
                                    "      endpoints:\n"
                                    "      - lb_endpoints:\n"
                                    "        - endpoint:\n"
                                    "            address:\n";

/* ---- the modes */

struct mode_row {
    const char *const *matches; /* of its routes, ended by NULL; NULL: Envoy has no filter for the mode */
    const char *note;           /* on these */
    const char *host_options;   /* of the virtual host, or NULL */
    const char *route_options;  /* of each route, or NULL */
    filter_fn *filters[3];      /* in front of the router, ended by NULL */
    const char *metadata;       /* of the cluster, or NULL */
    bool http1;                 /* behind it; else HTTP/2 */
    bool deadline;              /* grpc-timeout ends a call */
};

static const struct mode_row mode_rows[MODE_COUNT] = {
    [MODE_TRANSCODER] = {.matches = grpc_only, .note = closed_note, .filters = {print_transcoder}},
    [MODE_PASS_THROUGH] = {.matches = grpc_only, .note = grpc_note},
    [MODE_GRPC_WEB] = {.matches = web_matches,
                       .note = web_note,
                       .host_options = cors_policy,
                       .filters = {print_grpc_web, print_cors}},
    [MODE_HTTP1_BRIDGE] = {.matches = grpc_only,
                           .note = grpc_note,
                           .route_options = te_options,
                           .filters = {print_http1_bridge}},
    [MODE_CONNECT] = {.matches = connect_matches, .note = connect_note, .filters = {print_connect}},
    [MODE_GATEWAY] = {.matches = any_path,
                      .filters = {print_bridge_of_lambda, print_lambda},
                      .metadata = lambda_metadata,
                      .http1 = true,
                      .deadline = true},
    [MODE_REVERSE_BRIDGE] =
        {.matches = any_path, .note = reverse_note, .filters = {print_reverse_bridge}, .http1 = true, .deadline = true},
    [MODE_REVERSE_BRIDGE_FRAMED] = {.matches = any_path,
                                    .note = reverse_note,
                                    .filters = {print_reverse_bridge_framed},
                                    .http1 = true,
                                    .deadline = true},
    [MODE_REVERSE_TRANSCODER] = {.matches = any_path,
                                 .note = reverse_note,
                                 .filters = {print_reverse_transcoder},
                                 .http1 = true,
                                 .deadline = true},
};

bool config_envoy_has(enum mode mode)
{
    return mode_rows[mode].matches != NULL;
}

static bool is_address(const char *host)
{
    struct in6_addr storage;
    return inet_pton(AF_INET, host, &storage) == 1 || inet_pton(AF_INET6, host, &storage) == 1;
}

static enum err_code endpoint_parse(struct endpoint *out, const char *text, struct err *err)
{
    enum err_code rc = address_parse(out->host, sizeof out->host, &out->port, text, err);
    if (rc != ERR_OK)
        return rc;
    /* The mock backend listens there too when it is told "localhost"; a resolver might say ::1. */
    if (strcmp(out->host, "localhost") == 0)
        strcpy(out->host, "127.0.0.1");
    /* A name goes into the file as it is: only what names are made of. */
    for (const char *at = out->host; *at; at++) {
        if (!strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_", *at))
            return err_set(err, ERR_USAGE, "\"%s\" cannot be written into a configuration", text);
    }
    return ERR_OK;
}

static void print_socket_address(FILE *out, const char *indent, const struct endpoint *endpoint)
{
    fprintf(out, "%ssocket_address: { address: \"%s\", port_value: %u }\n", indent, endpoint->host,
            (unsigned)endpoint->port);
}

static void print_routes(FILE *out, const struct mode_row *row, bool open)
{
    const char *const *matches = open ? any_path : row->matches;
    fputs("              routes:\n", out);
    fputs(open ? open_note : row->note ? row->note : "", out);
    for (size_t i = 0; matches[i]; i++) {
        fprintf(out, "              - match: %s\n", matches[i]);
        if (i == 0)
            fprintf(out, "%s%s", route_options, row->deadline ? deadline_note : "");
        fprintf(out, "                route: { cluster: backend, timeout: 3s%s }\n",
                row->deadline ? deadline_option : "");
        fputs(row->route_options ? row->route_options : "", out);
    }
}

static void print_front(FILE *out, const struct config_envoy_options *options, const struct endpoint *listen,
                        const struct inlined *inlined)
{
    const struct mode_row *row = &mode_rows[options->mode];
    fprintf(out, "# Envoy in front of the mock backend of transcheck, mode %s: clients speak %s, the backend %s.\n",
            mode_name(options->mode), mode_front(options->mode), mode_back(options->mode));
    fputs(listener_text[0], out);
    print_socket_address(out, "      ", listen);
    fputs(listener_text[1], out);
    fputs(row->host_options ? row->host_options : "", out);
    print_routes(out, row, options->open_route);
    fputs("          http_filters:\n", out);
    for (size_t i = 0; row->filters[i]; i++)
        row->filters[i](out, inlined);
    fputs(router_text, out);
}

static void print_cluster(FILE *out, const struct mode_row *row, const struct endpoint *backend)
{
    fputs(is_address(backend->host) ? "    type: STATIC\n"
                                    : "    type: STRICT_DNS\n    dns_lookup_family: V4_PREFERRED\n",
          out);
    fputs(row->metadata ? row->metadata : "", out);
    fprintf(out, "%s%s          %s: {}\n", row->http1 ? "" : http2_note, protocol_head,
            row->http1 ? "http_protocol_options" : "http2_protocol_options");
    fputs(endpoint_text, out);
    print_socket_address(out, "              ", backend);
}

int config_envoy_print(FILE *out, const struct config_envoy_options *options, struct span descriptors, struct err *err)
{
    struct schema *schema = NULL;
    struct endpoint listen = {0};
    struct endpoint backend = {0};
    struct buf base64;
    buf_init(&base64, BASE64_MAX);
    enum err_code rc = endpoint_parse(&listen, options->listen, err);
    if (rc == ERR_OK)
        rc = endpoint_parse(&backend, options->backend, err);
    if (rc == ERR_OK && !is_address(listen.host))
        rc = err_set(err, ERR_USAGE, "Envoy listens on an address, not on a name: \"%s\"", options->listen);
    if (rc == ERR_OK && !config_envoy_has(options->mode))
        rc = err_set(err, ERR_USAGE, "Envoy has no filter for the mode %s", mode_name(options->mode));
    if (rc == ERR_OK)
        rc = schema_new(&schema, descriptors, err);
    if (rc == ERR_OK && !base64_encode(&base64, descriptors, true))
        rc = err_set(err, ERR_LIMIT, "the descriptors are too large");
    if (rc != ERR_OK)
        goto out;

    print_front(out, options, &listen, &(struct inlined){.schema = schema, .base64 = (const char *)base64.data});
    print_cluster(out, &mode_rows[options->mode], &backend);
    if (fflush(out) != 0 || ferror(out))
        rc = err_set(err, ERR_IO, "cannot write the configuration: %s", strerror(errno));
out:
    schema_free(schema);
    buf_fini(&base64);
    return (int)rc;
}
