/* The names of verdicts, levels, clients, reasons and dialects, made from the tables of the header. */
#include "harness/base/vocabulary.h"

#include <assert.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* The index of `name` in a list of `count` names; `count` when it is none of them. */
static size_t index_of(const char *const *names, size_t count, struct span name)
{
    size_t i = 0;
    while (i < count && !span_is(name, names[i]))
        i++;
    return i;
}

/* ---- verdicts */

struct verdict_row {
    const char *name;
    const char *word;
    const char *mark;
    const char *meaning;
    enum standing standing;
    unsigned attention;
};

static const struct verdict_row verdicts[VERDICT_COUNT] = {
    [VERDICT_NONE] = {"none", "None", "", "", STANDING_UNJUDGED, 0},
#define X(id, name, word, mark, standing, attention, meaning)                                                          \
    [VERDICT_##id] = {name, word, mark, meaning, standing, attention},
    VERDICTS(X)
#undef X
};

static const struct verdict_row *row_of(enum verdict verdict)
{
    assert((size_t)verdict < VERDICT_COUNT);
    return &verdicts[verdict];
}

const char *verdict_name(enum verdict verdict)
{
    return row_of(verdict)->name;
}

const char *verdict_word(enum verdict verdict)
{
    return row_of(verdict)->word;
}

const char *verdict_mark(enum verdict verdict)
{
    return row_of(verdict)->mark;
}

const char *verdict_meaning(enum verdict verdict)
{
    return row_of(verdict)->meaning;
}

enum standing verdict_standing(enum verdict verdict)
{
    return row_of(verdict)->standing;
}

unsigned verdict_attention(enum verdict verdict)
{
    return row_of(verdict)->attention;
}

enum verdict verdict_by_attention(size_t index)
{
    assert(index < VERDICT_COUNT - VERDICT_FIRST);
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        size_t before = 0;
        for (int other = VERDICT_FIRST; other < VERDICT_COUNT; other++)
            before += verdicts[other].attention < verdicts[v].attention ||
                      (verdicts[other].attention == verdicts[v].attention && other < v);
        if (before == index)
            return (enum verdict)v;
    }
    return VERDICT_FIRST;
}

bool verdict_from_name(struct span name, enum verdict *verdict)
{
    for (int v = VERDICT_FIRST; v < VERDICT_COUNT; v++) {
        if (span_is(name, verdicts[v].name)) {
            *verdict = (enum verdict)v;
            return true;
        }
    }
    return false;
}

const char *standing_name(enum standing standing)
{
    static const char *const names[STANDING_COUNT] = {[STANDING_FAILED] = "failed",
                                                      [STANDING_UNJUDGED] = "unjudged",
                                                      [STANDING_WAIVED] = "waived",
                                                      [STANDING_NOT_PLAYED] = "not-played",
                                                      [STANDING_PASSED] = "passed"};
    assert((size_t)standing < STANDING_COUNT);
    return names[standing];
}

/* ---- levels and clients */

#define X(id, name) name,
const char *const level_names[] = {LEVELS(X) NULL};
#undef X

const char *level_name(enum level level)
{
    assert((size_t)level < LEVEL_COUNT);
    return level_names[level];
}

bool level_from_name(struct span name, enum level *level)
{
    size_t found = index_of(level_names, LEVEL_COUNT, name);
    if (found == LEVEL_COUNT)
        return false;
    *level = (enum level)found;
    return true;
}

#define X(id, bit, name, word) bit,
static const unsigned client_bits[] = {CLIENTS(X)};
#undef X
#define X(id, bit, name, word) word,
static const char *const client_words[] = {CLIENTS(X)};
#undef X
#define X(id, bit, name, word) name,
const char *const client_names[] = {CLIENTS(X) NULL};
#undef X

static size_t client_index(enum testcase_client client)
{
    size_t i = 0;
    while (client_bits[i] != (unsigned)client) {
        i++;
        assert(i < COUNT_OF(client_bits));
    }
    return i;
}

const char *client_name(enum testcase_client client)
{
    return client_names[client_index(client)];
}

const char *client_word(enum testcase_client client)
{
    return client_words[client_index(client)];
}

bool client_from_name(struct span name, enum testcase_client *client)
{
    size_t found = index_of(client_names, COUNT_OF(client_bits), name);
    if (found == COUNT_OF(client_bits))
        return false;
    *client = (enum testcase_client)client_bits[found];
    return true;
}

/* ---- reasons */

#define X(id, name) name,
const char *const axis_names[] = {REASON_AXES(X) NULL};
#undef X
#define X(id, name, meaning) name,
static const char *const kind_names[] = {"none", REASON_KINDS(X)};
#undef X
#define X(id, name, meaning) meaning,
static const char *const kind_meanings[] = {"", REASON_KINDS(X)};
#undef X

const char *axis_name(enum reason_axis axis)
{
    assert((size_t)axis < AXIS_COUNT);
    return axis_names[axis];
}

bool axis_from_name(struct span name, enum reason_axis *axis)
{
    size_t found = index_of(axis_names, AXIS_COUNT, name);
    if (found == AXIS_COUNT)
        return false;
    *axis = (enum reason_axis)found;
    return true;
}

const char *reason_kind_name(enum reason_kind kind)
{
    assert((size_t)kind < KIND_COUNT);
    return kind_names[kind];
}

const char *reason_kind_meaning(enum reason_kind kind)
{
    assert((size_t)kind < KIND_COUNT);
    return kind_meanings[kind];
}

bool reason_kind_from_name(struct span name, enum reason_kind *kind)
{
    size_t found = index_of(kind_names, KIND_COUNT, name);
    if (found == KIND_NONE || found == KIND_COUNT)
        return false;
    *kind = (enum reason_kind)found;
    return true;
}

/* ---- dialects */

#define X(id, name) name,
const char *const stream_framing_names[] = {STREAM_FRAMINGS(X) NULL};
const char *const error_form_names[] = {ERROR_FORMS(X) NULL};
#undef X
