// Debian's libprotobuf (3.21) on a dynamic pool: util::JsonStringToMessage and MessageToJsonString.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <memory>
#include <string>

#include "fuzz/differential/mapping.h"

namespace pb = google::protobuf;

namespace
{

class Complaints : public pb::DescriptorPool::ErrorCollector
{
  public:
    void AddError(const std::string &, const std::string &element, const pb::Message *, ErrorLocation,
                  const std::string &message) override
    {
        text = element + ": " + message;
    }
    std::string text;
};

// Equal messages give equal bytes: map entries are sorted.
std::string serialize(const pb::Message &message)
{
    std::string bytes;
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&out);
    out.Trim();
    return bytes;
}

void quiet(pb::LogLevel, const char *, int, const std::string &)
{
}

} // namespace

struct mapping {
    pb::DescriptorPool pool;
    std::unique_ptr<pb::DynamicMessageFactory> factory;
    std::string out;

    std::unique_ptr<pb::Message> make(const char *name)
    {
        const pb::Descriptor *descriptor = pool.FindMessageTypeByName(name);
        if (!descriptor)
            return nullptr;
        return std::unique_ptr<pb::Message>(factory->GetPrototype(descriptor)->New());
    }

    void answer(mapping_result *result, int code)
    {
        result->code = code;
        result->bytes = out.data();
        result->len = out.size();
    }
};

mapping *mapping_new(const char *descriptor_set, size_t len, char *error, size_t error_len)
{
    pb::SetLogHandler(quiet);
    pb::FileDescriptorSet set;
    auto made = std::make_unique<mapping>();
    Complaints complaints;
    if (!set.ParseFromArray(descriptor_set, static_cast<int>(len))) {
        snprintf(error, error_len, "malformed");
        return nullptr;
    }
    for (const auto &file : set.file()) {
        if (!made->pool.BuildFileCollectingErrors(file, &complaints)) {
            snprintf(error, error_len, "%s", complaints.text.c_str());
            return nullptr;
        }
    }
    made->factory = std::make_unique<pb::DynamicMessageFactory>(&made->pool);
    return made.release();
}

void mapping_free(mapping *mapping)
{
    delete mapping;
}

void mapping_json_to_binary(mapping *mapping, const char *name, const char *json, size_t len, mapping_result *result)
{
    auto message = mapping->make(name);
    mapping->out.clear();
    if (!message)
        return mapping->answer(result, 2);
    try {
        auto status = pb::util::JsonStringToMessage(pb::StringPiece(json, len), message.get());
        mapping->out = status.ok() ? serialize(*message) : status.ToString();
        mapping->answer(result, status.ok() ? 0 : 1);
    } catch (const pb::FatalException &fatal) {
        mapping->out = fatal.what();
        mapping->answer(result, 3);
    }
}

void mapping_binary_to_json(mapping *mapping, const char *name, const char *wire, size_t len, mapping_result *result)
{
    auto message = mapping->make(name);
    mapping->out.clear();
    if (!message)
        return mapping->answer(result, 2);
    if (!message->ParsePartialFromArray(wire, static_cast<int>(len))) {
        mapping->out = "malformed";
        return mapping->answer(result, 1);
    }
    if (!message->IsInitialized()) { // MessageToJsonString would abort
        mapping->out = "missing required fields: " + message->InitializationErrorString();
        return mapping->answer(result, 1);
    }
    try {
        std::string json;
        auto status = pb::util::MessageToJsonString(*message, &json);
        mapping->out = status.ok() ? json : status.ToString();
        mapping->answer(result, status.ok() ? 0 : 1);
    } catch (const pb::FatalException &fatal) {
        mapping->out = fatal.what();
        mapping->answer(result, 3);
    }
}

void mapping_normalize(mapping *mapping, const char *name, const char *wire, size_t len, mapping_result *result)
{
    auto message = mapping->make(name);
    mapping->out.clear();
    if (!message)
        return mapping->answer(result, 2);
    if (!message->ParsePartialFromArray(wire, static_cast<int>(len))) {
        mapping->out = "malformed";
        return mapping->answer(result, 1);
    }
    mapping->out = serialize(*message);
    mapping->answer(result, 0);
}
