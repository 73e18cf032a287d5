/* The exchanges of a case that are played at once: the key `together` (cases/README.md). Private to suite/. */
#ifndef TRANSCHECK_SUITE_TOGETHER_H
#define TRANSCHECK_SUITE_TOGETHER_H

#include "harness/suite/suite_impl.h"

#define TOGETHER_NUMBER "n" /* the name for which the number of an exchange stands */

/* The keys of `together`. */
extern const struct key_object together_object;

/* How many exchanges a case has; 1 without `together`. */
size_t together_count(const json_t *source);
/* Whether `source` says that all of them share a connection. */
bool together_shares_connection(const json_t *source);
/* What says how exchange `number`, from 1, is played: an object with the keys `rpc`, `request`, `backend` and `expect`.
 * *others is its index among `together.others`, or SIZE_MAX where it is the case itself. */
const json_t *together_owner(const json_t *source, size_t number, size_t *others);
/* *out is a copy of these keys of `owner`, which stands at `at`, in which the number stands for each {n}. The caller
 * owns it. ERR_LIMIT, ERR_NO_MEMORY: as `substitute`. */
enum err_code together_exchange(json_t **out, const struct place *at, const json_t *owner, size_t number, size_t *left,
                                struct err *err);

#endif
