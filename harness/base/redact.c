/* Secrets: which there are, and their replacement in texts and bytes. */
#include "harness/base/redact.h"

#include <stdlib.h>

#include "harness/base/base64.h"
#include "harness/base/redact_forms.h"

#define MAX_DECODED  (1u << 20) /* of the credentials of Basic */
#define MIN_PEM_LINE 16
#define MAX_GAP      3 /* bytes between two parts of a secret that are taken as one: a line break, an escaped quote */

struct header_name {
    uint8_t *bytes;
    size_t len;
};

struct redact {
    struct redact_forms forms;
    struct header_name *names; /* of the headers that were added */
    size_t name_count;
    size_t name_cap;
};

static const char *const secret_names[] = {
    "authorization",  "proxy-authorization",  "cookie",       "set-cookie", "x-api-key", "api-key", "x-auth-token",
    "x-goog-api-key", "x-amz-security-token", "x-csrf-token", NULL,
};

/* Headers that negotiate: what they say stands in the specifications. */
static const char *const public_names[] = {
    "accept", "accept-charset", "accept-encoding", "accept-language", "content-type", "content-encoding", "te", NULL,
};

static const char *const schemes[] = {"basic", "bearer", "digest", "negotiate", "token", "apikey", "dpop", NULL};

static bool named(struct span name, const char *const *list)
{
    size_t i = 0;
    while (list[i] && !span_equal_nocase(name, span_cstr(list[i])))
        i++;
    return list[i] != NULL;
}

struct redact *redact_new(void)
{
    return calloc(1, sizeof(struct redact));
}

void redact_free(struct redact *redact)
{
    if (!redact)
        return;
    for (size_t i = 0; i < redact->name_count; i++)
        free(redact->names[i].bytes);
    free(redact->names);
    redact_forms_fini(&redact->forms);
    free(redact);
}

/* ---- adding */

static bool add_name(struct redact *redact, struct span name)
{
    if (redact->name_count == redact->name_cap) {
        size_t cap = redact->name_cap ? redact->name_cap * 2 : 16;
        struct header_name *grown = realloc(redact->names, cap * sizeof *grown);
        if (!grown)
            return false;
        redact->names = grown;
        redact->name_cap = cap;
    }
    uint8_t *copy = malloc(name.len + 1);
    if (!copy)
        return false;
    if (name.len)
        memcpy(copy, name.data, name.len);
    redact->names[redact->name_count++] = (struct header_name){.bytes = copy, .len = name.len};
    return true;
}

bool redact_add_value(struct redact *redact, struct span value)
{
    return redact_forms_add(&redact->forms, value);
}

static struct span trimmed(struct span text)
{
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\r'))
        text = span_from(text, 1);
    while (text.len && strchr(" \t\r", text.data[text.len - 1]))
        text.len--;
    return text;
}

/* Up to `end`, which *rest then follows; all of it, and an empty rest, where there is none. */
static struct span cut_at(struct span *rest, struct span text, char end)
{
    const uint8_t *at = text.len ? memchr(text.data, end, text.len) : NULL;
    size_t len = at ? (size_t)(at - text.data) : text.len;
    *rest = at ? span_from(text, len + 1) : span_of(NULL, 0);
    return span_of(text.data, len);
}

/* *used tells whether the part is long enough to be searched for; so do parts before it that were. */
static bool add_part(struct redact *redact, bool *used, struct span part)
{
    part = trimmed(part);
    if (part.len >= 2 && part.data[0] == '"' && part.data[part.len - 1] == '"')
        part = span_of(part.data + 1, part.len - 2);
    if (part.len < REDACT_MIN_LEN)
        return true;
    *used = true;
    return redact_add_value(redact, part);
}

static bool add_cookies(struct redact *redact, bool *used, struct span value)
{
    bool done = true;
    while (done && value.len) {
        struct span rest, secret;
        struct span cookie = cut_at(&rest, value, ';');
        struct span name = cut_at(&secret, cookie, '=');
        done = add_part(redact, used, secret.data ? secret : name);
        value = rest;
    }
    return done;
}

/* The user and the password, and the password alone. */
static bool add_basic(struct redact *redact, bool *used, struct span credentials)
{
    struct buf text;
    buf_init(&text, MAX_DECODED);
    bool done = true;
    if (base64_decode(&text, credentials)) {
        struct span password;
        cut_at(&password, buf_span(&text), ':');
        done = add_part(redact, used, buf_span(&text)) && add_part(redact, used, password);
    }
    buf_fini(&text);
    return done;
}

static bool add_parts(struct redact *redact, bool *used, struct span name, struct span value)
{
    struct span rest;
    struct span scheme = cut_at(&rest, value, ' ');
    if (span_equal_nocase(name, span_cstr("cookie")))
        return add_cookies(redact, used, value);
    bool authorization = span_equal_nocase(name, span_cstr("authorization")) ||
                         span_equal_nocase(name, span_cstr("proxy-authorization"));
    if (!rest.len || !(authorization || named(scheme, schemes)))
        return add_part(redact, used, value);
    rest = trimmed(rest);
    return add_part(redact, used, rest) &&
           (!span_equal_nocase(scheme, span_cstr("basic")) || add_basic(redact, used, rest));
}

