/* The HTTP rules of a service configuration: the member `http` of a google.api.Service, in JSON. They stand in place of
 * the annotations of the methods that they select; of several rules for one method the last counts.
 * Source: google/api/http.proto, comments of Http.rules and "Using gRPC API Service Configuration".
 * Owns what it read; refers to the methods of the schema, which must outlive it. */
#ifndef TRANSCHECK_ENGINE_HTTP_RULE_CONFIG_H
#define TRANSCHECK_ENGINE_HTTP_RULE_CONFIG_H

#include "harness/base/err.h"
#include "harness/engine/proto/schema.h"

#define HTTP_CONFIG_MAX_BYTES  (16u << 20)
#define HTTP_CONFIG_MAX_MEMORY (256u << 20) /* of the rules, and while they are read */

struct http_config;

/* `json`: an object whose member "http" is a google.api.Http; other members belong to other parts of a service
 * configuration and are passed over. `http` is the descriptor of google.api.Http, of any schema.
 * A selector is a method's full name, or several joined by commas. ERR_SYNTAX and ERR_RANGE (JSON, with the offset),
 * ERR_NOT_FOUND (no "http", or a selector that names no method), ERR_LIMIT. */
enum err_code http_config_new(struct http_config **out, const struct schema *schema, const struct schema_message *http,
                              struct span json, struct err *err);
void http_config_free(struct http_config *config);

/* The bytes of the google.api.HttpRule for this method: the last that selects it, else its annotation (may be empty).
 * `config` NULL: the annotation. */
struct span http_config_rule(const struct http_config *config, const struct schema_method *method);
/* Http.fully_decode_reserved_expansion: requests are to be routed with LENIENCY_FULL_EXPANSION. */
bool http_config_decodes_fully(const struct http_config *config);

#endif
