/* Target `case_file`: the input is a file of cases, named after the topic it claims. A suite that loads must be
 * consistent, and its scripts must compile within their limits or be refused with a place. */
#include "fuzz/suite_input.h"
#include "harness/engine/json/reader.h"

#define NAME_MAX_LEN 64u

/* "cases/TOPIC.json" for the first "topic" at the top of the file. */
static void file_name(char *out, size_t size, struct span json)
{
    struct json_reader reader;
    json_reader_init(&reader, json);
    snprintf(out, size, "cases/t.json");
    if (json_reader_next(&reader, NULL) != JSON_OBJECT_BEGIN)
        return;
    while (json_reader_next(&reader, NULL) == JSON_KEY) {
        bool topic = span_is(reader.text, "topic");
        if (topic && json_reader_next(&reader, NULL) == JSON_STRING && reader.text.len < NAME_MAX_LEN &&
            !memchr(reader.text.data, 0, reader.text.len))
            snprintf(out, size, "cases/%.*s.json", SPAN_FMT(reader.text));
        if (topic || json_reader_skip(&reader, NULL) == JSON_ERROR)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[NAME_MAX_LEN + 16];
    struct span json = span_of(data, size);
    file_name(name, sizeof name, json);
    suite_input_run(json, name);
    return 0;
}
