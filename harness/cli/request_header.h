/* A header field that the user adds to every request (--header): what may be sent at all. */
#ifndef TRANSCHECK_CLI_REQUEST_HEADER_H
#define TRANSCHECK_CLI_REQUEST_HEADER_H

#include "harness/base/err.h"
#include "harness/base/fields.h"

/* Adds "Name: value". ERR_USAGE: the name is no token (RFC 9110 section 5.6.2); the value holds what no value may
 * (section 5.5); the field is one of a connection (RFC 9113 section 8.2.2), one that the cases send themselves, or one
 * by which the runner finds its calls again. Messages show the name, never the value, which may be a secret. */
enum err_code request_header_add(struct fields *fields, struct arena *arena, const char *text, struct err *err);

#endif
