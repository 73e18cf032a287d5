/* The defects that take one of several forms that mean the same, and not the others. Each function does nothing without
 * its defect. Private to reference/. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_FORMS_H
#define TRANSCHECK_REFERENCE_DEFECT_FORMS_H

#include "harness/reference/call.h"

/* A piece of the request's body as it is kept: itself, or a copy in the call's arena. */
struct span forms_piece(struct call *call, struct span piece);
/* The content type of the request, as far as it is found. */
struct span forms_content_type(const struct call *call);
/* Whether the form of the JSON body is refused. */
bool forms_refuse_body(const struct call *call);
/* Whether header fields of this request are forwarded. */
bool forms_keep_headers(const struct call *call);
/* A message of the backend as it is read: itself, or a copy in the call's scratch arena. false: it is refused. */
bool forms_message(struct call *call, const struct schema_message *type, struct span *message);

#endif
