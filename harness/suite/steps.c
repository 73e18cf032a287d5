#include "harness/suite/steps.h"

#include "harness/base/h2_code.h"

static const char *const closes[] = {"fin", "rst", NULL};
static const char *const points[] = {"request_headers", "request_complete", "client_cancelled", "client_has_messages",
                                     NULL};

static enum err_code check_h2_code(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    if (json_is_integer(value))
        return key_number(at, value, rule, user, err);
    return key_choice(at, value, rule, user, err);
}

static enum err_code check_sizes(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    if (!json_is_array(value))
        return key_number(at, value, rule, user, err);
    return key_each(key_number, "expected a size or a list of sizes", at, value, rule, user, err);
}

static enum err_code check_frames(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                  struct err *err)
{
    return key_each(key_hex, "expected a list of hex strings", at, value, rule, user, err);
}

#define MAX_BYTES  (32LL << 20)
#define MAX_REPEAT 1000000
#define END_STREAM                                                                                                     \
    {                                                                                                                  \
        .name = "end_stream", .check = key_bool                                                                        \
    }
#define REPEAT                                                                                                         \
    {                                                                                                                  \
        .name = "repeat", .check = key_number, .min = 1, .max = MAX_REPEAT                                             \
    }
#define SPLIT                                                                                                          \
    {                                                                                                                  \
        .name = "split", .check = check_sizes, .min = 1, .max = MAX_BYTES                                              \
    }
#define LAST                                                                                                           \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

static const struct key_rule headers_rules[] = {{.name = "headers", .check = key_fields}, END_STREAM, LAST};
static const struct key_rule trailers_rules[] = {{.name = "trailers", .check = key_fields}, LAST};
static const struct key_rule message_rules[] = {{.name = "message", .check = key_any},
                                                {.name = "type", .check = key_text},
                                                SPLIT,
                                                {.name = "flags", .check = key_number, .min = 0, .max = 255},
                                                {.name = "length", .check = key_number, .min = 0, .max = UINT32_MAX},
                                                {.name = "cut", .check = key_number, .min = 0, .max = MAX_BYTES},
                                                END_STREAM,
                                                REPEAT,
                                                {.name = "numbered", .check = key_text},
                                                LAST};
static const struct key_rule bytes_rules[] = {{.name = "bytes", .check = key_hex}, SPLIT, END_STREAM, REPEAT, LAST};
static const struct key_rule text_rules[] = {{.name = "text", .check = key_string}, SPLIT, END_STREAM, REPEAT, LAST};
static const struct key_rule data_rules[] = {{.name = "data", .check = check_frames}, END_STREAM, LAST};
static const struct key_rule fill_rules[] = {{.name = "fill", .check = key_number, .min = 0, .max = MAX_BYTES},
                                             {.name = "byte", .check = key_number, .min = 0, .max = 255},
                                             {.name = "prefix", .check = key_hex},
                                             END_STREAM,
                                             LAST};
static const struct key_rule end_rules[] = {{.name = "end", .check = key_true}, LAST};
static const struct key_rule rst_rules[] = {
    {.name = "rst", .check = check_h2_code, .choices = h2_code_names, .min = 0, .max = UINT32_MAX}, LAST};
static const struct key_rule goaway_rules[] = {
    {.name = "goaway", .check = check_h2_code, .choices = h2_code_names, .min = 0, .max = UINT32_MAX},
    {.name = "covers", .check = key_bool},
    LAST};
static const struct key_rule close_rules[] = {{.name = "close", .check = key_choice, .choices = closes}, LAST};
static const struct key_rule wait_rules[] = {{.name = "wait_ms", .check = key_number, .min = 0, .max = 10000}, LAST};
static const struct key_rule await_rules[] = {{.name = "await", .check = key_choice, .choices = points},
                                              {.name = "count", .check = key_number, .min = 0, .max = MAX_REPEAT},
                                              LAST};
static const struct key_rule echo_rules[] = {{.name = "echo", .check = key_true}, LAST};
static const struct key_rule frame_rules[] = {
    {.name = "frame", .check = key_hex}, {.name = "own_stream", .check = key_bool}, LAST};

/* The first rule of each names the step. */
static const struct key_rule *const steps[] = {
    headers_rules, trailers_rules, message_rules, bytes_rules, text_rules,  data_rules, fill_rules,  end_rules,
    rst_rules,     goaway_rules,   close_rules,   wait_rules,  await_rules, echo_rules, frame_rules, NULL};

#define STEP_COUNT (sizeof steps / sizeof *steps - 1)

const char *const *steps_names(void)
{
    static const char *const names[] = {"headers", "trailers", "message", "bytes",   "text",  "data", "fill",  "end",
                                        "rst",     "goaway",   "close",   "wait_ms", "await", "echo", "frame", NULL};
    return names;
}

static enum err_code check_step(const struct place *at, const json_t *step, struct err *err)
{
    const struct key_rule *rules = NULL;
    if (!json_is_object(step))
        return place_error(at, ERR_SYNTAX, err, "expected an object");
    for (size_t i = 0; i < STEP_COUNT; i++) {
        if (!json_object_get(step, steps[i]->name))
            continue;
        if (rules)
            return place_error(at, ERR_SYNTAX, err, "two steps in one object: \"%s\" and \"%s\"", rules->name,
                               steps[i]->name);
        rules = steps[i];
    }
    if (!rules)
        return place_error(at, ERR_SYNTAX, err,
                           "no step: expected one of headers, trailers, message, bytes, text, data, fill, end, rst, "
                           "goaway, close, wait_ms, await, echo, frame");
    enum err_code code = keys_check(at, step, rules, NULL, err);
    if (code != ERR_OK || rules != await_rules)
        return code;
    bool counts = strcmp(json_string_value(json_object_get(step, "await")), "client_has_messages") == 0;
    if (counts != (json_object_get(step, "count") != NULL))
        return place_error(at, ERR_SYNTAX, err, "\"count\" goes with \"client_has_messages\", and only with it");
    return ERR_OK;
}

enum err_code steps_check(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                          struct err *err)
{
    (void)rule;
    (void)user;
    if (!json_is_array(value))
        return place_error(at, ERR_SYNTAX, err, "expected a list of steps");
    if (json_array_size(value) > STEPS_MAX)
        return place_error(at, ERR_LIMIT, err, "more than %d steps", STEPS_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct place inside = {.up = at, .index = i};
        enum err_code code = check_step(&inside, json_array_get(value, i), err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}
