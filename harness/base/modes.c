/* The table of modes. */
#include "harness/base/modes.h"

#define X(id, name, front, back) name,
const char *const mode_names[] = {MODES(X) NULL};
#undef X

#define X(id, name, front, back) {front, back},
static const struct {
    const char *front;
    const char *back;
} ends[] = {MODES(X)};
#undef X

const char *mode_name(enum mode mode)
{
    return mode_names[mode];
}

const char *mode_front(enum mode mode)
{
    return ends[mode].front;
}

const char *mode_back(enum mode mode)
{
    return ends[mode].back;
}

bool mode_from_name(struct span name, enum mode *mode)
{
    for (int i = 0; i < MODE_COUNT; i++) {
        if (span_is(name, mode_names[i])) {
            *mode = (enum mode)i;
            return true;
        }
    }
    return false;
}
