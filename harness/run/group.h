/* The exchanges of one case, at once (`together`, cases/README.md) or in turn (`then`), and what the scripts of those
 * at once await of one another. Private to run/: exchange.c owns the groups of a relay, and
 * starts and ends their members. */
#ifndef TRANSCHECK_RUN_GROUP_H
#define TRANSCHECK_RUN_GROUP_H

#include "harness/run/ends.h"

struct exchange;
struct plan;

struct group_member {
    struct exchange *exchange; /* the tag of its backend calls */
    size_t meetings;           /* `all_here` steps that its script has come to */
    bool over;                 /* at both sides */
};

struct group {
    struct ends *ends;
    struct loop_timer *timer;
    const struct plan *plan; /* of the case */
    uint64_t serial;         /* of this relay's groups, from 1 */
    struct group_member members[TESTCASE_MAX_EXCHANGES];
    size_t count; /* of those that have begun; 0: there is no group now */
    size_t over;  /* members of which that is true */
};

/* One is for a case, the other for one that is played again while the first is being judged (blame.h). */
#define GROUPS 2
struct groups {
    struct group items[GROUPS];
    uint64_t serial; /* of the last that began */
};

/* false when out of memory; groups_fini all the same. */
bool groups_init(struct groups *groups, struct ends *ends);
void groups_fini(struct groups *groups);
/* A new group, of which nobody is there yet. NULL: both have exchanges. */
struct group *groups_begin(struct groups *groups, const struct plan *plan);
/* The next exchange of the group. */
void group_add(struct group *group, struct exchange *exchange);
/* The script of this member has come to a step that awaits the others. */
void group_waits(struct group *group, size_t number, enum script_point point, size_t count);
/* This member is over. Whether all are. */
bool group_over(struct group *group, size_t number);
/* Its exchanges are given back. */
void group_end(struct group *group);

#endif
