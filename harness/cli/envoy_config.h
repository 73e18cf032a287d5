/* `transcheck config envoy`: a complete bootstrap file for Envoy, with the descriptors inlined where a filter needs
 * them. Source: Envoy documentation, "HTTP filters", and envoy.extensions.filters.http.*.v3 of each. */
#ifndef TRANSCHECK_CLI_ENVOY_CONFIG_H
#define TRANSCHECK_CLI_ENVOY_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "harness/base/err.h"
#include "harness/base/modes.h"
#include "harness/base/span.h"

struct config_envoy_options {
    const char *listen;  /* ADDR:PORT; ADDR may be a name only in `backend` */
    const char *backend; /* ADDR:PORT */
    enum mode mode;      /* what stands in front of Envoy and behind it */
    bool open_route;     /* one route for everything: unknown paths go on to the backend */
};

/* Whether Envoy has filters for the mode. */
bool config_envoy_has(enum mode mode);

/* Writes the YAML. ERR_USAGE: an address is malformed, or Envoy lacks the mode; errors of the descriptors as schema_new
 * has them; ERR_IO. */
int config_envoy_print(FILE *out, const struct config_envoy_options *options, struct span descriptors, struct err *err);

#endif
