/* The codes of Twirp, v7 of its wire protocol, beside those of gRPC, for the bridges to and from it. Private to
 * reference/. Source: twitchtv/twirp docs/spec_v7.md, "Error Codes". */
#ifndef TRANSCHECK_REFERENCE_TWIRP_H
#define TRANSCHECK_REFERENCE_TWIRP_H

#include "harness/base/span.h"

#define TWIRP_PREFIX "/twirp"

/* Twirp's name of a code, and the HTTP status that goes with it; those of UNKNOWN for a number that is no code. */
const char *twirp_code_name(uint32_t code);
int twirp_http_status(uint32_t code);
/* false: Twirp has no such code. */
bool twirp_code_parse(struct span name, uint32_t *code);

#endif
