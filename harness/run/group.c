/* Tells the scripts of exchanges that are played at once how far the others have come. */
#include "harness/run/group.h"

#include <assert.h>

/* How many `all_here` steps everybody who is not over has come to. */
static size_t meetings_of_all(const struct group *group)
{
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < group->count; i++) {
        const struct group_member *member = &group->members[i];
        if (!member->over && member->meetings < least)
            least = member->meetings;
    }
    return least;
}

/* From the loop, for a signal may end calls. All of them are told the same, whatever the first do of it. */
static void tell(void *user)
{
    struct group *group = user;
    size_t meetings = meetings_of_all(group);
    size_t over = group->over;
    for (size_t i = 0; i < group->count; i++) {
        if (group->members[i].over)
            continue;
        group->ends->class->signal(group->ends, group->members[i].exchange, SCRIPT_ALL_HERE, meetings);
        group->ends->class->signal(group->ends, group->members[i].exchange, SCRIPT_OTHERS_ENDED, over);
    }
}

bool groups_init(struct groups *groups, struct ends *ends)
{
    bool good = true;
    for (size_t i = 0; i < GROUPS; i++) {
        struct group *group = &groups->items[i];
        *group = (struct group){.ends = ends};
        group->timer = ends->class->timer_new(ends, tell, group);
        good = good && group->timer;
    }
    return good;
}

void groups_fini(struct groups *groups)
{
    for (size_t i = 0; i < GROUPS; i++) {
        if (groups->items[i].timer)
            groups->items[i].ends->class->timer_free(groups->items[i].timer);
    }
}

struct group *groups_begin(struct groups *groups, const struct plan *plan)
{
    struct group *group = &groups->items[groups->items[0].count > 0];
    if (group->count > 0)
        return NULL;
    group->plan = plan;
    group->serial = ++groups->serial;
    return group;
}

void group_add(struct group *group, struct exchange *exchange)
{
    assert(group->count < TESTCASE_MAX_EXCHANGES);
    group->members[group->count++] = (struct group_member){.exchange = exchange};
}

void group_waits(struct group *group, size_t number, enum script_point point, size_t count)
{
    struct group_member *member = &group->members[number];
    if (point == SCRIPT_ALL_HERE && count > member->meetings)
        member->meetings = count;
    group->ends->class->timer_start(group->timer, 0);
}

bool group_over(struct group *group, size_t number)
{
    group->members[number].over = true;
    group->over++;
    group->ends->class->timer_start(group->timer, 0);
    return group->over == group->count;
}

void group_end(struct group *group)
{
    group->ends->class->timer_stop(group->timer);
    group->count = group->over = 0;
}
