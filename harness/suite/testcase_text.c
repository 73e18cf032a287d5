/* Prints a case for a person. */
#include "harness/suite/testcase_text.h"

#include <stdlib.h>

#include "harness/base/escape.h"
#include "harness/suite/check_impl.h"

#define TEXT_MAX_BODY 4096

static void put(struct buf *out, const char *text)
{
    escape_terminal(out, span_cstr(text));
}

static void put_list(struct buf *out, const char *label, const char *const *items)
{
    if (!items[0])
        return;
    buf_append_cstr(out, label);
    for (size_t i = 0; items[i]; i++) {
        buf_append_cstr(out, i == 0 ? "" : ", ");
        put(out, items[i]);
    }
    buf_append_byte(out, '\n');
}

static void put_json(struct buf *out, const char *indent, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    buf_append_cstr(out, indent);
    escape_terminal_cut(out, span_cstr(text ? text : "?"), TEXT_MAX_BODY);
    buf_append_byte(out, '\n');
    free(text);
}

/* As the case has it: bytes in lines, frames as JSON. */
static void put_raw(struct buf *out, const struct testcase *testcase)
{
    struct span left = testcase->request.raw.bytes;
    const json_t *frames = json_object_get(json_object_get(testcase->source, "request"), "raw_frames");
    for (size_t len; left.len > 0; left = span_from(left, len)) {
        size_t end = span_index_of(left, '\n', 0);
        len = end < left.len ? end + 1 : left.len;
        buf_append_cstr(out, "  raw: ");
        escape_terminal_cut(out, span_of(left.data, len), TEXT_MAX_BODY);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < json_array_size(frames); i++)
        put_json(out, "  frame: ", json_array_get(frames, i));
}

static void put_request(struct buf *out, const struct testcase *testcase)
{
    const struct testcase_request *request = &testcase->request;
    buf_append_cstr(out, "\nRequest\n  ");
    escape_terminal(out, request->method);
    buf_append_byte(out, ' ');
    escape_terminal(out, request->path);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < request->headers.count; i++) {
        buf_append_cstr(out, "  ");
        escape_terminal(out, request->headers.items[i].name);
        buf_append_cstr(out, ": ");
        escape_terminal(out, request->headers.items[i].value);
        buf_append_byte(out, '\n');
    }
    put_raw(out, testcase);
    if (request->has_body) {
        buf_append_cstr(out, "\n  ");
        escape_terminal_cut(out, request->body, TEXT_MAX_BODY);
        buf_append_byte(out, '\n');
    }
    if (request->chunked)
        buf_append_cstr(out, "  (without content-length)\n");
    if (request->split_len > 0)
        buf_printf(out, "  (in pieces of %zu bytes)\n", request->split_len);
    const json_t *client = json_object_get(json_object_get(testcase->source, "request"), "client");
    for (size_t i = 0; i < json_array_size(client); i++)
        put_json(out, "  the client: ", json_array_get(client, i));
}

static void put_backend(struct buf *out, const struct testcase *testcase)
{
    buf_append_cstr(out, "\nBackend\n");
    if (testcase->rpc) {
        buf_append_cstr(out, "  ");
        escape_terminal(out, testcase->rpc->full_name);
        buf_append_byte(out, '\n');
    }
    if (!testcase->backend)
        buf_append_cstr(out,
                        "  (no script: a call is answered as a gRPC server would that does not know the method)\n");
    for (size_t i = 0; i < json_array_size(testcase->backend); i++)
        put_json(out, "  ", json_array_get(testcase->backend, i));
}

static void put_expect(struct buf *out, const json_t *expect, const char *indent)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)expect, key, value)
    {
        buf_append_cstr(out, indent);
        put(out, key);
        if (strcmp(key, "any_of") != 0) {
            put_json(out, ": ", value);
            continue;
        }
        buf_append_cstr(out, ": the first of these that holds\n");
        for (size_t i = 0; i < json_array_size(value); i++) {
            buf_append_cstr(out, indent);
            put_json(out, "  - ", json_array_get(value, i));
        }
    }
}

static void put_heading(struct buf *out, const struct testcase *testcase, size_t index)
{
    const char *how = testcase->in_turn          ? "in turn, on one connection as long as it is kept"
                      : testcase->one_connection ? "at once, on one connection"
                                                 : "at once, on a connection each";
    buf_printf(out, "\nExchange %zu of %zu %s\n", index + 1, testcase->exchange_count, how);
}

static void put_exchange(struct buf *out, const struct testcase *testcase)
{
    put_request(out, testcase);
    put_backend(out, testcase);
    buf_append_cstr(out, "\nExpect\n");
    put_expect(out, testcase->expect, "  ");
}

bool testcase_source(struct buf *out, const struct testcase *testcase)
{
    char *text = json_dumps(testcase->source, JSON_COMPACT | JSON_REAL_PRECISION(17));
    bool done = text && buf_append_cstr(out, text);
    free(text);
    return done;
}

