/* gRPC status codes and their HTTP mapping in both directions.
 * Sources: googleapis google/rpc/code.proto (code to HTTP); grpc/grpc doc/http-grpc-status-mapping.md (HTTP to code,
 * for answers without grpc-status); grpc/grpc doc/statuscodes.md. */
#ifndef TRANSCHECK_ENGINE_GRPC_STATUS_H
#define TRANSCHECK_ENGINE_GRPC_STATUS_H

#include "harness/base/span.h"

enum grpc_status {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_ALREADY_EXISTS = 6,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_ABORTED = 10,
    GRPC_OUT_OF_RANGE = 11,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
    GRPC_DATA_LOSS = 15,
    GRPC_UNAUTHENTICATED = 16,
    GRPC_STATUS_COUNT = 17
};

/* "NOT_FOUND"; NULL for a number that is no code. */
const char *status_name(uint32_t code);
/* HTTP status of a gRPC code; unknown codes give 500, as UNKNOWN does. */
int status_to_http(uint32_t code);
/* gRPC code of an HTTP answer that carries no grpc-status. */
enum grpc_status status_from_http(int http_status);
/* gRPC code of a stream that was reset with this code of HTTP/2: PROTOCOL-HTTP2.md, "Errors". */
enum grpc_status status_from_h2_code(uint32_t code);
/* Parses a grpc-status value: decimal digits, at most 10, within uint32. false for anything else. */
bool status_parse(struct span value, uint32_t *code);

#endif
