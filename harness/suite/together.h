/* The exchanges of a case that are played at once: the key `together` (cases/README.md). Private to suite/. */
#ifndef TRANSCHECK_SUITE_TOGETHER_H
#define TRANSCHECK_SUITE_TOGETHER_H

#include "harness/suite/suite_impl.h"

/* The keys of `together`. */
extern const struct key_object together_object;

/* How many exchanges a case has; 1 without `together`. */
size_t together_count(const json_t *source);
/* Whether `source` says that all of them share a connection. */
bool together_shares_connection(const json_t *source);
/* Exchange `number`, from 1, as a JSON object with the keys `rpc`, `request`, `backend` and `expect`, of which each
 * string has the number for every "{n}". The caller owns it; NULL when out of memory, or when there are more values
 * than *left, which becomes what is left. *others is the index among `together.others`, or SIZE_MAX where it is the
 * case's own. */
json_t *together_exchange(const json_t *source, size_t number, size_t *left, size_t *others);

#endif
