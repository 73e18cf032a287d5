/* Finds a file that is part of the binary, by its name. */
#include "harness/base/embed.h"

/* Defined by the generated build/gen/embed.S: names and bounds, in order, ended by a NULL name. */
struct embed_entry {
    const char *name;
    const uint8_t *begin;
    const uint8_t *end;
};
extern const struct embed_entry embed_table[];

size_t embed_count(void)
{
    size_t count = 0;
    while (embed_table[count].name)
        count++;
    return count;
}

struct embedded_file embed_at(size_t index)
{
    const struct embed_entry *entry = &embed_table[index];
    return (struct embedded_file){.name = entry->name,
                                  .bytes = span_of(entry->begin, (size_t)(entry->end - entry->begin))};
}

bool embed_find(const char *name, struct span *bytes)
{
    for (size_t i = 0; embed_table[i].name; i++) {
        if (strcmp(embed_table[i].name, name) == 0) {
            *bytes = embed_at(i).bytes;
            return true;
        }
    }
    return false;
}
