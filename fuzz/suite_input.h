/* For the targets of case files: one file is added to a new suite over the embedded descriptors, which compiles the
 * scripts of its cases. A header, because only these targets link with what it calls. */
#ifndef TRANSCHECK_FUZZ_SUITE_INPUT_H
#define TRANSCHECK_FUZZ_SUITE_INPUT_H

#include "fuzz/fuzz.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/suite/testcase.h"
#include "mock-backend/script.h"

static inline void suite_input_check_step(const struct script_step *step)
{
    FUZZ_CHECK(step->kind < SCRIPT_KINDS && (step->bytes.data || step->bytes.len == 0));
    FUZZ_CHECK(step->kind != SCRIPT_DATA || step->repeat >= 1);
    FUZZ_CHECK(step->kind != SCRIPT_WAIT || step->wait_ms <= 10000);
    FUZZ_CHECK(step->kind != SCRIPT_TRAILERS || step->end_stream);
    for (size_t i = 0; i < step->fields.count; i++)
        FUZZ_CHECK(step->fields.items[i].name.len > 0);
    if (step->kind == SCRIPT_HEADERS)
        FUZZ_CHECK(fields_count(&step->fields, ":status") > 0);
}

static inline void suite_input_check_script(const struct script *script)
{
    size_t bytes = 0;
    FUZZ_CHECK(script->count <= SCRIPT_MAX_STEPS);
    for (size_t i = 0; i < script->count; i++) {
        suite_input_check_step(&script->steps[i]);
        bytes += script->steps[i].bytes.len * (script->steps[i].kind == SCRIPT_DATA ? script->steps[i].repeat : 1);
    }
    FUZZ_CHECK(bytes <= SCRIPT_MAX_BYTES);
}

static inline void suite_input_check_case(const struct suite *suite, const struct testcase *testcase)
{
    FUZZ_CHECK(suite_find(suite, testcase->id) == testcase);
    FUZZ_CHECK(testcase->version >= 1 && testcase->title && testcase->why && testcase->cites[0] && testcase->expect);
    FUZZ_CHECK(strncmp(testcase->id, testcase->topic, strlen(testcase->topic)) == 0);
    FUZZ_CHECK(testcase->clients >= 1 && testcase->clients <= 3);
    FUZZ_CHECK(testcase->request.path.len > 0 && testcase->request.path.data[0] == '/');
    FUZZ_CHECK(!testcase->expects_unreached || testcase->calls_allowed == 0);
    FUZZ_CHECK(!testcase->twin || suite_find(suite, testcase->twin));
    suite_input_check_script(&testcase->script);
}

static inline void suite_input_run(struct span json, const char *name)
{
    struct suite *suite;
    struct err err = {.code = ERR_OK};
    FUZZ_CHECK(suite_new(&suite, types_schema(), types_router(), NULL) == ERR_OK);
    enum err_code code = suite_add_file(suite, name, json, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    if (code == ERR_OK)
        code = suite_finish(suite, &err);
    for (size_t i = 0; code == ERR_OK && i < suite_count(suite); i++)
        suite_input_check_case(suite, suite_at(suite, i));
    suite_free(suite);
}

#endif
