/* Answers, and what grpc-go 1.85.0, 1.70.0 and 1.19.1, grpcio 1.85.3 and @grpc/grpc-js 1.14.7 said of them: the rows of
 * client_kinds. A part of what harness/tests/client_words_test plays to the real ones, for where these are not. */
#ifndef TRANSCHECK_ENGINE_GRPC_TESTS_CLIENT_ANSWERS_H
#define TRANSCHECK_ENGINE_GRPC_TESTS_CLIENT_ANSWERS_H

#include "harness/engine/grpc/client_view.h"

struct client_answer {
    const char *name;
    int http_status;
    const char *headers; /* a line each */
    struct span body;
    const char *trailers;
    enum client_end end;
    struct {
        int64_t code;
        const char *text;
        bool continues;
        bool delivered;
    } says[CLIENT_VIEW_KINDS];
    uint32_t end_code;
    bool streaming;
    bool undecodable;
};

extern const struct client_answer client_answers[];
extern const size_t client_answers_count;

#endif
