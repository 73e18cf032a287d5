/* The table of gRPC's status codes and its mappings to and from HTTP. */
#include "harness/engine/grpc/status.h"

#include "harness/base/h2_code.h"

/* googleapis google/rpc/code.proto: the names, and the comments "HTTP Mapping". */
static const struct {
    const char *name;
    int http;
} codes[GRPC_STATUS_COUNT] = {
    [GRPC_OK] = {"OK", 200},
    [GRPC_CANCELLED] = {"CANCELLED", 499},
    [GRPC_UNKNOWN] = {"UNKNOWN", 500},
    [GRPC_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", 400},
    [GRPC_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", 504},
    [GRPC_NOT_FOUND] = {"NOT_FOUND", 404},
    [GRPC_ALREADY_EXISTS] = {"ALREADY_EXISTS", 409},
    [GRPC_PERMISSION_DENIED] = {"PERMISSION_DENIED", 403},
    [GRPC_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", 429},
    [GRPC_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", 400},
    [GRPC_ABORTED] = {"ABORTED", 409},
    [GRPC_OUT_OF_RANGE] = {"OUT_OF_RANGE", 400},
    [GRPC_UNIMPLEMENTED] = {"UNIMPLEMENTED", 501},
    [GRPC_INTERNAL] = {"INTERNAL", 500},
    [GRPC_UNAVAILABLE] = {"UNAVAILABLE", 503},
    [GRPC_DATA_LOSS] = {"DATA_LOSS", 500},
    [GRPC_UNAUTHENTICATED] = {"UNAUTHENTICATED", 401},
};

const char *status_name(uint32_t code)
{
    return code < GRPC_STATUS_COUNT ? codes[code].name : NULL;
}

int status_to_http(uint32_t code)
{
    return code < GRPC_STATUS_COUNT ? codes[code].http : codes[GRPC_UNKNOWN].http;
}

enum grpc_status status_from_http(int http_status)
{
    switch (http_status) {
    case 400:
    case 431:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default: /* 200 too: an OK answer would have carried a grpc-status */
        return GRPC_UNKNOWN;
    }
}

enum grpc_status status_from_h2_code(uint32_t code)
{
    switch (code) {
    case H2_CODE_REFUSED_STREAM:
        return GRPC_UNAVAILABLE;
    case H2_CODE_CANCEL:
        return GRPC_CANCELLED;
    case H2_CODE_ENHANCE_YOUR_CALM:
        return GRPC_RESOURCE_EXHAUSTED;
    case H2_CODE_INADEQUATE_SECURITY:
        return GRPC_PERMISSION_DENIED;
    default:
        return GRPC_INTERNAL;
    }
}

bool status_parse(struct span value, uint32_t *code)
{
    if (value.len == 0 || value.len > 10)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (number > UINT32_MAX)
        return false;
    *code = (uint32_t)number;
    return true;
}
