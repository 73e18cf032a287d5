/* A waiver file made from results. */
#include "harness/cli/waivers_draft.h"

#include "harness/base/escape.h"

#define SEEN_REASONS 3 /* are told in `observed` */
#define SEEN_BYTES   400

struct draft {
    struct buf *out;
    struct draft_counts *counts;
    const struct results *results;
    const struct waivers *kept;
};

/* One client's part of an entry: a waiver that stays, or a result that needs one. */
struct part {
    const struct waiver *waiver; /* or NULL */
    const struct results_case *item;
    struct span client;
};

/* ---- what is wanted */

static const struct waiver *waiver_of(const struct draft *draft, const struct results_case *item)
{
    enum testcase_client client;
    char id[256];
    if (item->id.len >= sizeof id || !client_from_name(item->client, &client))
        return NULL;
    memcpy(id, item->id.data, item->id.len);
    id[item->id.len] = '\0';
    return waivers_find(draft->kept, id, client);
}

static bool excuses(const struct waiver *waiver, const struct results_case *item)
{
    if (waiver->case_version != item->version)
        return false;
    for (size_t i = 0; i < item->reason_count; i++) {
        char path[CHECK_MAX_PATH + 1];
        const struct results_reason *seen = &item->reasons[i];
        struct reason reason = {.path = path};
        if (seen->path.len >= sizeof path || !reason_kind_from_name(seen->kind, &reason.kind) ||
            !axis_from_name(seen->axis, &reason.axis))
            return false;
        memcpy(path, seen->path.data, seen->path.len);
        path[seen->path.len] = '\0';
        if (!waiver_excuses(waiver, &reason))
            return false;
    }
    return true;
}

/* Whether the pair belongs in the file. */
static bool take(const struct draft *draft, struct part *part, const struct results_case *item)
{
    enum standing standing = verdict_standing(item->verdict);
    const struct waiver *waiver = waiver_of(draft, item);
    bool failed = (standing == STANDING_FAILED || standing == STANDING_WAIVED) && item->reason_count > 0;
    bool stays = waiver && (failed ? excuses(waiver, item)
                                   : standing == STANDING_NOT_PLAYED || standing == STANDING_UNJUDGED ||
                                         (waiver->flaky && item->waiver_problem.len == 0));
    *part = (struct part){.waiver = stays ? waiver : NULL, .item = item, .client = item->client};
    draft->counts->dropped += waiver && !stays;
    draft->counts->too_many += failed && item->reasons_omitted > 0;
    return stays || failed;
}

/* ---- joining the clients */

static bool same_text(const char *a, const char *b)
{
    return span_equal(span_cstr(a), span_cstr(b));
}

static bool same_waiver(const struct waiver *a, const struct waiver *b)
{
    bool same = a->case_version == b->case_version && a->flaky == b->flaky && a->reason_count == b->reason_count &&
                same_text(a->reason, b->reason) && same_text(a->observed, b->observed) && same_text(a->link, b->link);
    for (size_t i = 0; same && i < a->reason_count; i++)
        same = a->reasons[i].kind == b->reasons[i].kind && a->reasons[i].axis == b->reasons[i].axis &&
               same_text(a->reasons[i].path, b->reasons[i].path);
    return same;
}

