/* The secrets of a run, collected from its options. */
#include "harness/run/secrets.h"

#include <stdio.h>

#define MAX_KEY_FILE (256u << 10)

static bool add_key_file(struct redact *redact, const char *path)
{
    FILE *file = path ? fopen(path, "rbe") : NULL;
    if (!file)
        return true;
    struct buf pem;
    buf_init(&pem, MAX_KEY_FILE);
    uint8_t *to = buf_reserve(&pem, MAX_KEY_FILE - 1);
    if (to)
        buf_commit(&pem, fread(to, 1, MAX_KEY_FILE - 1, file));
    fclose(file);
    bool done = to && redact_add_pem(redact, buf_span(&pem));
    buf_fini(&pem);
    return done;
}

static bool add_headers(struct redact *redact, const struct runner_options *options)
{
    for (size_t i = 0; i < options->headers.count; i++) {
        const struct field *field = &options->headers.items[i];
        enum redact_use use;
        if (!redact_add_header(redact, &use, field->name, field->value))
            return false;
        if (use == REDACT_FIELD_ONLY)
            log_warn(&options->log,
                     "the value of --header '%.*s' is shorter than %d characters: it is redacted as the value of that "
                     "header, and not where the proxy repeats it elsewhere",
                     SPAN_FMT(field->name), REDACT_MIN_LEN);
    }
    return true;
}

enum err_code secrets_collect(struct redact **out, const struct runner_options *options, struct err *err)
{
    *out = redact_new();
    if (*out && add_headers(*out, options) && add_key_file(*out, options->key_file) &&
        add_key_file(*out, options->backend_key_file))
        return ERR_OK;
    redact_free(*out);
    *out = NULL;
    return err_set(err, ERR_NO_MEMORY, "out of memory");
}
