/* `transcheck convert`: messages between ProtoJSON and binary. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/base/escape.h"
#include "harness/cli/commands.h"
#include "harness/cli/engine_options.h"
#include "harness/cli/option_value.h"
#include "harness/cli/options.h"
#include "harness/engine/json/lenient.h"
#include "harness/engine/protojson/protojson.h"
#include "harness/engine/json/scan.h"
#include "harness/engine/proto/wire.h"

struct converter {
    struct engine_options engine;
    const char *type_name;
    const char *input_path;
    const char *output_path;
    bool from_binary;
    bool to_binary;
    bool delimited;
    struct protojson_options options;
    const struct schema_message *type;
    FILE *output;
    struct arena arena;
    struct buf wire;
    struct buf text;
    struct span input;
    size_t count; /* messages so far */
    enum err_code failed;
    struct err err;
};

/* The file is made when something is written, or all went well: a wrong document leaves what is there alone. */
static enum err_code open_output(struct converter *converter)
{
    if (converter->output)
        return ERR_OK;
    converter->output = converter->output_path ? fopen(converter->output_path, "wbe") : stdout;
    return converter->output ? ERR_OK : err_set(&converter->err, ERR_IO, "%s", strerror(errno));
}

static enum err_code write_message(struct converter *converter, struct span bytes)
{
    enum err_code code = open_output(converter);
    if (code == ERR_OK && converter->to_binary && converter->delimited) {
        struct buf prefix;
        buf_init(&prefix, 16);
        wire_put_varint(&prefix, bytes.len);
        code = engine_options_write(converter->output, buf_span(&prefix), &converter->err);
        buf_fini(&prefix);
    }
    return code == ERR_OK ? engine_options_write(converter->output, bytes, &converter->err) : code;
}

/* One document at its place in the input. Sets converter->failed. */
static bool convert_one(struct converter *converter, struct span document)
{
    struct err *err = &converter->err;
    struct span out;
    enum err_code code = ERR_OK;
    buf_reset(&converter->wire);
    buf_reset(&converter->text);
    arena_reset(&converter->arena);
    if (converter->from_binary) {
        out = document;
    } else {
        code = json_to_proto(&converter->wire, converter->type, document, &converter->options, &converter->arena, err);
        out = buf_span(&converter->wire);
    }
    if (code == ERR_OK && (converter->from_binary || !converter->to_binary))
        code = proto_to_json(&converter->text, converter->type, out, &converter->options, &converter->arena, err);
    if (code != ERR_OK) {
        if (converter->delimited)
            err_prefix(err, "message %zu (at offset %zu)", converter->count + 1,
                       (size_t)(document.data - converter->input.data));
        converter->failed = code;
        return false;
    }
    if (!converter->to_binary) {
        buf_append_byte(&converter->text, '\n');
        out = buf_span(&converter->text);
    }
    converter->failed = write_message(converter, out);
    converter->count++;
    return converter->failed == ERR_OK;
}

static void on_element(void *user, size_t offset, size_t len)
{
    struct converter *converter = user;
    if (converter->failed == ERR_OK)
        convert_one(converter, span_of(converter->input.data + offset, len));
}

/* Values are cut apart as strict JSON, so what a leniency lets pass between and inside of them is rewritten first. */
static void convert_json_stream(struct converter *converter)
{
    struct leniency_set lenient = converter->options.lenient;
    struct arena arena;
    struct json_scan scan;
    arena_init(&arena, ENGINE_OPTIONS_MAX_INPUT);
    lenient.bits &= ~LENIENCY_BIT(LENIENCY_TRAILING_GARBAGE);
    if (json_lenient_applies(lenient)) {
        struct span rewritten = json_lenient_text(converter->input, lenient, &arena);
        if (!rewritten.data)
            converter->failed = err_set(&converter->err, ERR_LIMIT, "too much memory is needed for the leniencies");
        converter->input = rewritten;
    }
    json_scan_init(&scan, JSON_SCAN_CONCAT);
    json_scan_feed(&scan, converter->input, on_element, converter);
    json_scan_finish(&scan, on_element, converter);
    if (converter->failed == ERR_OK && !json_scan_complete(&scan))
        convert_one(converter, span_from(converter->input, scan.element_at)); /* cut: its error says where */
    arena_fini(&arena);
}

