/* The texts that ProtoJSON gives Timestamp, Duration and FieldMask. Sources: protobuf.dev "ProtoJSON Format"; RFC 3339;
 * google/protobuf/timestamp.proto, duration.proto, field_mask.proto. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_WELL_KNOWN_H
#define TRANSCHECK_ENGINE_PROTOJSON_WELL_KNOWN_H

#include "harness/base/buf.h"

#define WELL_KNOWN_TEXT_MAX 40

/* "1972-01-01T10:00:20.021Z" or with an offset; years 0001 to 9999, in UTC. false when it is anything else. */
bool well_known_timestamp_parse(struct span text, int64_t *seconds, int32_t *nanos);
/* With Z and 0, 3, 6 or 9 digits of a fraction. 0 when out of range; else the length (no NUL). */
size_t well_known_timestamp_print(char text[WELL_KNOWN_TEXT_MAX], int64_t seconds, int32_t nanos);

/* "3s", "-0.5s": at most 315576000000 seconds and 9 digits. */
bool well_known_duration_parse(struct span text, int64_t *seconds, int32_t *nanos);
/* 0 when out of range or the signs differ. */
size_t well_known_duration_print(char text[WELL_KNOWN_TEXT_MAX], int64_t seconds, int32_t nanos);

/* One path: lowerCamelCase to snake_case, and back. false when it does not come back the same, or holds anything but
 * letters, digits and '.' (and '_' in snake_case); "*" alone is taken as it is. `out` then may hold a part of it. */
bool well_known_mask_path_parse(struct buf *out, struct span path);
bool well_known_mask_path_print(struct buf *out, struct span path);

/* The body of a Timestamp or Duration. false when `out` is full. */
bool well_known_put_moment(struct buf *out, int64_t seconds, int32_t nanos);
/* The body of a FieldMask from its text. false when the text is none. */
bool well_known_put_mask(struct buf *out, struct span text);

#endif
