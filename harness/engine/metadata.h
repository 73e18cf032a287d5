/* gRPC metadata: percent-coded grpc-message, base64 of "-bin" values, grpc-timeout.
 * Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Status-Message", "Binary-Header", "Timeout". */
#ifndef TRANSCHECK_ENGINE_METADATA_H
#define TRANSCHECK_ENGINE_METADATA_H

#include "harness/base/buf.h"

/* Percent-encodes every byte outside 0x20-0x24 and 0x26-0x7e. */
bool metadata_message_encode(struct buf *out, struct span text);
/* Decodes %XX; a malformed triplet stays as it is (the text must never be lost). Fails only when `out` is full. */
bool metadata_message_decode(struct buf *out, struct span value);

/* Whether the name ends in "-bin". */
bool metadata_is_binary(struct span name);

/* Standard base64; `pad` adds '='. ("-bin" values are sent without padding.) */
bool base64_encode(struct buf *out, struct span bytes, bool pad);
/* Accepts both alphabets (standard and URL) but not mixed with garbage; padding optional, and right when it is there.
 * false for anything else; `out` then holds nothing new. */
bool base64_decode(struct buf *out, struct span text);

/* grpc-timeout: 1 to 8 digits and H, M, S, m, u or n. Saturates at UINT64_MAX. false when malformed. */
bool metadata_timeout_parse(struct span value, uint64_t *timeout_ns);

#endif