/* A length that cannot be: of the message at `at`, whose body is at `body` when the length can be read. */
static enum err_code bad_length(struct converter *converter, const uint8_t *at, const uint8_t *body, uint64_t len)
{
    struct err *err = &converter->err;
    const uint8_t *end = converter->input.data + converter->input.len;
    if (body)
        err_set(err, ERR_SYNTAX, "expected %llu bytes, found %zu: it is longer than the rest of the input",
                (unsigned long long)len, (size_t)(end - body));
    else
        err_set(err, ERR_SYNTAX, "expected a length (a varint), found one %s",
                end - at < 10 ? "that is cut" : "of more than 64 bits");
    err_prefix(err, "message %zu (at offset %zu)", converter->count + 1, (size_t)(at - converter->input.data));
    return ERR_SYNTAX;
}

static void convert_stream(struct converter *converter)
{
    const uint8_t *at = converter->input.data;
    const uint8_t *end = at ? at + converter->input.len : at;
    while (at < end && converter->failed == ERR_OK) {
        uint64_t len = 0;
        const uint8_t *body = wire_varint_next(at, end, &len);
        if (!body || len > (uint64_t)(end - body)) {
            converter->failed = bad_length(converter, at, body, len);
            return;
        }
        convert_one(converter, span_of(body, len));
        at = body + len;
    }
}

/* What is written reaches the file, or err says why not. */
static enum err_code close_output(struct converter *converter)
{
    struct err *err = &converter->err;
    enum err_code code = converter->failed;
    if (code == ERR_OK)
        code = open_output(converter);
    if (code == ERR_OK)
        code = engine_options_flush(converter->output, err);
    if (converter->output && converter->output != stdout && fclose(converter->output) != 0 && code == ERR_OK)
        code = err_set(err, ERR_IO, "%s", strerror(errno));
    if (code == ERR_IO)
        err_prefix(err, "%s", converter->output_path ? converter->output_path : "standard output");
    return code;
}

/* The exit code. */
static int convert(struct converter *converter)
{
    struct buf bytes;
    struct err *err = &converter->err;
    int code = 2;
    buf_init(&bytes, ENGINE_OPTIONS_MAX_INPUT);
    if (engine_options_read(&bytes, converter->input_path, err) == ERR_OK) {
        bool standard = !converter->input_path || strcmp(converter->input_path, "-") == 0;
        converter->input = buf_span(&bytes);
        if (converter->delimited && converter->from_binary)
            convert_stream(converter);
        else if (converter->delimited)
            convert_json_stream(converter);
        else
            convert_one(converter, converter->input);
        enum err_code closed = close_output(converter);
        code = closed == ERR_OK ? 0 : closed == ERR_IO ? 2 : 1;
        if (code == 1)
            err_prefix(err, "%s", standard ? "standard input" : converter->input_path);
    }
    buf_fini(&bytes);
    return code;
}

static enum err_code no_such_type(struct converter *converter)
{
    char quoted[OPTION_VALUE_SHOWN];
    const char *descriptors = converter->engine.descriptors;
    return err_set(&converter->err, ERR_USAGE, "--type: there is no message %s in %s",
                   option_value_quote(quoted, converter->type_name),
                   descriptors ? descriptors : "the embedded descriptors (--descriptors names others)");
}

/* The exit code. */
static int convert_all(struct converter *converter)
{
    struct schema *schema = NULL;
    int code = OPTIONS_EXIT_USAGE;
    converter->options.lenient = converter->engine.lenient;
    arena_init(&converter->arena, ENGINE_OPTIONS_MAX_INPUT);
    buf_init(&converter->wire, ENGINE_OPTIONS_MAX_INPUT);
    buf_init(&converter->text, ENGINE_OPTIONS_MAX_INPUT);
    if (engine_options_schema(&schema, converter->engine.descriptors, &converter->err) == ERR_OK) {
        converter->type = schema_message_find(schema, span_cstr(converter->type_name));
        if (converter->type)
            code = convert(converter);
        else
            no_such_type(converter);
    }
    buf_fini(&converter->text);
    buf_fini(&converter->wire);
    arena_fini(&converter->arena);
    schema_free(schema);
    return code;
}

