/* `transcheck diagnose`: what gRPC clients will say of an answer that somebody has in hand, why, and what to change. */
#include <stdio.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/engine_options.h"
#include "harness/cli/help.h"
#include "harness/cli/option_value.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/status.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/transcode/answer_input.h"
#include "harness/engine/transcode/rung.h"
#include "harness/keys/keys.h"

#define DIAGNOSE_MAX_OUTPUT (4u << 20)
#define DIAGNOSE_SHOWN      1024u /* bytes of a text from outside that are shown */
#define DIAGNOSE_INDENT     8u    /* columns before a text of several lines */
#define DIAGNOSE_HEX_SHOWN  48u   /* bytes of a body */

enum choice { CHOICE_UNSAID, CHOICE_YES, CHOICE_NO };

struct diagnose {
    const char *path;
    const char *descriptors;
    const char *type_name;
    const char *content_type;
    uint64_t status;
    enum answer_form form;
    enum choice trailers;
    enum choice binary;
    bool streaming;
    bool json;
    struct answer_input input;
    enum rung rung;
    struct buf message; /* the first message as JSON, or why it is none */
    struct buf out;
};

/* The bytes of the body that should be a message: behind the first prefix, or all of them. */
static struct span payload_of(struct span body)
{
    uint8_t flags;
    uint32_t len;
    struct span rest = body;
    if (client_piece_next(&rest, &flags, &len) != CLIENT_PIECE_MESSAGE)
        return body;
    return span_of(body.data + FRAME_PREFIX_LEN, len);
}

/* Decodes the first message as the type of --type. */
static enum err_code decode_message(struct diagnose *diagnose, struct err *err)
{
    struct schema *schema = NULL;
    struct client_view *view = &diagnose->input.view;
    char quoted[OPTION_VALUE_SHOWN];
    struct arena arena;
    struct err bad = {0};
    enum err_code code = engine_options_schema(&schema, diagnose->descriptors, err);
    if (code != ERR_OK)
        return code;
    const struct schema_message *type = schema_message_find(schema, span_cstr(diagnose->type_name));
    arena_init(&arena, 4 * (size_t)ANSWER_MAX_INPUT);
    if (!type) {
        code = err_set(err, ERR_USAGE, "--type: there is no message %s in %s",
                       option_value_quote(quoted, diagnose->type_name),
                       diagnose->descriptors ? diagnose->descriptors : "the embedded descriptors");
    } else if (view->body.len > 0 &&
               proto_to_json(&diagnose->message, type, payload_of(view->body), NULL, &arena, &bad) != ERR_OK) {
        buf_reset(&diagnose->message);
        buf_append_cstr(&diagnose->message, bad.text);
        view->undecodable = true;
    }
    arena_fini(&arena);
    schema_free(schema);
    return code;
}

/* What the options say goes before what was read. */
static enum err_code apply_options(struct diagnose *diagnose, struct err *err)
{
    struct answer_input *input = &diagnose->input;
    bool enough = true;
    input->view.streaming = diagnose->streaming;
    if (diagnose->status > 0)
        input->view.http_status = (int)diagnose->status;
    if (diagnose->content_type)
        enough = answer_input_set_type(input, span_cstr(diagnose->content_type));
    else if (input->no_type) /* as API Gateway does */
        enough = answer_input_set_type(input, span_cstr("application/json"));
    if (diagnose->trailers == CHOICE_YES)
        enough = enough && answer_input_set_trailers(input);
    else if (diagnose->trailers == CHOICE_NO)
        input->view.end = CLIENT_END_DATA;
    return enough ? ERR_OK : err_set(err, ERR_LIMIT, "the answer is too large to be looked at");
}

static void print_cut(struct buf *out, struct span text)
{
    escape_terminal_cut(out, text, DIAGNOSE_SHOWN);
}

static void print_hex(struct buf *out, struct span bytes)
{
    size_t shown = bytes.len < DIAGNOSE_HEX_SHOWN ? bytes.len : DIAGNOSE_HEX_SHOWN;
    for (size_t i = 0; i < shown; i++)
        buf_printf(out, "%s%02x", i == 0 || (i > 4 && i % 4 == 1) || i == 1 ? " " : "", bytes.data[i]);
    if (shown < bytes.len)
        buf_printf(out, " ... (%zu more)", bytes.len - shown);
}

static const char *const form_texts[ANSWER_FORMS] = {
    [ANSWER_AUTO] = "",
    [ANSWER_EVENT] = "a function's answer to its API gateway (JSON)",
    [ANSWER_HEX] = "the body in hex",
    [ANSWER_BASE64] = "the body in base64",
    [ANSWER_RAW] = "the body as it is",
};

