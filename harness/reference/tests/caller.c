/* The gRPC client of the tests of bridges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/reference/tests/caller.h"

static void on_end(void *user, struct response_seen *seen)
{
    (void)seen;
    struct caller *caller = user;
    caller->ended = true;
}

void caller_start(struct caller *caller, const char *path, const char *const *extra, struct span body)
{
    static const char *const own[] = {"te", "trailers", "content-type", "application/grpc", NULL};
    static const struct client_callbacks callbacks = {.on_end = on_end};
    const struct client_options options = {.host = "127.0.0.1", .port = reference_port(reference_fixture.reference)};
    *caller = (struct caller){0};
    arena_init(&caller->arena, 64u << 20);
    response_seen_init(&caller->seen, &caller->arena, 8u << 20);
    grpc_fields(&caller->fields, &caller->arena, own);
    if (extra)
        grpc_fields(&caller->fields, &caller->arena, extra);
    const struct client_request request = {.method = span_cstr("POST"),
                                           .target = span_cstr(path),
                                           .headers = &caller->fields,
                                           .body = body,
                                           .has_body = true,
                                           .chunked = true,
                                           .abort_after = SIZE_MAX,
                                           .timeout_ms = GIVE_UP_US / 1000};
    assert_int_equal(h2_client_new(&caller->client, reference_fixture.loop, &options, NULL), ERR_OK);
    caller->exchange = client_start(caller->client, &request, &caller->seen, &callbacks, caller);
    assert_non_null(caller->exchange);
}

void caller_stop(struct caller *caller)
{
    client_free(caller->client);
    response_seen_fini(&caller->seen);
    arena_fini(&caller->arena);
}

bool field_is(const struct fields *fields, const char *name, const char *value)
{
    return fields_count(fields, name) == 1 && span_is(fields_value(fields, name), value);
}

void caller_assert_error(const struct caller *caller, const char *code)
{
    const struct fields *headers = &caller->seen.headers;
    assert_int_equal(caller->seen.ending, ENDING_COMPLETE);
    assert_int_equal(caller->seen.status, 200);
    assert_true(caller->seen.headers_end);
    assert_true(field_is(headers, "content-type", "application/grpc"));
    if (!field_is(headers, "grpc-status", code))
        fail_msg("grpc-status %.*s, not %s: %.*s", SPAN_FMT(fields_value(headers, "grpc-status")), code,
                 SPAN_FMT(fields_value(headers, "grpc-message")));
    assert_int_equal(fields_count(headers, "grpc-message"), 1);
    assert_null(fields_find(headers, "content-length"));
}
