/* The judge's core: reasons, texts, and one object of expectations. */
#include "harness/suite/check.h"

#include <assert.h>
#include <stdlib.h>

#include "harness/base/h2_code.h"
#include "harness/suite/answer.h"
#include "harness/suite/decoded.h"

/* Keeps `items` sorted by severity, in order of arrival within a kind. The least severe falls out when it is full. */
static void insert(struct reason *items, size_t *count, size_t *omitted, const struct reason *reason)
{
    size_t at = *count;
    while (at > 0 && items[at - 1].kind > reason->kind)
        at--;
    *omitted += *count == CHECK_MAX_REASONS;
    if (at == CHECK_MAX_REASONS)
        return;
    size_t kept = *count < CHECK_MAX_REASONS ? *count : CHECK_MAX_REASONS - 1;
    memmove(&items[at + 1], &items[at], (kept - at) * sizeof items[0]);
    items[at] = *reason;
    *count = kept + 1;
}

void check_result_insert(struct check_result *result, const struct reason *reason)
{
    insert(result->reasons, &result->reason_count, &result->reasons_omitted, reason);
}

void check_result_add(struct check_result *result, const struct reason *reason)
{
    if (result->verdict != VERDICT_FAIL)
        result->reason_count = result->reasons_omitted = 0; /* what would have been preferred */
    result->verdict = VERDICT_FAIL;
    check_result_insert(result, reason);
}

bool reason_fits(struct reasons *to, enum reason_kind kind)
{
    if (to->count < CHECK_MAX_REASONS || to->items[to->count - 1].kind > kind)
        return true;
    to->omitted++;
    return false;
}

/* The same observation on the same thing, asked for twice. That a response was cut is said once, in whatever words. */
static bool known(const struct reasons *to, const struct reason *reason)
{
    for (size_t i = 0; i < to->count; i++) {
        const struct reason *other = &to->items[i];
        if (other->kind == reason->kind && other->axis == reason->axis && strcmp(other->path, reason->path) == 0 &&
            (reason->kind == KIND_CUT_SHORT ||
             (strcmp(other->observed, reason->observed) == 0 && strcmp(other->expected, reason->expected) == 0)))
            return true;
    }
    return false;
}

void reason_add(struct check *check, struct reasons *to, enum reason_axis axis, enum reason_kind kind, const char *path,
                const char *expected, const char *observed)
{
    struct reason reason = {.axis = axis, .kind = kind, .path = path, .expected = expected, .observed = observed};
    (void)check;
    if (!known(to, &reason))
        insert(to->items, &to->count, &to->omitted, &reason);
}

void reasons_add_all(struct check *check, struct reasons *to, const struct reasons *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct reason *reason = &found->items[i];
        reason_add(check, to, reason->axis, reason->kind, reason->path, reason->expected, reason->observed);
    }
    to->omitted += found->omitted;
}

const char *check_quote(struct check *check, struct span bytes)
{
    struct buf text;
    size_t shown = bytes.len < CHECK_MAX_TEXT ? bytes.len : CHECK_MAX_TEXT;
    buf_init(&text, CHECK_MAX_TEXT * 4 + 64);
    for (size_t i = 0; i < shown; i++) {
        if (bytes.data[i] == '\0')
            buf_append_cstr(&text, "\\x00");
        else
            buf_append_byte(&text, bytes.data[i]);
    }
    if (shown < bytes.len)
        buf_printf(&text, "... (%zu more bytes)", bytes.len - shown);
    const char *copy = arena_strdup(check->arena, text.data ? (const char *)text.data : "");
    buf_fini(&text);
    if (!copy)
        check_give_up(check, "the harness ran out of memory");
    return copy ? copy : "";
}

const char *check_text(struct check *check, const char *format, ...)
{
    struct buf text;
    va_list args;
    buf_init(&text, 1u << 20);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    const char *copy = check_quote(check, buf_span(&text));
    buf_fini(&text);
    return copy;
}

const char *check_dump(struct check *check, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    const char *copy = check_quote(check, span_cstr(text ? text : "?"));
    free(text);
    return copy;
}

void check_give_up(struct check *check, const char *why)
{
    if (!check->unjudgeable)
        check->unjudgeable = why;
}

const json_t *check_resolve(struct check *check, const json_t *value)
{
    const char *key = json_string_value(json_object_get(value, "profile"));
    if (!key)
        return value;
    const json_t *known = profile_value(check->in->profile, key);
    if (!known)
        check_give_up(
            check, check_text(check, "the profile \"%s\" has no value \"%s\"", profile_name(check->in->profile), key));
    return known;
}

