/* Cases that take a success without looking at it. */
#include "harness/suite/successes.h"

#include "harness/suite/check_impl.h"

/* What stands in an object and around it, as far as it matters here. */
struct looked_at {
    bool success;    /* a status that may be 2xx */
    bool by_profile; /* a status that the profile gives, which may be 2xx where the backend is called */
    bool failure;    /* it cannot hold without a sign of failure */
    bool unreached;  /* no call */
    bool request;
    bool answer;
};

static bool may_be_success(const json_t *status)
{
    if (json_is_integer(status))
        return json_integer_value(status) / 100 == 2;
    if (json_is_string(status))
        return json_string_value(status)[0] == '2';
    for (size_t i = 0; i < json_array_size(status); i++) {
        if (may_be_success(json_array_get(status, i)))
            return true;
    }
    return false;
}

static bool names_message(const json_t *seen)
{
    return json_object_get(seen, "message") || json_object_get(seen, "messages") ||
           json_object_get(seen, "message_text") || json_object_get(seen, "body") || json_object_get(seen, "json") ||
           json_object_get(seen, "same_as") || json_object_get(json_object_get(seen, "event"), "body");
}

static bool names_answer(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const struct expectation *row = expectation_find(key);
        if (row && row->is_answer)
            return true;
    }
    return false;
}

/* The client is gone before there is an answer, or does not wait for its end. */
static bool client_leaves(const json_t *object)
{
    const char *ends = json_string_value(json_object_get(object, "ends"));
    return ends && (strcmp(ends, "cancelled") == 0 || strcmp(ends, "timeout") == 0);
}

static void look(struct looked_at *at, const json_t *object)
{
    const json_t *status = json_object_get(object, "status");
    const json_t *without = json_object_get(json_object_get(object, "not"), "status");
    at->request = at->request || names_message(json_object_get(object, "backend_saw"));
    at->answer = at->answer || names_answer(object);
    at->unreached = at->unreached || json_object_get(object, "unreached");
    at->failure = at->failure || check_asks_failure(NULL, object) || may_be_success(without) || client_leaves(object);
    at->success = at->success || may_be_success(status);
    at->by_profile = at->by_profile || json_is_object(status);
}

/* NULL, or what is missing. */
static const char *missing(const struct looked_at *at)
{
    if (at->failure || !(at->success || (at->by_profile && !at->unreached)))
        return NULL;
    if (!at->request && !at->unreached)
        return "a success is expected, and not what the backend saw: name the request message in \"backend_saw\" ({} "
               "is none)";
    return at->answer
               ? NULL
               : "a success is expected, and not its answer: name what the body holds, with \"message\" for instance";
}

static const char *missing_in(struct looked_at around, const json_t *object)
{
    const json_t *list = json_object_get(object, "any_of");
    look(&around, object);
    if (!list)
        return missing(&around);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *what = missing_in(around, json_array_get(list, i));
        if (what)
            return what;
    }
    return NULL;
}

enum err_code successes_check(const struct suite *suite, struct err *err)
{
    for (size_t i = 0; i < suite_count(suite); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        /* Where a protocol has a status of its own, what asks for no failure is a success. */
        struct looked_at begin = {.success = testcase->mode != MODE_TRANSCODER};
        const char *what = missing_in(begin, testcase->expect);
        for (size_t k = 1; k < testcase->exchange_count && !what; k++)
            what = missing_in(begin, testcase->exchanges[k].expect);
        if (what)
            return err_set(err, ERR_SYNTAX, "%s/expect: %s", testcase->pointer, what);
    }
    return ERR_OK;
}
