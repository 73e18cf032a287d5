/* One line of a stream of results: typed access to its members and the check of its shape. Private to the reader.
 *
 * Errors are sticky: the first one fills `err` with "file:line: /pointer: message" and every later call does nothing
 * and returns zero, so that a function may read all it needs and look once. Members that the format does not know are
 * ignored, for the sake of later writers. */
#ifndef TRANSCHECK_REPORTS_RESULTS_READER_LINE_H
#define TRANSCHECK_REPORTS_RESULTS_READER_LINE_H

#include <jansson.h>

#include "reports/results_reader.h"

struct results_line {
    const char *source; /* escaped for people */
    uint64_t number;
    struct arena *arena; /* texts are copied here */
    struct err *err;
    enum err_code code; /* ERR_OK until something is wrong */
};

enum results_presence { RESULTS_REQUIRED, RESULTS_OPTIONAL }; /* optional: absent or null gives zero */

void results_line_fail(struct results_line *line, enum err_code code, const char *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The parsed line (to json_decref), or NULL: not a JSON object, or an object with a name twice. */
json_t *results_line_parse(struct results_line *line, struct span bytes);

/* `at` is the pointer of `object`: "" for the line itself. */
struct span results_line_text(struct results_line *line, const json_t *object, const char *at, const char *key,
                              enum results_presence presence);
/* A string or {"hex": "..."}, which becomes the text `hex:...`. */
struct span results_line_bytes(struct results_line *line, const json_t *object, const char *at, const char *key,
                               enum results_presence presence);
uint64_t results_line_number(struct results_line *line, const json_t *object, const char *at, const char *key,
                             enum results_presence presence);
bool results_line_bool(struct results_line *line, const json_t *object, const char *at, const char *key,
                       enum results_presence presence);
const json_t *results_line_list(struct results_line *line, const json_t *object, const char *at, const char *key,
                                enum results_presence presence);
const json_t *results_line_object(struct results_line *line, const json_t *object, const char *at, const char *key,
                                  enum results_presence presence);
/* A list of strings, copied. */
const struct span *results_line_texts(struct results_line *line, const json_t *object, const char *at, const char *key,
                                      enum results_presence presence, size_t *count);

/* The name of a verdict; VERDICT_NONE when absent. */
enum verdict results_line_verdict(struct results_line *line, const json_t *object, const char *at, const char *key,
                                  enum results_presence presence);

/* Fills what a list of results shows, and checks all the rest of a case's line (transcripts included). run, topic,
 * column, repeat, offset and len are left alone; *topic is the topic's name. */
void results_line_case(struct results_line *line, const json_t *object, struct results_case *item, struct span *topic);

#endif
