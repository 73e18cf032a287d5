/* The HTML report's details: for each row the lines of its results, each repeated byte once (fold.h), within limits. */
#include <jansson.h>
#include <stdlib.h>

#include "reports/fold.h"
#include "reports/html_parts.h"
#include "reports/results_reader.h"

/* A line as it is, then with what people miss least left out of its transcripts. */
struct shortening {
    size_t max_bytes;  /* of an event's payload, and of a decoded message */
    size_t max_events; /* of each side */
};
static const struct shortening shortenings[] = {{SIZE_MAX, SIZE_MAX}, {1024, 100}, {0, 0}};

#define SHORTENING_COUNT (sizeof shortenings / sizeof *shortenings)
#define MAX_LINE         (FOLD_MAX_TEXT / HTML_ROW_ITEMS - 1) /* with the newline between two */
#define MAX_BASE         (32u << 10)
#define MAX_BASE_LINE    (8u << 10)

struct data {
    struct html *html;
    struct fold *fold;
    struct buf line;
    struct buf text;
    struct buf folded;
    size_t used; /* bytes of the page */
};

/* ---- shortening a line */

static json_t *first_bytes(const json_t *text, size_t len)
{
    const char *bytes = json_string_value(text);
    while (len > 0 && ((unsigned char)bytes[len] & 0xc0) == 0x80) /* not inside a character */
        len--;
    return json_stringn_nocheck(bytes, len);
}

static bool shorten_event(json_t *event, size_t max_bytes)
{
    const json_t *hex = json_object_get(event, "hex");
    json_t *messages = json_object_get(event, "messages");
    bool shortened = json_string_length(hex) / 2 > max_bytes;
    if (shortened)
        json_object_set_new(event, "hex", first_bytes(hex, 2 * max_bytes));
    for (size_t i = 0; i < json_array_size(messages); i++) {
        json_t *message = json_array_get(messages, i);
        const json_t *text = json_object_get(message, "json");
        if (json_string_length(text) <= max_bytes)
            continue;
        json_object_set_new(message, "json", first_bytes(text, max_bytes));
        json_object_set_new(message, "cut", json_true());
        shortened = true;
    }
    return shortened;
}

/* The first four fifths and the last fifth of the events that may stay: how it began, and how it ended. */
static size_t shorten_side(json_t *side, const struct shortening *to, bool *shortened)
{
    json_t *events = json_object_get(side, "events");
    size_t count = json_array_size(events);
    size_t left_out = count > to->max_events ? count - to->max_events : 0;
    size_t begin = to->max_events - to->max_events / 5;
    if (left_out > 0) {
        json_t *kept = json_array();
        for (size_t i = 0; i < count; i++) {
            if (i < begin || i >= begin + left_out)
                json_array_append(kept, json_array_get(events, i));
        }
        json_object_set_new(side, "events", kept);
        events = kept;
    }
    for (size_t i = 0; i < json_array_size(events); i++)
        *shortened = shorten_event(json_array_get(events, i), to->max_bytes) || *shortened;
    return left_out;
}

static size_t shorten_exchange(json_t *exchange, const struct shortening *to, bool *shortened)
{
    json_t *calls = json_object_get(exchange, "backend_side");
    size_t left_out = shorten_side(json_object_get(exchange, "client_side"), to, shortened);
    for (size_t i = 0; i < json_array_size(calls); i++)
        left_out += shorten_side(json_array_get(calls, i), to, shortened);
    return left_out;
}

/* What the page leaves out of the transcripts stands in the member "page". */
static void shorten(json_t *line, const struct shortening *to)
{
    bool shortened = false;
    json_t *more = json_object_get(line, "exchanges"); /* the first stands in the line itself */
    size_t left_out = shorten_exchange(line, to, &shortened);
    for (size_t i = 0; i < json_array_size(more); i++)
        left_out += shorten_exchange(json_array_get(more, i), to, &shortened);
    if (shortened || left_out > 0)
        json_object_set_new(line, "page",
                            json_pack("{s:b, s:I}", "shortened", shortened, "events", (json_int_t)left_out));
}

/* ---- a line as ASCII in which nothing is markup */

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 0x80)
            return false;
    }
    return true;
}

/* DEL, and the three characters of markup, as escapes: outside of strings JSON has none of them. Controls are spaces:
 * inside of strings it has none, and a reader of HTML would take some for newlines. */
