/* Cuts results lines to their limits. */
#include "harness/run/results_fit.h"

#include <stdbool.h>
#include <string.h>

#include "harness/base/buf.h"

#define KEPT_PAYLOAD 256u /* bytes of a payload or a field, when a transcript is cut */
#define MARK         "[cut]"
#define FEW_REASONS  4 /* with texts as short as they get, these fit into RESULTS_CASE_TEXT beside all the rest */

static const char *const sides[] = {"client_side", "backend_side"};

#define NUMBER_MOST 20u

/* A text as JSON in ASCII: what is not ASCII takes six bytes for each UTF-16 unit. */
static size_t text_most(const char *text, size_t len)
{
    size_t most = 2;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x80)
            most += c >= 0xf0 ? 12 : c >= 0xc0 ? 6 : 0;
        else
            most += c < 0x20 || c == 0x7f ? 6 : c == '"' || c == '\\' || c == '/' ? 2 : 1;
    }
    return most;
}

/* How long the JSON of a value is at most; jansson would format every byte to tell. 0 for NULL. */
static size_t size_of(const json_t *json)
{
    size_t size = NUMBER_MOST;
    const char *key;
    json_t *member;
    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_OBJECT:
        json_object_foreach((json_t *)json, key, member) size += text_most(key, strlen(key)) + size_of(member) + 2;
        break;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(json); i++)
            size += size_of(json_array_get(json, i)) + 1;
        break;
    case JSON_STRING:
        size = text_most(json_string_value(json), json_string_length(json));
        break;
    default:
        break;
    }
    return json ? size : 0;
}

/* What has transcripts: the line, and after it the exchanges that were played at once with its own. NULL beyond. */
static json_t *holder(const json_t *line, size_t index)
{
    return index == 0 ? (json_t *)(uintptr_t)line : json_array_get(json_object_get(line, "exchanges"), index - 1);
}

static size_t transcripts_size(const json_t *line)
{
    size_t size = 0;
    const json_t *at;
    for (size_t i = 0; (at = holder(line, i)) != NULL; i++)
        size += size_of(json_object_get(at, sides[0])) + size_of(json_object_get(at, sides[1]));
    return size;
}

static void mark(json_t *object)
{
    json_object_set_new(object, "cut", json_true());
}

/* The first bytes of a text, whole characters only. */
static json_t *shortened(const json_t *text, size_t len, const char *end)
{
    const char *bytes = json_string_value(text);
    struct buf out;
    while (len > 0 && ((unsigned char)bytes[len] & 0xc0) == 0x80)
        len--;
    buf_init(&out, len + strlen(end));
    buf_append(&out, bytes, len);
    buf_append_cstr(&out, end);
    json_t *made = out.failed ? NULL : json_stringn_nocheck((const char *)out.data, out.len);
    buf_fini(&out);
    return made;
}

/* ---- transcripts */

typedef void cut_event_fn(json_t *event);

static void cut_messages(json_t *event)
{
    json_object_del(event, "messages");
}

/* A field is a pair of texts, or of {"hex": ...}. */
static void cut_field_part(json_t *pair, size_t index)
{
    const json_t *part = json_array_get(pair, index);
    const json_t *hex = json_object_get(part, "hex");
    if (json_is_string(part) && json_string_length(part) > KEPT_PAYLOAD)
        json_array_set_new(pair, index, shortened(part, KEPT_PAYLOAD, MARK));
    else if (json_string_length(hex) > 2 * KEPT_PAYLOAD)
        json_array_set_new(pair, index, json_pack("{s:o}", "hex", shortened(hex, 2 * KEPT_PAYLOAD, "")));
}

static void cut_payload(json_t *event)
{
    const json_t *hex = json_object_get(event, "hex");
    if (json_string_length(hex) > 2 * KEPT_PAYLOAD)
        json_object_set_new(event, "hex", shortened(hex, 2 * KEPT_PAYLOAD, ""));
    json_t *fields = json_object_get(event, "fields");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        cut_field_part(json_array_get(fields, i), 0);
        cut_field_part(json_array_get(fields, i), 1);
    }
}

