/* The names that options take, from the tables that they stand in. */
#include "harness/cli/names.h"

#include <string.h>

#include "harness/base/embed.h"
#include "harness/base/modes.h"
#include "harness/base/vocabulary.h"
#include "harness/engine/leniency.h"
#include "harness/engine/transcode/rung.h"
#include "harness/reference/defects.h"
#include "harness/suite/capabilities.h"
#include "harness/suite/selection.h"

#define MAX_MEMORY (16u << 20)

void names_init(struct names *names)
{
    *names = (struct names){.count = 0};
    arena_init(&names->arena, MAX_MEMORY);
}

void names_fini(struct names *names)
{
    arena_fini(&names->arena);
}

void names_add(struct names *names, const char *text, size_t len)
{
    const char **items =
        arena_grow(&names->arena, names->items, names->count, names->count + 1, &names->cap, sizeof *items);
    struct span copy = items ? arena_dup(&names->arena, span_of(text, len)) : (struct span){0};
    if (items)
        names->items = items;
    if (copy.data)
        items[names->count++] = (const char *)copy.data;
}

bool names_have(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return true;
    }
    return false;
}

static void add(struct names *names, const char *text)
{
    names_add(names, text, strlen(text));
}

/* Adds the names of the embedded files folder/NAME.json. */
static void add_embedded(struct names *names, const char *folder)
{
    static const char ending[] = ".json";
    for (size_t i = 0; i < embed_count(); i++) {
        const char *path = embed_at(i).name;
        size_t skip = strlen(folder), len = strlen(path);
        if (len > skip + strlen(ending) && strncmp(path, folder, skip) == 0)
            names_add(names, path + skip, len - skip - strlen(ending));
    }
}

void names_profiles(struct names *out)
{
    add_embedded(out, "cases/profiles/");
}

void names_waivers(struct names *out)
{
    add_embedded(out, "cases/waivers/");
}

void names_defects(struct names *out)
{
    for (int i = DEFECT_NONE; i < DEFECT_COUNT; i++)
        add(out, defects_get((enum defect)i)->name);
}

void names_capabilities(struct names *out)
{
    for (size_t i = 0; capability_names[i]; i++)
        add(out, capability_names[i]);
}

void names_levels(struct names *out)
{
    for (size_t i = 0; level_names[i]; i++)
        add(out, level_names[i]);
}

void names_clients(struct names *out)
{
    for (size_t i = 0; client_names[i]; i++)
        add(out, client_names[i]);
    add(out, "all");
}

void names_modes(struct names *out)
{
    for (size_t i = 0; mode_names[i]; i++)
        add(out, mode_names[i]);
}

void names_run_modes(struct names *out)
{
    add(out, SELECTION_BRIDGE);
    names_modes(out);
}

void names_leniencies(struct names *out)
{
    for (unsigned i = 0; i < LENIENCY_COUNT; i++)
        add(out, leniency_name((enum leniency)i));
}

void names_explained(struct names *out)
{
    for (int kind = KIND_NONE + 1; kind < KIND_COUNT; kind++)
        add(out, reason_kind_name((enum reason_kind)kind));
    for (int verdict = VERDICT_FIRST; verdict < VERDICT_COUNT; verdict++)
        add(out, verdict_name((enum verdict)verdict));
    for (size_t i = 0; i < RUNG_COUNT; i++)
        add(out, rung_rows[i].name);
}
