/* The engine's transcoding of requests for comparisons: a descriptor set with its rules, and what a
 * request means by it. */
#ifndef TRANSCHECK_FUZZ_DIFFERENTIAL_REQUESTS_H
#define TRANSCHECK_FUZZ_DIFFERENTIAL_REQUESTS_H

#include <stddef.h>

struct requests;

struct requests_result {
    int status;          /* 200; 404, 405, 400: refused; 500: a limit */
    const char *method;  /* name of the method, with 200 and 400 */
    const char *body;    /* of the rule, with 200 and 400 */
    const char *path;    /* the template of the binding, with 200 and 400 */
    const char *message; /* bytes of the request message */
    size_t message_len;
    const char *why; /* of a refusal */
};

/* `leniencies`: names, joined by commas. NULL with the reason in `error`. */
struct requests *requests_new(const char *descriptor_set, size_t len, const char *leniencies, char *error,
                              size_t error_len);
void requests_free(struct requests *requests);
/* `target`: path and query. The result is good until the next call. */
void requests_ask(struct requests *requests, const char *method, const char *target, const char *body, size_t body_len,
                  struct requests_result *result);

#endif
