/* Which cases run. */
#include "harness/suite/selection.h"

#include <fnmatch.h>

#include "harness/base/escape.h"
#include "harness/base/nearest.h"

void selection_init(struct selection *selection)
{
    *selection = (struct selection){.level = LEVEL_MAY};
}

/* '*' crosses '/': no FNM_PATHNAME. What matches a family selects its cases. */
static bool glob_has(const char *glob, const struct testcase *testcase)
{
    return strcmp(glob, testcase->topic) == 0 || fnmatch(glob, testcase->id, 0) == 0 ||
           (testcase->family && fnmatch(glob, testcase->family, 0) == 0);
}

unsigned selection_modes(struct span name)
{
    enum mode mode;
    if (span_is(name, SELECTION_BRIDGE))
        return ((1u << MODE_COUNT) - 1) & ~(1u << MODE_TRANSCODER);
    return mode_from_name(name, &mode) ? 1u << mode : 0;
}

bool selection_has(const struct selection *selection, const struct testcase *testcase)
{
    bool selected = selection->select_count == 0;
    if (testcase->level > selection->level || (selection->modes != 0 && !(selection->modes & 1u << testcase->mode)))
        return false;
    if (selection->clients != 0 && !(selection->clients & testcase->clients))
        return false;
    for (size_t i = 0; i < selection->select_count && !selected; i++)
        selected = glob_has(selection->selects[i], testcase);
    for (size_t i = 0; i < selection->exclude_count && selected; i++)
        selected = !glob_has(selection->excludes[i], testcase);
    return selected;
}

/* What a glob may have been meant to be: a topic, with the same pattern behind it; or an id. In the arena. */
static const char **list_names(size_t *count, const struct suite *suite, const char *glob, struct arena *arena)
{
    const char **names = arena_calloc(arena, suite_topic_count(suite) + suite_count(suite), sizeof *names);
    const char *slash = strchr(glob, '/');
    bool pattern = strpbrk(glob, "*?[") != NULL;
    *count = 0;
    for (size_t i = 0; names && i < suite_topic_count(suite) && (pattern || !slash); i++) {
        const char *name = arena_printf(arena, "%s%s", suite_topic_at(suite, i)->name, slash ? slash : "");
        if (name && strcmp(name, glob) != 0)
            names[(*count)++] = name;
    }
    for (size_t i = 0; names && i < suite_count(suite); i++)
        names[(*count)++] = suite_at(suite, i)->id;
    return names;
}

static enum err_code unmatched(const char *glob, const struct suite *suite, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    struct arena arena;
    struct buf shown;
    size_t count;
    arena_init(&arena, 64u << 20);
    buf_init(&shown, 1024);
    escape_terminal_cut(&shown, span_cstr(glob), 200);
    const char **names = list_names(&count, suite, glob, &arena);
    err_set(err, ERR_USAGE, "--select: no case matches '%s'%s", shown.data ? (const char *)shown.data : "",
            nearest_hint(hint, glob, names, count));
    buf_fini(&shown);
    arena_fini(&arena);
    return ERR_USAGE;
}

enum err_code selection_check(const struct selection *selection, const struct suite *suite, struct err *err)
{
    for (size_t i = 0; i < selection->select_count; i++) {
        bool any = false;
        for (size_t j = 0; j < suite_count(suite) && !any; j++)
            any = glob_has(selection->selects[i], suite_at(suite, j));
        if (!any)
            return unmatched(selection->selects[i], suite, err);
    }
    return ERR_OK;
}