const char *check_summary(struct check *check)
{
    const struct response_seen *response = check->response;
    struct span type = fields_value(&response->headers, "content-type");
    const struct fields *trailers = check_trailer_fields(check);
    struct span status = fields_value(trailers, "grpc-status");
    struct span body = buf_span(&response->body);
    const char *ending = check_ending_text(check);
    const char *grpc = status.data ? check_text(check, ", grpc-status %s", check_quote(check, status)) : "";
    if (response->status == 0)
        return check_text(check, "no response; %s", ending);
    if (body.len == 0)
        return check_text(check, "HTTP %d, %s, no body%s; %s", response->status,
                          type.data ? check_quote(check, type) : "no content-type", grpc, ending);
    body.len = body.len < 400 ? body.len : 400;
    return check_text(check, "HTTP %d, %s, %llu bytes%s; %s: %s", response->status,
                      type.data ? check_quote(check, type) : "no content-type", (unsigned long long)response->body_len,
                      grpc, ending, check_quote(check, body));
}

bool check_success(struct check *check)
{
    const struct response_seen *response = check->response;
    struct message_type type = message_type_of(check->testcase->rpc, check->testcase->binding);
    if (response->status == 0 || response->status >= 400 || !check->complete || check_malformed(check)->count > 0 ||
        error_in_trailers(check))
        return false;
    if (check_has_answer(check))
        return answer_is_success(check);
    if (check->testcase->rpc && check->testcase->rpc->server_streaming)
        return !check_stream(check)->has_error;
    return !stream_is_error(&type, buf_span(&response->body));
}

enum reason_kind check_hidden_or(struct check *check, enum reason_kind otherwise)
{
    bool fails = check->in->calls || script_listener_takes_no_calls(&check->testcase->script.listener);
    return !check->may_succeed && fails && check_success(check) ? KIND_FAILURE_HIDDEN : otherwise;
}

/* ---- objects */

static bool object_needs_complete(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        const struct expectation *row = expectation_find(key);
        if (row && row->needs_complete && !(json_is_false(value)))
            return true;
    }
    return false;
}

/* How many keys of the alternative hold on their own. */
static size_t keys_held(struct check *check, const json_t *object)
{
    const char *key;
    json_t *value;
    size_t held = 0;
    json_object_foreach((json_t *)object, key, value)
    {
        struct reasons alone = {.count = 0};
        const struct expectation *row = expectation_find(key);
        if (!row || !row->check)
            continue;
        row->check(check, value, object, &alone);
        held += alone.count == 0;
    }
    return held;
}

/* Whether the alternative speaks of proxies with this profile. */
static bool applies(const struct check *check, const json_t *alternative)
{
    const json_t *asked = json_object_get(alternative, "profile_has");
    return !asked || profile_has_text(check->in->profile, json_string_value(json_array_get(asked, 0)),
                                      json_string_value(json_array_get(asked, 1)));
}

static bool all_ask_failure(struct check *check, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (applies(check, json_array_get(list, i)) && !check_asks_failure(check, json_array_get(list, i)))
            return false;
    }
    return true;
}

/* ---- any_of: the reasons of the nearest alternative are those of the whole, the others are told beside them */

#define MAX_TOLD_REASONS 3   /* of another alternative */
#define MAX_TOLD_TEXT    300 /* bytes of one of their texts */

struct alternative {
    struct reasons found;
    size_t held; /* keys that hold on their own */
};

/* A failure is near where little is missing: many keys hold, few reasons are left. */
static bool is_nearer(const struct alternative *a, const struct alternative *b)
{
    return a->held != b->held ? a->held > b->held : a->found.count < b->found.count;
}

static void tell(struct check *check, struct buf *out, const struct reason *reason)
{
    struct span expected = span_cstr(reason->expected);
    struct span observed = span_cstr(reason->observed);
    expected.len = expected.len < MAX_TOLD_TEXT ? expected.len : MAX_TOLD_TEXT;
    observed.len = observed.len < MAX_TOLD_TEXT ? observed.len : MAX_TOLD_TEXT;
    buf_printf(out, "%s at %s (%s): expected %s; observed %s", reason_kind_name(reason->kind), reason->path,
               axis_name(reason->axis), check_quote(check, expected), check_quote(check, observed));
}

