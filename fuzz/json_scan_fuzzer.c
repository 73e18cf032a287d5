/* Target `json_scan`: the first byte chooses a framing, the rest is a streamed body. Its elements must be the same in
 * whatever pieces it arrives, lie in it one behind the other, and be those of the JSON reader where the body is JSON.
 */
#include "fuzz/fuzz.h"
#include "harness/engine/json/reader.h"
#include "harness/engine/json/scan.h"

struct elements {
    size_t size; /* of the body so far */
    size_t count;
    size_t end;
    uint64_t hash;
};

static void on_element(void *user, size_t offset, size_t len)
{
    struct elements *elements = user;
    FUZZ_CHECK(offset >= elements->end && len <= elements->size && offset <= elements->size - len);
    elements->end = offset + len;
    elements->count++;
    elements->hash = (elements->hash ^ offset) * 0x9e3779b97f4a7c15u + len;
}

static bool scan(struct elements *elements, struct span body, enum json_scan_framing framing, size_t piece)
{
    struct json_scan scan;
    *elements = (struct elements){0};
    json_scan_init(&scan, framing);
    for (size_t at = 0; at < body.len;) {
        size_t len = piece == 0 || piece > body.len - at ? body.len - at : piece;
        elements->size = at + len;
        json_scan_feed(&scan, span_of(body.data + at, len), on_element, elements);
        at += len;
    }
    json_scan_finish(&scan, on_element, elements);
    return json_scan_complete(&scan);
}

/* The elements of a body that is one JSON array. */
static void check_array(struct span body, const struct elements *elements, bool complete)
{
    struct json_reader reader;
    size_t count = 0;
    if (json_validate(body, NULL) != ERR_OK)
        return;
    json_reader_init(&reader, body);
    if (json_reader_next(&reader, NULL) != JSON_ARRAY_BEGIN)
        return;
    while (reader.at < body.len) {
        struct json_reader peek = reader;
        if (json_reader_next(&peek, NULL) == JSON_ARRAY_END)
            break;
        FUZZ_CHECK(json_reader_skip(&reader, NULL) != JSON_ERROR);
        count++;
    }
    FUZZ_CHECK(complete && count == elements->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 2, 7};
    struct elements whole;
    struct elements cut;
    if (size == 0)
        return 0;
    enum json_scan_framing framing = (enum json_scan_framing)(data[0] % 3);
    struct span body = span_of(data + 1, size - 1);
    bool complete = scan(&whole, body, framing, 0);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        FUZZ_CHECK(scan(&cut, body, framing, pieces[i]) == complete);
        FUZZ_CHECK(cut.count == whole.count && cut.hash == whole.hash);
    }
    if (framing == JSON_SCAN_ARRAY)
        check_array(body, &whole, complete);
    return 0;
}
