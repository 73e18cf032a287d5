#include "harness/run/commands.h"

#include "harness/base/escape.h"

#define MAX_BODY_WORD 8192

static bool word(struct buf *out, const char *text)
{
    return buf_append_byte(out, ' ') && escape_shell(out, span_cstr(text));
}

static bool header_word(struct buf *out, const struct field *field)
{
    struct buf line;
    buf_init(&line, 1u << 20);
    buf_append_span(&line, field->name);
    if (field->value.len)
        buf_append_cstr(&line, ": ");
    else
        buf_append_cstr(&line, ";"); /* curl's way to send a header without a value */
    buf_append_span(&line, field->value);
    bool done = !line.failed && buf_append_cstr(out, " -H ") && escape_shell(out, buf_span(&line));
    buf_fini(&line);
    return done;
}

static bool body_words(struct buf *out, const struct testcase_request *request)
{
    if (request->body.len > MAX_BODY_WORD ||
        memchr(request->body.data ? request->body.data : (const uint8_t *)"", 0, request->body.len))
        return buf_printf(out, " --data-binary @BODY  # BODY: a file of the %zu bytes that `transcheck show` describes",
                          request->body.len);
    return buf_append_cstr(out, " --data-binary ") && escape_shell(out, request->body);
}

bool commands_curl(struct buf *out, const struct commands_target *target, const struct testcase *testcase,
                   enum testcase_client client)
{
    const struct testcase_request *request = &testcase->request;
    bool tls = strncmp(target->url, "https:", 6) == 0;
    buf_append_cstr(out, "curl -sv --path-as-is -g");
    if (client == CLIENT_H2)
        buf_append_cstr(out, tls ? " --http2" : " --http2-prior-knowledge");
    else
        buf_append_cstr(out, " --http1.1");
    if (target->insecure)
        buf_append_cstr(out, " -k");
    if (target->cacert) {
        buf_append_cstr(out, " --cacert");
        word(out, target->cacert);
    }
    if (span_is(request->method, "HEAD")) {
        buf_append_cstr(out, " --head");
    } else {
        buf_append_cstr(out, " -X ");
        escape_shell(out, request->method);
    }
    bool typed = fields_find(&request->headers, "content-type") != NULL;
    if (request->has_body && !typed)
        buf_append_cstr(out, " -H 'content-type:'"); /* curl would add one of its own */
    for (size_t i = 0; i < request->headers.count; i++)
        header_word(out, &request->headers.items[i]);
    if (request->chunked)
        buf_append_cstr(out, client == CLIENT_H1 ? " -H 'transfer-encoding: chunked'" : "");
    struct buf url;
    buf_init(&url, 1u << 20);
    size_t url_len = strlen(target->url);
    buf_append(&url, target->url, url_len - (url_len && target->url[url_len - 1] == '/'));
    buf_append_span(&url, request->path);
    buf_append_byte(out, ' ');
    escape_shell(out, buf_span(&url));
    buf_fini(&url);
    if (request->has_body)
        body_words(out, request);
    return !out->failed;
}

bool commands_run(struct buf *out, const struct commands_target *target, const struct testcase *testcase,
                  enum testcase_client client)
{
    buf_append_cstr(out, "transcheck run");
    word(out, target->url);
    buf_append_cstr(out, " --backend");
    word(out, target->backend);
    if (target->profile) {
        buf_append_cstr(out, " --profile");
        word(out, target->profile);
    }
    if (target->cases) {
        buf_append_cstr(out, " --cases");
        word(out, target->cases);
    }
    if (target->proxy_command) {
        buf_append_cstr(out, " --proxy-cmd");
        word(out, target->proxy_command);
    }
    if (target->cacert) {
        buf_append_cstr(out, " --cacert");
        word(out, target->cacert);
    }
    if (target->insecure)
        buf_append_cstr(out, " --insecure");
    buf_append_cstr(out, " --select");
    word(out, testcase->id);
    return buf_printf(out, " --client %s --verbose", client_name(client)) && !out->failed;
}

bool commands_backend(struct buf *out, const struct commands_target *target, const struct testcase *testcase)
{
    buf_append_cstr(out, "transcheck backend --listen");
    word(out, target->backend);
    if (target->cases) {
        buf_append_cstr(out, " --cases");
        word(out, target->cases);
    }
    buf_append_cstr(out, " --case");
    word(out, testcase->id);
    return !out->failed;
}