static int run(int argc, char **argv)
{
    struct converter converter = {.type_name = NULL};
    struct arguments arguments;
    int code = options_parse(&arguments, &command_convert, &converter, argc, argv);
    if (code >= 0)
        return code;
    if (converter.to_binary && !converter.output_path && isatty(STDOUT_FILENO))
        return options_usage(&command_convert, "the output is binary: send it to a file, as in `> message.bin`");
    converter.input_path = arguments.count > 0 ? arguments.items[0] : NULL;
    code = convert_all(&converter);
    return code == 0 ? 0 : options_fail(&command_convert, &converter.err, code);
}

static void formats(struct names *out)
{
    names_add(out, "json", 4);
    names_add(out, "binary", 6);
}

/* The target is a bool: whether it is binary. */
static enum err_code take_format(void *target, const char *value, struct err *err)
{
    (void)err;
    *(bool *)target = strcmp(value, "binary") == 0;
    return ERR_OK;
}

#define TO_FLAG(member) OPTION_TO_FLAG(struct converter, member)
#define TO_TEXT(member) OPTION_TO_TEXT(struct converter, member)

static const struct option_row rows[] = {
    {.name = "type",
     .value = "NAME",
     .kind = OPTION_TEXT,
     .required = true,
     TO_TEXT(type_name),
     .text = "full name of the message"},
    {.name = "from",
     .value = "json|binary",
     .kind = OPTION_CHOICE,
     .noun = "format",
     .names = formats,
     TO_FLAG(from_binary),
     .take = take_format,
     .text = "form of the input (default: json)"},
    {.name = "to",
     .value = "json|binary",
     .kind = OPTION_CHOICE,
     .noun = "format",
     .names = formats,
     TO_FLAG(to_binary),
     .take = take_format,
     .text = "form of the output (default: json; json to json is a check, and canonical)"},
    {.name = "delimited",
     .kind = OPTION_FLAG,
     TO_FLAG(delimited),
     .text =
         "many messages: binary ones each behind their length as a varint, JSON ones each on a line (read: one after "
         "another, with white space between or not); what comes before a wrong message is written"},
    {.name = "output",
     .value = "FILE",
     .kind = OPTION_OUTPUT,
     TO_TEXT(output_path),
     .text = "in place of standard output; what is there stays when the first message is wrong"},
    {.name = "print-defaults",
     .kind = OPTION_FLAG,
     TO_FLAG(options.print_defaults),
     .text = "print fields without presence that have their default value"},
    {.name = "proto-names",
     .kind = OPTION_FLAG,
     TO_FLAG(options.proto_names),
     .text = "print the original names of fields"},
    {.name = "enum-numbers",
     .kind = OPTION_FLAG,
     TO_FLAG(options.enum_numbers),
     .text = "print enum values as numbers"},
    {.name = NULL},
};

static const struct option_group groups[] = {
    {.title = "Options", .rows = rows},
    {.title = "Descriptors and leniencies", .rows = engine_option_rows, .offset = offsetof(struct converter, engine)},
    {.rows = NULL},
};

static const struct argument_row argument_rows[] = {
    {.name = "FILE", .what = "a file", .kind = OPTION_INPUT, .optional = true, .standard = true},
    {.name = NULL},
};

const struct command command_convert = {
    .name = "convert",
    .summary = "convert messages between ProtoJSON and binary",
    .examples =
        "  echo '{\"id\":\"7\"}' | transcheck convert --type reservations.v1.Reservation --to binary > message.bin\n"
        "  transcheck convert --descriptors my.pb --type my.Type --from binary --to json message.bin\n"
        "  transcheck convert --type my.Type --descriptors my.pb --delimited --from binary messages.bin > "
        "messages.ndjson\n"
        "  transcheck convert --type my.Type --descriptors my.pb --lenient trailing-comma,comments < odd.json\n",
    .usages = (const char *const[]){"--type NAME [--from FORMAT] [--to FORMAT] [options] [FILE]", NULL},
    .about =
        "Converts a message between ProtoJSON and protobuf's binary form, strictly. Reads FILE or standard input: at "
        "most 1 GiB, all of it before anything is written.",
    .groups = groups,
    .arguments = argument_rows,
    .exits =
        "0 converted; 1 the input is not such a message (standard error says what is wrong and where: file, message of "
        "a stream, JSON path, byte offset, what was expected and found); 2 usage, or a file that cannot be read or "
        "written.",
    .run = run,
};
