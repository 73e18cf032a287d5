#include "scripts/bench-peers/protobuf_peer.h"

#include <memory>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

using namespace google::protobuf;

struct protobuf_peer {
    DescriptorPool pool;
    std::unique_ptr<util::TypeResolver> resolver;
    std::string result;
};

struct protobuf_peer *protobuf_peer_new(const void *descriptor_set, size_t len)
{
    FileDescriptorSet set;
    if (!set.ParseFromArray(descriptor_set, static_cast<int>(len)))
        return nullptr;
    auto peer = std::make_unique<protobuf_peer>();
    for (const FileDescriptorProto &file : set.file()) {
        if (!peer->pool.BuildFile(file))
            return nullptr;
    }
    peer->resolver.reset(util::NewTypeResolverForDescriptorPool("type.googleapis.com", &peer->pool));
    return peer.release();
}

void protobuf_peer_free(struct protobuf_peer *peer)
{
    delete peer;
}

bool protobuf_peer_to_binary(struct protobuf_peer *peer, const char *type, const void *json, size_t len)
{
    io::ArrayInputStream input(json, static_cast<int>(len));
    peer->result.clear();
    io::StringOutputStream output(&peer->result);
    std::string url = std::string("type.googleapis.com/") + type;
    return util::JsonToBinaryStream(peer->resolver.get(), url, &input, &output, util::JsonParseOptions()).ok();
}

bool protobuf_peer_to_json(struct protobuf_peer *peer, const char *type, const void *binary, size_t len)
{
    io::ArrayInputStream input(binary, static_cast<int>(len));
    peer->result.clear();
    io::StringOutputStream output(&peer->result);
    std::string url = std::string("type.googleapis.com/") + type;
    return util::BinaryToJsonStream(peer->resolver.get(), url, &input, &output, util::JsonPrintOptions()).ok();
}

const void *protobuf_peer_result(const struct protobuf_peer *peer, size_t *len)
{
    *len = peer->result.size();
    return peer->result.data();
}
