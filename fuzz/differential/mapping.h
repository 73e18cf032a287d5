/* What the differential compares: two libraries with the same functions, one over the engine (engine.c) and one over
 * Debian's libprotobuf (libprotobuf.cc). A mapping is one descriptor pool. Results belong to the mapping and last until
 * its next call. */
#ifndef TRANSCHECK_FUZZ_DIFFERENTIAL_MAPPING_H
#define TRANSCHECK_FUZZ_DIFFERENTIAL_MAPPING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mapping;

struct mapping_result {
    int code; /* 0: bytes are the result; 1: refused, bytes say why; 2: no such message; 3: a failed check of its own,
                 which ends a program that does not catch it */
    const char *bytes;
    size_t len;
};

/* From a serialized FileDescriptorSet; NULL when it is refused, with the reason in `error` of `error_len` bytes. */
struct mapping *mapping_new(const char *descriptor_set, size_t len, char *error, size_t error_len);
void mapping_free(struct mapping *mapping);

void mapping_json_to_binary(struct mapping *mapping, const char *message, const char *json, size_t len,
                            struct mapping_result *result);
void mapping_binary_to_json(struct mapping *mapping, const char *message, const char *wire, size_t len,
                            struct mapping_result *result);
/* Binary to binary in one form for equal messages (libprotobuf only; the engine refuses). */
void mapping_normalize(struct mapping *mapping, const char *message, const char *wire, size_t len,
                       struct mapping_result *result);

#ifdef __cplusplus
}
#endif

#endif