/* `cut` NULL: no events are left. */
static void cut_side(json_t *side, cut_event_fn *cut)
{
    json_t *events = json_object_get(side, "events");
    mark(side);
    if (!cut)
        json_array_clear(events);
    for (size_t i = 0; i < json_array_size(events); i++)
        cut(json_array_get(events, i));
}

static void cut_transcripts(json_t *line, cut_event_fn *cut)
{
    json_t *at;
    for (size_t n = 0; (at = holder(line, n)) != NULL; n++) {
        json_t *calls = json_object_get(at, sides[1]);
        for (size_t i = 0; i < json_array_size(calls); i++)
            cut_side(json_array_get(calls, i), cut);
        if (json_object_get(at, sides[0]))
            cut_side(json_object_get(at, sides[0]), cut);
    }
    mark(line);
}

static void fit_transcripts(json_t *line, size_t max)
{
    static cut_event_fn *const steps[] = {cut_messages, cut_payload, NULL};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && transcripts_size(line) > max; i++)
        cut_transcripts(line, steps[i]);
    json_t *at;
    for (size_t i = 0; transcripts_size(line) > max && (at = holder(line, i)) != NULL; i++) {
        json_object_del(at, sides[0]);
        json_object_del(at, sides[1]);
    }
}

/* ---- everything else */

/* What other lines, or the reader, know a thing by. Bounded where it is made. */
static bool is_name(const char *key)
{
    static const char *const names[] = {"type", "id",   "client",  "clients", "topic",      "name",    "level",
                                        "axis", "kind", "verdict", "planned", "transcheck", "started", NULL};
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(key, names[i]) == 0)
            return true;
    }
    return strcmp(key, sides[0]) == 0 || strcmp(key, sides[1]) == 0;
}

static bool too_long(const json_t *value, size_t len)
{
    return json_is_string(value) && json_string_length(value) > len;
}

/* Deep as our own lines are: a few levels. */
static void cut_texts(json_t *value, size_t len)
{
    const char *key;
    json_t *member;
    void *next;
    json_object_foreach_safe(value, next, key, member)
    {
        if (is_name(key))
            continue;
        if (too_long(member, len))
            json_object_set_new(value, key, shortened(member, len, MARK));
        else
            cut_texts(member, len);
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        member = json_array_get(value, i);
        if (too_long(member, len))
            json_array_set_new(value, i, shortened(member, len, MARK));
        else
            cut_texts(member, len);
    }
}

static size_t text_size(const json_t *line)
{
    return size_of(line) - transcripts_size(line);
}

/* The last first: the least severe. They are counted with those that the judge had no room for. */
static void cut_reasons(json_t *line, size_t max)
{
    json_t *reasons = json_object_get(line, "reasons");
    json_int_t omitted = json_integer_value(json_object_get(line, "reasons_omitted"));
    for (size_t i = 0; i < json_array_size(reasons); i++)
        json_object_del(json_array_get(reasons, i), "otherwise");
    for (; json_array_size(reasons) > FEW_REASONS && text_size(line) > max; omitted++)
        json_array_remove(reasons, json_array_size(reasons) - 1);
    if (omitted > 0)
        json_object_set_new(line, "reasons_omitted", json_integer(omitted));
}

static void fit_text(json_t *line, size_t max)
{
    static const char *const dispensable[] = {"attempts", "options",         "commands",  "topics", "behaviours",
                                              "cites",    "waiver_problems", "exchanges", NULL};
    for (size_t len = 1u << 18; len >= 32 && text_size(line) > max; len /= 4) {
        cut_texts(line, len);
        mark(line);
    }
    for (size_t i = 0; dispensable[i] && text_size(line) > max; i++)
        json_object_del(line, dispensable[i]);
    if (text_size(line) > max)
        cut_reasons(line, max);
}

char *results_fit(json_t *line, const struct results_room *room, size_t *text_len)
{
    size_t len = size_of(line);
    *text_len = len;
    if (len > RESULTS_CASE_TEXT) { /* else it may count as text altogether */
        if (text_size(line) > room->text)
            fit_text(line, room->text);
        *text_len = text_size(line);
        if (size_of(line) > room->line)
            fit_transcripts(line, room->line > *text_len + 64 ? room->line - *text_len - 64 : 0);
    }
    return json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
}
