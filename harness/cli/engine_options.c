/* Options of `convert` and `route`, and their reading and writing. */
#include "harness/cli/engine_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/embed.h"
#include "harness/base/escape.h"
#include "harness/cli/option_value.h"
#include "harness/cli/options.h"
#include "harness/cli/stdio.h"
#include "harness/keys/keys.h"

enum err_code engine_options_schema(struct schema **out, const char *path, struct err *err)
{
    struct span bytes;
    struct buf file;
    enum err_code code = ERR_OK;
    buf_init(&file, SCHEMA_MAX_BYTES);
    if (path) {
        code = keys_read_file(&file, path, SCHEMA_MAX_BYTES, err);
        bytes = buf_span(&file);
    } else if (!embed_find("descriptors.pb", &bytes)) {
        code = err_set(err, ERR_NOT_FOUND, "no descriptors are embedded; use --descriptors");
    }
    if (code == ERR_OK) {
        code = schema_new(out, bytes, err);
        if (code != ERR_OK && path)
            err_prefix(err, "%s", path);
    }
    buf_fini(&file);
    return code;
}

static enum err_code take_leniencies(void *target, const char *value, struct err *err)
{
    struct span unknown;
    if (leniency_add_names(target, span_cstr(value), &unknown))
        return ERR_OK;
    char *name = strndup((const char *)unknown.data, unknown.len);
    struct names names;
    names_init(&names);
    names_leniencies(&names);
    option_value_wrong_name("leniency", name ? name : "", &names, "--list-leniencies", err);
    names_fini(&names);
    free(name);
    return ERR_USAGE;
}

static int print_leniencies(void)
{
    for (unsigned i = 0; i < LENIENCY_COUNT; i++)
        printf("%-20s %s\n", leniency_name((enum leniency)i), leniency_summary((enum leniency)i));
    return stdio_flush("transcheck") ? 0 : OPTIONS_EXIT_USAGE;
}

const struct option_row engine_option_rows[] = {
    {.name = "descriptors",
     .value = "FILE.pb",
     .kind = OPTION_INPUT,
     OPTION_TO_TEXT(struct engine_options, descriptors),
     .text = "a serialized FileDescriptorSet, as `protoc --include_imports --descriptor_set_out` writes it (default: "
             "the embedded one)"},
    {.name = "lenient",
     .value = "NAME",
     .kind = OPTION_TEXT,
     .names = names_leniencies,
     .repeats = true,
     OPTION_TO(struct engine_options, lenient, struct leniency_set),
     .take = take_leniencies,
     .text = "take what the specifications refuse; several names are joined by commas"},
    {.name = "list-leniencies", .kind = OPTION_SHOW, .show = print_leniencies, .text = "print the names"},
    {.name = NULL},
};

enum err_code engine_options_read(struct buf *out, const char *path, struct err *err)
{
    bool standard = !path || strcmp(path, "-") == 0;
    return standard ? keys_read_stream(out, stdin, "standard input", ENGINE_OPTIONS_MAX_INPUT, err)
                    : keys_read_file(out, path, ENGINE_OPTIONS_MAX_INPUT, err);
}

enum err_code engine_options_write(FILE *out, struct span bytes, struct err *err)
{
    if (bytes.len > 0 && fwrite(bytes.data, 1, bytes.len, out) != bytes.len)
        return err_set(err, ERR_IO, "%s", strerror(errno));
    return ERR_OK;
}

enum err_code engine_options_flush(FILE *out, struct err *err)
{
    return fflush(out) == 0 ? ERR_OK : err_set(err, ERR_IO, "%s", strerror(errno));
}

void engine_options_print_text(FILE *out, struct span text)
{
    struct buf escaped;
    buf_init(&escaped, 1 << 20);
    escape_terminal_cut(&escaped, text, 4096);
    fprintf(out, "%.*s", SPAN_FMT(buf_span(&escaped)));
    buf_fini(&escaped);
}