static void put_inline(struct buf *out, struct span json)
{
    size_t plain = 0;
    for (size_t at = 0; at < json.len; at++) {
        uint8_t c = json.data[at];
        if (c >= 0x20 && c != '<' && c != '>' && c != '&' && c != 0x7f)
            continue;
        buf_append(out, json.data + plain, at - plain);
        if (c < 0x20)
            buf_append_byte(out, ' ');
        else
            buf_printf(out, "\\u%04x", c);
        plain = at + 1;
    }
    buf_append(out, json.data + plain, json.len - plain);
}

/* Appends the line to the row's text; false: it is too long even so, or there is no memory for it. */
static bool put_line(struct data *data, const struct shortening *to)
{
    struct span line = buf_span(&data->line);
    if (to->max_bytes == SIZE_MAX && is_ascii(line)) {
        put_inline(&data->text, line);
        return data->text.len <= FOLD_MAX_TEXT;
    }
    json_t *json = json_loadb((const char *)line.data, line.len, JSON_ALLOW_NUL, NULL);
    if (json)
        shorten(json, to);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    if (text)
        put_inline(&data->text, span_cstr(text));
    free(text);
    return text && data->text.len <= FOLD_MAX_TEXT;
}

static bool fetch(struct data *data, const struct results_case *item)
{
    struct html *html = data->html;
    if (html->code == ERR_OK)
        html->code = results_case_line(html->results, item, &data->line, html->err);
    return html->code == ERR_OK;
}

/* ---- rows */

/* The lines of a row's results, folded, within the limits of a row and of the page. */
static bool fold_row(struct data *data, const struct html_row *row, const struct shortening *to)
{
    buf_reset(&data->text);
    buf_reset(&data->folded);
    for (size_t i = 0; i < row->count; i++) {
        if (i > 0)
            buf_append_byte(&data->text, '\n');
        if (row->items[i]->lost) {
            buf_append_cstr(&data->text, "{\"page\":{\"lost\":true}}");
            continue;
        }
        if (!fetch(data, row->items[i]) || data->line.len > MAX_LINE || !put_line(data, to))
            return false;
    }
    return fold_text(data->fold, &data->folded, buf_span(&data->text)) && data->folded.len <= HTML_MAX_ROW_DATA &&
           data->used + data->folded.len <= HTML_MAX_DATA;
}

static void put_row(struct data *data, size_t index)
{
    const struct html_row *row = &data->html->rows[index];
    size_t to = 0;
    while (to < SHORTENING_COUNT && data->html->code == ERR_OK && !fold_row(data, row, &shortenings[to]))
        to++;
    if (data->html->code != ERR_OK || to == SHORTENING_COUNT) /* the script says that there are no details */
        return;
    data->used += data->folded.len;
    writer_printf(&data->html->w, "<script type=\"text/plain\" id=\"d%zu\">", index);
    writer_bytes(&data->html->w, buf_span(&data->folded));
    writer_put(&data->html->w, "</script>\n");
}

/* Lines from all over the report: what they have in common most others have, too. */
static void make_base(struct data *data, struct buf *base)
{
    const struct html *html = data->html;
    size_t step = html->row_count * (2u << 10) / MAX_BASE + 1;
    for (size_t i = 0; i < html->row_count; i += step) {
        const struct results_case *item = html->rows[i].items[0];
        if (item->lost || item->len > MAX_BASE_LINE || !fetch(data, item))
            continue;
        buf_reset(&data->text);
        if (put_line(data, &shortenings[0]) && base->len + data->text.len <= MAX_BASE)
            buf_append_span(base, buf_span(&data->text));
    }
}

static void put_base(struct data *data, const struct buf *base)
{
    struct fold *alone = fold_new(span_cstr(""));
    buf_reset(&data->folded);
    if (alone && fold_text(alone, &data->folded, buf_span(base))) {
        writer_put(&data->html->w, "<script type=\"text/plain\" id=\"base\">");
        writer_bytes(&data->html->w, buf_span(&data->folded));
        writer_put(&data->html->w, "</script>\n");
        data->fold = fold_new(buf_span(base));
    }
    fold_free(alone);
}

void html_data(struct html *html)
{
    struct data data = {.html = html};
    struct buf base;
    buf_init(&base, MAX_BASE);
    buf_init(&data.line, RESULTS_MAX_LINE);
    buf_init(&data.text, 6u * RESULTS_MAX_LINE);
    buf_init(&data.folded, FOLD_MAX_TEXT);
    make_base(&data, &base);
    put_base(&data, &base);
    if (!data.fold)
        html->w.failed = true;
    for (size_t i = 0; i < html->row_count && data.fold && html->code == ERR_OK; i++)
        put_row(&data, i);
    fold_free(data.fold);
    buf_fini(&base);
    buf_fini(&data.line);
    buf_fini(&data.text);
    buf_fini(&data.folded);
}
