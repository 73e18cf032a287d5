/* Private to script*.c: what the functions that compile a step work with. */
#ifndef TRANSCHECK_MOCK_BACKEND_SCRIPT_IMPL_H
#define TRANSCHECK_MOCK_BACKEND_SCRIPT_IMPL_H

#include "harness/engine/coding/coding.h"
#include "harness/keys/keys.h"
#include "mock-backend/script.h"

#define SCRIPT_FRAME_HEAD 9u /* bytes of an HTTP/2 frame header: RFC 9113 section 4.1 */

struct compiler {
    struct arena *arena;
    const struct schema_method *method;
    struct script *script;
    struct script_step *steps;
    size_t count;
    size_t cap;
    size_t bytes;                 /* that the script sends, repetitions counted */
    size_t meetings;              /* `all_here` steps so far */
    bool length_given;            /* of HTTP/1.1: by a content-length of the headers, so that there are no chunks */
    bool headers_sent;            /* a final header section, or a raw one, stands before the current step */
    const char *ended;            /* the step that ended the stream for the backend, or NULL */
    bool reset;                   /* a step before the current one reset the stream */
    bool closed;                  /* a step before the current one closed the connection */
    const struct step_type *type; /* of the current step */
    const json_t *step;           /* the current step; its keys have the types that their rules ask for */
    const struct place *at;       /* its place */
};

/* Compiles the current step. */
typedef enum err_code step_fn(struct compiler *compiler, struct err *err);

/* What the script's protocol must be. */
enum step_of { STEP_OF_ANY, STEP_OF_HTTP2, STEP_OF_HTTP1 };

/* A step: the function that compiles it, and its keys, of which the first names it. */
struct step_type {
    step_fn *compile;
    enum step_of of;
    struct key_object keys;
};
/* A row. */
#define STEP_OF(protocol, function, table)                                                                             \
    {                                                                                                                  \
        .compile = function, .of = protocol, .keys = {.rules = table }                                                 \
    }
#define STEP(function, table)                                                                                          \
    {                                                                                                                  \
        .compile = function, .keys = {.rules = table }                                                                 \
    }

/* The tables, one a file, each ended by a row without a function. */
extern const struct step_type script_field_steps[];
extern const struct step_type script_message_steps[];
extern const struct step_type script_data_steps[];
extern const struct step_type script_listener_steps[];
extern const struct step_type script_control_steps[];
extern const struct step_type script_function_steps[];

/* Keys that stand beside several steps. */
#define KEY_END_STREAM                                                                                                 \
    {                                                                                                                  \
        .name = "end_stream", .type = &key_bool, .text = "END_STREAM on the last frame"                                \
    }
#define KEY_REPEAT                                                                                                     \
    {                                                                                                                  \
        .name = "repeat", .type = &key_number, .min = 1, .max = SCRIPT_MAX_REPEAT, .text = "so many times"             \
    }
#define KEY_SPLIT                                                                                                      \
    {                                                                                                                  \
        .name = "split", .type = &key_numbers, .min = 1, .max = SCRIPT_MAX_BYTES, .form = "N` or `[N, N, ...]",        \
        .text = "DATA frames of those sizes, the last takes the rest; `split: 1` is every byte"                        \
    }
/* How a message is encoded and distorted. */
#define KEY_MESSAGE_OPTIONS                                                                                            \
    {.name = "type", .type = &key_text, .form = "\"package.Message\"", .text = "another type"},                        \
        {.name = "encoding",                                                                                           \
         .type = &key_choice,                                                                                          \
         .choices = coding_names,                                                                                      \
         .text = "compressed, with the flag 1 unless `flags` is there; the header that names the coding is the "       \
                 "script's to send"},                                                                                  \
        {.name = "flags", .type = &key_number, .min = 0, .max = 255, .text = "prefix flag byte"},                      \
        {.name = "length", .type = &key_number, .min = 0, .max = UINT32_MAX, .text = "a lie in the prefix"},           \
    {                                                                                                                  \
        .name = "cut", .type = &key_number, .min = 0, .max = SCRIPT_MAX_BYTES,                                         \
        .text = "only the first N bytes of prefix and message are sent"                                                \
    }
#define KEY_LAST                                                                                                       \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

enum err_code script_no_memory(struct err *err);
/* A step of this kind at the end of the script. NULL: too many, or nothing of it could be sent any more. */
struct script_step *script_add(struct compiler *compiler, enum script_kind kind, struct err *err);
/* DATA, `repeat` times. */
enum err_code script_add_data(struct compiler *compiler, struct span bytes, bool end_stream, size_t repeat,
                              struct err *err);
/* DATA as the current step's `split` says. */
enum err_code script_add_split(struct compiler *compiler, struct span bytes, bool end_stream, struct err *err);
/* DATA as the current step's `split`, `repeat` and `end_stream` say. */
enum err_code script_add_bytes(struct compiler *compiler, struct span bytes, struct err *err);

/* The message of the current step's keys, with its prefix or `bare`, in the arena. */
enum err_code script_message_bytes(struct compiler *compiler, bool bare, struct span *out, struct err *err);

/* `bytes` in the coding that the current step's key `encoding` names, in the arena; the bytes themselves where it names
 * none. data NULL: no room. */
struct span script_encoded(struct compiler *compiler, struct span bytes);

/* The value of the current step's key `key`; NULL when it is absent. */
const json_t *script_value(const struct compiler *compiler, const char *key);
uint64_t script_number(const struct compiler *compiler, const char *key, uint64_t otherwise);
/* The bytes of a hex value, in the arena; data NULL when it is full. */
struct span script_hex(struct compiler *compiler, const json_t *value);
/* "place/key: text", and `code`. */
enum err_code script_error(const struct compiler *compiler, const char *key, enum err_code code, struct err *err,
                           const char *text);

#endif
