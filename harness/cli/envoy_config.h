/* `transcheck config envoy`: a complete bootstrap file for Envoy's gRPC-JSON transcoder, with the descriptors inlined.
 * Source: Envoy documentation, "gRPC-JSON transcoder" and envoy.extensions.filters.http.grpc_json_transcoder.v3. */
#ifndef TRANSCHECK_CLI_ENVOY_CONFIG_H
#define TRANSCHECK_CLI_ENVOY_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/err.h"
#include "harness/base/span.h"

struct config_envoy_options {
    const char *listen;  /* ADDR:PORT; ADDR may be a name only in `backend` */
    const char *backend; /* ADDR:PORT */
    bool open_route;     /* a route without `grpc: {}`: unknown paths go on to the backend */
};

/* Writes the YAML. ERR_USAGE: an address is malformed; errors of the descriptors as schema_new has them; ERR_IO. */
int config_envoy_print(FILE *out, const struct config_envoy_options *options, struct span descriptors, struct err *err);

#endif
