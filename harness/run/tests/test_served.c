/* Which services and methods are named as not served. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "harness/run/served.h"

#define METHOD(text)                                                                                                   \
    {                                                                                                                  \
        .full_name = {(const uint8_t *)(text), sizeof(text) - 1 }                                                      \
    }

static const struct schema_method methods[] = {METHOD("a.One/First"), METHOD("a.One/Second"), METHOD("a.Two/First"),
                                               METHOD("a.Two/Second")};

static struct served served;

/* A case of methods[which], answered with `status`; it reached the backend when the status is 200. */
static void came_to(enum verdict verdict, size_t which, int status, bool expects_unreached)
{
    struct testcase testcase = {.rpc = &methods[which], .expects_unreached = expects_unreached};
    struct plan plan = {.testcase = &testcase};
    struct exchange exchange = {.plan = &plan, .call_count = status == 200};
    exchange.response.status = status;
    served_note(&served, &exchange, verdict);
}

static void played(size_t which, int status, bool expects_unreached)
{
    came_to(status == 200 ? VERDICT_PASS : VERDICT_FAIL, which, status, expects_unreached);
}

static const char *told(void)
{
    static struct buf text;
    buf_fini(&text);
    buf_init(&text, 4096);
    return served_tell(&text, &served) ? (const char *)text.data : NULL;
}

static void nothing_to_say(void **state)
{
    (void)state;
    memset(&served, 0, sizeof served);
    assert_null(told());
    played(0, 404, false);
    assert_null(told()); /* nothing reaches the backend: the preflight has its own words */
    played(1, 200, false);
    played(0, 200, false);
    assert_null(told()); /* refused once, reached once */
    played(2, 400, false);
    assert_null(told()); /* that is no answer of one who does not know it */
    played(3, 404, true);
    assert_null(told()); /* as it should be */
    came_to(VERDICT_PASS, 3, 501, false);
    came_to(VERDICT_ACCEPTABLE, 3, 501, false);
    assert_null(told()); /* as it may be: the case takes a refusal, too */
}

static void methods_and_services_are_named(void **state)
{
    (void)state;
    memset(&served, 0, sizeof served);
    played(0, 200, false);
    played(1, 404, false);
    assert_non_null(strstr(told(), "does not serve a.One/Second: 1 case got no further than the answer 404"));
    played(2, 501, false);
    played(3, 501, false);
    played(3, 501, false);
    assert_non_null(strstr(told(), "does not serve a.One/Second, a.Two: 4 cases got"));
    came_to(VERDICT_PASS, 3, 501, false);
    assert_non_null(strstr(told(), "does not serve a.One/Second, a.Two: 4 cases got")); /* that one does not count */
    played(3, 200, false);
    assert_non_null(strstr(told(), "does not serve a.One/Second, a.Two/First: 2 cases got"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_say),
        cmocka_unit_test(methods_and_services_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
