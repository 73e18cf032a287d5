/* The JSON that a function answers its API gateway with: statusCode, headers, multiValueHeaders, cookies, body,
 * isBase64Encoded. Source: Amazon API Gateway, "Output format of a Lambda function for proxy integration", and for
 * cookies "Payload format differences". Pure. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_FUNCTION_ANSWER_H
#define TRANSCHECK_ENGINE_TRANSCODE_FUNCTION_ANSWER_H

#include "harness/base/err.h"
#include "harness/base/fields.h"
#include "harness/engine/json/reader.h"

#define FUNCTION_MAX_FIELDS 1000u /* in one object of headers */

struct function_answer {
    int status;            /* 100 to 999; 0: there is no statusCode */
    struct fields headers; /* of both objects: a name in multiValueHeaders has the values that stand there */
    struct fields single;  /* `headers` alone; all names are in lower case */
    struct fields several; /* multiValueHeaders alone */
    struct fields cookies; /* of format 2.0: a set-cookie for each, which `headers` does not hold */
    struct span body;      /* the text, without JSON's escapes */
    bool encoded;          /* isBase64Encoded */
};

/* One who reads it; for members of other names. */
struct function_reader {
    struct function_answer *answer;
    struct arena *arena;
    struct json_reader json;
    struct err *err;
    /* Reads the value of a member that has another name; *taken false: it did not, and the value is passed over. NULL:
     * there are none. */
    enum err_code (*other)(struct function_reader *reader, struct span key, bool *taken);
    void *user;
};

/* Reads `text`, one whole object, with arena, other and user set. What stands in the answer is in the arena.
 * ERR_SYNTAX, ERR_LIMIT; `err` is needed. */
enum err_code function_answer_read(struct function_reader *reader, struct function_answer *answer, struct span text,
                                   struct err *err);
/* An object of names, each with a value or a list of values, lower-case. null is an empty one. */
enum err_code function_read_fields(struct function_reader *reader, const char *key, struct fields *fields);
/* ERR_SYNTAX: the member `key` is not what was expected. */
enum err_code function_wrong(struct function_reader *reader, const char *key, const char *expected);

#endif
