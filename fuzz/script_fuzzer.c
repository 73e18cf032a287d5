/* Target `script`: the input is the list of backend steps of a case, which stands in an ordinary file around it. */
#include "fuzz/memory.h"
#include "fuzz/suite_input.h"

static const char before[] =
    "{\"topic\":\"t\",\"title\":\"T\",\"about\":\"A\",\"cases\":[{\"id\":\"t/"
    "a\",\"version\":1,\"level\":\"must\",\"title\":"
    "\"T\",\"why\":\"W\",\"cites\":[\"INV-1\"],\"defects\":[\"body-ignored\"],\"request\":{\"method\":"
    "\"POST\",\"path\":\"/v1/echo\","
    "\"json\":{}},\"expect\":{\"status\":200},\"backend\":";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf json;
    fuzz_buf(&json);
    buf_append_cstr(&json, before);
    buf_append(&json, data, size);
    if (buf_append_cstr(&json, "}]}"))
        suite_input_run(buf_span(&json), "t.json");
    return 0;
}
