/* Faults in header sections: of the request to the backend, and of the response to the client. One table, a row a fault
 * of one field; what concerns all of the client's fields, or all metadata of the backend, is a function. Everything is
 * done on the lists, in the call's arena, before they are sent. */
#ifndef TRANSCHECK_REFERENCE_DEFECT_FIELDS_H
#define TRANSCHECK_REFERENCE_DEFECT_FIELDS_H

#include "harness/reference/call.h"

/* Plants the fault that the call's defect is, if it is one of the request. The fields from `custom` on are the
 * client's. false: out of memory. */
bool defect_fields_request(struct call *call, struct fields *fields, size_t custom);
/* As defect_fields_request, of the response. */
bool defect_fields_response(struct call *call, struct fields *fields, size_t custom);
/* Whether the defect lets a field of the backend through that nobody else would pass on. */
bool defect_fields_passes(const struct call *call, const struct field *field);

#endif
