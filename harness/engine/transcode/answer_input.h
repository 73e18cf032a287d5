/* An answer to a gRPC call in the form in which somebody has it in hand, told from its own looks, as what a client
 * would see of it (engine/grpc/client_view.h): what `transcheck diagnose` is given. Pure.
 *
 * An event is the JSON that a function answers its API gateway with (function_answer.h). Two keys are ours: `trailers`,
 * an object like headers or multiValueHeaders, and `ends`, the name of a client_end, for "rst" and "goaway" with a code
 * of HTTP/2 behind a colon ("rst:CANCEL"). With one of them the object is what a client saw, as it is; without
 * statusCode no HEADERS frame came. */
#ifndef TRANSCHECK_ENGINE_TRANSCODE_ANSWER_INPUT_H
#define TRANSCHECK_ENGINE_TRANSCODE_ANSWER_INPUT_H

#include "harness/base/err.h"
#include "harness/engine/grpc/client_view.h"

#define ANSWER_MAX_INPUT (16u << 20) /* bytes */

enum answer_form { ANSWER_AUTO, ANSWER_EVENT, ANSWER_HEX, ANSWER_BASE64, ANSWER_RAW };
#define ANSWER_FORMS (ANSWER_RAW + 1)
extern const char *const answer_form_names[ANSWER_FORMS + 1]; /* ended by NULL */

struct answer_input {
    struct client_view view; /* its bytes are in the members below */
    enum answer_form form;   /* as it was taken */
    bool decoded;            /* an event's body was base64, and the gateway decodes it */
    bool no_type;            /* an event of a gateway has no content-type */
    bool has_end;            /* an event says how it ends */
    struct arena arena;
    struct buf body;
};

void answer_input_init(struct answer_input *input);
void answer_input_fini(struct answer_input *input);
/* `text` must outlive the input. `keeps_base64`: the gateway hands an event's base64 on as text. Without `ends` an
 * event has no trailers, as from a gateway that knows none; bytes alone are an answer with all else right. ERR_SYNTAX,
 * ERR_LIMIT; `err` is needed. */
enum err_code answer_input_read(struct answer_input *input, struct span text, enum answer_form form, bool keeps_base64,
                                struct err *err);
/* Makes the content-type this one, in place of what stands there. */
bool answer_input_set_type(struct answer_input *input, struct span type);
/* Trailers with grpc-status 0 end the answer. */
bool answer_input_set_trailers(struct answer_input *input);

#endif
