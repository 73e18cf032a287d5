/* Table-driven checks of JSON objects: each key has a name, a check and its limits; a key that no table names is an
 * error. Every message says where: "streaming.json#/cases/2/expect/status: expected ...". What is quoted from a file is
 * escaped. Also the bounded reading of JSON files: size, depth, duplicate keys. The one user of jansson's parser in
 * suite/. */
#ifndef TRANSCHECK_SUITE_KEYS_H
#define TRANSCHECK_SUITE_KEYS_H

#include <jansson.h>
#include <stdio.h>

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

#define KEYS_MAX_DEPTH 64
#define KEYS_MAX_BODY  (32u << 20) /* bytes that a "fill" may stand for */

/* Parses one object from `text`: at most `max_len` bytes, KEYS_MAX_DEPTH deep, no key twice. ERR_SYNTAX and ERR_LIMIT
 * say "name:line:column: ...". The caller owns *out (json_decref). */
enum err_code keys_load(json_t **out, const char *name, struct span text, size_t max_len, struct err *err);
/* Reads a whole file of at most `max_len` bytes. ERR_IO, ERR_LIMIT. */
enum err_code keys_read_file(struct buf *out, const char *path, size_t max_len, struct err *err);
/* The same for what is open already, from where it stands; errors call it `name`. */
enum err_code keys_read_stream(struct buf *out, FILE *file, const char *name, size_t max_len, struct err *err);

/* A place in a document: a chain on the C stack, innermost first. The root's key is its name ("cases/streaming.json#"),
 * a NULL key means `index`. */
struct place {
    const struct place *up;
    const char *key;
    size_t index;
};
/* Fills err with "place: text" and returns `code`. */
enum err_code place_error(const struct place *at, enum err_code code, struct err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts "place: " before what err holds already. */
enum err_code place_prefix(const struct place *at, struct err *err);
/* "name/cases/2"; NULL when the arena is full. */
const char *place_text(const struct place *at, struct arena *arena);

struct key_rule;
/* Checks one value. `user` is what keys_check got. */
typedef enum err_code key_check_fn(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err);

struct key_rule {
    const char *name;
    bool required;
    key_check_fn *check;
    const char *const *choices; /* of key_choice, NULL-terminated */
    long long min;              /* of key_number, and lengths of lists */
    long long max;
};

/* `object` must be an object whose keys are all in `rules` (ended by a NULL name), with all that are required. */
enum err_code keys_check(const struct place *at, const json_t *object, const struct key_rule *rules, void *user,
                         struct err *err);

key_check_fn key_any; /* anything */
key_check_fn key_bool;
key_check_fn key_true;           /* only true: leaving the key out means false */
key_check_fn key_number;         /* an integer from min to max */
key_check_fn key_string;         /* any string, NUL included */
key_check_fn key_text;           /* a string that is not empty and holds no NUL */
key_check_fn key_name;           /* lower-case words: [a-z0-9]+(-[a-z0-9]+)* */
key_check_fn key_case_id;        /* name "/" name */
key_check_fn key_choice;         /* one of `choices` */
key_check_fn key_hex;            /* an even number of hex digits; blanks between bytes */
key_check_fn key_bytes;          /* a string, or {"hex": "..."} */
key_check_fn key_body;           /* key_bytes, or {"fill": "...", "count": N, ...}: up to KEYS_MAX_BODY */
key_check_fn key_texts;          /* a list of key_text, each once, min to max elements */
key_check_fn key_names;          /* a list of key_name, each once */
key_check_fn key_choices;        /* a list of `choices`, each once */
key_check_fn key_object;         /* an object; its inside is somebody else's */
key_check_fn key_fields;         /* [[name, value], ...]: header fields */
key_check_fn key_field_patterns; /* the same, and [name] */
key_check_fn key_field_pattern;  /* one of these */

/* A name is a token of RFC 9110 section 5.6.2, with one ':' allowed in front. */
bool keys_field_name_valid(const char *name);
/* The bytes of a key_bytes value, in the arena; data NULL when it is full. */
struct span keys_bytes(const json_t *value, struct arena *arena);
/* The same of a key_body value. */
struct span keys_body(const json_t *value, struct arena *arena);
/* A NULL-terminated list in the arena of the strings of a list; NULL (absent) gives an empty list. NULL: arena full. */
const char *const *keys_list(const json_t *list, struct arena *arena);
/* Whether an object holds `key` as true. */
bool keys_flag(const json_t *object, const char *key);
/* The text of a string that holds no NUL; "" for anything else. */
const char *keys_text(const json_t *value);
/* A view of a string value. */
struct span keys_span(const json_t *string);

/* A list with at least one element, each of which `each` accepts under the same rule; else "`expected`". */
enum err_code key_each(key_check_fn *each, const char *expected, const struct place *at, const json_t *value,
                       const struct key_rule *rule, void *user, struct err *err);

#endif
