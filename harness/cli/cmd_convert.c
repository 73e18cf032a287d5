#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/cli/commands.h"
#include "harness/cli/engine_options.h"
#include "harness/engine/json_map.h"
#include "harness/engine/json_scan.h"
#include "harness/engine/wire.h"

static const char help[] =
    "Examples:\n"
    "  echo '{\"id\":\"7\"}' | transcheck convert --type reservations.v1.Reservation --to binary > message.bin\n"
    "  transcheck convert --descriptors my.pb --type my.Type --from binary --to json message.bin\n"
    "  transcheck convert --type my.Type --descriptors my.pb --delimited --from binary messages.bin > messages.ndjson\n"
    "  transcheck convert --type my.Type --descriptors my.pb --lenient trailing-comma,comments < odd.json\n"
    "\n"
    "Usage: transcheck convert --type NAME [--from FORMAT] [--to FORMAT] [options] [FILE]\n"
    "\n"
    "Converts a message between ProtoJSON and protobuf's binary form, strictly. Reads FILE or standard input.\n"
    "\n"
    "  --type NAME            full name of the message\n"
    "  --from json|binary     form of the input (default: json)\n"
    "  --to json|binary       form of the output (default: json; json to json is a check, and canonical)\n"
    "  --descriptors FILE.pb  a serialized FileDescriptorSet (default: the embedded one)\n"
    "  --delimited            many messages: binary ones each behind their length as a varint, JSON ones each on a\n"
    "                         line (read: one after another, with white space between or not)\n"
    "  --lenient NAME         take what strict ProtoJSON refuses; repeated, or several names joined by commas\n"
    "  --list-leniencies      print the names\n"
    "  --output FILE          in place of standard output\n"
    "  --print-defaults       print fields without presence that have their default value\n"
    "  --proto-names          print the original names of fields\n"
    "  --enum-numbers         print enum values as numbers\n"
    "\n"
    "Exit codes: 0 converted, 1 the input is not such a message (stderr says what is wrong and where), 2 usage, or a\n"
    "file that cannot be read or written.\n";

enum {
    OPTION_TYPE = 256,
    OPTION_FROM,
    OPTION_TO,
    OPTION_DESCRIPTORS,
    OPTION_DELIMITED,
    OPTION_LENIENT,
    OPTION_LIST,
    OPTION_OUTPUT,
    OPTION_DEFAULTS,
    OPTION_PROTO_NAMES,
    OPTION_ENUM_NUMBERS
};

static const struct option long_options[] = {
    {"type", required_argument, NULL, OPTION_TYPE},
    {"from", required_argument, NULL, OPTION_FROM},
    {"to", required_argument, NULL, OPTION_TO},
    {"descriptors", required_argument, NULL, OPTION_DESCRIPTORS},
    {"delimited", no_argument, NULL, OPTION_DELIMITED},
    {"lenient", required_argument, NULL, OPTION_LENIENT},
    {"list-leniencies", no_argument, NULL, OPTION_LIST},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"print-defaults", no_argument, NULL, OPTION_DEFAULTS},
    {"proto-names", no_argument, NULL, OPTION_PROTO_NAMES},
    {"enum-numbers", no_argument, NULL, OPTION_ENUM_NUMBERS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct converter {
    const char *type_name;
    const char *descriptors;
    const char *input_path;
    const char *output_path;
    bool from_binary;
    bool to_binary;
    bool delimited;
    struct json_map_options options;
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

static enum err_code format_set(bool *binary, const char *value, struct err *err)
{
    *binary = strcmp(value, "binary") == 0;
    return *binary || strcmp(value, "json") == 0 ? ERR_OK
                                                 : err_set(err, ERR_USAGE, "--from and --to take json or binary");
}

/* -1: go on; else the exit code. */
static int take_option(struct converter *converter, int option, const char *value)
{
    switch (option) {
    case OPTION_TYPE:
        converter->type_name = value;
        return -1;
    case OPTION_FROM:
        return format_set(&converter->from_binary, value, &converter->err) == ERR_OK ? -1 : 2;
    case OPTION_TO:
        return format_set(&converter->to_binary, value, &converter->err) == ERR_OK ? -1 : 2;
    case OPTION_DESCRIPTORS:
        converter->descriptors = value;
        return -1;
    case OPTION_DELIMITED:
        converter->delimited = true;
        return -1;
    case OPTION_LENIENT:
        return engine_options_lenient(&converter->options.lenient, value, &converter->err) == ERR_OK ? -1 : 2;
    case OPTION_LIST:
        engine_options_print_leniencies(stdout);
        return 0;
    case OPTION_OUTPUT:
        converter->output_path = value;
        return -1;
    case OPTION_DEFAULTS:
        converter->options.print_defaults = true;
        return -1;
    case OPTION_PROTO_NAMES:
        converter->options.proto_names = true;
        return -1;
    case OPTION_ENUM_NUMBERS:
        converter->options.enum_numbers = true;
        return -1;
    case 'h':
        fputs(help, stdout);
        return 0;
    default:
        return 2;
    }
}

/* -1: go on; else the exit code. */
static int parse(struct converter *converter, int argc, char **argv)
{
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        int code = take_option(converter, option, optarg);
        if (code >= 0)
            return code;
    }
    if (!converter->type_name) {
        err_set(&converter->err, ERR_USAGE, "which message? --type NAME; try --help");
        return 2;
    }
    if (argc - optind > 1) {
        err_set(&converter->err, ERR_USAGE, "takes one file; try --help");
        return 2;
    }
    converter->input_path = argv[optind];
    if (converter->to_binary && !converter->output_path && isatty(STDOUT_FILENO)) {
        err_set(&converter->err, ERR_USAGE, "the output is binary: send it to a file, as in `> message.bin`");
        return 2;
    }
    return -1;
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
    } else if (converter->delimited) {
        struct buf prefix;
        buf_init(&prefix, 16);
        wire_put_varint(&prefix, out.len);
        code = engine_options_write(converter->output, buf_span(&prefix), err);
        buf_fini(&prefix);
    }
    if (code == ERR_OK)
        code = engine_options_write(converter->output, out, err);
    converter->failed = code;
    converter->count++;
    return code == ERR_OK;
}

