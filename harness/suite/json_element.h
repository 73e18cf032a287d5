/* One JSON value of a response, looked at with the engine's strict reader. Apart from the rest of suite/, because
 * json_reader.h and jansson.h use the same names. */
#ifndef TRANSCHECK_SUITE_JSON_ELEMENT_H
#define TRANSCHECK_SUITE_JSON_ELEMENT_H

#include "harness/base/err.h"
#include "harness/base/span.h"

/* Whether `text` is exactly one JSON value: as json_validate. */
enum err_code json_element_validate(struct span text, struct err *err);
/* Whether `json` is an object with the one key `key` (spelled without escapes); *inside is a view of its value. */
bool json_element_wraps(struct span json, const char *key, struct span *inside);
/* A member of an object: its key as it is spelled, and the whole of it, from the quote before its key. */
typedef void json_member_fn(void *user, struct span key, struct span member);
/* Whether `json` is an object; `each` gets its members in order, also those before a mistake. */
bool json_element_members(struct span json, json_member_fn *each, void *user);

#endif
