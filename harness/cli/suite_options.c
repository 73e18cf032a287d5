#include "harness/cli/suite_options.h"

static enum err_code add_glob(const char **globs, size_t *count, const char *glob, struct err *err)
{
    if (*count == SELECTION_MAX_GLOBS)
        return err_set(err, ERR_USAGE, "more than %d globs", SELECTION_MAX_GLOBS);
    globs[(*count)++] = glob;
    return ERR_OK;
}

static enum err_code set_client(struct selection *selection, const char *value, struct err *err)
{
    if (strcmp(value, "all") == 0)
        selection->clients = CLIENT_H1 | CLIENT_H2;
    else if (strcmp(value, "h1") == 0)
        selection->clients = CLIENT_H1;
    else if (strcmp(value, "h2") == 0)
        selection->clients = CLIENT_H2;
    else
        return err_set(err, ERR_USAGE, "--client takes h1, h2 or all");
    return ERR_OK;
}

enum err_code suite_options_set(struct suite_options *options, const char *name, const char *value, struct err *err)
{
    struct selection *selection = &options->selection;
    if (strcmp(name, "cases") == 0) {
        options->cases = value;
        return ERR_OK;
    }
    if (strcmp(name, "select") == 0)
        return add_glob(selection->selects, &selection->select_count, value, err);
    if (strcmp(name, "exclude") == 0)
        return add_glob(selection->excludes, &selection->exclude_count, value, err);
    if (strcmp(name, "client") == 0)
        return set_client(selection, value, err);
    return level_from_name(span_cstr(value), &selection->level)
               ? ERR_OK
               : err_set(err, ERR_USAGE, "--level takes must, should or may");
}

enum err_code loaded_suite_init(struct loaded_suite *out, const char *cases, struct err *err)
{
    *out = (struct loaded_suite){0};
    enum err_code code = embedded_schema_init(&out->embedded, NULL, err);
    if (code == ERR_OK)
        code = suite_new(&out->suite, out->embedded.schema, out->embedded.router, err);
    if (code == ERR_OK)
        code = cases ? suite_add_directory(out->suite, cases, err) : suite_add_embedded(out->suite, err);
    return code == ERR_OK ? suite_finish(out->suite, err) : code;
}

void loaded_suite_fini(struct loaded_suite *loaded)
{
    suite_free(loaded->suite);
    embedded_schema_fini(&loaded->embedded);
}
