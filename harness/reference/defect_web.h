/* The defects of the modes grpc-web and http1-bridge. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_WEB_H
#define TRANSCHECK_REFERENCE_DEFECT_WEB_H

#include "harness/reference/call.h"

/* Whether a content type of gRPC-Web is taken for none. */
bool defect_web_type_refused(const struct call *call, struct span content_type);
/* A piece of the request's body, as it is kept. */
struct span defect_web_request_piece(const struct call *call, struct span bytes);
/* The part of a text request that is read. */
struct span defect_web_request_text(const struct call *call, struct span text);

/* Whether bytes of a text answer are encoded in another way, to call->out. */
bool defect_web_encode(struct call *call, struct span bytes);
/* Whether a piece of a message, which is call->message, is not sent, or later. */
bool defect_web_held(struct call *call, const struct frame_piece *piece);
/* The bytes of a frame that is none for a backend to send, and of what follows it. Empty: they are not passed on. */
struct span defect_web_foreign_frame(struct call *call, struct span bytes);
/* The trailers, before they become a frame, or the headers of a bridged answer. false: no memory. */
bool defect_web_trailers(struct call *call, struct fields *trailers);
/* The head of an answer with messages is in. */
void defect_web_head(struct call *call, const struct fields *headers);
/* The flags in the prefix of the trailers' frame. */
uint8_t defect_web_flags(const struct call *call, uint8_t flags);
/* The trailers frame, with its prefix. */
void defect_web_block(const struct call *call, struct buf *block);
/* The body of a bridged answer that says OK, or not. */
struct span defect_bridge_body(const struct call *call, struct span body);

#endif
