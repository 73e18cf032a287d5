/* Cases whose exchanges are played at once: their keys, and each exchange as a case of its own. */
#include "harness/suite/together.h"

#include <stdio.h>

#include "harness/suite/substitute.h"
#include "harness/suite/testcase_keys.h"

static const char *const connections[] = {"one", "each", NULL};

static const struct key_rule exchange_rules[] = {
    {.name = "count",
     .type = &key_number,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "so many exchanges (default 1)"},
    {.name = "rpc", .type = &key_text, .text = "as in a case"},
    {.name = "request",
     .required = true,
     .type = &key_object,
     .object = &testcase_request_object,
     .text = "as in a case"},
    {.name = "backend", .type = &testcase_steps, .max = SCRIPT_MAX_STEPS, .text = "as in a case"},
    {.name = "expect", .required = true, .type = &testcase_expect, .text = "as in a case"},
    {.name = NULL}};
static const struct key_object exchange_object = {.name = "exchange", .rules = exchange_rules};

static size_t count_of(const json_t *object)
{
    const json_t *count = json_object_get(object, "count");
    return count ? (size_t)json_integer_value(count) : 1;
}

static size_t count_all(const json_t *together)
{
    size_t count = count_of(together);
    const json_t *others = json_object_get(together, "others");
    for (size_t i = 0; i < json_array_size(others); i++)
        count += count_of(json_array_get(others, i));
    return count;
}

static enum err_code check_count(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)rule, (void)user;
    size_t count = count_all(value);
    if (count >= 2 && count <= TESTCASE_MAX_EXCHANGES)
        return ERR_OK;
    return place_error(at, ERR_SYNTAX, err, "expected 2 to %d exchanges, not %zu", TESTCASE_MAX_EXCHANGES, count);
}

static const struct key_rule together_rules[] = {
    {.name = "count",
     .type = &key_number,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "so many exchanges by the case's own `request`, `backend` and `expect` (default 1)"},
    {.name = "connections",
     .required = true,
     .type = &key_choice,
     .choices = connections,
     .text =
         "`\"one\"`: streams of one HTTP/2 connection (`clients` is `[\"h2\"]`); `\"each\"`: one for each exchange"},
    {.name = "others",
     .type = &key_objects,
     .object = &exchange_object,
     .min = 1,
     .max = TESTCASE_MAX_EXCHANGES,
     .text = "further exchanges, with the keys below"},
    {.name = NULL}};
const struct key_object together_object = {.name = "together", .rules = together_rules, .whole = check_count};

size_t together_count(const json_t *source)
{
    const json_t *together = json_object_get(source, "together");
    return together ? count_all(together) : 1;
}

bool together_shares_connection(const json_t *source)
{
    return span_is(keys_span(json_object_get(json_object_get(source, "together"), "connections")), "one");
}

/* ---- one exchange */

const json_t *together_owner(const json_t *source, size_t number, size_t *others)
{
    const json_t *together = json_object_get(source, "together");
    const json_t *list = json_object_get(together, "others");
    size_t last = count_of(together);
    *others = SIZE_MAX;
    for (size_t i = 0; number > last && i < json_array_size(list); i++) {
        *others = i;
        last += count_of(json_array_get(list, i));
    }
    return *others == SIZE_MAX ? source : json_array_get(list, *others);
}

enum err_code together_exchange(json_t **out, const struct place *at, const json_t *owner, size_t number, size_t *left,
                                struct err *err)
{
    static const char *const keys[] = {"rpc", "request", "backend", "expect"};
    char text[24];
    snprintf(text, sizeof text, "%zu", number);
    json_t *values = json_pack("{s:s}", TOGETHER_NUMBER, text);
    json_t *made = json_object();
    const struct substitution substitution = {.values = values, .left = left};
    enum err_code code = ERR_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && code == ERR_OK; i++) {
        const json_t *value = json_object_get(owner, keys[i]);
        struct place inside = {.up = at, .key = keys[i]};
        json_t *filled = NULL;
        if (value)
            code = substitute(&filled, &substitution, &inside, value, err);
        if (code == ERR_OK && filled && json_object_set_new(made, keys[i], filled) != 0)
            code = place_error(&inside, ERR_NO_MEMORY, err, "the cases take too much memory");
    }
    json_decref(values);
    *out = code == ERR_OK ? made : NULL;
    if (code != ERR_OK)
        json_decref(made);
    return code;
}
