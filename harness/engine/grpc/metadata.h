/* gRPC metadata: percent-coded grpc-message, and grpc-timeout.
 * Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Status-Message", "Timeout". */
#ifndef TRANSCHECK_ENGINE_GRPC_METADATA_H
#define TRANSCHECK_ENGINE_GRPC_METADATA_H

#include "harness/base/buf.h"

/* Decodes %XX; a malformed triplet stays as it is (the text must never be lost). Fails only when `out` is full. */
bool metadata_message_decode(struct buf *out, struct span value);

/* grpc-timeout: 1 to 8 digits and H, M, S, m, u or n. Saturates at UINT64_MAX. false when malformed. */
bool metadata_timeout_parse(struct span value, uint64_t *timeout_ns);

#endif
