/* Where in a message the mapping is, for its errors: a list that lives on the stack of the functions that descend, and
 * costs nothing until an error prints it: $.attendees[1].labels["a b"], $[pkg.extension].text. */
#ifndef TRANSCHECK_ENGINE_JSON_PATH_H
#define TRANSCHECK_ENGINE_JSON_PATH_H

#include "harness/base/err.h"
#include "harness/base/span.h"

enum json_path_kind { JSON_PATH_NAME, JSON_PATH_EXTENSION, JSON_PATH_INDEX };

struct json_path {
    const struct json_path *up; /* NULL: directly under the root */
    enum json_path_kind kind;
    struct span name; /* of NAME: a field's JSON name, or a map key in any bytes; of EXTENSION: [full.name] */
    size_t index;     /* of INDEX */
};

#define JSON_PATH_TEXT_MAX 240

/* NUL-terminated; printable ASCII only. A path that is too long loses its beginning. Returns `text`. */
const char *json_path_text(const struct json_path *path, char text[JSON_PATH_TEXT_MAX]);

/* Fills err with "at PATH (offset N): " and the formatted rest; returns `code`. */
enum err_code json_path_err(struct err *err, enum err_code code, const struct json_path *path, size_t offset,
                            const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
