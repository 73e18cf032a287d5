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

enum err_code engine_options_lenient(struct leniency_set *set, const char *names, struct err *err)
{
    struct span text = span_cstr(names);
    for (size_t at = 0; at <= text.len;) {
        size_t end = span_index_of(text, ',', at);
        enum leniency which;
        if (!leniency_find(&which, span_of(text.data + at, end - at)))
            return err_set(err, ERR_USAGE, "--lenient: there is no such leniency; see --list-leniencies");
        leniency_add(set, which);
        at = end + 1;
    }
    return ERR_OK;
}

void engine_options_print_leniencies(FILE *out)
{
    for (unsigned i = 0; i < LENIENCY_COUNT; i++)
        fprintf(out, "%-20s %s\n", leniency_name((enum leniency)i), leniency_summary((enum leniency)i));
}

enum err_code engine_options_read(struct buf *out, const char *path, struct err *err)
{
    bool standard = !path || strcmp(path, "-") == 0;
    return keys_read_file(out, standard ? "/dev/stdin" : path, ENGINE_OPTIONS_MAX_INPUT, err);
}

enum err_code engine_options_write(FILE *out, struct span bytes, struct err *err)
{
    if (bytes.len > 0 && fwrite(bytes.data, 1, bytes.len, out) != bytes.len)
        return err_set(err, ERR_IO, "output: %s", strerror(errno));
    return ERR_OK;
}

enum err_code engine_options_flush(FILE *out, struct err *err)
{
    return fflush(out) == 0 ? ERR_OK : err_set(err, ERR_IO, "output: %s", strerror(errno));
}

void engine_options_print_text(FILE *out, struct span text)
{
    struct buf escaped;
    buf_init(&escaped, 1 << 20);
    escape_terminal_cut(&escaped, text, 4096);
    fprintf(out, "%.*s", SPAN_FMT(buf_span(&escaped)));
    buf_fini(&escaped);
}
