/* Which messages can lack a required field somewhere: those that have one, and those that hold such a message. */
#include "harness/engine/proto/schema_build.h"

struct referrers {
    uint32_t *starts; /* of the referrers of a message in `items` */
    uint32_t *items;
};

static bool has_required(const struct schema_message *message)
{
    for (size_t i = 0; i < message->field_count; i++) {
        if (message->fields[i].required)
            return true;
    }
    return false;
}

/* For each message those that have a field of it, once for each such field. */
static bool referrers_make(struct referrers *referrers, struct schema *schema)
{
    size_t count = schema->message_count;
    size_t edges = 0;
    uint32_t *starts = arena_calloc(&schema->arena, count + 2, sizeof *starts);
    if (!starts)
        return false;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < schema->messages[i].field_count; j++) {
            const struct schema_message *type = schema->messages[i].fields[j].message;
            if (type) {
                starts[(size_t)(type - schema->messages) + 2]++;
                edges++;
            }
        }
    }
    for (size_t i = 2; i < count + 2; i++)
        starts[i] += starts[i - 1];
    uint32_t *items = arena_calloc(&schema->arena, edges + 1, sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < schema->messages[i].field_count; j++) {
            const struct schema_message *type = schema->messages[i].fields[j].message;
            if (type)
                items[starts[(size_t)(type - schema->messages) + 1]++] = (uint32_t)i;
        }
    }
    *referrers = (struct referrers){.starts = starts, .items = items};
    return true;
}

enum err_code schema_required_spread(struct schema_build *build)
{
    struct schema *schema = build->schema;
    struct referrers referrers;
    uint32_t *queue = arena_calloc(&schema->arena, schema->message_count + 1, sizeof *queue);
    size_t ready = 0;
    if (!queue)
        return schema_no_memory(build);
    for (size_t i = 0; i < schema->message_count; i++) {
        schema->messages[i].required_within = has_required(&schema->messages[i]);
        if (schema->messages[i].required_within)
            queue[ready++] = (uint32_t)i;
    }
    if (ready == 0)
        return ERR_OK;
    for (size_t i = 0; i < schema->message_count; i++) { /* an Any may hold any of them */
        struct schema_message *message = &schema->messages[i];
        if (message->well_known == SCHEMA_WKT_ANY && !message->required_within) {
            message->required_within = true;
            queue[ready++] = (uint32_t)i;
        }
    }
    if (!referrers_make(&referrers, schema))
        return schema_no_memory(build);
    for (size_t done = 0; done < ready; done++) {
        for (uint32_t i = referrers.starts[queue[done]]; i < referrers.starts[queue[done] + 1]; i++) {
            struct schema_message *message = &schema->messages[referrers.items[i]];
            if (!message->required_within) {
                message->required_within = true;
                queue[ready++] = referrers.items[i];
            }
        }
    }
    return ERR_OK;
}
