/* Base64 as JSON and gRPC metadata have it. Source: RFC 4648, sections 4 and 5. */
#ifndef TRANSCHECK_BASE_BASE64_H
#define TRANSCHECK_BASE_BASE64_H

#include "harness/base/buf.h"

/* Standard base64; `pad` adds '='. ("-bin" values are sent without padding.) */
bool base64_encode(struct buf *out, struct span bytes, bool pad);
/* Accepts both alphabets (standard and URL) but not mixed with garbage; padding optional, and right when it is there.
 * false for anything else; `out` then holds nothing new. */
bool base64_decode(struct buf *out, struct span text);

#endif