static const char *const end_texts[CLIENT_END_COUNT] = {
    [CLIENT_END_TRAILERS] = "trailers end it",
    [CLIENT_END_HEADERS] = "the headers end it",
    [CLIENT_END_DATA] = "no trailers",
    [CLIENT_END_RST] = "reset by RST_STREAM",
    [CLIENT_END_GOAWAY] = "refused by GOAWAY",
    [CLIENT_END_CLOSED] = "the connection was closed",
    [CLIENT_END_RESET] = "the connection was reset",
    [CLIENT_END_OPEN] = "nothing ends it",
};

static void print_input(struct diagnose *diagnose)
{
    const struct answer_input *input = &diagnose->input;
    const struct client_view *view = &input->view;
    struct buf *out = &diagnose->out;
    buf_printf(out, "Read as %s%s\n", form_texts[input->form],
               diagnose->form == ANSWER_AUTO ? " (--form says otherwise)" : "");
    buf_printf(out, "Answer  HTTP %d, content-type ", view->http_status);
    print_cut(out, fields_value(&view->headers, "content-type"));
    if (input->no_type && !diagnose->content_type)
        buf_append_cstr(out, " (none is set: this is the gateway's own)");
    buf_printf(out, "; %zu bytes%s; %s\n", view->body.len, input->decoded ? " behind the base64" : "",
               end_texts[view->end]);
    if (view->body.len > 0) {
        buf_append_cstr(out, "Body   ");
        print_hex(out, view->body);
        buf_append_byte(out, '\n');
    }
    if (diagnose->message.len > 0) {
        buf_printf(out, "%s ", view->undecodable ? "No message:" : "Message");
        print_cut(out, buf_span(&diagnose->message));
        buf_append_byte(out, '\n');
    }
}

static void print_code(struct buf *out, int64_t code)
{
    const char *name = code >= 0 && code < GRPC_STATUS_COUNT ? status_name((uint32_t)code) : NULL;
    if (code == CLIENT_VIEW_NO_CODE)
        buf_append_cstr(out, "an error without a code");
    else if (name)
        buf_printf(out, "%s (%d)", name, (int)code);
    else
        buf_printf(out, "code %lld", (long long)code);
}

static void print_clients(struct diagnose *diagnose)
{
    struct buf *out = &diagnose->out;
    struct client_words words;
    client_words_init(&words);
    buf_append_cstr(out, "\nWhat a gRPC client will say\n");
    for (size_t i = 0; i < CLIENT_VIEW_KINDS; i++) {
        const struct client_kind *kind = &client_kinds[i];
        client_view_say(kind, &diagnose->input.view, &words);
        buf_printf(out, "  %-14s %-13s ", kind->name, kind->versions);
        print_code(out, words.code);
        if (words.code == GRPC_OK && !words.delivered)
            buf_append_cstr(out, ", and the caller gets no message");
        if (words.text.len > 0) {
            buf_append_cstr(out, ": ");
            print_cut(out, buf_span(&words.text));
            buf_append_cstr(out, words.continues ? "..." : "");
        }
        if (words.code == GRPC_DEADLINE_EXCEEDED && diagnose->rung == RUNG_MANY_MESSAGES)
            buf_append_cstr(out, " (it waits until its deadline)");
        buf_append_byte(out, '\n');
    }
    client_words_fini(&words);
}

/* The five bytes that a message of that length needs. */
static void print_prefix(size_t len)
{
    uint8_t prefix[FRAME_PREFIX_LEN];
    frame_prefix_write(prefix, 0, (uint32_t)len);
    printf("%*sHere that is: %02x %02x%02x%02x%02x\n", DIAGNOSE_INDENT, "", prefix[0], prefix[1], prefix[2], prefix[3],
           prefix[4]);
}

static void print_paragraph(const char *label, const char *text)
{
    printf("%-*s", DIAGNOSE_INDENT, label);
    help_put_words(stdout, text, DIAGNOSE_INDENT, DIAGNOSE_INDENT);
}

/* Straight to standard output, behind all else: these texts are our own. */
static void print_rung(struct diagnose *diagnose)
{
    const struct rung_row *row = &rung_rows[diagnose->rung], *trailers = &rung_rows[RUNG_NO_TRAILERS];
    const struct client_view *view = &diagnose->input.view;
    printf("\nStep %u of %u: %s [%s]\n", row->step, RUNG_STEPS, row->title, row->name);
    print_paragraph("Why", row->why);
    print_paragraph("Change", row->change);
    if (diagnose->rung == RUNG_UNPREFIXED)
        print_prefix(view->body.len);
    if (row->step < trailers->step && view->end == CLIENT_END_DATA)
        printf("%-*sstep %u: %s\n", DIAGNOSE_INDENT, "Then", trailers->step, trailers->title);
}

static void print_json_text(struct buf *out, const char *key, struct span text)
{
    buf_printf(out, ",\"%s\":", key);
    escape_json(out, text);
}

