#include "harness/suite/selection.h"

#include <fnmatch.h>

void selection_init(struct selection *selection)
{
    *selection = (struct selection){.level = LEVEL_MAY};
}

/* '*' crosses '/': no FNM_PATHNAME. */
static bool glob_has(const char *glob, const struct testcase *testcase)
{
    return strcmp(glob, testcase->topic) == 0 || fnmatch(glob, testcase->id, 0) == 0;
}

bool selection_has(const struct selection *selection, const struct testcase *testcase)
{
    bool selected = selection->select_count == 0;
    if (testcase->level > selection->level)
        return false;
    if (selection->clients != 0 && !(selection->clients & testcase->clients))
        return false;
    for (size_t i = 0; i < selection->select_count && !selected; i++)
        selected = glob_has(selection->selects[i], testcase);
    for (size_t i = 0; i < selection->exclude_count && selected; i++)
        selected = !glob_has(selection->excludes[i], testcase);
    return selected;
}

const char *selection_unmatched(const struct selection *selection, const struct suite *suite)
{
    for (size_t i = 0; i < selection->select_count; i++) {
        bool any = false;
        for (size_t j = 0; j < suite_count(suite) && !any; j++)
            any = glob_has(selection->selects[i], suite_at(suite, j));
        if (!any)
            return selection->selects[i];
    }
    return NULL;
}
