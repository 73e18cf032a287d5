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

static const char *const listener_text[] = {
    "# Envoy as a gRPC transcoder in front of the mock backend of transcheck.\n"
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
    "              domains: [\"*\"]\n"
    "              routes:\n",
};

static const char closed_route[] = "              # grpc: {} matches only what is a gRPC request. The route is looked "
                                   "up again after the transcoder has\n"
                                   "              # turned a request into gRPC, so whatever it did not recognise finds "
                                   "no route: 404, and the backend\n"
                                   "              # is not reached.\n"
                                   "              - match: { prefix: \"/\", grpc: {} }\n";

static const char open_route[] =
    "              # Without grpc: {} everything that the transcoder does not recognise goes on to the backend as it\n"
    "              # is. Written by --open-route, to show what the suite says about it.\n"
    "              - match: { prefix: \"/\" }\n";

static const char filter_head[] =
    "                # No retry_policy: a call that failed is not made again. The timeout is shorter than the deadline "
    "of a\n"
    "                # run (--timeout-ms), so that a call that waits for its backend ends as Envoy ends it: with 504.\n"
    "                route: { cluster: backend, timeout: 3s }\n"
    "          http_filters:\n"
    "          - name: envoy.filters.http.grpc_json_transcoder\n"
    "            typed_config:\n"
    "              \"@type\": type.googleapis.com/envoy.extensions.filters.http.grpc_json_transcoder.v3."
    "GrpcJsonTranscoder\n"
    "              # An error before the first message becomes a google.rpc.Status in JSON; without this option the\n"
    "              # body stays empty and only the grpc-status and grpc-message headers tell.\n"
    "              convert_grpc_status: true\n"
    "              # Not set, so as documented: request_validation_options (what is not recognised is passed on\n"
    "              # untranscoded, and the route above decides), ignore_unknown_query_parameters (an unknown query\n"
    "              # parameter is not recognised), auto_mapping (only methods with google.api.http are served),\n"
    "              # print_options (names in lowerCamelCase, default values left out, streams as a JSON array).\n"
    "              services:\n";

static const char cluster_head[] =
    "          - name: envoy.filters.http.router\n"
    "            typed_config:\n"
    "              \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router\n"
    "  clusters:\n"
    "  - name: backend\n"
    "    connect_timeout: 1s\n";

static const char cluster_tail[] =
    "    # gRPC needs HTTP/2; in cleartext with prior knowledge.\n"
    "    typed_extension_protocol_options:\n"
    "      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
    "        \"@type\": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
    "        explicit_http_config:\n"
    "          http2_protocol_options: {}\n"
    "    load_assignment:\n"
    "      cluster_name: backend\n"
    "      endpoints:\n"
    "      - lb_endpoints:\n"
    "        - endpoint:\n"
    "            address:\n";

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

static void print_services(FILE *out, const struct schema *schema)
{
    for (size_t i = 0; i < schema_service_count(schema); i++)
        fprintf(out, "              - %.*s\n", SPAN_FMT(schema_service_at(schema, i)->name));
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
    if (rc == ERR_OK)
        rc = schema_new(&schema, descriptors, err);
    if (rc == ERR_OK && !base64_encode(&base64, descriptors, true))
        rc = err_set(err, ERR_LIMIT, "the descriptors are too large");
    if (rc != ERR_OK)
        goto out;

    fputs(listener_text[0], out);
    print_socket_address(out, "      ", &listen);
    fputs(listener_text[1], out);
    fputs(options->open_route ? open_route : closed_route, out);
    fputs(filter_head, out);
    print_services(out, schema);
    fprintf(out,
            "              # The suite's FileDescriptorSet (transcheck descriptors --profile envoy), in base64.\n"
            "              proto_descriptor_bin: \"%s\"\n",
            (const char *)base64.data);
    fputs(cluster_head, out);
    fputs(is_address(backend.host) ? "    type: STATIC\n"
                                   : "    type: STRICT_DNS\n    dns_lookup_family: V4_PREFERRED\n",
          out);
    fputs(cluster_tail, out);
    print_socket_address(out, "              ", &backend);
    if (fflush(out) != 0 || ferror(out))
        rc = err_set(err, ERR_IO, "cannot write the configuration: %s", strerror(errno));
out:
    schema_free(schema);
    buf_fini(&base64);
    return (int)rc;
}