static void print_json(struct diagnose *diagnose)
{
    struct buf *out = &diagnose->out;
    const struct rung_row *row = &rung_rows[diagnose->rung];
    struct client_words words;
    client_words_init(&words);
    buf_printf(out, "{\"form\":\"%s\",\"status\":%d,\"ends\":\"%s\"", answer_form_names[diagnose->input.form],
               diagnose->input.view.http_status, client_end_name(diagnose->input.view.end));
    buf_printf(out, ",\"rung\":\"%s\",\"step\":%u,\"right\":%s", row->name, row->step,
               rung_is_right(diagnose->rung) ? "true" : "false");
    print_json_text(out, "title", span_cstr(row->title));
    print_json_text(out, "why", span_cstr(row->why));
    print_json_text(out, "change", span_cstr(row->change));
    if (diagnose->message.len > 0)
        print_json_text(out, diagnose->input.view.undecodable ? "undecodable" : "message",
                        buf_span(&diagnose->message));
    buf_append_cstr(out, ",\"clients\":[");
    for (size_t i = 0; i < CLIENT_VIEW_KINDS; i++) {
        const struct client_kind *kind = &client_kinds[i];
        client_view_say(kind, &diagnose->input.view, &words);
        buf_printf(out, "%s{\"name\":\"%s\",\"versions\":\"%s\",\"tested\":\"%s\"", i > 0 ? "," : "", kind->name,
                   kind->versions, kind->tested);
        if (words.code == CLIENT_VIEW_NO_CODE)
            buf_append_cstr(out, ",\"code\":null");
        else
            buf_printf(out, ",\"code\":%lld", (long long)words.code);
        print_json_text(out, "text", buf_span(&words.text));
        buf_printf(out, ",\"continues\":%s,\"delivered\":%s}", words.continues ? "true" : "false",
                   words.delivered ? "true" : "false");
    }
    buf_append_cstr(out, "]}\n");
    client_words_fini(&words);
}

/* The exit code, or ERR_USAGE's with *err set. */
static int diagnose_all(struct diagnose *diagnose, struct err *err)
{
    struct buf file;
    enum err_code code;
    int exit_code = OPTIONS_EXIT_USAGE;
    bool standard = strcmp(diagnose->path, "-") == 0;
    buf_init(&file, ANSWER_MAX_INPUT);
    answer_input_init(&diagnose->input);
    buf_init(&diagnose->message, DIAGNOSE_MAX_OUTPUT);
    buf_init(&diagnose->out, DIAGNOSE_MAX_OUTPUT);
    code = standard ? keys_read_stream(&file, stdin, "standard input", ANSWER_MAX_INPUT, err)
                    : keys_read_file(&file, diagnose->path, ANSWER_MAX_INPUT, err);
    if (code == ERR_OK) {
        code = answer_input_read(&diagnose->input, buf_span(&file), diagnose->form, diagnose->binary == CHOICE_NO, err);
        if (code != ERR_OK)
            err_prefix(err, "%s", standard ? "standard input" : diagnose->path);
    }
    if (code == ERR_OK)
        code = apply_options(diagnose, err);
    if (code == ERR_OK && diagnose->type_name)
        code = decode_message(diagnose, err);
    if (code == ERR_OK) {
        diagnose->rung = rung_of(&diagnose->input.view);
        if (diagnose->json) {
            print_json(diagnose);
        } else {
            print_input(diagnose);
            print_clients(diagnose);
        }
        fwrite(diagnose->out.data, 1, diagnose->out.len, stdout);
        if (!diagnose->json)
            print_rung(diagnose);
        if (stdio_flush("transcheck diagnose"))
            exit_code = rung_is_right(diagnose->rung) ? 0 : 1;
    }
    buf_fini(&diagnose->out);
    buf_fini(&diagnose->message);
    answer_input_fini(&diagnose->input);
    buf_fini(&file);
    return code == ERR_OK ? exit_code : options_fail(&command_diagnose, err, OPTIONS_EXIT_USAGE);
}

static int run(int argc, char **argv)
{
    struct diagnose diagnose = {.path = NULL};
    struct arguments arguments;
    struct err err = {0};
    int code = options_parse(&arguments, &command_diagnose, &diagnose, argc, argv);
    if (code >= 0)
        return code;
    diagnose.path = arguments.items[0];
    return diagnose_all(&diagnose, &err);
}

static void add_all(struct names *out, const char *const *names)
{
    for (; *names; names++)
        names_add(out, *names, strlen(*names));
}

static void forms(struct names *out)
{
    add_all(out, answer_form_names);
}

