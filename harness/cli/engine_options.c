#include "harness/cli/engine_options.h"

#include <errno.h>

#include "harness/base/embed.h"
#include "harness/base/escape.h"
#include "harness/suite/keys.h"

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

static enum err_code add_leniencies(struct leniency_set *set, const char *names, struct err *err)
{
    char quoted[ESCAPE_QUOTE_MAX];
    struct span unknown;
    if (leniency_add_names(set, span_cstr(names), &unknown))
        return ERR_OK;
    return err_set(err, ERR_USAGE, "--lenient: there is no such leniency as %s; see --list-leniencies",
                   escape_quote(unknown, quoted));
}

static void print_leniencies(FILE *out)
{
    for (unsigned i = 0; i < LENIENCY_COUNT; i++)
        fprintf(out, "%-20s %s\n", leniency_name((enum leniency)i), leniency_summary((enum leniency)i));
}

int engine_options_parse(struct engine_options *out, const struct engine_command *command, int argc, char **argv,
                         void *user, struct err *err)
{
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", command->table, NULL)) != -1) {
        enum err_code code = ERR_OK;
        switch (option) {
        case ENGINE_OPTION_DESCRIPTORS:
            out->descriptors = optarg;
            break;
        case ENGINE_OPTION_LENIENT:
            code = add_leniencies(&out->lenient, optarg, err);
            break;
        case ENGINE_OPTION_LIST:
            print_leniencies(stdout);
            return engine_options_flush(stdout, err) == ERR_OK ? 0 : 2;
        case ENGINE_OPTION_HELP:
        case 'h':
            fputs(command->help, stdout);
            return engine_options_flush(stdout, err) == ERR_OK ? 0 : 2;
        case '?':
            return 2;
        default:
            code = command->take(user, option, optarg, err);
        }
        if (code != ERR_OK)
            return 2;
    }
    return -1;
}

int engine_options_end(int code, char **argv, const struct err *err)
{
    if (code != 0 && err->text[0])
        fprintf(stderr, "%s: %s\n", argv[0], err->text);
    return code;
}

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
