/* Makes by hand what a client and a backend might have seen. */
#include "harness/suite/tests/observation.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "harness/engine/grpc/frame.h"
#include "harness/engine/protojson/protojson.h"

static struct schema *schema;
static struct router *router;

static void load(void)
{
    struct span set;
    struct err err;
    if (schema)
        return;
    assert_true(embed_find("descriptors.pb", &set));
    if (schema_new(&schema, set, &err) != ERR_OK || router_new(&router, schema, NULL, &err) != ERR_OK)
        fail_msg("%s", err.text);
}

const struct schema *observation_schema(void)
{
    load();
    return schema;
}

const struct router *observation_router(void)
{
    load();
    return router;
}

void observation_unload(void)
{
    router_free(router);
    schema_free(schema);
    router = NULL;
    schema = NULL;
}

int observation_tear_down(void **state)
{
    (void)state;
    observation_unload();
    return 0;
}

static void begin(struct observation *observation)
{
    *observation = (struct observation){.call_count = 0};
    arena_init(&observation->arena, 64u << 20);
}

/* The one case of a file, and a response to it. */
static void load_case(struct observation *observation, const char *text)
{
    struct err err;
    assert_non_null(text);
    assert_int_equal(suite_new(&observation->suite, observation_schema(), observation_router(), &err), ERR_OK);
    if (suite_add_file(observation->suite, "t.json", span_cstr(text), &err) != ERR_OK)
        fail_msg("%s", err.text);
    observation->testcase = suite_at(observation->suite, 0);
    if (profile_load(&observation->profile, NULL, &err) != ERR_OK)
        fail_msg("%s", err.text);
    response_seen_init(&observation->response, &observation->arena, 1u << 20);
    observation->response.status = 200;
    observation->response.ending = ENDING_COMPLETE;
}

void observation_init(struct observation *observation, const char *request, const char *backend, const char *expect,
                      const char *extra)
{
    char method[16];
    char path[256];
    begin(observation);
    assert_int_equal(sscanf(request, "%15s %255s", method, path), 2);
    const char *text =
        arena_printf(&observation->arena,
                     "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/a\","
                     "\"version\":1,\"level\":\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"INV-1\"],"
                     "\"defects\":[\"body-ignored\"],%s%s\"request\":{\"method\":\"%s\",\"path\":\"%s\"%s},%s%s%s"
                     "\"expect\":%s}]}",
                     extra && extra[0] == '"' ? extra : "", extra && extra[0] == '"' ? "," : "", method, path,
                     extra && extra[0] == ',' ? extra : "", backend ? "\"backend\":" : "", backend ? backend : "",
                     backend ? "," : "", expect);
    load_case(observation, text);
}

void observation_init_mode(struct observation *observation, const char *mode, const char *rpc, const char *request,
                           const char *expect)
{
    begin(observation);
    load_case(
        observation,
        arena_printf(&observation->arena,
                     "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"mode\":\"%s\",\"cases\":[{\"id\":\"t/a\","
                     "\"version\":1,\"level\":\"must\",\"title\":\"T\",\"why\":\"W\",\"cites\":[\"INV-1\"],"
                     "\"defects\":[\"body-ignored\"],\"rpc\":\"%s\",\"request\":%s,\"backend\":[],\"expect\":%s}]}",
                     mode, rpc, request, expect));
}

void observation_init_text(struct observation *observation, const char *text)
{
    begin(observation);
    load_case(observation, text);
}

void observation_fini(struct observation *observation)
{
    for (size_t i = 0; i < observation->call_count; i++)
        call_seen_fini(&observation->calls[i]);
    response_seen_fini(&observation->response);
    profile_free(observation->profile);
    suite_free(observation->suite);
    arena_fini(&observation->arena);
}

/* {"key": value, ...} to the values of a profile. */
void observation_profile(struct observation *observation, const char *values)
{
    struct err err;
    const char *text = arena_printf(&observation->arena,
                                    "{\"profile\":\"test\",\"title\":\"T\",\"version\":\"1\",\"values\":%s}", values);
    profile_free(observation->profile);
    observation->profile = NULL;
    if (profile_parse(&observation->profile, "test.json", span_cstr(text), &err) != ERR_OK)
        fail_msg("%s", err.text);
}

