/* What a field of an HTTP/2 message may look like: RFC 9113 section 8.2, RFC 9110 section 8.6. Pure. */
#ifndef TRANSCHECK_BASE_FIELD_FORM_H
#define TRANSCHECK_BASE_FIELD_FORM_H

#include "harness/base/span.h"

/* RFC 9113 section 8.2.1: no upper case, no control, space, colon or byte beyond ASCII; not empty. Pseudo-header fields
 * are not meant. */
bool field_form_name(struct span name);
/* RFC 9113 section 8.2.1: no NUL, CR or LF, and no blank at either end. */
bool field_form_value(struct span value);
/* RFC 9113 section 8.2.2: a field of the connection, which HTTP/2 messages cannot have (`te` is not among them). */
bool field_form_of_connection(struct span name);
/* RFC 9110 section 7.2: a host, which may be empty, and a port behind a colon, or none; no user. */
bool field_form_host(struct span value);
/* A content-length: digits, fewer than 19. false: it is none. */
bool field_form_length(struct span value, uint64_t *length);

#endif
