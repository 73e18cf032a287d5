/* Error codes of HTTP/2 by name, for messages, results and case files. Source: RFC 9113 section 7. */
#ifndef TRANSCHECK_BASE_H2_CODE_H
#define TRANSCHECK_BASE_H2_CODE_H

#include "harness/base/span.h"

/* By number, from NO_ERROR (0) to HTTP_1_1_REQUIRED (13), ended by NULL. */
extern const char *const h2_code_names[];

/* NULL for a number that has no name. */
const char *h2_code_name(uint32_t code);
/* Exactly as in the RFC, in upper case; false for anything else. */
bool h2_code_from_name(struct span name, uint32_t *code);

#endif
