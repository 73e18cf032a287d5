/* Options that choose cases, and the loading of the suite that they speak of. */
#include "harness/cli/suite_options.h"

#include <string.h>

#include "harness/cli/option_value.h"

static enum err_code add_glob(const char **globs, size_t *count, const char *glob, struct err *err)
{
    if (*count == SELECTION_MAX_GLOBS)
        return err_set(err, ERR_USAGE, "it may be given %d times", SELECTION_MAX_GLOBS);
    globs[(*count)++] = glob;
    return ERR_OK;
}

static enum err_code take_select(void *target, const char *value, struct err *err)
{
    struct selection *selection = target;
    return add_glob(selection->selects, &selection->select_count, value, err);
}

static enum err_code take_exclude(void *target, const char *value, struct err *err)
{
    struct selection *selection = target;
    return add_glob(selection->excludes, &selection->exclude_count, value, err);
}

static enum err_code take_level(void *target, const char *value, struct err *err)
{
    struct selection *selection = target;
    return level_from_name(span_cstr(value), &selection->level) ? ERR_OK
                                                                : err_set(err, ERR_USAGE, "there is no such level");
}

static enum err_code take_client(void *target, const char *value, struct err *err)
{
    struct selection *selection = target;
    enum testcase_client client;
    bool one = client_from_name(span_cstr(value), &client);
    (void)err;
    selection->clients = one ? (unsigned)client : CLIENT_H1 | CLIENT_H2;
    return ERR_OK;
}

static enum err_code take_mode(void *target, const char *value, struct err *err)
{
    struct selection *selection = target;
    selection->modes = selection_modes(span_cstr(value));
    return selection->modes ? ERR_OK : err_set(err, ERR_USAGE, "there is no such mode");
}

#define CASES_ROW                                                                                                      \
    {                                                                                                                  \
        .name = "cases", .value = "DIR", .kind = OPTION_FOLDER, OPTION_TO_TEXT(struct suite_options, cases),           \
        .text = "case files to use in place of the embedded ones"                                                      \
    }
#define TO_SELECTION OPTION_TO(struct suite_options, selection, struct selection)

const struct option_row suite_option_cases_rows[] = {CASES_ROW, {.name = NULL}};

const struct option_row suite_option_rows[] = {
    CASES_ROW,
    {.name = "select",
     .value = "GLOB",
     .kind = OPTION_GLOB,
     .repeats = true,
     TO_SELECTION,
     .take = take_select,
     .text = "only cases whose id matches, e.g. `trailers/*`; a topic selects its cases"},
    {.name = "exclude",
     .value = "GLOB",
     .kind = OPTION_GLOB,
     .repeats = true,
     TO_SELECTION,
     .take = take_exclude,
     .text = "not these"},
    {.name = "level",
     .value = "must|should|may",
     .kind = OPTION_CHOICE,
     .noun = "level",
     .names = names_levels,
     TO_SELECTION,
     .take = take_level,
     .text = "`must`; `should`: must and should; `may`: all (default)"},
    {.name = "client",
     .value = "h1|h2|all",
     .kind = OPTION_CHOICE,
     .noun = "client",
     .names = names_clients,
     TO_SELECTION,
     .take = take_client,
     .text = "HTTP/1.1, HTTP/2 or both (default); `run`: one that is named has to work"},
    {.name = "mode",
     .value = "MODE",
     .kind = OPTION_CHOICE,
     .noun = "mode",
     .names = names_run_modes,
     TO_SELECTION,
     .take = take_mode,
     .text =
         "what stands in front of the proxy and behind it: `transcoder` (default of `run`), or another of the modes "
         "that a case can have; `bridge`: all of these, as far as the proxy is such a bridge"},
    {.name = NULL},
};

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

static enum err_code no_case(const struct suite *suite, const char *id, struct err *err)
{
    struct names names;
    names_init(&names);
    for (size_t i = 0; i < suite_count(suite); i++)
        names_add(&names, suite_at(suite, i)->id, strlen(suite_at(suite, i)->id));
    option_value_wrong_name("case", id, &names, "`transcheck list`", err);
    names_fini(&names);
    return err->code = ERR_NOT_FOUND;
}

/* It names a family, with or without its topic: which cases there are. */
static enum err_code only_a_family(const struct suite *suite, const char *id, struct err *err)
{
    char quoted[OPTION_VALUE_SHOWN];
    const char *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < suite_count(suite); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        const char *family = testcase->family;
        if (!family || (strcmp(family, id) != 0 && strcmp(strchr(family, '/') + 1, id) != 0))
            continue;
        first = first ? first : testcase->id;
        count++;
    }
    if (count == 0)
        return ERR_OK;
    return err_set(err, ERR_USAGE,
                   "%s is a family of %zu cases, the first is %s; `transcheck list --select %s` lists them",
                   option_value_quote(quoted, id), count, first, suite_find(suite, first)->family);
}

/* Several topics have it. */
static enum err_code ambiguous(const struct testcase *one, const struct testcase *other, const char *id,
                               struct err *err)
{
    char quoted[OPTION_VALUE_SHOWN];
    return err_set(err, ERR_USAGE, "%s is a case of several topics: %s, %s", option_value_quote(quoted, id), one->id,
                   other->id);
}

enum err_code loaded_suite_find(const struct testcase **out, const struct loaded_suite *loaded, const char *id,
                                struct err *err)
{
    const struct suite *suite = loaded->suite;
    const struct testcase *found = suite_find(suite, id);
    for (size_t i = 0; i < suite_count(suite) && !strchr(id, '/'); i++) {
        const struct testcase *testcase = suite_at(suite, i);
        if (strcmp(strchr(testcase->id, '/') + 1, id) != 0)
            continue;
        if (found)
            return ambiguous(found, testcase, id, err);
        found = testcase;
    }
    *out = found;
    if (!found && only_a_family(suite, id, err) != ERR_OK)
        return ERR_USAGE;
    return found ? ERR_OK : no_case(suite, id, err);
}