static const char *alternative_text(struct check *check, size_t index, const struct reasons *found)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    buf_printf(&text, "alternative %zu lacks ", index + 1);
    for (size_t i = 0; i < found->count && i < MAX_TOLD_REASONS; i++) {
        buf_append_cstr(&text, i > 0 ? " \xc2\xb7 " : "");
        tell(check, &text, &found->items[i]);
    }
    if (found->count + found->omitted > MAX_TOLD_REASONS)
        buf_printf(&text, ", and %zu more", found->count + found->omitted - MAX_TOLD_REASONS);
    const char *copy = check_quote(check, buf_span(&text));
    buf_fini(&text);
    return copy;
}

/* The reasons of one alternative; `otherwise` goes with the first. */
static void add_nearest(struct check *check, struct reasons *to, struct reasons *found, const char *const *otherwise)
{
    struct reason first = found->items[0];
    first.otherwise = otherwise;
    insert(to->items, &to->count, &to->omitted, &first);
    memmove(&found->items[0], &found->items[1], --found->count * sizeof found->items[0]);
    reasons_add_all(check, to, found);
}

/* Whether an alternative holds; else told[] is what each that applies lacked, and *nearest the one that lacked least,
 * told[*index]. */
static bool any_holds(struct check *check, const json_t *list, struct alternative *nearest, size_t *index,
                      const char **told, bool *acceptable)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        const char *verdict = json_string_value(json_object_get(object, "verdict"));
        struct alternative tried = {.held = 0};
        bool inner = false;
        if (!applies(check, object))
            continue;
        check_object(check, object, &tried.found, &inner);
        if (tried.found.count == 0) {
            *acceptable = *acceptable || inner || (verdict && strcmp(verdict, verdict_name(VERDICT_ACCEPTABLE)) == 0);
            return true;
        }
        tried.held = keys_held(check, object);
        told[count] = alternative_text(check, i, &tried.found);
        if (count == 0 || is_nearer(&tried, nearest)) {
            *nearest = tried;
            *index = count;
        }
        count++;
    }
    return false;
}

static bool has_kind(const struct reasons *reasons, enum reason_kind kind)
{
    for (size_t i = 0; i < reasons->count; i++) {
        if (reasons->items[i].kind == kind)
            return true;
    }
    return false;
}

static void check_any_of(struct check *check, const json_t *list, struct reasons *to, bool *acceptable)
{
    size_t count = json_array_size(list);
    struct alternative nearest = {.held = 0};
    size_t index = 0;
    bool outer = check->may_succeed;
    bool failure = all_ask_failure(check, list);
    const char **told = arena_calloc(check->arena, count + 1, sizeof *told);
    if (!told) {
        check_give_up(check, "the harness ran out of memory");
        return;
    }
    check->may_succeed = outer || !failure;
    bool holds = any_holds(check, list, &nearest, &index, told, acceptable);
    check->may_succeed = outer;
    if (holds)
        return;
    assert(nearest.found.count > 0);
    memmove(&told[index], &told[index + 1], (count - index) * sizeof *told);
    if (failure && !has_kind(&nearest.found, KIND_FAILURE_HIDDEN) &&
        check_hidden_or(check, KIND_NONE) == KIND_FAILURE_HIDDEN)
        reason_add(check, to, AXIS_RESPONSE, KIND_FAILURE_HIDDEN, "failure",
                   check_text(check, "one of %s", check_dump(check, list)), check_summary(check));
    if (told[0])
        add_nearest(check, to, &nearest.found, told);
    else
        reasons_add_all(check, to, &nearest.found);
}

static void check_not(struct check *check, const json_t *object, struct reasons *to)
{
    struct reasons found = {.count = 0};
    bool acceptable = false;
    check_object(check, object, &found, &acceptable);
    if (found.count > 0)
        return;
    const char *key = json_object_iter_key(json_object_iter((json_t *)object));
    const struct expectation *row = expectation_find(key);
    enum reason_axis axis = row ? row->axis : AXIS_RESPONSE;
    enum reason_kind kind = row && row->kind != KIND_NONE ? row->kind : KIND_WRONG_BODY;
    reason_add(check, to, axis, kind, check_text(check, "not %s", key),
               check_text(check, "not %s", check_dump(check, object)),
               axis == AXIS_REQUEST ? check_calls_text(check) : check_summary(check));
}

