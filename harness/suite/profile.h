/* A profile: the documented dialect of one proxy, cases/profiles/<name>.json (see cases/README.md). */
#ifndef TRANSCHECK_SUITE_PROFILE_H
#define TRANSCHECK_SUITE_PROFILE_H

#include "harness/base/err.h"
#include "harness/base/span.h"

struct profile;
struct json_t;
struct key_object;
struct key_type;

/* The keys of a file, of its "values", and the capabilities (cases/README.md, "Profiles"). */
extern const struct key_object profile_object;
extern const struct key_object profile_values;
extern const struct key_object profile_capabilities;
/* A list of statuses. */
extern const struct key_type profile_statuses;

/* A name of an embedded profile, or a path of a file (when it holds '/' or ends in .json). NULL: "any". An unknown name
 * is ERR_NOT_FOUND with the list of names. */
enum err_code profile_load(struct profile **out, const char *name_or_path, struct err *err);
enum err_code profile_parse(struct profile **out, const char *name, struct span json, struct err *err);
void profile_free(struct profile *profile);

const char *profile_name(const struct profile *profile);
const char *profile_title(const struct profile *profile);
const char *profile_version(const struct profile *profile);
/* The value of a key, or NULL. */
const struct json_t *profile_value(const struct profile *profile, const char *key);
/* Whether the list (or single value) of `key` holds this string. */
bool profile_has_text(const struct profile *profile, const char *key, const char *text);
long long profile_number(const struct profile *profile, const char *key, long long otherwise);
/* Whether this is `any`, which speaks of no proxy in particular. */
bool profile_is_any(const struct profile *profile);
/* Why the proxy lacks a capability, or NULL when it does not. */
const char *profile_lacks(const struct profile *profile, const char *capability);
/* From now on the proxy lacks it, `why`; what the profile says itself stays. */
enum err_code profile_declare_lack(struct profile *profile, const char *capability, const char *why, struct err *err);
/* Why `transcheck descriptors` leaves out methods with a feature (harness/suite/features.h), or NULL when they stay. */
const char *profile_leaves_out(const struct profile *profile, const char *feature);

#endif
