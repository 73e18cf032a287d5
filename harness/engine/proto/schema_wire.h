/* The check that every serialized FileDescriptorSet passes before protobuf-c sees it. No recursion, no allocation. */
#ifndef TRANSCHECK_ENGINE_PROTO_SCHEMA_WIRE_H
#define TRANSCHECK_ENGINE_PROTO_SCHEMA_WIRE_H

#include "harness/base/err.h"
#include "harness/base/span.h"

/* Checks the whole of a FileDescriptorSet: well-formed at every level that descriptor.proto nests, at most max_depth
 * (64 at most) levels, every name valid UTF-8 without NUL (a C reader would cut it there), no groups. */
enum err_code schema_wire_check(struct span descriptor_set, size_t max_depth, struct err *err);

#endif
