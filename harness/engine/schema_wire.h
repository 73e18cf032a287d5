/* A bounded reader of protobuf wire fields, for descriptors and HTTP rules only: no schema, no recursion, no
 * allocation. Groups are refused (descriptor.proto and http.proto have none). Source: protobuf.dev, "Encoding". */
#ifndef TRANSCHECK_ENGINE_SCHEMA_WIRE_H
#define TRANSCHECK_ENGINE_SCHEMA_WIRE_H

#include "harness/base/buf.h"
#include "harness/base/err.h"

enum schema_wire_type { SCHEMA_WIRE_VARINT = 0, SCHEMA_WIRE_I64 = 1, SCHEMA_WIRE_LEN = 2, SCHEMA_WIRE_I32 = 5 };

struct schema_wire_field {
    uint32_t number;
    enum schema_wire_type type;
    uint64_t value;    /* of VARINT, I64, I32 */
    struct span bytes; /* of LEN: a view */
};

enum schema_wire_result { SCHEMA_WIRE_FIELD, SCHEMA_WIRE_END, SCHEMA_WIRE_BAD };

/* Reads the next field from the front of *in, advancing it. */
enum schema_wire_result schema_wire_next(struct span *in, struct schema_wire_field *field);

/* Reads one varint from the front of *in. false when it is cut or longer than ten bytes. */
bool schema_wire_varint(struct span *in, uint64_t *value);

/* Appending; all return false when `out` is full. */
bool schema_wire_put_varint(struct buf *out, uint64_t value);
bool schema_wire_put_tag(struct buf *out, uint32_t number, enum schema_wire_type type);
bool schema_wire_put_bytes(struct buf *out, uint32_t number, struct span bytes);

/* Checks the whole of a FileDescriptorSet: well-formed at every level that descriptor.proto nests, at most max_depth
 * levels, every name valid UTF-8 without NUL (a C reader would cut it there). */
enum err_code schema_wire_check(struct span descriptor_set, size_t max_depth, struct err *err);

#endif
