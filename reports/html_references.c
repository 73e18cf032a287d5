/* The HTML report's references: where the texts are that its cases cite, and what the invariants say. */
#include <stdlib.h>

#include "harness/base/citation.h"
#include "harness/base/escape.h"
#include "harness/base/sort.h"
#include "reports/html_parts.h"

static int compare_cites(const void *user, const void *left, const void *right)
{
    (void)user;
    return span_compare(*(const struct span *)left, *(const struct span *)right);
}

/* All of them, sorted; NULL when out of memory. */
static struct span *sorted_cites(const struct results *results, size_t *count)
{
    size_t total = 0;
    for (size_t i = 0; i < results->case_count; i++)
        total += results->cases[i].cite_count;
    struct span *cites = calloc(total + 1, sizeof *cites);
    *count = 0;
    for (size_t i = 0; cites && i < results->case_count; i++) {
        for (size_t k = 0; k < results->cases[i].cite_count; k++)
            cites[(*count)++] = results->cases[i].cites[k];
    }
    if (cites)
        sort_items(cites, *count, sizeof *cites, compare_cites, NULL);
    return cites;
}

/* A member of the object, where something is known of the citation. */
static bool put_member(struct buf *out, struct span cite, bool first)
{
    const char *invariant = citation_invariant(cite);
    struct buf url;
    buf_init(&url, 64u << 10);
    bool known = invariant ? buf_append_cstr(&url, invariant) : citation_url(&url, cite);
    if (known) {
        buf_append_cstr(out, first ? "" : ",\n");
        escape_json(out, cite);
        buf_append_byte(out, ':');
        escape_json(out, buf_span(&url));
    }
    buf_fini(&url);
    return known;
}

void html_references(struct html *html)
{
    size_t count, written = 0;
    struct span *cites = sorted_cites(html->results, &count);
    struct buf text;
    buf_init(&text, HTML_MAX_REFERENCES);
    for (size_t i = 0; cites && i < count; i++) {
        size_t len = text.len;
        if (i > 0 && span_equal(cites[i - 1], cites[i]))
            continue;
        written += put_member(&text, cites[i], written == 0);
        if (text.failed) { /* those that fit must do */
            text.len = len;
            break;
        }
    }
    writer_put(&html->w, "<script type=\"text/plain\" id=\"references\">{");
    writer_bytes(&html->w, span_of(text.data, text.len));
    writer_put(&html->w, "}</script>\n");
    html->w.failed = html->w.failed || !cites;
    buf_fini(&text);
    free(cites);
}
