/* Target `expand`: a request as for the target `transcode`. Its message is made a request again, by the binding that it
 * came by: that request is routed, and where it goes by the same binding it means the same message. The body is then
 * taken as a message of any kind, whose request is routed, too. */
#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/engine/transcode/expand.h"

static const struct transcode_options options;

static struct span next_line(struct span *rest)
{
    size_t end = span_index_of(*rest, '\n', 0);
    struct span line = span_of(rest->data, end);
    *rest = span_from(*rest, end + 1);
    return line;
}

/* The request of a message: false where there is none. Another template may be a better match for its path, but some
 * template is. */
static bool expand(struct transcode_request *again, struct buf *message_again, const struct router_binding *binding,
                   struct span message, struct arena *arena)
{
    struct transcode_expansion request;
    struct err err = {.code = ERR_OK};
    enum err_code code = transcode_expand(&request, binding, message, arena, &err);
    FUZZ_CHECK((code == ERR_OK) == (err.text[0] == '\0') && escape_utf8_valid(span_cstr(err.text)));
    FUZZ_CHECK(code == ERR_OK || code == ERR_RANGE || code == ERR_SYNTAX || code == ERR_LIMIT);
    if (code != ERR_OK)
        return false;
    for (size_t i = 0; i < request.target.len; i++)
        FUZZ_CHECK(request.target.data[i] > 0x20 && request.target.data[i] < 0x7f && request.target.data[i] != '#');
    enum transcode_result result =
        transcode_request(again, message_again, types_router(), request.method, request.target, request.content_type,
                          request.body, &options, arena, &err);
    FUZZ_CHECK(result == TRANSCODE_OK || result == TRANSCODE_BAD_REQUEST);
    FUZZ_CHECK(again->match.binding != binding || result == TRANSCODE_OK);
    return again->match.binding == binding;
}

static struct span json_of(struct buf *json, const struct router_binding *binding, struct span message,
                           struct arena *arena)
{
    fuzz_buf(json);
    return proto_to_json(json, binding->method->input, message, NULL, arena, NULL) == ERR_OK ? buf_span(json)
                                                                                             : span_of(NULL, 0);
}

/* A sub-message that is set and holds nothing has no parameters; one that is not set becomes a body that holds
 * nothing. */
static bool holds_empty_message(struct span json)
{
    return memmem(json.data, json.len, ":{}", 3) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena arena;
    static struct buf message;
    static struct buf message_again;
    static struct buf json;
    static struct buf json_again;
    struct transcode_request request;
    struct transcode_request again;
    struct span rest = span_of(data, size);
    struct span method = next_line(&rest);
    struct span target = next_line(&rest);
    struct span content_type = next_line(&rest);
    fuzz_arena(&arena);
    enum transcode_result result = transcode_request(&request, fuzz_buf(&message), types_router(), method, target,
                                                     content_type, rest, &options, &arena, NULL);
    if (result != TRANSCODE_OK && result != TRANSCODE_BAD_REQUEST)
        return 0;
    const struct router_binding *binding = request.match.binding;
    if (result == TRANSCODE_OK && expand(&again, fuzz_buf(&message_again), binding, buf_span(&message), &arena)) {
        struct span one = json_of(&json, binding, buf_span(&message), &arena);
        struct span other = json_of(&json_again, binding, buf_span(&message_again), &arena);
        /* The bytes of an HttpBody get a content type where they have none. */
        bool typed = content_type.len > 0 || !transcode_body_is_raw(binding);
        FUZZ_CHECK(!typed || holds_empty_message(one) || holds_empty_message(other) || span_equal(one, other));
    }
    expand(&again, fuzz_buf(&message_again), binding, rest, &arena);
    return 0;
}
