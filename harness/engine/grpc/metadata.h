/* gRPC metadata: percent-coded grpc-message, grpc-timeout, and values in base64.
 * Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Status-Message", "Timeout", "Custom-Metadata". */
#ifndef TRANSCHECK_ENGINE_GRPC_METADATA_H
#define TRANSCHECK_ENGINE_GRPC_METADATA_H

#include "harness/base/buf.h"

/* Decodes %XX; a malformed triplet stays as it is (the text must never be lost). Fails only when `out` is full. */
bool metadata_message_decode(struct buf *out, struct span value);
/* The text as a value of grpc-message: whatever is not printable ASCII, and '%', becomes %XX. Fails as above. */
bool metadata_message_encode(struct buf *out, struct span text);

/* grpc-timeout: 1 to 8 digits and H, M, S, m, u or n. Saturates at UINT64_MAX. false when malformed. */
bool metadata_timeout_parse(struct span value, uint64_t *timeout_ns);

/* Whether the name ends in -bin: its values are base64. */
bool metadata_is_binary(struct span name);
/* Base64 of the standard alphabet, padded or not, or several of these with commas between. An empty value is one. */
bool metadata_binary_valid(struct span value);

#endif
