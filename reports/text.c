/* Sentences about results that several reports share. */
#include "reports/text.h"

#include <inttypes.h>

static void put_run(struct buf *out, const struct results *results, const struct results_case *item)
{
    if (results->run_count < 2)
        return;
    buf_append_cstr(out, " on ");
    buf_append_span(out, results->runs[item->run].label);
}

void text_name(struct buf *out, const struct results *results, const struct results_case *item)
{
    buf_append_span(out, item->id);
    buf_append_cstr(out, " [");
    buf_append_span(out, item->client);
    buf_append_byte(out, ']');
    if (item->repeat > 1)
        buf_printf(out, " #%u", item->repeat);
    put_run(out, results, item);
}

void text_block_name(struct buf *out, const struct results *results, const struct results_block *block)
{
    size_t clients = 0;
    buf_append_span(out, block->items[0]->id);
    for (size_t i = 0; i < block->count; i++) {
        if (i > 0 && span_equal(block->items[i]->client, block->items[i - 1]->client))
            continue;
        buf_append_cstr(out, clients++ == 0 ? " [" : " and ");
        buf_append_span(out, block->items[i]->client);
    }
    if (block->count > clients)
        buf_printf(out, ", %zu times", block->count);
    buf_append_byte(out, ']');
    put_run(out, results, block->items[0]);
}

void text_reason_name(struct buf *out, const struct results_reason *reason)
{
    buf_append_span(out, reason->kind);
    if (reason->path.len > 0) {
        buf_append_cstr(out, " at ");
        buf_append_span(out, reason->path);
    }
}

void text_reason(struct buf *out, const struct results_reason *reason)
{
    text_reason_name(out, reason);
    buf_append_cstr(out, ": expected ");
    buf_append_span(out, reason->expected);
    buf_append_cstr(out, "; observed ");
    buf_append_span(out, reason->observed);
}

const struct results_reason *text_decisive(const struct results_case *item)
{
    for (size_t i = 0; i < item->reason_count; i++) {
        if (!item->reasons[i].waived)
            return &item->reasons[i];
    }
    return item->reason_count > 0 ? &item->reasons[0] : NULL;
}

bool text_waived_but(struct buf *out, const struct results_case *item)
{
    const struct results_reason *also = text_decisive(item);
    const struct results_reason *excused = item->reasons;
    for (size_t i = 0; i < item->reason_count && !excused->waived; i++)
        excused = &item->reasons[i];
    if (verdict_standing(item->verdict) != STANDING_FAILED || item->reason_count == 0 || !excused->waived)
        return false;
    buf_append_cstr(out, "waived for ");
    text_reason_name(out, excused);
    buf_append_cstr(out, ", but also ");
    if (!also->waived)
        text_reason(out, also);
    else
        buf_append_cstr(out, "more than there is room for");
    return true;
}

void text_because(struct buf *out, const struct results_case *item)
{
    enum standing standing = verdict_standing(item->verdict);
    bool waived = item->waiver_reason.data != NULL;
    if (item->waiver_problem.len > 0) {
        if (text_waived_but(out, item))
            return;
        buf_append_cstr(out, "the waiver is ");
        buf_append_span(out, item->waiver_problem);
        if (item->reason_count > 0 || item->note.len > 0)
            buf_append_cstr(out, "; ");
    } else if (waived && standing == STANDING_WAIVED) {
        buf_append_span(out, item->waiver_reason);
        return;
    }
    bool by_reason = standing == STANDING_FAILED || standing == STANDING_PASSED;
    if (item->reason_count > 0 && (by_reason || item->note.len == 0))
        text_reason(out, text_decisive(item));
    else
        buf_append_span(out, item->note);
}

void text_cites(struct buf *out, const struct results_case *item)
{
    for (size_t i = 0; i < item->cite_count; i++) {
        if (i > 0)
            buf_append_cstr(out, ", ");
        buf_append_span(out, item->cites[i]);
    }
}

void text_seconds(struct buf *out, uint64_t duration_us)
{
    buf_printf(out, "%" PRIu64 ".%03" PRIu64, duration_us / 1000000, duration_us / 1000 % 1000);
}

bool text_has_profile(const struct results_run *run)
{
    return run->profile_name.len > 0 && !span_is(run->profile_name, "any");
}

bool text_has_name(const struct results_run *run)
{
    return run->proxy_name.len > 0 || run->totals.proxy_server.len > 0;
}

void text_proxy(struct buf *out, const struct results_run *run)
{
    if (run->proxy_name.len > 0) {
        buf_append_span(out, run->proxy_name);
    } else if (run->totals.proxy_server.len > 0) {
        buf_append_span(out, run->totals.proxy_server);
        buf_append_cstr(out, ", as it calls itself");
    } else {
        buf_append_span(out, run->url);
    }
    if (!text_has_profile(run)) {
        buf_append_cstr(out, " (no profile)");
        return;
    }
    buf_append_cstr(out, " (profile ");
    buf_append_span(out, run->profile_name);
    buf_append_byte(out, ')');
}
