/* Defects in JSON, token by token: which tokens, and what stands in their place. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_TOKEN_H
#define TRANSCHECK_REFERENCE_DEFECT_TOKEN_H

#include "harness/base/buf.h"
#include "harness/engine/json/reader.h"
#include "harness/reference/defects.h"

/* A token, and the key before it (empty in a list). */
struct token {
    enum json_token kind;
    struct span text; /* of a KEY or STRING between its quotes, of a NUMBER the literal */
    struct span key;
    bool empty_object; /* an OBJECT_BEGIN with its end behind it, inside of another value */
    size_t depth;      /* of what stands around */
};

struct token_fault {
    enum defect defect;
    bool (*fits)(const struct token *token);
    /* What stands in the token's place: what `instead` appends or this text. Both NULL: the JSON is refused. */
    void (*instead)(struct buf *out, const struct token *token);
    const char *text;
};

/* The fault of this defect in a table of `count`; NULL: there is none. */
const struct token_fault *token_fault_of(const struct token_fault *faults, size_t count, enum defect defect);
/* Copies the JSON with what the fault puts in the place of tokens; false when it refuses one. */
bool token_change(struct buf *out, const struct token_fault *fault, struct span json);

bool token_has_any(struct span text, const char *bytes);
bool token_has_text(struct span text, const char *part);
/* Digits, one sign before them; with `more`, these bytes, too. */
bool token_is_numeric(struct span text, const char *more);
bool token_is_camel_case_key(const struct token *token);
double token_value(struct span text);

#endif