void observation_header(struct observation *observation, const char *name, const char *value)
{
    assert_true(fields_add(&observation->response.headers, &observation->arena, span_cstr(name), span_cstr(value)));
}

void observation_trailer(struct observation *observation, const char *name, const char *value)
{
    observation->response.has_trailers = true;
    assert_true(fields_add(&observation->response.trailers, &observation->arena, span_cstr(name), span_cstr(value)));
}

void observation_body(struct observation *observation, const char *type, const char *body)
{
    if (type)
        observation_header(observation, "content-type", type);
    assert_true(buf_append_cstr(&observation->response.body, body));
    observation->response.body_len = observation->response.body.len;
}

static void put_message(struct observation *observation, struct call_seen *call, const struct schema_method *method,
                        const char *json)
{
    const struct protojson_options strict = {.ignore_unknown_fields = false};
    struct buf wire;
    struct err err;
    uint8_t prefix[FRAME_PREFIX_LEN];
    buf_init(&wire, 1u << 20);
    if (json_to_proto(&wire, method->input, span_cstr(json), &strict, &observation->arena, &err) != ERR_OK)
        fail_msg("%s", err.text);
    frame_prefix_write(prefix, 0, (uint32_t)wire.len);
    assert_true(buf_append(&call->body, prefix, sizeof prefix) && buf_append_span(&call->body, buf_span(&wire)));
    call->body_len = call->body.len;
    buf_fini(&wire);
}

static void add_headers(struct observation *observation, struct call_seen *call, const struct schema_method *rpc)
{
    const struct field fields[] = {
        {span_cstr(":method"), span_cstr("POST")}, {span_cstr(":scheme"), span_cstr("http")},
        {span_cstr(":path"), rpc->path},           {span_cstr(":authority"), span_cstr("localhost")},
        {span_cstr("te"), span_cstr("trailers")},  {span_cstr("content-type"), span_cstr("application/grpc")},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_true(fields_add(&call->headers, &observation->arena, fields[i].name, fields[i].value));
}

struct call_seen *observation_call(struct observation *observation, const char *method, const char *message)
{
    assert_true(observation->call_count < OBSERVATION_MAX_CALLS);
    struct call_seen *call = &observation->calls[observation->call_count];
    const struct schema_method *rpc =
        method ? schema_method_find(observation_schema(), span_cstr(method)) : observation->testcase->rpc;
    assert_non_null(rpc);
    call_seen_init(call, &observation->arena, 1u << 20);
    if (observation->call_count > 0)
        observation->calls[observation->call_count - 1].next = call;
    observation->call_count++;
    add_headers(observation, call, rpc);
    call->half_closed = true;
    call->response_ended = true;
    call->script_done = true;
    if (message || !rpc->client_streaming)
        put_message(observation, call, rpc, message ? message : "{}");
    return call;
}

const char *observation_judge(struct observation *observation)
{
    struct check_input input = {.testcase = observation->testcase,
                                .client = CLIENT_H1,
                                .profile = observation->profile,
                                .schema = observation_schema(),
                                .response = &observation->response,
                                .calls = observation->call_count > 0 ? observation->calls : NULL,
                                .health = observation->health};
    check_run(&observation->result, &input, &observation->arena);
    const struct check_result *result = &observation->result;
    for (size_t i = 0; i < result->reason_count; i++) {
        assert_non_null(result->reasons[i].expected);
        assert_non_null(result->reasons[i].observed);
    }
    if (result->verdict == VERDICT_ERROR)
        return arena_printf(&observation->arena, "error: %s", result->reasons[0].observed);
    if (result->verdict != VERDICT_FAIL)
        return verdict_name(result->verdict);
    assert_true(result->reason_count > 0);
    return arena_printf(&observation->arena, "%s %s", axis_name(result->reasons[0].axis),
                        reason_kind_name(result->reasons[0].kind));
}
