#include "fuzz/differential/envoy_requests.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/transcode.h"

#define MAX_BYTES ((size_t)16 << 20)

struct envoy_requests {
    struct schema *schema;
    struct router *router;
    struct transcode_options options;
    struct arena arena;
    struct buf message;
    struct err err;
    char method[64];
    char body[64];
    char path[1024];
};

static enum err_code read_leniencies(struct leniency_set *set, struct span names, struct err *err)
{
    for (size_t at = 0; at < names.len;) {
        size_t end = span_index_of(names, ',', at);
        struct span name = span_of(names.data + at, end - at);
        enum leniency found;
        if (!leniency_find(&found, name))
            return err_set(err, ERR_USAGE, "no such leniency: %.*s", SPAN_FMT(name));
        leniency_add(set, found);
        at = end + 1;
    }
    return ERR_OK;
}

struct envoy_requests *envoy_requests_new(const char *descriptor_set, size_t len, const char *leniencies, char *error,
                                          size_t error_len)
{
    struct envoy_requests *requests = calloc(1, sizeof *requests);
    struct err err = {.text = "out of memory"};
    if (!requests || read_leniencies(&requests->options.json.lenient, span_cstr(leniencies), &err) != ERR_OK ||
        schema_new(&requests->schema, span_of(descriptor_set, len), &err) != ERR_OK ||
        router_new_lenient(&requests->router, requests->schema, requests->options.json.lenient, &err) != ERR_OK) {
        snprintf(error, error_len, "%s", err.text);
        if (requests)
            schema_free(requests->schema);
        free(requests);
        return NULL;
    }
    arena_init(&requests->arena, MAX_BYTES);
    buf_init(&requests->message, MAX_BYTES);
    return requests;
}

void envoy_requests_free(struct envoy_requests *requests)
{
    if (!requests)
        return;
    router_free(requests->router);
    schema_free(requests->schema);
    arena_fini(&requests->arena);
    buf_fini(&requests->message);
    free(requests);
}

static int status_of(enum transcode_result result)
{
    switch (result) {
    case TRANSCODE_OK:
        return 200;
    case TRANSCODE_NOT_FOUND:
        return 404;
    case TRANSCODE_WRONG_METHOD:
        return 405;
    case TRANSCODE_BAD_REQUEST:
        return 400;
    case TRANSCODE_INTERNAL:
        break;
    }
    return 500;
}

void envoy_requests_ask(struct envoy_requests *requests, const char *method, const char *target, const char *body,
                        size_t body_len, struct envoy_requests_result *result)
{
    struct transcode_request request;
    arena_reset(&requests->arena);
    buf_reset(&requests->message);
    requests->err.text[0] = requests->method[0] = requests->body[0] = requests->path[0] = '\0';
    enum transcode_result code = transcode_request(
        &request, &requests->message, requests->router, span_cstr(method), span_cstr(target),
        span_cstr("application/json"), span_of(body, body_len), &requests->options, &requests->arena, &requests->err);
    if (code == TRANSCODE_OK || code == TRANSCODE_BAD_REQUEST) {
        const struct router_binding *binding = request.match.binding;
        snprintf(requests->method, sizeof requests->method, "%.*s", SPAN_FMT(binding->method->name));
        snprintf(requests->body, sizeof requests->body, "%.*s", SPAN_FMT(binding->rule.body));
        snprintf(requests->path, sizeof requests->path, "%.*s", SPAN_FMT(binding->rule.path));
    }
    *result = (struct envoy_requests_result){.status = status_of(code),
                                             .method = requests->method,
                                             .body = requests->body,
                                             .path = requests->path,
                                             .message = (const char *)requests->message.data,
                                             .message_len = requests->message.len,
                                             .why = requests->err.text};
}
