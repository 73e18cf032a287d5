/* What both ways from JSON to wire bytes do once all fields of a message, or all keys of a map, are known: put the
 * fields in order, and find what came twice. */
#include <assert.h>

#include "harness/engine/protojson/json_to_proto.h"
#include "harness/base/sort.h"

/* ---- keys of maps */

static int map_key_compare(const void *user, const void *a, const void *b)
{
    const uint8_t *bytes = user;
    const struct json_map_key *x = a;
    const struct json_map_key *y = b;
    int order = memcmp(bytes + x->at, bytes + y->at, x->len < y->len ? x->len : y->len);
    if (order == 0)
        order = (x->len > y->len) - (x->len < y->len);
    return order != 0 ? order : (x->key_at > y->key_at) - (x->key_at < y->key_at);
}

enum err_code json_input_check_keys(struct json_input *input, size_t first, const struct json_path *path)
{
    size_t count = input->key_count - first;
    if (count < 2 || leniency_has(input->options->lenient, LENIENCY_DUPLICATE_KEYS))
        return ERR_OK; /* the last of equal keys counts, as it does on the wire: all entries may stay */
    struct json_map_key *keys = input->keys + first;
    const uint8_t *bytes = input->out->data;
    sort_items(keys, count, sizeof *keys, map_key_compare, bytes);
    for (size_t i = 1; i < count; i++) {
        if (keys[i].len == keys[i - 1].len && memcmp(bytes + keys[i].at, bytes + keys[i - 1].at, keys[i].len) == 0)
            return json_path_err(&input->err, ERR_RANGE, path, keys[i].key_at,
                                 "expected each key once, found one again");
    }
    return ERR_OK;
}

/* ---- fields of messages */

static int segment_compare(const void *user, const void *a, const void *b)
{
    (void)user;
    const struct json_segment *x = a;
    const struct json_segment *y = b;
    if (x->field->number != y->field->number)
        return x->field->number < y->field->number ? -1 : 1;
    return (x->key_at > y->key_at) - (x->key_at < y->key_at);
}

static enum err_code duplicate_err(struct json_input *input, const struct json_segment *segment,
                                   const struct json_path *path)
{
    struct json_path here = field_path(path, segment->field);
    return json_path_err(&input->err, ERR_RANGE, &here, segment->key_at, "expected each field once, found it again");
}

#define SEGMENT_PLACES 64

/* Orders the segments of a message by putting each in the place of its field; false when there are too many fields, or
 * one came twice. */
static bool segments_place(struct json_segment *segments, size_t count)
{
    struct json_segment placed[SEGMENT_PLACES];
    uint64_t places = 0;
    for (size_t i = 0; i < count; i++) {
        const struct schema_field *field = segments[i].field;
        const struct schema_message *message = field->containing;
        if (field->index >= SEGMENT_PLACES || field->index >= message->field_count ||
            field != &message->fields[field->index] || (places >> field->index & 1) != 0)
            return false;
        places |= (uint64_t)1 << field->index;
        placed[field->index] = segments[i];
    }
    for (size_t i = 0; places != 0; places &= places - 1)
        segments[i++] = placed[__builtin_ctzll(places)];
    return true;
}

enum err_code json_input_sort(struct json_input *input, size_t first, const struct json_path *path)
{
    struct json_segment *segments = input->segments + first;
    size_t count = input->segment_count - first;
    struct buf *out = input->out;
    if (!segments_place(segments, count))
        sort_items(segments, count, sizeof *segments, segment_compare, NULL);
    size_t total = 0;
    size_t begin = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && segments[i].field == segments[i - 1].field &&
            !leniency_has(input->options->lenient, LENIENCY_DUPLICATE_KEYS))
            return duplicate_err(input, &segments[i], path);
        total += segments[i].end - segments[i].begin;
        begin = segments[i].begin < begin ? segments[i].begin : begin;
    }
    assert(begin + total == out->len);
    uint8_t *scratch = arena_grow(input->arena, input->scratch, 0, total, &input->scratch_cap, 1);
    if (!scratch)
        return json_input_full(input, path);
    input->scratch = scratch;
    size_t at = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = segments[i].end - segments[i].begin;
        if (i + 1 < count && segments[i].field == segments[i + 1].field)
            continue; /* the last one counts */
        if (len > 0)
            memcpy(scratch + at, out->data + segments[i].begin, len);
        segments[kept++] = (struct json_segment){
            .field = segments[i].field, .begin = begin + at, .end = begin + at + len, .key_at = segments[i].key_at};
        at += len;
    }
    if (at > 0)
        memcpy(out->data + begin, scratch, at);
    if (at < total)
        json_input_truncate(input, begin + at);
    input->segment_count = first + kept;
    return ERR_OK;
}
