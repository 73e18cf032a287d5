/* The inventory of behaviours, a row a line. */
#include "harness/suite/behaviours.h"

#include "harness/base/embed.h"

enum err_code behaviours_init(struct behaviours *table, struct err *err)
{
    if (!embed_find("cases/behaviours.tsv", &table->rest))
        return err_set(err, ERR_NOT_FOUND, "the table of behaviours is not part of this binary");
    return ERR_OK;
}

/* What stands before the next `end`, or all; `rest` begins behind it. */
static struct span cut(struct span *rest, uint8_t end)
{
    size_t at = span_index_of(*rest, end, 0);
    struct span part = span_of(rest->data, at);
    *rest = span_from(*rest, at + 1);
    return part;
}

bool behaviours_next(struct behaviours *table, struct behaviour *out)
{
    while (table->rest.len > 0) {
        struct span line = cut(&table->rest, '\n');
        if (span_starts_with(line, "#") || span_index_of(line, '\t', 0) == line.len)
            continue;
        out->name = cut(&line, '\t');
        out->text = cut(&line, '\t');
        out->source = cut(&line, '\t');
        out->no_case = line;
        return true;
    }
    return false;
}
