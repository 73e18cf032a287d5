/* The largest results that a run can write are read again, and become every report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/engine/grpc/frame.h"
#include "harness/run/results_fit.h"
#include "harness/run/tests/rig.h"
#include "reports/formats.h"
#include "reports/results_reader.h"

#define LARGE_CASES 1     /* with everything at its limit */
#define WORDY_CASES 9     /* with the longest texts */
#define MAX_REASON  2048u /* bytes of a text of a reason, as check.h says */
#define CALLS       EXCHANGE_MAX_CALLS
#define EXCHANGES   3

/* U+0001 becomes six bytes of JSON, and seven where it is escaped twice. */
static char *worst_text(struct arena *arena, size_t len)
{
    char *text = arena_alloc(arena, len + 1);
    assert_non_null(text);
    memset(text, 1, len);
    text[len] = 0;
    return text;
}

static const char *const *worst_list(struct arena *arena, size_t count, size_t len)
{
    const char **list = arena_calloc(arena, count + 1, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = worst_text(arena, len);
    return list;
}

/* An id as long as they may be. */
static const char *worst_id(struct arena *arena, size_t number)
{
    char *id = arena_alloc(arena, RESULTS_MAX_ID + 1);
    memset(id, 'a', RESULTS_MAX_ID);
    snprintf(id + RESULTS_MAX_ID - 6, 7, "-%05zu", number);
    memcpy(id, "unit/", 5);
    return id;
}

/* As many events, payload and fields as a transcript keeps. Payload is messages whose JSON is the longest. */
static void worst_transcript(struct transcript *transcript, struct arena *arena, enum transcript_actor from)
{
    static uint8_t message[1024];
    struct fields fields = {0};
    transcript_init(transcript, arena, TRANSCRIPT_MAX_BYTES, TRANSCRIPT_MAX_EVENTS);
    for (size_t i = 0; i < 64; i++)
        assert_true(fields_add(&fields, arena, span_cstr("x"), span_cstr(worst_text(arena, 1000))));
    struct transcript_event event = {
        .from = from, .kind = TRANSCRIPT_HEADERS, .conn = 1, .stream = 1, .fields = fields};
    transcript_add(transcript, &event);
    memset(message, 1, sizeof message);
    frame_prefix_write(message, 0, sizeof message - FRAME_PREFIX_LEN);
    message[5] = 0x0a; /* the field "id", 1016 bytes long */
    message[6] = 0xf8;
    message[7] = 0x07;
    event = (struct transcript_event){.from = from, .kind = TRANSCRIPT_DATA, .conn = 1, .stream = 1};
    for (size_t i = 0; i < TRANSCRIPT_MAX_EVENTS; i++) {
        event.bytes = i < 60 ? span_of(message, sizeof message) : span_of("\xff", 1);
        event.len = event.bytes.len;
        event.note = "\x01\x01\x01\x01\x01\x01\x01\x01";
        transcript_add(transcript, &event);
    }
    assert_int_equal(transcript->count, TRANSCRIPT_MAX_EVENTS);
}

static void worst_exchange(struct exchange *exchange, struct call_seen *calls, struct arena *arena)
{
    memset(exchange, 0, sizeof *exchange);
    response_seen_init(&exchange->response, arena, 1);
    worst_transcript(&exchange->response.transcript, arena, TRANSCRIPT_PROXY);
    memset(exchange->response.detail, 1, sizeof exchange->response.detail - 1);
    for (size_t i = 0; i < CALLS; i++) {
        call_seen_init(&calls[i], arena, 1);
        worst_transcript(&calls[i].transcript, arena, i % 2 ? TRANSCRIPT_PROXY : TRANSCRIPT_BACKEND);
        fields_add(&calls[i].headers, arena, span_cstr(":path"),
                   span_cstr("/transcheck.v1.ReservationService/GetReservation"));
        calls[i].next = i + 1 < CALLS ? &calls[i + 1] : NULL;
    }
    exchange->calls = calls;
    exchange->call_count = CALLS + 7;
}

static void worst_result(struct check_result *result, struct arena *arena)
{
    *result = (struct check_result){.verdict = VERDICT_FAIL, .reason_count = CHECK_MAX_REASONS};
    for (size_t i = 0; i < CHECK_MAX_REASONS; i++)
        result->reasons[i] = (struct reason){.axis = AXIS_RESPONSE,
                                             .kind = KIND_TOO_MANY_CALLS,
                                             .path = worst_text(arena, CHECK_MAX_PATH),
                                             .otherwise = worst_list(arena, 16, MAX_REASON),
                                             .expected = worst_text(arena, MAX_REASON),
                                             .observed = worst_text(arena, MAX_REASON)};
}

static struct testcase worst_case(struct arena *arena, const char *id)
{
    return (struct testcase){.id = id,
                             .topic = "unit",
                             .version = 1,
                             .level = LEVEL_MUST,
                             .title = worst_text(arena, 20000),
                             .why = worst_text(arena, 20000),
                             .cites = worst_list(arena, 64, 2000),
                             .behaviours = worst_list(arena, 64, 2000),
                             .clients = CLIENT_H1 | CLIENT_H2,
                             .request = {.method = span_cstr("GET"), .path = span_cstr(worst_text(arena, 50000))}};
}

struct largest {
    struct rig rig;
    struct arena arena;
    struct results_writer *writer;
    struct testcase *cases;
    struct result_pair *pairs;
    struct check_result result;
    struct exchange exchange;
    struct plan plan;
    struct group group; /* of which all are the same exchange */
    struct call_seen calls[CALLS];
    char *attempts[RUNNER_MAX_ATTEMPTS];
    struct waiver waiver;
};

static void setup(struct largest *largest)
{
    struct arena *arena = &largest->arena;
    memset(largest, 0, sizeof *largest);
    rig_init(&largest->rig, false);
    rig_case(&largest->rig, "one", NULL, NULL);
    assert_int_equal(rig_load(&largest->rig), ERR_OK);
    arena_init(arena, 512u << 20);
    assert_int_equal(
        results_writer_new(&largest->writer, largest->rig.results, NULL, NULL, largest->rig.runner.schema, NULL),
        ERR_OK);
    results_writer_set_options(largest->writer, &largest->rig.options);
    largest->cases = arena_calloc(arena, RESULTS_MAX_CASES_OF_SUITE, sizeof *largest->cases);
    largest->pairs = arena_calloc(arena, RESULTS_MAX_PAIRS, sizeof *largest->pairs);
    for (size_t i = 0; i < RESULTS_MAX_PAIRS; i++) {
        struct testcase *testcase = &largest->cases[i / 2];
        if (i % 2 == 0) {
            *testcase = i == 0 ? worst_case(arena, NULL) : largest->cases[0];
            testcase->id = worst_id(arena, i);
            if (i >= LARGE_CASES + WORDY_CASES)
                testcase->title = testcase->why = "", testcase->cites = testcase->behaviours = NULL,
                testcase->request.path = span_cstr("/");
        }
        largest->pairs[i] = (struct result_pair){testcase, i % 2 ? CLIENT_H2 : CLIENT_H1};
    }
    worst_result(&largest->result, arena);
    worst_exchange(&largest->exchange, largest->calls, arena);
    largest->plan.testcase = &largest->cases[0];
    largest->exchange.plan = &largest->plan;
    for (size_t i = 0; i < EXCHANGES; i++)
        largest->group.members[largest->group.count++].exchange = &largest->exchange;
    largest->exchange.group = &largest->group;
    for (size_t i = 0; i < RUNNER_MAX_ATTEMPTS; i++)
        largest->attempts[i] = result_attempt_text(VERDICT_FAIL, worst_text(arena, 5000), &largest->result);
    static struct waiver_reason died = {.kind = KIND_DIED, .axis = AXIS_HEALTH, .path = "*"};
    largest->waiver = (struct waiver){.id = worst_id(arena, 1),
                                      .client = CLIENT_H1,
                                      .reasons = &died,
                                      .reason_count = 1,
                                      .reason = worst_text(arena, 20000),
                                      .link = worst_text(arena, 20000)};
}

static void teardown(struct largest *largest)
{
    for (size_t i = 0; i < RUNNER_MAX_ATTEMPTS; i++)
        free(largest->attempts[i]);
    results_writer_free(largest->writer);
    arena_fini(&largest->arena);
    rig_fini(&largest->rig);
}

static void write_run(struct largest *largest)
{
    const char *options[2001] = {NULL};
    for (size_t i = 0; i < 2000; i++)
        options[i] = worst_text(&largest->arena, 1000);
    struct result_run run = {.url = worst_text(&largest->arena, 5000),
                             .backend = "127.0.0.1:2",
                             .profile = largest->rig.runner.profile,
                             .options = options,
                             .clients = CLIENT_H1 | CLIENT_H2,
                             .suite = largest->rig.runner.suite};
    assert_true(results_writer_run(largest->writer, &run, largest->pairs, RESULTS_MAX_PAIRS));
}

static void write_cases(struct largest *largest)
{
    const struct health_seen health = {.asked = true,
                                       .process_died = true,
                                       .detail = worst_text(&largest->arena, 20000),
                                       .output = worst_text(&largest->arena, 64u << 10)};
    const struct check_result plain = {
        .verdict = VERDICT_FAIL,
        .reason_count = 1,
        .reasons = {{.axis = AXIS_RESPONSE, .kind = KIND_WRONG_STATUS, .expected = "200", .observed = "500"}}};
    for (size_t i = 0; i < RESULTS_MAX_PAIRS; i++) {
        bool large = i < LARGE_CASES || i == RESULTS_MAX_PAIRS - 1;
        bool wordy = large || i < LARGE_CASES + WORDY_CASES;
        struct result_case line = {.testcase = largest->pairs[i].testcase,
                                   .client = largest->pairs[i].client,
                                   .verdict = VERDICT_FAIL,
                                   .note = wordy ? largest->waiver.reason : NULL,
                                   .waiver = wordy ? &largest->waiver : NULL,
                                   .waiver_problem = wordy ? "stale" : NULL,
                                   .result = wordy ? &largest->result : &plain,
                                   .exchange = large ? &largest->exchange : NULL,
                                   .health = wordy ? &health : NULL,
                                   .attempts = wordy ? largest->attempts : NULL,
                                   .attempt_count = wordy ? RUNNER_MAX_ATTEMPTS : 0,
                                   .repeated = UINT32_MAX};
        assert_true(results_writer_case(largest->writer, &line));
    }
}

static void write_rest(struct largest *largest)
{
    struct result_waiver_problem *problems = arena_calloc(&largest->arena, 10000, sizeof *problems);
    for (size_t i = 0; i < 10000; i++)
        problems[i] = (struct result_waiver_problem){.waiver = &largest->waiver, .problem = "mismatch"};
    const char *output = worst_text(&largest->arena, 64u << 10);
    for (size_t i = 0; i < RESULTS_MAX_EVENTS + 1000; i++)
        assert_true(results_writer_event(largest->writer, i, "a call", i < 30 ? output : NULL));
    struct result_totals totals = {.planned = RESULTS_MAX_PAIRS,
                                   .verdicts[VERDICT_FAIL] = RESULTS_MAX_PAIRS,
                                   .must_failed = RESULTS_MAX_PAIRS,
                                   .waiver_problems = problems,
                                   .waiver_problem_count = 10000,
                                   .strays = SIZE_MAX >> 1,
                                   .strays_dropped = 3,
                                   .exit_code = 1,
                                   .diagnosis = worst_text(&largest->arena, 20000)};
    assert_true(results_writer_totals(largest->writer, &totals));
}

static void check_lines(FILE *file)
{
    char *line = NULL;
    size_t cap = 0, longest = 0, total = 0;
    ssize_t len;
    rewind(file);
    while ((len = getline(&line, &cap, file)) > 0) {
        longest = (size_t)len > longest ? (size_t)len : longest;
        total += (size_t)len;
    }
    free(line);
    assert_true(longest <= RESULTS_MAX_LINE + 1);
    assert_true(longest > RESULTS_MAX_LINE / 2); /* the test does reach for the limit */
    assert_true(total <= RESULTS_MAX_RUN_BYTES);
}

static void everything_at_its_limit(void **state)
{
    (void)state;
    static struct largest largest;
    struct results *results = NULL;
    struct err err = {.text = ""};
    setup(&largest);
    write_run(&largest);
    write_cases(&largest);
    write_rest(&largest);
    check_lines(largest.rig.results);
    if (results_read_stream(&results, largest.rig.results, "largest", false, &err) != ERR_OK)
        fail_msg("the reader does not take what the writer wrote: %s", err.text);
    assert_int_equal(results->case_count, RESULTS_MAX_PAIRS);
    assert_false(results->runs[0].miscounted);
    assert_int_equal(results->runs[0].totals.strays_dropped, 3);
    assert_true(results->runs[0].event_count <= RESULTS_MAX_EVENTS);
    assert_int_equal(results->runs[0].event_count + results->runs[0].totals.events_omitted, RESULTS_MAX_EVENTS + 1000);
    for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++) {
        FILE *out = fopen("/dev/null", "we");
        assert_non_null(out);
        if (report_formats[i].write(out, results, &err) != ERR_OK)
            fail_msg("%s: %s", report_formats[i].name, err.text);
        fclose(out);
    }
    results_free(results);
    teardown(&largest);
}

