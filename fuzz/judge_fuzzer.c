/* Target `judge`: the input is a response, read by the judge as the clients of each protocol read it. What is taken for
 * a whole success is not at once a visible failure, and no reason holds what cannot be shown.
 *
 * The first byte chooses the case, the second how the response ended; then "status", lines "name: value" of the
 * headers, an empty line, the trailers where the second byte says that there are some, an empty line, the body. */
#include "fuzz/fuzz.h"
#include "fuzz/types.h"
#include "harness/suite/check.h"

#define EXCHANGE(id, front, rpc, expect)                                                                               \
    "{\"id\":\"t/" id "\",\"version\":1,\"level\":\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"INV-1\"],"       \
    "\"defects\":[\"body-ignored\"],\"rpc\":\"Prod/" rpc "\",\"clients\":[\"h2\"],"                                    \
    "\"request\":{\"protocol\":\"" front "\",\"message\":{\"message\":\"a\"}},\"expect\":" expect "}"
/* A success and a failure by the same protocol: two cases, one behind the other. */
#define BOTH(front, rpc, success)                                                                                      \
    EXCHANGE(front "-ok", front, rpc, success) "," EXCHANGE(front "-bad", front, rpc, "{\"fails_visibly\":true}")
#define SUCCESS "{\"message\":{\"message\":\"b\"}}"
#define STREAM  "{\"messages\":[{\"message\":\"b\"},{\"message\":\"c\"}]}"

static const char file[] = "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"mode\":\"grpc-web\",\"cases\":[" //
    BOTH("grpc", "Alive", SUCCESS) "," BOTH("grpc-headers", "Watch", STREAM) "," BOTH("grpc-web", "Watch",
                                                                                      STREAM) "," //
    BOTH("grpc-web-text", "Alive", SUCCESS) "," BOTH("connect", "Alive", SUCCESS) ","             //
    BOTH("connect-json", "Alive", SUCCESS) "," BOTH("connect-stream", "Watch", STREAM) ","        //
    BOTH("connect-stream-json", "Watch", STREAM) "," BOTH("twirp", "Alive", SUCCESS) ","          //
    BOTH("twirp-json", "Alive", SUCCESS) "]}";

static const char profile_text[] = "{\"profile\":\"p\",\"title\":\"P\",\"version\":\"1\",\"values\":{}}";

static struct suite *suite;
static struct profile *profile;

static void load(void)
{
    if (suite)
        return;
    FUZZ_CHECK(suite_new(&suite, types_schema(), types_router(), NULL) == ERR_OK &&
               suite_add_file(suite, "t.json", span_cstr(file), NULL) == ERR_OK && suite_finish(suite, NULL) == ERR_OK);
    FUZZ_CHECK(profile_parse(&profile, "p.json", span_cstr(profile_text), NULL) == ERR_OK);
}

/* Lines up to an empty one. */
static void take_fields(struct fields *out, struct arena *arena, struct span *rest)
{
    while (rest->len > 0) {
        struct span line = span_take_line(rest);
        size_t colon = span_index_of(line, ':', 0);
        if (line.len == 0)
            return;
        if (colon > 0 && colon < line.len)
            fields_add(out, arena, span_of(line.data, colon), span_trim(span_from(line, colon + 1), " \t\r"));
    }
}

static void read_response(struct response_seen *seen, struct arena *arena, struct span rest, uint8_t how)
{
    static const enum ending endings[] = {ENDING_COMPLETE, ENDING_COMPLETE,   ENDING_COMPLETE, ENDING_CUT,
                                          ENDING_RESET,    ENDING_CONN_RESET, ENDING_TIMEOUT,  ENDING_MALFORMED};
    response_seen_init(seen, arena, 1u << 20);
    struct span first = span_take_line(&rest);
    for (size_t i = 0; i < first.len && i < 3; i++)
        seen->status = seen->status * 10 + first.data[i] % 10;
    seen->ending = endings[how % 8];
    seen->has_trailers = how & 8;
    take_fields(&seen->headers, arena, &rest);
    if (seen->has_trailers)
        take_fields(&seen->trailers, arena, &rest);
    buf_append_span(&seen->body, rest);
    seen->body_len = rest.len;
}

static enum verdict judge(size_t index, const struct response_seen *seen)
{
    struct check_input input = {.testcase = suite_at(suite, index),
                                .client = CLIENT_H2,
                                .profile = profile,
                                .schema = types_schema(),
                                .response = seen};
    struct check_result result;
    struct arena arena;
    arena_init(&arena, 64u << 20);
    check_run(&result, &input, &arena);
    FUZZ_CHECK(result.verdict == VERDICT_PASS || result.reason_count > 0);
    for (size_t i = 0; i < result.reason_count; i++)
        FUZZ_CHECK(result.reasons[i].path && result.reasons[i].expected && result.reasons[i].observed &&
                   strlen(result.reasons[i].path) <= CHECK_MAX_PATH);
    arena_fini(&arena);
    return result.verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load();
    if (size < 2)
        return 0;
    struct response_seen seen;
    struct arena arena;
    size_t pair = data[0] % (suite_count(suite) / 2);
    arena_init(&arena, 16u << 20);
    read_response(&seen, &arena, span_of(data + 2, size - 2), data[1]);
    enum verdict good = judge(2 * pair, &seen);
    enum verdict bad = judge(2 * pair + 1, &seen);
    FUZZ_CHECK(!(good == VERDICT_PASS && bad == VERDICT_PASS));
    if (seen.ending != ENDING_COMPLETE)
        FUZZ_CHECK(good != VERDICT_PASS);
    response_seen_fini(&seen);
    arena_fini(&arena);
    return 0;
}
