/* Tables of keys: what the objects of our JSON files (cases, profiles, waivers, backend steps) may hold. A key is one
 * row: its name, the type of its value, its limits, what it means. From the rows come the check of a file, its JSON
 * Schema (cases/schema.json) and the tables of cases/README.md (scripts/tables). A key that no row names is an error.
 * Every message says where: "streaming.json#/cases/2/expect/status: expected ...". What is quoted from a file is
 * escaped. Also the bounded reading of JSON files: size, depth, duplicate keys. */
#ifndef TRANSCHECK_KEYS_KEYS_H
#define TRANSCHECK_KEYS_KEYS_H

#include <jansson.h>
#include <stdio.h>

#include "harness/base/arena.h"
#include "harness/base/buf.h"
#include "harness/base/err.h"

#define KEYS_MAX_DEPTH 64
#define KEYS_MAX_RULES 64          /* rows of a table */
#define KEYS_MAX_BODY  (32u << 20) /* bytes that a "fill" may stand for */

/* Parses one object from `text`: at most `max_len` bytes, KEYS_MAX_DEPTH deep, no key twice. ERR_SYNTAX and ERR_LIMIT
 * say "name:line:column: ...". The caller owns *out (json_decref). */
enum err_code keys_load(json_t **out, const char *name, struct span text, size_t max_len, struct err *err);
/* Reads a whole file of at most `max_len` bytes. ERR_IO, ERR_LIMIT. */
enum err_code keys_read_file(struct buf *out, const char *path, size_t max_len, struct err *err);
/* Reads the rest of an open file, at most `max_len` bytes; errors call it `name`. ERR_IO, ERR_LIMIT. */
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
struct key_object;

/* Checks one value by its rule. `user` is what keys_check got. */
typedef enum err_code key_check_fn(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err);

#define KEY_TYPE_PARTS 3

/* A type of values. */
struct key_type {
    const char *name; /* of its definition in the JSON Schema; NULL: written where it is used */
    key_check_fn *check;
    const char *form; /* how a value is written, for documentation: "N" */
    /* The same as `check` in JSON Schema, with ' for ". In it stand $min, $max and $choices for the rule's, $object for
     * the schema of its object, and @name for the definition of that name. */
    const char *schema;
    const struct key_type *parts[KEY_TYPE_PARTS]; /* the types that the schema names with @ */
    const struct key_object *object;              /* for $object, where the rule has none */
};

/* A key of an object: one row of a table. */
struct key_rule {
    const char *name; /* NULL ends a table */
    bool required;
    const struct key_type *type;
    const char *const *choices; /* of key_choice and its like, NULL-terminated */
    long long min;              /* of key_number, and lengths of lists */
    long long max;
    const struct key_object *object; /* of key_object and key_objects */
    const char *excludes;            /* a key that must not stand beside this one */
    const char *with;                /* a key that must stand beside this one */
    const char *unless;              /* a key beside which the value is not checked here: who reads the object does */
    const char *form;                /* how the value is written, where the type's form says too little */
    const char *text; /* what it means, for documentation: Markdown without a line break; $min and $max as above */
};

/* The keys of one kind of object. */
struct key_object {
    const char *name; /* of its definition in the JSON Schema; NULL: written where it is used */
    const struct key_rule *rules;
    key_check_fn *whole; /* what spans several keys, asked when each key is right by itself (without a rule); or NULL */
    const char *schema;  /* the same in JSON Schema: members of an object, with ' for "; or NULL */
};

/* `value` must be an object whose keys are all in `object`, with all that are required. */
enum err_code keys_check(const struct place *at, const json_t *value, const struct key_object *object, void *user,
                         struct err *err);

/* The rule of `key` in the object at `at`. NULL: there is none, and the error says which there are. */
const struct key_rule *keys_find(const struct place *at, const struct key_object *object, const char *key,
                                 struct err *err);

extern const struct key_type key_any; /* anything */
extern const struct key_type key_bool;
extern const struct key_type key_true;        /* only true: leaving the key out means false */
extern const struct key_type key_number;      /* an integer from min to max */
extern const struct key_type key_numbers;     /* a key_number, or a list with at least one */
extern const struct key_type key_string;      /* any string, NUL included */
extern const struct key_type key_text;        /* a string that is not empty and holds no NUL */
extern const struct key_type key_name;        /* lower-case words: [a-z0-9]+(-[a-z0-9]+)* */
extern const struct key_type key_case_id;     /* name "/" name: a case or a family as its file names it */
extern const struct key_type key_case_name;   /* the same, and name "/" name "~" name: a case of a family */
extern const struct key_type key_choice;      /* one of `choices` */
extern const struct key_type key_choices;     /* a list of `choices`, each once, min to max elements */
extern const struct key_type key_choice_list; /* a key_choice, or key_choices */
extern const struct key_type key_hex;         /* an even number of hex digits; blanks between bytes */
extern const struct key_type key_hex_list;    /* a list of at least one key_hex */
extern const struct key_type key_bytes;       /* a string, or {"hex": "..."} */
extern const struct key_type key_body;        /* key_bytes, or {"fill": "...", "count": N, ...}: up to KEYS_MAX_BODY */
extern const struct key_type key_texts;       /* a list of key_text, each once, min to max elements */
extern const struct key_type key_list;        /* a list of anything */
extern const struct key_type key_object;      /* an object of the rule's keys */
extern const struct key_type key_objects;     /* a list of such objects, min to max elements */
extern const struct key_type key_fields;      /* [[name, value], ...]: header fields */
extern const struct key_type key_field_patterns; /* the same, and [name] */
extern const struct key_type key_field_pattern;  /* one of these */

/* Whether it is a key_name. */
bool keys_is_name(struct span text);
/* A name is a token of RFC 9110 section 5.6.2, with one ':' allowed in front. */
bool keys_field_name_valid(const char *name);
/* The bytes of a key_bytes value, in the arena; data NULL when it is full. */
struct span keys_bytes(const json_t *value, struct arena *arena);
/* The bytes of a key_body value, fills written out, in the arena; data NULL when it is full. */
struct span keys_body(const json_t *value, struct arena *arena);
/* A NULL-terminated list in the arena of the strings of a list; NULL (absent) gives an empty list. NULL: arena full. */
const char *const *keys_list(const json_t *list, struct arena *arena);
/* Whether an object holds `key` as true. */
bool keys_flag(const json_t *object, const char *key);
/* The text of a string that holds no NUL; "" for anything else. */
const char *keys_text(const json_t *value);
/* A view of a string value. */
struct span keys_span(const json_t *string);

/* A list of min to max elements that each pass `check` under the same rule and are all different. */
enum err_code keys_check_list(const struct place *at, const json_t *value, const struct key_rule *rule,
                              key_check_fn *check, void *user, struct err *err);

#endif
