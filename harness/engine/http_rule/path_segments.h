/* Private to path_template.c and router.c: a path cut at its slashes, without allocation. Only the first
 * PATH_SEGMENTS_MAX segments are kept: no template is longer, and behind "**" the cuts do not matter. */
#ifndef TRANSCHECK_ENGINE_HTTP_RULE_PATH_SEGMENTS_H
#define TRANSCHECK_ENGINE_HTTP_RULE_PATH_SEGMENTS_H

#include "harness/engine/http_rule/template.h"

#define PATH_SEGMENTS_MAX (PATH_TEMPLATE_MAX_SEGMENTS + 1)

struct path_segments {
    struct span path; /* without the verb once that is cut */
    struct span items[PATH_SEGMENTS_MAX];
    size_t count;
    bool more; /* the path has more segments than `count` */
};

/* false when the path does not begin with a slash. */
bool path_segments_split(struct path_segments *out, struct span path);
/* Cuts the text behind the last colon (or the first one) of the last segment off, with the colon. false when there is
 * no colon. */
bool path_segments_cut_verb(struct path_segments *segments, bool first, struct span *verb);
/* Whether both are the same once percent-decoded, in any case of letters (of ASCII) or only as they are. */
bool path_segments_alike(struct span segment, struct span literal, bool any_case);
static inline bool path_segments_equal(struct span segment, struct span literal)
{
    return path_segments_alike(segment, literal, false);
}
static inline uint8_t path_segments_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}
/* The decoded byte at *at, which is advanced by one or three. A malformed triplet stays as it is. */
uint8_t path_segments_byte(struct span text, size_t *at);

#endif