/* Whether each reason of the one is among those of the other. */
static bool covers(const struct results_case *a, const struct results_case *b)
{
    for (size_t i = 0; i < b->reason_count; i++) {
        bool found = false;
        for (size_t j = 0; j < a->reason_count && !found; j++)
            found = results_compare_reasons(&a->reasons[j], &b->reasons[i]) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* The order of the reasons may be the order of header fields, which some proxies shuffle. */
static bool same_result(const struct results_case *a, const struct results_case *b)
{
    bool unstable = (a->verdict == VERDICT_UNSTABLE) == (b->verdict == VERDICT_UNSTABLE);
    return unstable && a->version == b->version && covers(a, b) && covers(b, a);
}

static bool same_part(const struct part *a, const struct part *b)
{
    if (a->waiver || b->waiver)
        return a->waiver && b->waiver && same_waiver(a->waiver, b->waiver);
    return same_result(a->item, b->item);
}

/* ---- writing */

static void put_text(struct buf *out, const char *key, struct span text)
{
    buf_printf(out, "      \"%s\": ", key);
    escape_json(out, text);
}

static void put_reason(struct buf *out, bool first, struct span kind, struct span axis, struct span path)
{
    buf_append_cstr(out, first ? "\n        { \"kind\": " : ",\n        { \"kind\": ");
    escape_json(out, kind);
    buf_append_cstr(out, ", \"axis\": ");
    escape_json(out, axis);
    buf_append_cstr(out, ", \"path\": ");
    escape_json(out, path);
    buf_append_cstr(out, " }");
}

static void begin_entry(struct draft *draft, struct span id, uint64_t version, struct span client)
{
    struct buf *out = draft->out;
    buf_append_cstr(out, draft->counts->entries++ == 0 ? "\n    {\n" : ",\n    {\n");
    put_text(out, "id", id);
    buf_printf(out, ",\n      \"case_version\": %llu,\n", (unsigned long long)version);
    put_text(out, "client", client);
    buf_append_cstr(out, ",\n      \"reasons\": [");
}

static void end_entry(struct buf *out, bool flaky, struct span observed, struct span reason, struct span link)
{
    buf_append_cstr(out, "\n      ],\n");
    if (flaky)
        buf_append_cstr(out, "      \"class\": \"flaky\",\n");
    if (observed.len > 0) {
        put_text(out, "observed", observed);
        buf_append_cstr(out, ",\n");
    }
    put_text(out, "reason", reason);
    if (link.len > 0) {
        buf_append_cstr(out, ",\n");
        put_text(out, "link", link);
    }
    buf_append_cstr(out, "\n    }");
}

static void write_kept(struct draft *draft, const struct waiver *waiver, struct span client)
{
    begin_entry(draft, span_cstr(waiver->id), waiver->case_version, client);
    for (size_t i = 0; i < waiver->reason_count; i++) {
        const struct waiver_reason *reason = &waiver->reasons[i];
        put_reason(draft->out, i == 0, span_cstr(reason_kind_name(reason->kind)), span_cstr(axis_name(reason->axis)),
                   span_cstr(reason->path));
    }
    end_entry(draft->out, waiver->flaky, span_cstr(waiver->observed), span_cstr(waiver->reason),
              span_cstr(waiver->link));
}

/* What was observed, each thing once. */
static void put_seen(struct buf *text, const struct results_case *item)
{
    for (size_t i = 0; i < item->reason_count && i < SEEN_REASONS; i++) {
        bool told = false;
        for (size_t earlier = 0; earlier < i; earlier++)
            told = told || span_equal(item->reasons[earlier].observed, item->reasons[i].observed);
        if (told)
            continue;
        buf_append_cstr(text, i == 0 ? "" : "; ");
        escape_terminal_cut(text, item->reasons[i].observed, SEEN_BYTES);
    }
}

static bool is_repeated(const struct results_case *item, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (results_compare_reasons(&item->reasons[i], &item->reasons[index]) == 0)
            return true;
    }
    return false;
}

static void write_new(struct draft *draft, const struct results_case *item, struct span client)
{
    struct buf seen;
    buf_init(&seen, 1u << 16);
    put_seen(&seen, item);
    begin_entry(draft, item->id, item->version, client);
    for (size_t i = 0; i < item->reason_count; i++) {
        const struct results_reason *reason = &item->reasons[i];
        if (!is_repeated(item, i))
            put_reason(draft->out, i == 0, reason->kind, reason->axis, reason->path);
    }
    end_entry(draft->out, item->verdict == VERDICT_UNSTABLE, buf_span(&seen), span_cstr(""), span_cstr(""));
    draft->counts->unwritten++;
    buf_fini(&seen);
}

static void write_part(struct draft *draft, const struct part *part, struct span client)
{
    if (part->waiver)
        write_kept(draft, part->waiver, client);
    else
        write_new(draft, part->item, client);
}

/* The results of one case, which stand together. */
static void write_case(struct draft *draft, const struct results_case *items, size_t count)
{
    struct part parts[2]; /* h1, h2 */
    size_t part_count = 0;
    for (size_t i = 0; i < count && part_count < 2; i++) {
        bool again = part_count > 0 && span_equal(items[i].client, parts[part_count - 1].client);
        if (!again && take(draft, &parts[part_count], &items[i]))
            part_count++;
    }
    if (part_count == 2 && same_part(&parts[0], &parts[1])) {
        write_part(draft, &parts[0], span_cstr("all"));
        return;
    }
    for (size_t i = 0; i < part_count; i++)
        write_part(draft, &parts[i], parts[i].client);
}

/* ---- what was not played */

static bool was_played(const struct results *results, const struct waiver *waiver)
{
    for (size_t i = 0; i < results->case_count; i++) {
        if (span_is(results->cases[i].id, waiver->id) && span_is(results->cases[i].client, client_name(waiver->client)))
            return true;
    }
    return false;
}

static void write_unplayed(struct draft *draft)
{
    size_t count = draft->kept ? waivers_count(draft->kept) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct waiver *waiver = waivers_at(draft->kept, i);
        const struct waiver *next = i + 1 < count ? waivers_at(draft->kept, i + 1) : NULL;
        if (was_played(draft->results, waiver))
            continue;
        bool all = next && next->entry == waiver->entry && !was_played(draft->results, next);
        write_kept(draft, waiver, span_cstr(all ? "all" : client_name(waiver->client)));
        i += all;
    }
}

