/* The table of Twirp's codes. */
#include "harness/reference/twirp.h"

#include "harness/engine/grpc/status.h"

/* By gRPC's code. */
static const struct {
    const char *name;
    int http_status;
} codes[GRPC_STATUS_COUNT] = {
    [GRPC_CANCELLED] = {"canceled", 408},
    [GRPC_UNKNOWN] = {"unknown", 500},
    [GRPC_INVALID_ARGUMENT] = {"invalid_argument", 400},
    [GRPC_DEADLINE_EXCEEDED] = {"deadline_exceeded", 408},
    [GRPC_NOT_FOUND] = {"not_found", 404},
    [GRPC_ALREADY_EXISTS] = {"already_exists", 409},
    [GRPC_PERMISSION_DENIED] = {"permission_denied", 403},
    [GRPC_RESOURCE_EXHAUSTED] = {"resource_exhausted", 429},
    [GRPC_FAILED_PRECONDITION] = {"failed_precondition", 412},
    [GRPC_ABORTED] = {"aborted", 409},
    [GRPC_OUT_OF_RANGE] = {"out_of_range", 400},
    [GRPC_UNIMPLEMENTED] = {"unimplemented", 501},
    [GRPC_INTERNAL] = {"internal", 500},
    [GRPC_UNAVAILABLE] = {"unavailable", 503},
    [GRPC_DATA_LOSS] = {"dataloss", 500},
    [GRPC_UNAUTHENTICATED] = {"unauthenticated", 401},
};

/* Those that gRPC has no code for, and a second spelling: the specification has dataloss, Twirp's own errors.go
 * data_loss.
 */
static const struct {
    const char *name;
    uint32_t code;
} others[] = {{"malformed", GRPC_INVALID_ARGUMENT}, {"bad_route", GRPC_UNIMPLEMENTED}, {"data_loss", GRPC_DATA_LOSS}};

static uint32_t known(uint32_t code)
{
    return code > GRPC_OK && code < GRPC_STATUS_COUNT ? code : GRPC_UNKNOWN;
}

const char *twirp_code_name(uint32_t code)
{
    return codes[known(code)].name;
}

int twirp_http_status(uint32_t code)
{
    return codes[known(code)].http_status;
}

bool twirp_code_parse(struct span name, uint32_t *code)
{
    for (uint32_t i = GRPC_OK + 1; i < GRPC_STATUS_COUNT; i++) {
        if (span_is(name, codes[i].name)) {
            *code = i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (span_is(name, others[i].name)) {
            *code = others[i].code;
            return true;
        }
    }
    return false;
}