static enum err_code take_form(void *target, const char *value, struct err *err)
{
    (void)err;
    for (unsigned i = 0; i < ANSWER_FORMS; i++) {
        if (strcmp(answer_form_names[i], value) == 0)
            *(enum answer_form *)target = (enum answer_form)i;
    }
    return ERR_OK;
}

static void yes_no(struct names *out)
{
    static const char *const names[] = {"yes", "no", NULL};
    add_all(out, names);
}

static enum err_code take_choice(void *target, const char *value, struct err *err)
{
    (void)err;
    *(enum choice *)target = strcmp(value, "yes") == 0 ? CHOICE_YES : CHOICE_NO;
    return ERR_OK;
}

#define TO_FLAG(member) OPTION_TO_FLAG(struct diagnose, member)
#define TO_TEXT(member) OPTION_TO_TEXT(struct diagnose, member)

static const struct option_row rows[] = {
    {.name = "form",
     .value = "FORM",
     .kind = OPTION_CHOICE,
     .noun = "form",
     .names = forms,
     OPTION_TO(struct diagnose, form, enum answer_form),
     .take = take_form,
     .text = "what the input is: event (a function's answer to its API gateway), hex or base64 (of the body), raw (the "
             "body as it is), auto (default: told from its looks)"},
    {.name = "status",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 100,
     .max = 999,
     OPTION_TO_NUMBER(struct diagnose, status),
     .text = "the HTTP status (default: the event's, else 200)"},
    {.name = "content-type",
     .value = "TYPE",
     .kind = OPTION_TEXT,
     TO_TEXT(content_type),
     .text = "the content-type (default: the event's, application/json where it has none; of bytes application/grpc)"},
    {.name = "trailers",
     .value = "yes|no",
     .kind = OPTION_CHOICE,
     .noun = "choice",
     .names = yes_no,
     OPTION_TO(struct diagnose, trailers, enum choice),
     .take = take_choice,
     .text = "whether trailers with grpc-status 0 end the answer (default: no for an event, yes for bytes)"},
    {.name = "binary",
     .value = "yes|no",
     .kind = OPTION_CHOICE,
     .noun = "choice",
     .names = yes_no,
     OPTION_TO(struct diagnose, binary, enum choice),
     .take = take_choice,
     .text = "whether the gateway turns an event's base64 into bytes (default: yes); no is API Gateway without binary "
             "media types"},
    {.name = "streaming", .kind = OPTION_FLAG, TO_FLAG(streaming), .text = "the method streams its answer"},
    {.name = "type",
     .value = "NAME",
     .kind = OPTION_TEXT,
     TO_TEXT(type_name),
     .text = "full name of the method's answer: the first message is decoded as that, and shown"},
    {.name = "descriptors",
     .value = "FILE.pb",
     .kind = OPTION_INPUT,
     TO_TEXT(descriptors),
     .text = "a serialized FileDescriptorSet with that type (default: the embedded one)"},
    {.name = "json", .kind = OPTION_FLAG, TO_FLAG(json), .text = "print one object of JSON, for programs"},
    {.name = NULL},
};

static const struct option_group groups[] = {{.title = "Options", .rows = rows}, {.rows = NULL}};

static const struct argument_row argument_rows[] = {
    {.name = "FILE", .what = "a file", .kind = OPTION_INPUT, .standard = true},
    {.name = NULL},
};

const struct command command_diagnose = {
    .name = "diagnose",
    .summary = "say what gRPC clients make of an answer, why, and what to change",
    .examples = "  transcheck diagnose answer.json                       # what the function returned to its gateway\n"
                "  printf 'Hello, world.' | transcheck diagnose --trailers no -\n"
                "  echo 0a0d48656c6c6f2c20776f726c642e | transcheck diagnose --type google.protobuf.StringValue -\n",
    .usages = (const char *const[]){"[options] FILE|-", NULL},
    .about =
        "Takes the answer to a gRPC call that somebody has in hand: the JSON that a function returns to its API "
        "gateway "
        "(`statusCode`, `headers`, `multiValueHeaders`, `body`, `isBase64Encoded`), or the bytes of a body, plain, in "
        "hex "
        "or in base64; it says which it took. Prints what standard gRPC clients will report, each in its own words, "
        "the "
        "first thing that is wrong, why, and what to change; change it, and ask again.\n\n"
        "The JSON may also have `trailers`, an object like `headers`, and `ends`: trailers, headers, data, rst:CODE, "
        "goaway:CODE (with a code of HTTP/2 such as CANCEL), closed, reset or open.\n\n"
        "At most 16 MiB are read. The clients have their default limit of 4 MiB for a message.",
    .groups = groups,
    .arguments = argument_rows,
    .exits =
        "0 the answer is right: a whole success, or an error told as gRPC tells it; 1 it is not; 2 usage, or an input "
        "that cannot be read or is not what --form says.",
    .run = run,
};
