/* The defects on the way from the HTTP request to the request message. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_REQUEST_H
#define TRANSCHECK_REFERENCE_DEFECT_REQUEST_H

#include "harness/reference/call.h"

/* transcode_route for the call, with what its defect does to target, route and captures; sets call->raw to
 * CALL_RAW_WHOLE where the defect forwards the request as it is. */
enum transcode_result defect_route(struct call *call, struct err *err);
/* Whether defect_build_message must be used in place of the steps of transcode.h. */
bool defect_changes_message(enum defect defect);
enum transcode_result defect_build_message(struct call *call, struct buf *message,
                                           const struct transcode_options *options, struct err *err);
/* The client went away in the middle of the body. */
void defect_request_cut(struct call *call);
/* The path of the method behind `method` in its service. */
struct span defect_next_method(const struct schema *schema, const struct schema_method *method);

/* What some defects do to the request message behind its prefix. */
void defect_change_framed(struct call *call, struct buf *message);

#endif
