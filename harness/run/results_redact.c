/* Takes secrets out of a line of the results. */
#include "harness/run/results_redact.h"

#include "harness/base/hex.h"

#define MAX_TEXT (64u << 20) /* of one string, and of the bytes of one transcript */

/* Keys whose values hold words of ours, of the case file or of the profile: never anything that a proxy sent. Whatever
 * is not named here is searched. */
static const char *const own_keys[] = {
    "type",    "id",         "topic",     "client",          "level",      "verdict", "axis",
    "kind",    "from",       "code_name", "ending",          "request",    "title",   "why",
    "cites",   "behaviours", "started",   "libraries",       "transcheck", "topics",  "clients",
    "planned", "profile",    "problem",   "connection_lost", NULL,
};

static bool is_own(const char *key)
{
    size_t i = 0;
    while (own_keys[i] && strcmp(own_keys[i], key) != 0)
        i++;
    return own_keys[i] != NULL;
}

static struct span text_of(const json_t *string)
{
    return span_of(json_string_value(string), json_string_length(string));
}

typedef bool redact_fn(struct buf *out, const struct redact *redact, struct span text);

static bool redact_string(json_t *string, const struct redact *redact, redact_fn *fn)
{
    struct buf text;
    buf_init(&text, MAX_TEXT);
    bool done = fn(&text, redact, text_of(string)) &&
                json_string_setn_nocheck(string, text.len ? (const char *)text.data : "", text.len) == 0;
    buf_fini(&text);
    return done;
}

static bool set_hex(json_t *string, struct span bytes)
{
    struct buf hex;
    buf_init(&hex, MAX_TEXT * 2);
    bool done = hex_encode(&hex, bytes) &&
                json_string_setn_nocheck(string, hex.len ? (const char *)hex.data : "", hex.len) == 0;
    buf_fini(&hex);
    return done;
}

/* ---- fields: [[name, value], ...], a value being a string or {"hex": ...} */

static bool redact_hex_value(json_t *value, const struct redact *redact)
{
    json_t *hex = json_object_get(value, "hex");
    struct buf bytes;
    buf_init(&bytes, MAX_TEXT);
    bool done = json_is_string(hex) && hex_decode(&bytes, text_of(hex), NULL) == ERR_OK;
    if (done) {
        redact_bytes(redact, bytes.data, bytes.len);
        done = set_hex(hex, buf_span(&bytes));
    }
    buf_fini(&bytes);
    return done;
}

static bool redact_field_part(json_t *part, const struct redact *redact)
{
    return json_is_string(part) ? redact_string(part, redact, redact_text) : redact_hex_value(part, redact);
}

static bool redact_fields(json_t *fields, const struct redact *redact)
{
    size_t index;
    json_t *field;
    json_array_foreach(fields, index, field)
    {
        const json_t *name = json_array_get(field, 0);
        if (json_is_string(name) && redact_is_secret_name(redact, text_of(name)) &&
            json_array_set_new(field, 1, json_string(REDACT_TEXT)) != 0)
            return false;
        if (!redact_field_part(json_array_get(field, 0), redact) ||
            !redact_field_part(json_array_get(field, 1), redact))
            return false;
    }
    return true;
}

/* ---- the bytes of a transcript */

static bool is_from(const json_t *event, const char *actor)
{
    const char *from = json_string_value(json_object_get(event, "from"));
    return from && strcmp(from, actor) == 0;
}

static bool says_compressed(const json_t *event)
{
    size_t index;
    json_t *field;
    json_array_foreach(json_object_get(event, "fields"), index, field)
    {
        struct span name = text_of(json_array_get(field, 0)), value = text_of(json_array_get(field, 1));
        if ((span_equal_nocase(name, span_cstr("content-encoding")) ||
             span_equal_nocase(name, span_cstr("grpc-encoding"))) &&
            !span_equal_nocase(value, span_cstr("identity")))
            return true;
    }
    return false;
}

/* Gives each event its share of the bytes back. */
static bool put_back(json_t *events, const char *actor, struct span bytes)
{
    size_t index;
    json_t *event;
    json_array_foreach(events, index, event)
    {
        json_t *hex = json_object_get(event, "hex");
        if (!json_is_string(hex) || !is_from(event, actor))
            continue;
        size_t len = json_string_length(hex) / 2;
        if (!set_hex(hex, span_of(bytes.data, len)))
            return false;
        bytes = span_from(bytes, len);
    }
    return true;
}

static bool redact_stream(json_t *events, const char *actor, const struct redact *redact)
{
    size_t index;
    json_t *event;
    struct buf bytes;
    bool done = true, compressed = false;
    buf_init(&bytes, MAX_TEXT);
    json_array_foreach(events, index, event)
    {
        if (!is_from(event, actor))
            continue;
        const json_t *hex = json_object_get(event, "hex");
        compressed = compressed || says_compressed(event);
        done = done && (!json_is_string(hex) || hex_decode(&bytes, text_of(hex), NULL) == ERR_OK);
    }
    if (done && bytes.len) {
        if (compressed)
            memset(bytes.data, '*', bytes.len);
        else
            redact_bytes(redact, bytes.data, bytes.len);
        done = put_back(events, actor, buf_span(&bytes));
    }
    buf_fini(&bytes);
    return done;
}

static bool redact_streams(json_t *events, const struct redact *redact)
{
    if (!redact_has_values(redact))
        return true;
    return redact_stream(events, "client", redact) && redact_stream(events, "backend", redact) &&
           redact_stream(events, "proxy", redact);
}

/* ---- the line */

static bool redact_value(json_t *value, const struct redact *redact, redact_fn *fn);

static bool redact_member(const char *key, json_t *value, const struct redact *redact, redact_fn *fn)
{
    if (is_own(key))
        return true;
    if (strcmp(key, "fields") == 0)
        return redact_fields(value, redact);
    if (strcmp(key, "hex") == 0)
        return true; /* of an event: searched with the others of its sender */
    if (strcmp(key, "events") == 0 && !redact_streams(value, redact))
        return false;
    if (strcmp(key, "commands") == 0) /* they hold what the case sends, and must work */
        fn = redact_text;
    return redact_value(value, redact, fn);
}

static bool redact_value(json_t *value, const struct redact *redact, redact_fn *fn)
{
    const char *key;
    json_t *member;
    size_t index;
    bool done = true;
    if (json_is_string(value))
        return redact_string(value, redact, fn);
    json_object_foreach(value, key, member) done = done && redact_member(key, member, redact, fn);
    json_array_foreach(value, index, member) done = done && redact_value(member, redact, fn);
    return done;
}

bool results_redact(json_t *line, const struct redact *redact)
{
    return redact_value(line, redact, redact_prose);
}