/* Each step of cutting, with rooms that stop there. */
static void lines_fit_their_room(void **state)
{
    (void)state;
    static struct largest largest;
    setup(&largest);
    struct result_case line = {.testcase = largest.pairs[0].testcase,
                               .client = CLIENT_H1,
                               .verdict = VERDICT_FAIL,
                               .note = "a note",
                               .result = &largest.result,
                               .exchange = &largest.exchange,
                               .attempts = largest.attempts,
                               .attempt_count = RUNNER_MAX_ATTEMPTS};
    assert_true(results_writer_case(largest.writer, &line));
    rig_read(&largest.rig);
    for (size_t room_len = RESULTS_MAX_LINE; room_len >= RESULTS_CASE_TEXT; room_len /= 8) {
        struct results_room room = {.text = room_len / 4 > RESULTS_CASE_TEXT ? room_len / 4 : RESULTS_CASE_TEXT,
                                    .line = room_len};
        json_t *copy = json_deep_copy(json_array_get(largest.rig.lines, 0));
        size_t text_len = 0;
        char *text = results_fit(copy, &room, &text_len);
        assert_non_null(text);
        assert_true(strlen(text) <= room_len);
        assert_true(text_len <= room.text);
        assert_true(json_is_true(json_object_get(copy, "cut")));
        assert_string_equal(json_string_value(json_object_get(copy, "id")), line.testcase->id);
        assert_string_equal(json_string_value(json_object_get(copy, "verdict")), "fail");
        assert_true(json_array_size(json_object_get(copy, "reasons")) >= 4);
        free(text);
        json_decref(copy);
    }
    teardown(&largest);
}

static void short_lines_stay_as_they_are(void **state)
{
    (void)state;
    static const struct results_room room = {RESULTS_CASE_TEXT, RESULTS_CASE_TEXT};
    static const char line[] = "{\"type\":\"case\",\"client_side\":{\"events\":[{\"hex\":\"00\"}]}}";
    json_t *json = json_loads(line, 0, NULL);
    size_t text_len = 0;
    char *text = results_fit(json, &room, &text_len);
    assert_string_equal(text, line);
    free(text);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_at_its_limit),
        cmocka_unit_test(lines_fit_their_room),
        cmocka_unit_test(short_lines_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