static void on_element(void *user, size_t offset, size_t len)
{
    struct converter *converter = user;
    if (converter->failed == ERR_OK)
        convert_one(converter, span_of(converter->input.data + offset, len));
}

static void convert_stream(struct converter *converter)
{
    struct span input = converter->input;
    if (!converter->from_binary) {
        struct json_scan scan;
        json_scan_init(&scan, JSON_SCAN_CONCAT);
        json_scan_feed(&scan, input, on_element, converter);
        json_scan_finish(&scan, on_element, converter);
        if (converter->failed == ERR_OK && !json_scan_complete(&scan))
            convert_one(converter, span_from(input, scan.element_at)); /* cut: its error says where */
        return;
    }
    const uint8_t *at = input.data;
    const uint8_t *end = at ? at + input.len : at;
    while (at < end && converter->failed == ERR_OK) {
        uint64_t len;
        const uint8_t *body = wire_varint_next(at, end, &len);
        if (!body || len > (uint64_t)(end - body)) {
            converter->failed = err_set(&converter->err, ERR_SYNTAX, "message %zu (at offset %zu): %s",
                                        converter->count + 1, (size_t)(at - input.data),
                                        body ? "is longer than the rest of the input" : "expected a length (a varint)");
            return;
        }
        convert_one(converter, span_of(body, len));
        at = body + len;
    }
}

/* The exit code. */
static int convert(struct converter *converter)
{
    struct buf bytes;
    struct err *err = &converter->err;
    int code = 2;
    buf_init(&bytes, ENGINE_OPTIONS_MAX_INPUT);
    if (engine_options_read(&bytes, converter->input_path, err) != ERR_OK)
        goto out;
    converter->output = stdout;
    if (converter->output_path && !(converter->output = fopen(converter->output_path, "wb"))) {
        err_set(err, ERR_IO, "%s: %s", converter->output_path, strerror(errno));
        goto out;
    }
    converter->input = buf_span(&bytes);
    if (converter->delimited)
        convert_stream(converter);
    else
        convert_one(converter, converter->input);
    if (converter->failed == ERR_OK)
        converter->failed = engine_options_flush(converter->output, err);
    if (converter->output != stdout && fclose(converter->output) != 0 && converter->failed == ERR_OK)
        converter->failed = err_set(err, ERR_IO, "%s: %s", converter->output_path, strerror(errno));
    code = converter->failed == ERR_OK ? 0 : converter->failed == ERR_IO ? 2 : 1;
    if (code == 1)
        err_prefix(err, "%s", converter->input_path ? converter->input_path : "standard input");
out:
    buf_fini(&bytes);
    return code;
}

int cmd_convert(int argc, char **argv)
{
    struct converter converter = {0};
    struct schema *schema = NULL;
    int code = parse(&converter, argc, argv);
    if (code < 0) {
        code = 2;
        if (engine_options_schema(&schema, converter.descriptors, &converter.err) == ERR_OK) {
            arena_init(&converter.arena, ENGINE_OPTIONS_MAX_INPUT);
            buf_init(&converter.wire, ENGINE_OPTIONS_MAX_INPUT);
            buf_init(&converter.text, ENGINE_OPTIONS_MAX_INPUT);
            converter.type = schema_message_find(schema, span_cstr(converter.type_name));
            if (converter.type)
                code = convert(&converter);
            else
                err_set(&converter.err, ERR_USAGE, "--type: the descriptors hold no such message");
            buf_fini(&converter.text);
            buf_fini(&converter.wire);
            arena_fini(&converter.arena);
        }
        schema_free(schema);
    }
    if (code != 0 && converter.err.text[0])
        fprintf(stderr, "transcheck convert: %s\n", converter.err.text);
    return code;
}