void check_object(struct check *check, const json_t *object, struct reasons *to, bool *acceptable)
{
    const char *key;
    json_t *value;
    if (object_needs_complete(object) && !check->complete)
        reason_add(check, to, AXIS_ENDING, KIND_CUT_SHORT, "ending", "a complete response", check_ending_text(check));
    json_object_foreach((json_t *)object, key, value)
    {
        const struct expectation *row = expectation_find(key);
        if (strcmp(key, "any_of") == 0)
            check_any_of(check, value, to, acceptable);
        else if (strcmp(key, "not") == 0)
            check_not(check, value, to);
        else if (row && row->check)
            row->check(check, value, object, to);
    }
}

/* ---- the whole */

/* RST_STREAM with NO_ERROR behind a whole response asks to stop sending the request, no more: RFC 9113 section 8.1. */
static bool response_complete(const struct response_seen *response)
{
    if (response->ending == ENDING_COMPLETE)
        return true;
    if (response->ending != ENDING_RESET || response->reset_code != H2_CODE_NO_ERROR)
        return false;
    for (size_t i = 0; i < response->transcript.count; i++) {
        const struct transcript_event *event = &response->transcript.events[i];
        if (event->from == TRANSCRIPT_PROXY && event->end_stream)
            return true;
    }
    return false;
}

/* What would have been preferred, for a result that is merely acceptable. */
static void explain_acceptable(struct check *check, const json_t *object, struct reasons *to)
{
    const json_t *list = json_object_get(object, "any_of");
    const json_t *first = json_array_get(list, 0);
    struct reasons found = {.count = 0};
    bool acceptable = false;
    if (!first)
        return;
    check_object(check, first, &found, &acceptable);
    reasons_add_all(check, to, &found);
}

/* NULL, or why nothing can be said: what did not fit into the memory of the harness was not looked at. */
static const char *not_seen_text(const struct check_input *input)
{
    if (input->not_played)
        return input->not_played;
    bool over = input->over_budget || input->response->over_budget;
    for (const struct call_seen *call = input->calls; call; call = call->next)
        over = over || call->over_budget;
    return over ? "more arrived than --max-memory-mib leaves room for; a part was refused" : NULL;
}

void check_begin(struct check *check, const struct check_input *input, struct arena *arena)
{
    assert(input->testcase && input->profile && input->schema && input->response);
    *check = (struct check){.in = input, .testcase = input->testcase, .response = input->response, .arena = arena};
    arena_init(&check->scratch, CHECK_MAX_SCRATCH);
    arena_init(&check->kept, CHECK_MAX_SCRATCH);
    check->complete = response_complete(input->response);
    decoded_response(check);
}

void check_end(struct check *check)
{
    json_decref(check->answer.loaded);
    decoded_fini(check);
    arena_fini(&check->scratch);
    arena_fini(&check->kept);
}

void check_run(struct check_result *out, const struct check_input *input, struct arena *arena)
{
    struct reasons reasons = {.count = 0};
    bool acceptable = false;
    struct check check;
    *out = (struct check_result){.verdict = VERDICT_PASS};
    if (input->testcase->unjudged)
        return;
    check_begin(&check, input, arena);
    check.asks_failure = check_asks_failure_anywhere(input->testcase->expect);
    check_always(&check, &reasons);
    check_object(&check, input->testcase->expect, &reasons, &acceptable);
    if (reasons.count > 0)
        out->verdict = VERDICT_FAIL;
    else if (acceptable)
        out->verdict = VERDICT_ACCEPTABLE;
    if (out->verdict == VERDICT_ACCEPTABLE)
        explain_acceptable(&check, input->testcase->expect, &reasons);
    memcpy(out->reasons, reasons.items, reasons.count * sizeof reasons.items[0]);
    out->reason_count = reasons.count;
    out->reasons_omitted = reasons.omitted;
    /* What was too large to keep has failed already; that it cannot be compared as well adds nothing. */
    bool decided = reasons.count > 0 && (input->health.process_died || input->response->ending == ENDING_TOO_LARGE ||
                                         check.coding == BODY_TOO_LARGE);
    const char *not_seen = !decided ? not_seen_text(input) : NULL;
    if (not_seen)
        check.unjudgeable = not_seen;
    if (check.unjudgeable && !decided) {
        *out = (struct check_result){.verdict = VERDICT_ERROR, .reason_count = 1};
        out->reasons[0] = (struct reason){.axis = AXIS_RESPONSE,
                                          .kind = KIND_NONE,
                                          .path = "harness",
                                          .expected = "something that the harness can judge",
                                          .observed = check.unjudgeable};
    }
    check_end(&check);
}
