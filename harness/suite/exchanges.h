/* Cases of several exchanges: at once, by the key `together`, or one after the other, by the key `then`
 * (cases/README.md). Private to suite/. */
#ifndef TRANSCHECK_SUITE_EXCHANGES_H
#define TRANSCHECK_SUITE_EXCHANGES_H

#include "harness/suite/suite_impl.h"

#define EXCHANGES_NUMBER "n" /* the name for which the number of an exchange stands */

/* The keys of `together`, and of a further exchange. */
extern const struct key_object together_object;
extern const struct key_object exchange_object;
/* The value of `then`. */
extern const struct key_type exchanges_then;

/* Whether one of the keys stands there. */
bool exchanges_many(const json_t *source);
/* How many exchanges such a case has. */
size_t exchanges_count(const json_t *source);
/* Whether `source` says that all of them are streams of one connection at once. */
bool exchanges_share_connection(const json_t *source);
/* Whether they are played one after the other. */
bool exchanges_in_turn(const json_t *source);
/* What says how exchange `number`, from 1, is played: an object with the keys `rpc`, `request`, `backend` and `expect`.
 * *index is its index among the further ones (`together.others` or `then`), or SIZE_MAX where it is the case itself. */
const json_t *exchanges_owner(const json_t *source, size_t number, size_t *index);
/* *out is a copy of these keys of `owner`, which stands at `at`, in which the number stands for each {n}. The caller
 * owns it. ERR_LIMIT, ERR_NO_MEMORY: as `substitute`. */
enum err_code exchanges_one(json_t **out, const struct place *at, const json_t *owner, size_t number, size_t *left,
                            struct err *err);

#endif
