/* What the parts of the summary share. Private to summary*.c. */
#ifndef TRANSCHECK_REPORTS_SUMMARY_PARTS_H
#define TRANSCHECK_REPORTS_SUMMARY_PARTS_H

#include "reports/groups.h"
#include "reports/summary.h"
#include "reports/writer.h"

#define SUMMARY_MAX_TEXT 600 /* bytes of one text */

struct summary {
    struct writer w;
    const struct results *results;
    struct summary_options options;
    struct err *err;
    size_t deaths;      /* cases in which the proxy died */
    enum err_code code; /* the first thing that went wrong beside writing */
};

enum summary_style { STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_GREEN, STYLE_YELLOW, STYLE_CYAN };

void summary_begin(struct summary *s, enum summary_style style);
void summary_end(struct summary *s);
void summary_styled(struct summary *s, enum summary_style style, const char *text);
enum summary_style summary_verdict_style(enum verdict verdict);
/* In capitals, to stand out without colours, and what is missing to seven columns. */
void summary_word(struct summary *s, enum summary_style style, const char *word);
/* "         label     ", before a text. */
void summary_label(struct summary *s, const char *label);
/* A text up to the end of its line: the short summary cuts it at `columns`. */
void summary_text(struct summary *s, struct span text, size_t columns);
/* "         label     text", nothing when there is no text; at most `max_len` bytes of it. */
void summary_row(struct summary *s, const char *label, struct span text, enum summary_style style, size_t max_len);
/* The end of what the proxy wrote, line by line. */
void summary_output(struct summary *s, struct span output, size_t max_lines);
/* Escaped, at most `columns` characters, of which the last three are dots when it was cut. */
void summary_cut(struct summary *s, struct span text, size_t columns);

/* Groups with as many of their blocks as fit into `rows` lines, each at least one before any has two; verbose: all. */
void summary_groups(struct summary *s, const struct results_groups *groups, size_t rows);
/* What both sides sent and received in this result, and the commands that repeat it. */
void summary_transcripts(struct summary *s, const struct results_case *item);

#endif
