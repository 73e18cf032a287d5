/* The text of a place in a message, and errors that name it. */
#include "harness/engine/json/path.h"
#include "harness/base/escape.h"

#include <stdarg.h>
#include <stdio.h>

#define EXTENSION_TEXT_MAX 160 /* bytes of an extension's name that is printed as it is: a longer one is cut */

static bool is_plain_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t byte = name.data[i];
        bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (!letter && byte != '_' && (i == 0 || byte < '0' || byte > '9'))
            return false;
    }
    return name.len > 0 && name.len < 64;
}

const char *json_path_text(const struct json_path *path, char text[JSON_PATH_TEXT_MAX])
{
    size_t at = JSON_PATH_TEXT_MAX - 1; /* filled from the end */
    text[at] = '\0';
    for (; path; path = path->up) {
        char quoted[ESCAPE_QUOTE_MAX];
        char piece[EXTENSION_TEXT_MAX + ESCAPE_QUOTE_MAX];
        int len;
        if (path->kind == JSON_PATH_INDEX)
            len = snprintf(piece, sizeof piece, "[%zu]", path->index);
        else if (path->kind == JSON_PATH_EXTENSION && path->name.len <= EXTENSION_TEXT_MAX)
            len = snprintf(piece, sizeof piece, "%.*s", SPAN_FMT(path->name));
        else if (is_plain_name(path->name))
            len = snprintf(piece, sizeof piece, ".%.*s", SPAN_FMT(path->name));
        else
            len = snprintf(piece, sizeof piece, "[%s]", escape_quote(path->name, quoted));
        if ((size_t)len + 4 > at) {
            at -= 3;
            memcpy(text + at, "...", 3);
            break;
        }
        at -= (size_t)len;
        memcpy(text + at, piece, (size_t)len);
    }
    text[--at] = '$';
    memmove(text, text + at, JSON_PATH_TEXT_MAX - at);
    return text;
}

enum err_code json_path_err(struct err *err, enum err_code code, const struct json_path *path, size_t offset,
                            const char *format, ...)
{
    if (!err)
        return code;
    char rest[sizeof err->text];
    char where[JSON_PATH_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    return err_set(err, code, "at %s (offset %zu): %s", json_path_text(path, where), offset, rest);
}
