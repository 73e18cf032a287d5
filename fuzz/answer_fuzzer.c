/* Target `answer`: the input is an answer to a gRPC call as somebody has it in hand. The same body gives the same step
 * and the same words, plain, in hex, in base64 and in a gateway's event; where the strictest client has its message,
 * the answer is right. */
#include <assert.h>

#include "fuzz/fuzz.h"
#include "fuzz/memory.h"
#include "harness/base/base64.h"
#include "harness/base/hex.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/transcode/answer_input.h"
#include "harness/engine/transcode/rung.h"

static struct buf text;

/* What is said of an answer: its step, and what each client says. */
struct said {
    enum rung rung;
    int64_t codes[CLIENT_VIEW_KINDS];
    struct buf texts; /* one behind the other */
};

static void say(struct said *said, const struct client_view *view)
{
    struct client_words words;
    client_words_init(&words);
    buf_init(&said->texts, CLIENT_VIEW_KINDS * CLIENT_VIEW_MAX_TEXT);
    said->rung = rung_of(view);
    for (size_t i = 0; i < CLIENT_VIEW_KINDS; i++) {
        client_view_say(&client_kinds[i], view, &words);
        said->codes[i] = words.code;
        buf_append_span(&said->texts, buf_span(&words.text));
        FUZZ_CHECK(words.code != GRPC_OK || words.text.len == 0);
        FUZZ_CHECK(!words.delivered || words.code == GRPC_OK);
        bool plain = view->http_status == 200 && fields_count(&view->headers, "content-type") == 1;
        if (i == 0 && plain && words.delivered)
            FUZZ_CHECK(said->rung == RUNG_CORRECT || said->rung == RUNG_BAD_STATUS);
    }
    client_words_fini(&words);
}

static void check_same(struct span bytes, enum answer_form form, const struct said *wanted)
{
    struct answer_input input;
    struct said said;
    struct err err;
    answer_input_init(&input);
    FUZZ_CHECK(answer_input_read(&input, bytes, form, false, &err) == ERR_OK);
    if (form == ANSWER_EVENT) {
        bool set = answer_input_set_type(&input, span_cstr("application/grpc")) && answer_input_set_trailers(&input);
        assert(set);
    }
    say(&said, &input.view);
    FUZZ_CHECK(said.rung == wanted->rung && memcmp(said.codes, wanted->codes, sizeof said.codes) == 0);
    FUZZ_CHECK(span_equal(buf_span(&said.texts), buf_span(&wanted->texts)));
    buf_fini(&said.texts);
    answer_input_fini(&input);
}

/* The input as a body. */
static void check_body(struct span body)
{
    struct answer_input input;
    struct said said;
    struct err err;
    answer_input_init(&input);
    FUZZ_CHECK(answer_input_read(&input, body, ANSWER_RAW, false, &err) == ERR_OK);
    FUZZ_CHECK(span_equal(input.view.body, body));
    say(&said, &input.view);
    fuzz_buf(&text);
    hex_encode(&text, body);
    check_same(buf_span(&text), ANSWER_HEX, &said);
    fuzz_buf(&text);
    base64_encode(&text, body, true);
    check_same(buf_span(&text), ANSWER_BASE64, &said);
    fuzz_buf(&text);
    buf_append_cstr(&text, "{\"isBase64Encoded\":true,\"body\":\"");
    base64_encode(&text, body, true);
    buf_append_cstr(&text, "\"}");
    check_same(buf_span(&text), ANSWER_EVENT, &said);
    buf_fini(&said.texts);
    answer_input_fini(&input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct answer_input input;
    struct err err = {.code = ERR_OK};
    struct said said;
    if (size > 65536)
        return 0;
    answer_input_init(&input);
    if (answer_input_read(&input, span_of(data, size), ANSWER_AUTO, false, &err) == ERR_OK) {
        say(&said, &input.view);
        buf_fini(&said.texts);
    } else {
        FUZZ_CHECK(input.form == ANSWER_EVENT && err.text[0] != '\0');
    }
    answer_input_fini(&input);
    check_body(span_of(data, size));
    return 0;
}
