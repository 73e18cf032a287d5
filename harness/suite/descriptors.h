/* The descriptor set that a given proxy can load: the embedded one without the services that its profile leaves out
 * (a proxy may refuse a whole set over one feature). */
#ifndef TRANSCHECK_SUITE_DESCRIPTORS_H
#define TRANSCHECK_SUITE_DESCRIPTORS_H

#include "harness/base/buf.h"
#include "harness/engine/http_rule/router.h"
#include "harness/suite/profile.h"

/* Appends the FileDescriptorSet `set` to `out`; services with a method that has a feature named in the profile's
 * leaves_out are dropped. `router` is that of `set`. ERR_SYNTAX, ERR_LIMIT. */
enum err_code descriptors_filter(struct buf *out, struct span set, const struct router *router,
                                 const struct profile *profile, struct err *err);

/* Whether a binding has a response_body that is not a google.api.HttpBody: the feature "response-body". */
bool descriptors_is_response_body(const struct router_binding *binding);

#endif
