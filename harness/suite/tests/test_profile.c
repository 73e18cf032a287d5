/* Profiles: what they hold, what falls back to "any", what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/base/embed.h"
#include "harness/keys/keys.h"
#include "harness/suite/profile.h"

#define WHOLE                                                                                                          \
    "{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{"                                                \
    "\"stream_framing\":{\"value\":[\"array\",\"sse\"],\"cite\":\"c\"},"                                               \
    "\"unknown_path_status\":{\"value\":[404,\"5xx\"],\"cite\":\"c\"},"                                                \
    "\"parallel\":{\"value\":3,\"cite\":\"c\"}},"                                                                      \
    "\"lacks\":{\"client-streaming\":\"why\"},\"descriptors_left_out\":{\"response-body\":\"it refuses them\"}}"

static void test_values(void **state)
{
    struct profile *profile;
    struct err err;
    (void)state;
    assert_int_equal(profile_parse(&profile, "p.json", span_cstr(WHOLE), &err), ERR_OK);
    assert_string_equal(profile_name(profile), "p");
    assert_string_equal(profile_title(profile), "T");
    assert_string_equal(profile_version(profile), "1");
    assert_true(profile_has_text(profile, "stream_framing", "sse"));
    assert_false(profile_has_text(profile, "stream_framing", "ndjson"));
    assert_false(profile_has_text(profile, "none", "w"));
    assert_int_equal(profile_number(profile, "parallel", 7), 3);
    assert_int_equal(profile_number(profile, "stream_framing", 7), 7);
    assert_int_equal(profile_number(profile, "none", 7), 7);
    assert_null(profile_value(profile, "none"));
    assert_non_null(profile_value(profile, "unknown_path_status"));
    assert_string_equal(profile_lacks(profile, "client-streaming"), "why");
    assert_null(profile_lacks(profile, "server-streaming"));
    assert_string_equal(profile_leaves_out(profile, "response-body"), "it refuses them");
    assert_null(profile_leaves_out(profile, "verb-after-wildcard"));
    profile_free(profile);
    profile_free(NULL);
}

#define WITH(values) "{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{" values "}}"

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *want;
    } rows[] = {
        {"{}", "p.json#: the key \"profile\" is missing"},
        {"{\"profile\":\"P\"}", "p.json#/profile: expected lower-case words"},
        {WITH("\"unknown_paths_status\":{\"value\":[404],\"cite\":\"c\"}"),
         "p.json#/values: unknown key \"unknown_paths_status\"; did you mean 'unknown_path_status'?"},
        {WITH("\"parallel\":{\"value\":1}"), "p.json#/values/parallel: the key \"cite\" is missing"},
        {WITH("\"parallel\":{\"value\":1.5,\"cite\":\"c\"}"), "p.json#/values/parallel/value: expected an integer"},
        {WITH("\"parallel\":1"), "p.json#/values/parallel: expected an object"},
        {WITH("\"empty_body_status\":{\"value\":404,\"cite\":\"c\"}"),
         "p.json#/values/empty_body_status/value: expected a list of statuses"},
        {WITH("\"empty_body_status\":{\"value\":[40],\"cite\":\"c\"}"),
         "p.json#/values/empty_body_status/value/0: expected a number"},
        {WITH("\"empty_body_status\":{\"value\":[\"error\"],\"cite\":\"c\"}"),
         "p.json#/values/empty_body_status/value/0: expected"},
        {WITH("\"stream_framing\":{\"value\":[\"csv\"],\"cite\":\"c\"}"),
         "p.json#/values/stream_framing/value/0: expected one of \"array\""},
        {WITH("\"error_body\":{\"value\":[],\"cite\":\"c\"}"),
         "p.json#/values/error_body/value: expected a list of 1 to 6"},
        {WITH("\"error_details\":{\"value\":1,\"cite\":\"c\"}"),
         "p.json#/values/error_details/value: expected true or"},
        {WITH("\"parallel\":{\"value\":-1,\"cite\":\"c\"}"), "p.json#/values/parallel/value: expected an integer"},
        {"{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{},\"lacks\":{\"http-body\":1}}",
         "p.json#/lacks/http-body: expected a string"},
        {"{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{},\"lacks\":{\"http-bodies\":\"w\"}}",
         "p.json#/lacks: unknown key \"http-bodies\"; did you mean 'http-body'?"},
        {"{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{},\"descriptors_left_out\":{\"verbs\":\"w\"}"
         "}",
         "p.json#/descriptors_left_out: unknown key \"verbs\""},
        {"{\"profile\":\"p\",\"title\":\"T\",\"version\":\"1\",\"values\":{},\"descriptors_left_out\":{\"response-"
         "body\":"
         "true}}",
         "p.json#/descriptors_left_out/response-body: expected a string"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct profile *profile;
        struct err err = {.text = "nothing"};
        profile_parse(&profile, "p.json", span_cstr(rows[i].text), &err);
        if (strncmp(err.text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: \"%s\", not \"%s\"", i, err.text, rows[i].want);
    }
}

static void test_cut(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < sizeof WHOLE - 1; cut++) {
        struct profile *profile;
        assert_int_not_equal(profile_parse(&profile, "p.json", span_of(WHOLE, cut), NULL), ERR_OK);
    }
}

/* Every embedded profile is valid, and has a value, its own or that of "any", for every key that an expectation may
 * name. */
static void test_embedded(void **state)
{
    static const char folder[] = "cases/profiles/";
    struct profile *any;
    struct err err;
    size_t count = 0;
    (void)state;
    if (profile_load(&any, NULL, &err) != ERR_OK)
        fail_msg("%s", err.text);
    assert_string_equal(profile_name(any), "any");
    for (size_t i = 0; i < embed_count(); i++) {
        struct profile *profile;
        char name[64];
        const char *path = embed_at(i).name;
        if (strncmp(path, folder, sizeof folder - 1) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - sizeof folder + 1 - 5), path + sizeof folder - 1);
        if (profile_load(&profile, name, &err) != ERR_OK)
            fail_msg("%s", err.text);
        assert_string_equal(profile_name(profile), name);
        for (const struct key_rule *rule = profile_values.rules; rule->name; rule++) {
            bool named = rule->type == &profile_statuses || rule->type == &key_texts;
            if (named && !profile_value(profile, rule->name))
                fail_msg("%s: no value for %s", name, rule->name);
        }
        profile_free(profile);
        count++;
    }
    assert_true(count >= 2);
    profile_free(any);
}

static void test_load(void **state)
{
    char path[] = "/tmp/test_profile.XXXXXX.json";
    struct profile *profile;
    struct err err;
    (void)state;
    assert_int_equal(profile_load(&profile, "no-such", &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "any"));
    assert_non_null(strstr(err.text, "reference"));
    assert_int_equal(profile_load(&profile, "/etc/passwd", &err), ERR_SYNTAX);
    assert_int_equal(profile_load(&profile, "/no/such.json", &err), ERR_IO);
    int file = mkstemps(path, 5);
    assert_true(file >= 0);
    assert_int_equal(write(file, WHOLE, sizeof WHOLE - 1), sizeof WHOLE - 1);
    close(file);
    assert_int_equal(profile_load(&profile, path, &err), ERR_OK);
    assert_true(profile_has_text(profile, "stream_framing", "array"));
    assert_non_null(profile_value(profile, "unknown_path_status")); /* from "any" */
    profile_free(profile);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),   cmocka_unit_test(test_refused), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_embedded), cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
