/* Makes a results line as short as base/results_limits.h asks, so that the reader takes it: what is cut says so.
 * Private to run/results*. */
#ifndef TRANSCHECK_RUN_RESULTS_FIT_H
#define TRANSCHECK_RUN_RESULTS_FIT_H

#include <jansson.h>

#include "harness/base/results_limits.h"

struct results_room {
    size_t text; /* bytes without the transcripts, at least RESULTS_CASE_TEXT */
    size_t line; /* bytes in all, at least RESULTS_CASE_TEXT */
};

/* The line as JSON without a newline, malloc'd; NULL when out of memory. What is too long goes, in this order: decoded
 * messages, most of each payload and field, events, transcripts; of the rest the ends of long texts, then whole members
 * that a report can do without. A line that was cut has "cut": true, a transcript that was cut its own. *text_len is
 * what counts as room.text. */
char *results_fit(json_t *line, const struct results_room *room, size_t *text_len);

#endif
