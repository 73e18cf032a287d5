/* The names and the text form of gRPC-Web: content types, and base64 that is padded wherever somebody flushed. Private
 * to reference/. Source: grpc/grpc doc/PROTOCOL-WEB.md. */
#ifndef TRANSCHECK_REFERENCE_WEB_TEXT_H
#define TRANSCHECK_REFERENCE_WEB_TEXT_H

#include "harness/base/buf.h"

struct web_type {
    bool text;
    struct span suffix; /* "+proto", or empty */
};

/* application/grpc-web, application/grpc-web-text, with a suffix and parameters or without. false: another type. */
bool web_type_parse(struct span content_type, struct web_type *type);
/* The first such type of an Accept field. false: there is none. */
bool web_type_accepted(struct span accept, struct web_type *type);

/* Appends what the base64 means, of which every group of four may be padded. false: it is none, or no memory. */
bool web_text_decode(struct buf *out, struct span text);

#endif
