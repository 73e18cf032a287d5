/* Transcodes requests for comparisons, and tells the binding, the message or the error. */
#include "fuzz/differential/requests.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz/differential/loaded.h"
#include "harness/engine/transcode/transcode.h"

struct requests {
    struct loaded loaded;
    struct transcode_options options;
    struct err err;
    char method[64];
    char body[64];
    char path[1024];
};

struct requests *requests_new(const char *descriptor_set, size_t len, const char *leniencies, char *error,
                              size_t error_len)
{
    struct requests *requests = calloc(1, sizeof *requests);
    struct span names = span_cstr(leniencies);
    struct span unknown;
    if (!requests) {
        snprintf(error, error_len, "out of memory");
        return NULL;
    }
    struct leniency_set *lenient = &requests->options.json.lenient;
    if (names.len > 0 && !leniency_add_names(lenient, names, &unknown))
        snprintf(error, error_len, "no such leniency: %.*s", SPAN_FMT(unknown));
    else if (loaded_init(&requests->loaded, descriptor_set, len, *lenient, error, error_len))
        return requests;
    free(requests);
    return NULL;
}

void requests_free(struct requests *requests)
{
    if (!requests)
        return;
    loaded_fini(&requests->loaded);
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

void requests_ask(struct requests *requests, const char *method, const char *target, const char *body, size_t body_len,
                  struct requests_result *result)
{
    struct transcode_request request;
    struct buf *message = &requests->loaded.out;
    loaded_begin(&requests->loaded);
    requests->err.text[0] = requests->method[0] = requests->body[0] = requests->path[0] = '\0';
    enum transcode_result code = transcode_request(
        &request, message, requests->loaded.router, span_cstr(method), span_cstr(target), span_cstr("application/json"),
        span_of(body, body_len), &requests->options, &requests->loaded.arena, &requests->err);
    if (code == TRANSCODE_OK || code == TRANSCODE_BAD_REQUEST) {
        const struct router_binding *binding = request.match.binding;
        snprintf(requests->method, sizeof requests->method, "%.*s", SPAN_FMT(binding->method->name));
        snprintf(requests->body, sizeof requests->body, "%.*s", SPAN_FMT(binding->rule.body));
        snprintf(requests->path, sizeof requests->path, "%.*s", SPAN_FMT(binding->rule.path));
    }
    *result = (struct requests_result){.status = status_of(code),
                                       .method = requests->method,
                                       .body = requests->body,
                                       .path = requests->path,
                                       .message = (const char *)message->data,
                                       .message_len = message->len,
                                       .why = requests->err.text};
}
