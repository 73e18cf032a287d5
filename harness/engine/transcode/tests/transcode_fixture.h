/* What tests of whole requests share: the embedded routes, and a request with what comes of it as one call. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_TESTS_TRANSCODE_FIXTURE_H
#define TRANSCHECK_ENGINE_TRANSCODE_TESTS_TRANSCODE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/base/embed.h"
#include "harness/engine/transcode/transcode.h"

struct transcode_fixture {
    struct schema *schema;
    struct router *router;
};

static struct transcode_fixture transcode_fixture;

static inline int transcode_fixture_setup(void **state)
{
    (void)state;
    struct span bytes;
    struct err err;
    if (!embed_find("descriptors.pb", &bytes) || schema_new(&transcode_fixture.schema, bytes, &err) != ERR_OK ||
        router_new(&transcode_fixture.router, transcode_fixture.schema, NULL, &err) != ERR_OK)
        return -1;
    return 0;
}

static inline int transcode_fixture_teardown(void **state)
{
    (void)state;
    router_free(transcode_fixture.router);
    schema_free(transcode_fixture.schema);
    return 0;
}

/* `want`: the request message as canonical JSON, or the beginning of an error as "400 ...". */
static inline void transcode_fixture_expect_typed(uint64_t lenient, struct span method, struct span target,
                                                  const char *content_type, struct span body, const char *want)
{
    static const int status[] = {200, 404, 405, 400, 500};
    const struct transcode_options options = {.json.lenient = {lenient}};
    struct transcode_request request;
    struct arena arena;
    struct buf message;
    struct buf json;
    struct err err = {.text = ""};
    char got[2048];
    arena_init(&arena, 16 << 20);
    buf_init(&message, 1 << 20);
    buf_init(&json, 1 << 20);
    enum transcode_result result = transcode_request(&request, &message, transcode_fixture.router, method, target,
                                                     span_cstr(content_type), body, &options, &arena, &err);
    if (result == TRANSCODE_OK) {
        if (proto_to_json(&json, request.match.binding->method->input, buf_span(&message), NULL, &arena, &err) !=
            ERR_OK)
            fail_msg("%.*s: %s", SPAN_FMT(target), err.text);
        snprintf(got, sizeof got, "%.*s", SPAN_FMT(buf_span(&json)));
    } else {
        snprintf(got, sizeof got, "%d %s", status[result], err.text);
    }
    if (result == TRANSCODE_OK ? strcmp(got, want) != 0 : strncmp(got, want, strlen(want)) != 0)
        fail_msg("%.*s %.*s %.*s\n gives %s\n not   %s", SPAN_FMT(method), SPAN_FMT(target), SPAN_FMT(body), got, want);
    buf_fini(&json);
    buf_fini(&message);
    arena_fini(&arena);
}

/* transcode_fixture_expect_typed for a body of application/json. */
static inline void transcode_fixture_expect(uint64_t lenient, struct span method, struct span target, struct span body,
                                            const char *want)
{
    transcode_fixture_expect_typed(lenient, method, target, "application/json", body, want);
}

#endif
