/* Finds a defect by its name. */
#include "harness/reference/defects.h"

#include <assert.h>
#include <string.h>

static const struct defect_info defects[DEFECT_COUNT] = {{"none", "no fault"},
#define DEFECTS_ROW(id, name, text) {name, text},
                                                         DEFECTS_LIST(DEFECTS_ROW)
#undef DEFECTS_ROW
};

const struct defect_info *defects_get(enum defect defect)
{
    assert(defect >= DEFECT_NONE && defect < DEFECT_COUNT);
    return &defects[defect];
}

bool defects_find(const char *name, enum defect *defect)
{
    for (int i = 0; i < DEFECT_COUNT; i++) {
        if (strcmp(defects[i].name, name) == 0) {
            *defect = (enum defect)i;
            return true;
        }
    }
    return false;
}