bool redact_add_header(struct redact *redact, enum redact_use *use, struct span name, struct span value)
{
    bool used = false;
    value = trimmed(value);
    *use = REDACT_PUBLIC;
    if (named(name, public_names))
        return true;
    bool done = add_name(redact, name) && add_parts(redact, &used, name, value);
    *use = used || value.len == 0 ? REDACT_EVERYWHERE : REDACT_FIELD_ONLY;
    return done;
}

bool redact_add_pem(struct redact *redact, struct span pem)
{
    bool done = true;
    while (done && pem.len) {
        struct span rest;
        struct span line = trimmed(cut_at(&rest, pem, '\n'));
        if (line.len >= MIN_PEM_LINE && !memchr(line.data, '-', line.len) && !memchr(line.data, ':', line.len))
            done = redact_add_value(redact, line);
        pem = rest;
    }
    return done;
}

/* ---- using */

bool redact_has_values(const struct redact *redact)
{
    return redact && redact->forms.pattern_count > 0;
}

bool redact_is_secret_name(const struct redact *redact, struct span name)
{
    static const char prefix[] = "grpc-metadata-";
    struct span bare = name;
    if (name.len > sizeof prefix - 1 && span_equal_nocase(span_of(name.data, sizeof prefix - 1), span_cstr(prefix)))
        bare = span_from(name, sizeof prefix - 1);
    if (named(bare, secret_names))
        return true;
    for (size_t i = 0; redact && i < redact->name_count; i++) {
        struct span added = span_of(redact->names[i].bytes, redact->names[i].len);
        if (span_equal_nocase(name, added) || span_equal_nocase(bare, added))
            return true;
    }
    return false;
}

static bool is_continuation(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

/* Finds that are next to one another become one, and each covers whole characters. */
static void widen(uint8_t *hit, struct span text)
{
    size_t last = 0; /* behind the last find */
    for (size_t i = 0; i < text.len; i++) {
        if (!hit[i])
            continue;
        if (last && i - last <= MAX_GAP)
            memset(hit + last, 1, i - last);
        last = i + 1;
    }
    for (size_t i = 1; i < text.len; i++)
        hit[i] = hit[i] || (hit[i - 1] && is_continuation(text.data[i]));
    for (size_t i = text.len; i-- > 1;)
        hit[i - 1] = hit[i - 1] || (hit[i] && is_continuation(text.data[i]));
}

bool redact_text(struct buf *out, const struct redact *redact, struct span text)
{
    bool found = false;
    if (!redact_has_values(redact) || text.len == 0)
        return buf_append_span(out, text);
    uint8_t *hit = calloc(text.len, 1);
    if (!hit || !redact_forms_find(&found, hit, &redact->forms, text)) {
        free(hit);
        return buf_append_cstr(out, REDACT_TEXT);
    }
    if (found)
        widen(hit, text);
    for (size_t i = 0; found && i < text.len;) {
        size_t begin = i;
        while (i < text.len && hit[i] == hit[begin])
            i++;
        if (hit[begin])
            buf_append_cstr(out, REDACT_TEXT);
        else
            buf_append(out, text.data + begin, i - begin);
    }
    free(hit);
    return found ? !out->failed : buf_append_span(out, text);
}

/* Where the value begins in a line that is a field of a secret header; 0 when it is none. */
static size_t secret_field(const struct redact *redact, struct span line)
{
    struct span value;
    struct span name = cut_at(&value, line, ':');
    if (!value.data || trimmed(value).len == 0 || !redact_is_secret_name(redact, trimmed(name)))
        return 0;
    return name.len + 1;
}

bool redact_prose(struct buf *out, const struct redact *redact, struct span text)
{
    struct buf clean;
    buf_init(&clean, text.len * sizeof REDACT_TEXT + sizeof REDACT_TEXT);
    bool done = redact_text(&clean, redact, text);
    for (struct span left = buf_span(&clean); done && left.len;) {
        struct span rest;
        struct span line = cut_at(&rest, left, '\n');
        size_t value = secret_field(redact, line);
        if (value)
            buf_printf(out, "%.*s " REDACT_TEXT, (int)value, (const char *)line.data);
        else
            buf_append_span(out, line);
        if (rest.data)
            buf_append_byte(out, '\n');
        left = rest;
    }
    buf_fini(&clean);
    return done && !out->failed;
}

void redact_bytes(const struct redact *redact, uint8_t *bytes, size_t len)
{
    bool found = false;
    if (!redact_has_values(redact) || len == 0)
        return;
    uint8_t *hit = calloc(len, 1);
    if (!hit || !redact_forms_find(&found, hit, &redact->forms, span_of(bytes, len)))
        memset(bytes, '*', len);
    for (size_t i = 0; found && i < len; i++) {
        if (hit[i])
            bytes[i] = '*';
    }
    free(hit);
}
