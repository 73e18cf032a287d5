/* Target `suite_file`: the input is read as a profile and as a file of waivers, over the two cases below. */
#include "fuzz/fuzz.h"
#include "fuzz/types.h"
#include "harness/base/escape.h"
#include "harness/suite/waiver.h"

#define CASE(id, version, clients)                                                                                     \
    "{\"id\":\"" id "\",\"version\":" version ",\"clients\":" clients ",\"level\":\"must\",\"title\":\"T\","           \
    "\"why\":\"W\",\"cites\":[\"INV-1\"],\"defects\":[\"body-ignored\"],"                                              \
    "\"request\":{\"method\":\"GET\",\"path\":\"/v1/echo\"},\"expect\":{\"status\":200}}"

static const char file[] = "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[" //
    CASE("t/a", "1", "[\"h1\",\"h2\"]") "," CASE("t/b", "2", "[\"h1\"]") "]}";

static const struct suite *cases(void)
{
    static struct suite *suite;
    if (!suite)
        FUZZ_CHECK(suite_new(&suite, types_schema(), types_router(), NULL) == ERR_OK &&
                   suite_add_file(suite, "t.json", span_cstr(file), NULL) == ERR_OK &&
                   suite_finish(suite, NULL) == ERR_OK);
    return suite;
}

static void check_profile(struct span json)
{
    struct profile *profile = NULL;
    struct err err = {.code = ERR_OK};
    enum err_code code = profile_parse(&profile, "profile.json", json, &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    if (code != ERR_OK)
        return;
    FUZZ_CHECK(profile_name(profile)[0] && profile_title(profile) && profile_version(profile));
    long long grace_ms = profile_number(profile, "reconnect_grace_ms", 7);
    FUZZ_CHECK(grace_ms >= 0);
    profile_lacks(profile, "server-streaming");
    profile_leaves_out(profile, "response-body");
    profile_has_text(profile, "stream_framing", "array");
    profile_free(profile);
}

static void check_waivers(struct span json)
{
    struct waivers *waivers = NULL;
    struct err err = {.code = ERR_OK};
    enum err_code code = waivers_parse(&waivers, "waivers.json", json, cases(), &err);
    FUZZ_CHECK(code == err.code && (code == ERR_OK) == (err.text[0] == '\0'));
    FUZZ_CHECK(escape_utf8_valid(span_cstr(err.text)));
    if (code != ERR_OK)
        return;
    for (size_t i = 0; i < waivers_count(waivers); i++) {
        const struct waiver *waiver = waivers_at(waivers, i);
        const struct testcase *testcase = suite_find(cases(), waiver->id);
        const struct waiver *which = NULL;
        FUZZ_CHECK(testcase && waiver->reason[0]);
        struct check_result passed = {.verdict = VERDICT_PASS};
        struct check_result failed = {.verdict = VERDICT_FAIL, .reason_count = 1};
        const struct waiver_reason *named = &waiver->reasons[0];
        failed.reasons[0] = (struct reason){.axis = named->axis,
                                            .kind = named->kind,
                                            .path = named->path ? named->path : "",
                                            .expected = "",
                                            .observed = ""};
        FUZZ_CHECK(waivers_apply(waivers, testcase, waiver->client, &passed, &which) ==
                   (waiver->flaky ? WAIVER_IDLE : WAIVER_STALE));
        FUZZ_CHECK(which == waiver);
        FUZZ_CHECK(waivers_apply(waivers, testcase, waiver->client, &failed, &which) == WAIVER_APPLIES);
    }
    waivers_free(waivers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span json = span_of(data, size);
    check_profile(json);
    check_waivers(json);
    return 0;
}
