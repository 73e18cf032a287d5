/* What the bridges share whose clients know methods, messages and a status, each in a form of their own, in front of
 * gRPC: Connect and Twirp. Messages go into one gRPC call, whose answer is read as gRPC clients read it. Private to
 * reference/. */
#ifndef TRANSCHECK_REFERENCE_RPC_H
#define TRANSCHECK_REFERENCE_RPC_H

#include "harness/reference/bridge.h"

/* What became of a call. */
struct rpc_end {
    bool ok;
    uint32_t code;
    struct span text;       /* in the call's arena */
    struct span details;    /* a google.rpc.Status on the wire, in the call's arena; or empty */
    struct fields trailers; /* what may pass of them */
};

/* ---- the request */

/* Appends one message of the client, as call->rpc takes it, behind its length prefix. false: *err says what is wrong
 * with it, or that there is no room. */
bool rpc_append(struct call *call, struct buf *out, struct span message, struct err *err);
/* Sends the messages, each behind its prefix, with those of the client's fields that are no part of its protocol.
 * `timeout_ms`: the client's deadline, or BRIDGE_NO_TIMEOUT. */
void rpc_send(struct call *call, struct span messages, uint64_t timeout_ms);
/* Whether the values of -bin fields are base64; else INVALID_ARGUMENT is answered. */
bool rpc_fields_checked(struct call *call);

/* ---- the answer: for the rows of modes */

/* For `headers`, or called by it: what is known of the answer from then on. */
void rpc_headers(struct call *call, const struct response_seen *seen);
/* Whether the head is that of a gRPC answer, of which messages may come. */
bool rpc_is_answer(const struct call *call, const struct response_seen *seen);
void rpc_data(struct call *call, const struct response_seen *seen, struct span bytes);
/* For `message`, where the answer has one: call->unary holds it. */
bool rpc_keep_message(struct call *call, struct span message);
/* Judges the whole answer. false: out of memory, which is answered. */
bool rpc_ended(struct call *call, const struct response_seen *seen, struct rpc_end *end);

/* ---- the answer: for the client */

/* A message of the backend in the codec of the client: a view of it, or of call->out. data NULL: it cannot be printed,
 * or there is no memory; that is answered. */
struct span rpc_message(struct call *call, struct span message);
/* Adds the metadata among these fields: what may pass and is no part of gRPC. `before`: of each name, or "". */
bool rpc_metadata(struct call *call, struct fields *out, const struct fields *from, const char *before);
/* The name of a code in lower case, as most of them are at the front; in the call's arena, or NULL. */
const char *rpc_code_name(struct call *call, uint32_t code);
void rpc_no_memory(struct call *call);

#endif
