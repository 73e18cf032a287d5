/* The descriptor set that a given proxy can load: the embedded one without the methods that its profile leaves out by
 * their features (a proxy may refuse a whole set over one of them). */
#ifndef TRANSCHECK_SUITE_DESCRIPTORS_H
#define TRANSCHECK_SUITE_DESCRIPTORS_H

#include "harness/base/buf.h"
#include "harness/engine/http_rule/router.h"
#include "harness/suite/profile.h"

/* Appends the FileDescriptorSet `set` to `out` without the methods that descriptors_left_out names; a service of which
 * none stays goes, too. Messages stay. `router` is that of `set`. ERR_SYNTAX, ERR_LIMIT. */
enum err_code descriptors_filter(struct buf *out, struct span set, const struct router *router,
                                 const struct profile *profile, struct err *err);

/* The first feature (harness/suite/features.h) that some binding of a method ("package.Service/Method") has and the
 * profile leaves out; NULL when the method stays. `router` holds the bindings. */
const char *descriptors_left_out(const struct router *router, struct span method, const struct profile *profile);

#endif
