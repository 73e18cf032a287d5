/* Where the texts are that cases cite: `RFC 9110 section 15.5.6`, `http.proto "HttpRule.body"`, `envoy#5011`, `INV-1`.
 * The short names and their addresses stand in the tables of citation.c. Pure; owns nothing. */
#ifndef TRANSCHECK_BASE_CITATION_H
#define TRANSCHECK_BASE_CITATION_H

#include "harness/base/buf.h"

/* Appends the address of the text, with its place where addresses have one. false, and nothing, for a name that is not
 * known or that is no text elsewhere. */
bool citation_url(struct buf *out, struct span cite);
/* "INV-1": what the invariant says; NULL: it is none. */
const char *citation_invariant(struct span cite);

#endif
