/* gRPC metadata: percent-coded grpc-message, which names are binary, grpc-timeout.
 * Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Status-Message", "Binary-Header", "Timeout". */
#ifndef TRANSCHECK_ENGINE_GRPC_METADATA_H
#define TRANSCHECK_ENGINE_GRPC_METADATA_H

#include "harness/base/buf.h"

/* Percent-encodes every byte outside 0x20-0x24 and 0x26-0x7e. */
bool metadata_message_encode(struct buf *out, struct span text);
/* Decodes %XX; a malformed triplet stays as it is (the text must never be lost). Fails only when `out` is full. */
bool metadata_message_decode(struct buf *out, struct span value);

/* Whether the name ends in "-bin". */
bool metadata_is_binary(struct span name);

/* grpc-timeout: 1 to 8 digits and H, M, S, m, u or n. Saturates at UINT64_MAX. false when malformed. */
bool metadata_timeout_parse(struct span value, uint64_t *timeout_ns);

#endif