bool testcase_print(struct buf *out, const struct testcase *testcase)
{
    put(out, testcase->id);
    buf_printf(out, "  (version %u, %s, %s%s%s%s)\n", testcase->version, level_name(testcase->level),
               testcase->clients & CLIENT_H1 ? client_name(CLIENT_H1) : "",
               testcase->clients == (CLIENT_H1 | CLIENT_H2) ? " and " : "",
               testcase->clients & CLIENT_H2 ? client_name(CLIENT_H2) : "", testcase->disturbs ? ", alone" : "");
    put(out, testcase->title);
    buf_append_cstr(out, "\n\n");
    put(out, testcase->why);
    buf_append_cstr(out, "\n\n");
    put_list(out, "Cites: ", testcase->cites);
    put_list(out, "Behaviours: ", testcase->behaviours);
    put_list(out, "Needs: ", testcase->needs);
    if (testcase->twin) {
        buf_append_cstr(out, "Twin that passes: ");
        put(out, testcase->twin);
        buf_append_byte(out, '\n');
    }
    buf_append_cstr(out, "Source: ");
    put(out, testcase->pointer);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < testcase->exchange_count; i++) {
        put_heading(out, testcase, i);
        put_exchange(out, &testcase->exchanges[i]);
    }
    if (testcase->exchange_count == 0)
        put_exchange(out, testcase);
    return !out->failed;
}

/* ---- in words */

/* A text of the tables of keys, with its limits. */
static void put_meaning(struct buf *out, const struct key_rule *rule)
{
    buf_append_cstr(out, "      ");
    for (const char *at = rule->text; *at;) {
        if (strncmp(at, "$min", 4) == 0 || strncmp(at, "$max", 4) == 0) {
            buf_printf(out, "%lld", at[2] == 'i' ? rule->min : rule->max);
            at += 4;
        } else {
            buf_append_byte(out, (uint8_t)*at++);
        }
    }
    buf_append_byte(out, '\n');
}

/* The rule of a step's own key; NULL: it is none. */
static const struct key_rule *rule_of_step(const json_t *step)
{
    const struct key_object *keys;
    for (size_t i = 0; (keys = script_step_keys(i)) != NULL; i++) {
        if (json_object_get(step, keys->rules[0].name))
            return &keys->rules[0];
    }
    return NULL;
}

static void explain_steps(struct buf *out, const json_t *steps)
{
    for (size_t i = 0; i < json_array_size(steps); i++) {
        const struct key_rule *rule = rule_of_step(json_array_get(steps, i));
        bool said = false;
        put_json(out, "  ", json_array_get(steps, i));
        for (size_t j = 0; j < i && rule; j++)
            said = said || rule_of_step(json_array_get(steps, j)) == rule;
        if (rule && rule->text && !said)
            put_meaning(out, rule);
    }
}

/* Each key with its value; what it means the first time only. */
static void explain_keys(struct buf *out, const json_t *expect, const struct expectation *seen[KEYS_MAX_RULES])
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)expect, key, value)
    {
        const struct expectation *row = expectation_find(key);
        size_t at = 0;
        while (at < KEYS_MAX_RULES && seen[at] && seen[at] != row)
            at++;
        bool first = at < KEYS_MAX_RULES && !seen[at];
        buf_append_cstr(out, "  ");
        put(out, key);
        if (strcmp(key, "any_of") == 0)
            buf_append_cstr(out, ":\n");
        else
            put_json(out, ": ", value);
        if (row && row->rule.text && first)
            put_meaning(out, &row->rule);
        if (first)
            seen[at] = row;
        for (size_t i = 0; strcmp(key, "any_of") == 0 && i < json_array_size(value); i++) {
            buf_printf(out, "  - alternative %zu\n", i + 1);
            explain_keys(out, json_array_get(value, i), seen);
        }
    }
}

static void explain_exchange(struct buf *out, const struct testcase *testcase)
{
    const struct expectation *seen[KEYS_MAX_RULES] = {NULL};
    put_request(out, testcase);
    buf_append_cstr(out, "\nWhat the backend plays\n");
    if (testcase->rpc) {
        buf_append_cstr(out, "  ");
        escape_terminal(out, testcase->rpc->full_name);
        buf_append_byte(out, '\n');
    }
    explain_steps(out, testcase->backend);
    if (!testcase->backend)
        buf_append_cstr(out, "  nothing: no call is expected\n");
    buf_append_cstr(out, "\nWhat must hold\n");
    explain_keys(out, testcase->expect, seen);
}

bool testcase_explain(struct buf *out, const struct testcase *testcase)
{
    for (size_t i = 0; i < testcase->exchange_count; i++) {
        put_heading(out, testcase, i);
        explain_exchange(out, &testcase->exchanges[i]);
    }
    if (testcase->exchange_count == 0)
        explain_exchange(out, testcase);
    return !out->failed;
}
