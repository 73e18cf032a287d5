/* libprotobuf's JSON conversion without generated code: the streaming path (util::JsonToBinaryString and
 * BinaryToJsonString) with types resolved on a DescriptorPool filled at run time. */
#ifndef TRANSCHECK_BENCH_PROTOBUF_PEER_H
#define TRANSCHECK_BENCH_PROTOBUF_PEER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct protobuf_peer;

/* NULL when the descriptor set is not good. */
struct protobuf_peer *protobuf_peer_new(const void *descriptor_set, size_t len);
void protobuf_peer_free(struct protobuf_peer *peer);

/* The result is kept in the peer until the next call. */
bool protobuf_peer_to_binary(struct protobuf_peer *peer, const char *type, const void *json, size_t len);
bool protobuf_peer_to_json(struct protobuf_peer *peer, const char *type, const void *binary, size_t len);
const void *protobuf_peer_result(const struct protobuf_peer *peer, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
