/* The defects that show only from the second request of a client's connection on: something of the one before it has
 * stayed. Each function does nothing without its defect. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_LEFTOVERS_H
#define TRANSCHECK_REFERENCE_DEFECT_LEFTOVERS_H

#include "harness/reference/call.h"

/* Of the requests of one connection so far; owned by it. */
struct leftovers {
    struct arena arena;
    struct fields headers;  /* of a request */
    struct fields metadata; /* of an answer */
    struct span method;
    struct span target;
    struct span body; /* of a request that was refused */
    struct span type; /* of an answer that was a file */
    struct span answer;
    int status; /* of an answer that failed */
    struct span text;
    struct span details;
    struct frame_parser frames; /* inside a message */
    bool frames_inside;
    bool stream_open; /* a stream was broken off */
    bool encoded;     /* a request had a content-encoding */
    bool head;        /* a request was HEAD */
    unsigned failures;
};

void leftovers_init(struct leftovers *left);
void leftovers_fini(struct leftovers *left);

/* The request, before anything is made of it. */
void leftovers_request(struct call *call);
/* Whether its method and path are bound, as long as nothing else is known of it. */
bool leftovers_is_bound(struct call *call);
/* Whether its body is taken for one with a content-encoding. */
bool leftovers_is_encoded(const struct call *call);
/* Whether it is answered, and not sent: with the answer to the same request before it. */
bool leftovers_answer(struct call *call);
/* The call is about to be sent: its parser begins, or goes on. */
void leftovers_send(struct call *call);
/* The call ends without a whole answer. */
void leftovers_break(struct call *call);

/* What is added to the metadata of its answer. */
void leftovers_metadata(struct call *call);
/* The media type of its answer. */
struct span leftovers_type(struct call *call, struct span type, bool is_file);
/* Whether the first message of its stream follows others. */
bool leftovers_stream_open(struct call *call);
/* The words of its error. */
void leftovers_error(struct call *call, struct span *text, struct span *details);
/* Its answer, which is about to go out. */
void leftovers_respond(struct call *call, int *status, struct span *body);
/* Whether its answer goes out without a body. */
bool leftovers_is_head(struct call *call);
/* Whether the connection is closed behind its answer. */
bool leftovers_closes(struct call *call, int status);

#endif
