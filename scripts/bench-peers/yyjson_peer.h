/* yyjson, a JSON library that is among the fastest: its reading of a text alone, into its own tree, in memory that is
 * set aside once (the least it can cost). Compiled without WITH_YYJSON there is none. */
#ifndef TRANSCHECK_BENCH_YYJSON_PEER_H
#define TRANSCHECK_BENCH_YYJSON_PEER_H

#include <stdbool.h>
#include <stddef.h>

struct yyjson_peer;

/* For texts of at most `max_len` bytes. NULL without yyjson. */
struct yyjson_peer *yyjson_peer_new(size_t max_len);
void yyjson_peer_free(struct yyjson_peer *peer);

bool yyjson_peer_read(struct yyjson_peer *peer, const void *json, size_t len);

#endif