/* ---- the file */

/* "grpc-gateway 2.32.0" is a name and a version; without one, the version is left to a person. */
static void put_proxy(struct buf *out, const struct results_run *run, const struct waivers *kept)
{
    struct span name = run->proxy_name;
    struct span version = span_of(NULL, 0);
    for (size_t i = name.len; i > 1 && version.len == 0; i--) {
        if (name.data[i - 1] == ' ')
            version = span_from(name, i);
    }
    bool has_version = version.len > 0 && version.data[0] >= '0' && version.data[0] <= '9';
    if (has_version)
        name.len -= version.len + 1;
    if (name.len == 0)
        name = run->profile_name;
    if (kept)
        name = span_cstr(waivers_proxy(kept));
    buf_append_cstr(out, "{\n  \"waivers\": ");
    escape_json(out, name);
    buf_append_cstr(out, ",\n  \"version\": ");
    escape_json(out, has_version ? version : span_cstr(kept ? waivers_version(kept) : ""));
    if (run->profile_name.len > 0) {
        buf_append_cstr(out, ",\n  \"profile\": ");
        escape_json(out, run->profile_name);
    }
    buf_append_cstr(out, ",\n  \"entries\": [");
}

bool waivers_draft(struct buf *out, struct draft_counts *counts, const struct results *results,
                   const struct waivers *kept)
{
    struct draft draft = {.out = out, .counts = counts, .results = results, .kept = kept};
    *counts = (struct draft_counts){0};
    put_proxy(out, &results->runs[0], kept);
    for (size_t i = 0, end; i < results->case_count; i = end) {
        for (end = i + 1; end < results->case_count && span_equal(results->cases[end].id, results->cases[i].id);)
            end++;
        write_case(&draft, &results->cases[i], end - i);
    }
    write_unplayed(&draft);
    return buf_append_cstr(out, counts->entries ? "\n  ]\n}\n" : "]\n}\n");
}
