/* A request of HTTP/JSON at the backend, as the message that it means. */
#include "harness/suite/check_transcoded.h"

#include "harness/engine/transcode/transcode.h"

static void keep(struct check *check, struct span message, struct frames *out)
{
    struct frames_item *item = arena_alloc(&check->kept, sizeof *item);
    struct span copy = arena_dup(&check->kept, message);
    if (!item || !copy.data) {
        check_give_up(check, "the harness ran out of memory");
        return;
    }
    *item = (struct frames_item){.bytes = copy};
    out->items = item;
    out->count = 1;
}

void transcoded_read(struct check *check, const struct call_seen *call, struct frames *out)
{
    static const struct transcode_options options;
    const struct testcase *testcase = check->testcase;
    struct transcode_request request;
    struct buf message;
    struct err err = {0};
    *out = (struct frames){0};
    buf_init(&message, CHECK_MAX_MESSAGE);
    arena_reset(&check->scratch);
    enum transcode_result result =
        transcode_request(&request, &message, testcase->back, fields_value(&call->headers, ":method"),
                          fields_value(&call->headers, ":path"), fields_value(&call->headers, "content-type"),
                          buf_span(&call->body), &options, &check->scratch, &err);
    if (result != TRANSCODE_OK)
        out->wrong = check_text(check, "a request that no HTTP rule reads: %s", err.text);
    else if (testcase->rpc && request.match.binding->method != testcase->rpc)
        out->wrong =
            check_text(check, "a request by the HTTP rule of %.*s", SPAN_FMT(request.match.binding->method->full_name));
    else
        keep(check, buf_span(&message), out);
    buf_fini(&message);
}
