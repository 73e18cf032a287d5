/* The embedded descriptors, loaded and filtered by a profile. */
#include "harness/cli/embedded_schema.h"

#include "harness/base/embed.h"
#include "harness/suite/descriptors.h"

static enum err_code load(struct embedded_schema *embedded, struct span set, struct err *err)
{
    enum err_code code = schema_new(&embedded->schema, set, err);
    return code == ERR_OK ? router_new(&embedded->router, embedded->schema, NULL, err) : code;
}

static void unload(struct embedded_schema *embedded)
{
    router_free(embedded->router);
    schema_free(embedded->schema);
    embedded->router = NULL;
    embedded->schema = NULL;
}

enum err_code embedded_schema_init(struct embedded_schema *out, const char *profile_name_or_path, struct err *err)
{
    struct span set;
    struct profile *profile = NULL;
    memset(out, 0, sizeof *out);
    buf_init(&out->descriptors, SCHEMA_MAX_BYTES);
    if (!embed_find("descriptors.pb", &set))
        return err_set(err, ERR_NOT_FOUND, "the descriptors are not part of this binary");
    enum err_code code = profile_load(&profile, profile_name_or_path, err);
    if (code == ERR_OK)
        code = load(out, set, err);
    if (code == ERR_OK)
        code = descriptors_filter(&out->descriptors, set, out->router, profile, err);
    unload(out);
    if (code == ERR_OK)
        code = load(out, buf_span(&out->descriptors), err);
    profile_free(profile);
    return code;
}

void embedded_schema_fini(struct embedded_schema *embedded)
{
    unload(embedded);
    buf_fini(&embedded->descriptors);
}
