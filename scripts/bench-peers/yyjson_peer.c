/* yyjson's reading of a text, for the benchmark. */
#include "scripts/bench-peers/yyjson_peer.h"

#ifdef WITH_YYJSON
#include <stdlib.h>

#include <yyjson.h>

struct yyjson_peer {
    void *memory;
    size_t len;
};

struct yyjson_peer *yyjson_peer_new(size_t max_len)
{
    struct yyjson_peer *peer = malloc(sizeof *peer);
    if (!peer)
        return NULL;
    peer->len = yyjson_read_max_memory_usage(max_len, YYJSON_READ_NOFLAG);
    peer->memory = malloc(peer->len);
    if (!peer->memory) {
        free(peer);
        return NULL;
    }
    return peer;
}

void yyjson_peer_free(struct yyjson_peer *peer)
{
    if (peer)
        free(peer->memory);
    free(peer);
}

bool yyjson_peer_read(struct yyjson_peer *peer, const void *json, size_t len)
{
    yyjson_alc allocator;
    if (!yyjson_alc_pool_init(&allocator, peer->memory, peer->len))
        return false;
    yyjson_doc *document = yyjson_read_opts((char *)json, len, YYJSON_READ_NOFLAG, &allocator, NULL);
    bool good = document != NULL;
    yyjson_doc_free(document);
    return good;
}
#else
struct yyjson_peer *yyjson_peer_new(size_t max_len)
{
    (void)max_len;
    return NULL;
}

void yyjson_peer_free(struct yyjson_peer *peer)
{
    (void)peer;
}

bool yyjson_peer_read(struct yyjson_peer *peer, const void *json, size_t len)
{
    (void)peer, (void)json, (void)len;
    return false;
}
#endif
