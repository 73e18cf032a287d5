/* The collection of cases: files, folders, topics, and finding a case by its id. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/embed.h"
#include "harness/suite/family.h"
#include "harness/suite/suite_impl.h"

enum err_code suite_new(struct suite **out, const struct schema *schema, const struct router *router, struct err *err)
{
    struct suite *suite = calloc(1, sizeof *suite);
    if (!suite)
        return err_set(err, ERR_NO_MEMORY, "out of memory");
    arena_init(&suite->arena, SUITE_MAX_MEMORY);
    suite->values_left = SUITE_MAX_VALUES;
    suite->schema = schema;
    suite->router = router;
    *out = suite;
    return ERR_OK;
}

void suite_free(struct suite *suite)
{
    if (!suite)
        return;
    for (size_t i = 0; i < suite->file_count; i++)
        json_decref(suite->files[i]);
    for (size_t i = 0; i < suite->kept_count; i++)
        json_decref(suite->kept[i]);
    arena_fini(&suite->arena);
    free(suite);
}

static enum err_code no_memory(const char *name, struct err *err)
{
    return err_set(err, ERR_NO_MEMORY, "%s: the cases take too much memory", name);
}

/* The cases themselves are checked one by one: see add_cases. */
static enum err_code valid_cases(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                 struct err *err)
{
    (void)user;
    if (!json_is_array(value) || json_array_size(value) == 0)
        return place_error(at, ERR_SYNTAX, err, "expected a list of cases");
    if (json_array_size(value) > (size_t)rule->max)
        return place_error(at, ERR_LIMIT, err, "more than %lld cases", rule->max);
    return ERR_OK;
}
static const struct key_type cases_type = {.check = valid_cases,
                                           .form = "[{...}, ...]",
                                           .schema =
                                               "{'type': 'array', 'minItems': 1, 'maxItems': $max, 'items': $object}"};

static const struct key_rule file_rules[] = {
    {.name = "$schema", .type = &key_text, .text = "`\"schema.json\"`, for editors"},
    {.name = "topic", .required = true, .type = &key_name, .text = "the file's name without `.json`"},
    {.name = "title", .required = true, .type = &key_text, .text = "a heading for the report"},
    {.name = "about", .required = true, .type = &key_text, .text = "one sentence for the report"},
    {.name = "mode",
     .type = &key_choice,
     .choices = mode_names,
     .text = "what stands in front of the proxy and behind it, in the table below (default `transcoder`)"},
    {.name = "cases",
     .required = true,
     .type = &cases_type,
     .object = &testcase_object,
     .max = TESTCASE_MAX_CASES,
     .text = "list of cases, below"},
    {.name = NULL}};
/* What a request must and must not hold where the client speaks HTTP/JSON: testcase_request_fill. */
#define PLAIN_REQUEST                                                                                                  \
    "{'required': ['method', 'path'], 'properties': {'protocol': false, 'message': false, 'messages': false, "         \
    "'frames': false, 'turn_by_turn': false}}"
const struct key_object suite_file_object = {
    .name = "file",
    .rules = file_rules,
    .schema = "{'if': {'properties': {'mode': {'const': 'transcoder'}}}, 'then': {'properties': {'cases': {'items': "
              "{'properties': {'request': " PLAIN_REQUEST ", 'together': {'properties': {'others': {'items': "
              "{'properties': {'request': " PLAIN_REQUEST
              "}}}}}, 'then': {'items': {'properties': {'request': " PLAIN_REQUEST "}}}}}}}}}"};

/* The part of a path between its last '/' and ".json". */
static struct span base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t len = strlen(base);
    if (len > 5 && strcmp(base + len - 5, ".json") == 0)
        len -= 5;
    return span_of(base, len);
}

bool suite_keep(struct suite *suite, json_t *value)
{
    json_t **kept = arena_grow(&suite->arena, suite->kept, suite->kept_count, suite->kept_count + 1, &suite->kept_cap,
                               sizeof *kept);
    if (!kept) {
        json_decref(value);
        return false;
    }
    suite->kept = kept;
    kept[suite->kept_count++] = value;
    return true;
}

static enum err_code add_topic(struct suite *suite, const struct place *at, const json_t *file, const char *name,
                               struct err *err)
{
    const char *topic = json_string_value(json_object_get(file, "topic"));
    struct place inside = {.up = at, .key = "topic"};
    if (!span_is(base_name(name), topic))
        return place_error(&inside, ERR_SYNTAX, err, "the topic \"%s\" does not match the file's name", topic);
    for (size_t i = 0; i < suite->topic_count; i++) {
        if (strcmp(suite->topics[i].name, topic) == 0)
            return place_error(&inside, ERR_SYNTAX, err, "the topic \"%s\" was read from another file", topic);
    }
    struct testcase_topic *topics = arena_grow(&suite->arena, suite->topics, suite->topic_count, suite->topic_count + 1,
                                               &suite->topic_cap, sizeof *topics);
    if (!topics)
        return no_memory(name, err);
    suite->topics = topics;
    topics[suite->topic_count++] = (struct testcase_topic){.name = topic,
                                                           .title = json_string_value(json_object_get(file, "title")),
                                                           .about = json_string_value(json_object_get(file, "about"))};
    return ERR_OK;
}

/* There is room for it: see add_cases. */
static enum err_code add_case(struct suite *suite, const struct place *at, const json_t *source,
                              const struct testcase_file *file, struct err *err)
{
    enum err_code code = testcase_read(&suite->cases[suite->case_count], suite, at, source, file, err);
    suite->case_count += code == ERR_OK;
    return code;
}

/* The place of an error is that in the family; which member it is about stands behind it. */
static enum err_code about_member(const char *member, enum err_code code, struct err *err)
{
    char text[sizeof err->text];
    if (code == ERR_OK || !err)
        return code;
    snprintf(text, sizeof text, "%s", err->text);
    return err_set(err, code, "%s (each/%s)", text, member);
}

static enum err_code add_family(struct suite *suite, const struct place *at, const json_t *source,
                                const struct testcase_file *file, struct err *err)
{
    struct testcase_file of_member = *file;
    struct place id_at = {.up = at, .key = "id"};
    const char *id = keys_text(json_object_get(source, "id"));
    enum err_code code = keys_check(at, source, &testcase_object, suite, err);
    for (size_t i = 0; i < suite->case_count && code == ERR_OK; i++) {
        if (suite->cases[i]->family && strcmp(suite->cases[i]->family, id) == 0)
            code = place_error(&id_at, ERR_SYNTAX, err, "\"%s\" is also the id of another family", id);
    }
    for (size_t i = 0; code == ERR_OK && i < family_count(source); i++) {
        json_t *made;
        code = family_expand(&made, &of_member.member, at, source, i, &suite->values_left, err);
        if (code == ERR_OK && !suite_keep(suite, made))
            code = no_memory(file->name, err);
        if (code != ERR_OK)
            return code;
        code = about_member(of_member.member, add_case(suite, at, made, &of_member, err), err);
        if (code == ERR_OK)
            json_object_set_new(made, "id", json_string(suite->cases[suite->case_count - 1]->id));
    }
    return code;
}

static enum err_code add_cases(struct suite *suite, const struct place *at, const json_t *file, const char *name,
                               struct err *err)
{
    const json_t *list = json_object_get(file, "cases");
    const json_t *mode = json_object_get(file, "mode");
    struct testcase_file of_file = {.name = name, .topic = json_string_value(json_object_get(file, "topic"))};
    struct place list_at = {.up = at, .key = "cases"};
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        count += family_count(json_array_get(list, i));
    if (count > TESTCASE_MAX_CASES - suite->case_count)
        return place_error(&list_at, ERR_LIMIT, err, "more than %d cases", TESTCASE_MAX_CASES);
    struct testcase **cases = arena_grow(&suite->arena, suite->cases, suite->case_count, suite->case_count + count,
                                         &suite->case_cap, sizeof *cases);
    if (!cases)
        return no_memory(name, err);
    suite->cases = cases;
    if (mode)
        mode_from_name(keys_span(mode), &of_file.mode);
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct place case_at = {.up = &list_at, .index = i};
        const json_t *source = json_array_get(list, i);
        bool family = json_is_object(source) && json_object_get(source, "each");
        enum err_code code = family ? add_family(suite, &case_at, source, &of_file, err)
                                    : add_case(suite, &case_at, source, &of_file, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

enum err_code suite_add_file(struct suite *suite, const char *name, struct span json, struct err *err)
{
    json_t *file;
    const char *kept = arena_strdup(&suite->arena, name);
    const char *root = arena_printf(&suite->arena, "%s#", name);
    if (!kept || !root)
        return no_memory(name, err);
    if (suite->file_count >= SUITE_MAX_FILES)
        return err_set(err, ERR_LIMIT, "%s: more than %d files", name, SUITE_MAX_FILES);
    json_t **files = arena_grow(&suite->arena, suite->files, suite->file_count, suite->file_count + 1, &suite->file_cap,
                                sizeof *files);
    if (!files)
        return no_memory(name, err);
    suite->files = files;
    enum err_code code = keys_load(&file, name, json, TESTCASE_MAX_FILE_BYTES, err);
    if (code != ERR_OK)
        return code;
    files[suite->file_count++] = file; /* kept even on error: cases read so far point into it */
    suite->by_id = NULL;
    struct place at = {.key = root};
    code = keys_check(&at, file, &suite_file_object, suite, err);
    if (code == ERR_OK)
        code = add_topic(suite, &at, file, kept, err);
    return code == ERR_OK ? add_cases(suite, &at, file, kept, err) : code;
}

/* Of the files of a folder, those that hold cases. */
static bool is_case_file(const char *base)
{
    size_t len = strlen(base);
    return len > 5 && base[0] != '.' && strcmp(base + len - 5, ".json") == 0 && strcmp(base, "schema.json") != 0;
}

enum err_code suite_add_embedded(struct suite *suite, struct err *err)
{
    static const char folder[] = "cases/";
    for (size_t i = 0; i < embed_count(); i++) {
        struct embedded_file file = embed_at(i);
        const char *base = file.name + sizeof folder - 1;
        if (strncmp(file.name, folder, sizeof folder - 1) != 0 || strchr(base, '/') || !is_case_file(base))
            continue;
        enum err_code code = suite_add_file(suite, file.name, file.bytes, err);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static int is_case_entry(const struct dirent *entry)
{
    return is_case_file(entry->d_name);
}

/* Opens what must be a regular file, and never waits: a FIFO would, for somebody who writes to it. */
static enum err_code open_case_file(FILE **out, const char *path, struct err *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    *out = NULL;
    if (fstat(fd, &about) != 0)
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(about.st_mode))
        err_set(err, ERR_IO, "%s: not a regular file; a folder of cases holds files only", path);
    else if ((*out = fdopen(fd, "rb")) == NULL)
        err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (!*out)
        close(fd);
    return *out ? ERR_OK : ERR_IO;
}

static enum err_code add_path(struct suite *suite, const char *folder, const char *base, struct err *err)
{
    struct buf bytes;
    FILE *file = NULL;
    char *path = arena_printf(&suite->arena, "%s/%s", folder, base);
    if (!path)
        return no_memory(base, err);
    enum err_code code = open_case_file(&file, path, err);
    if (code != ERR_OK)
        return code;
    buf_init(&bytes, TESTCASE_MAX_FILE_BYTES);
    code = keys_read_stream(&bytes, file, path, TESTCASE_MAX_FILE_BYTES, err);
    fclose(file);
    if (code == ERR_OK)
        code = suite_add_file(suite, path, buf_span(&bytes), err);
    buf_fini(&bytes);
    return code;
}

enum err_code suite_add_directory(struct suite *suite, const char *path, struct err *err)
{
    struct dirent **entries = NULL;
    enum err_code code = ERR_OK;
    int count = scandir(path, &entries, is_case_entry, alphasort);
    if (count < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (count == 0)
        code = err_set(err, ERR_NOT_FOUND, "%s: no case files (*.json)", path);
    for (int i = 0; i < count; i++) {
        if (code == ERR_OK)
            code = add_path(suite, path, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp((*(struct testcase *const *)a)->id, (*(struct testcase *const *)b)->id);
}

enum err_code suite_finish(struct suite *suite, struct err *err)
{
    size_t count = suite->case_count;
    struct testcase **sorted = arena_calloc(&suite->arena, count + 1, sizeof *sorted);
    if (!sorted)
        return no_memory("cases", err);
    if (count > 0)
        memcpy(sorted, suite->cases, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_ids);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i - 1]->id, sorted[i]->id) == 0)
            return err_set(err, ERR_SYNTAX, "%s: the id \"%s\" is also that of %s", sorted[i]->pointer, sorted[i]->id,
                           sorted[i - 1]->pointer);
    }
    suite->by_id = sorted;
    for (size_t i = 0; i < count; i++) {
        const struct testcase *testcase = suite->cases[i];
        const struct testcase *namesake = testcase->family ? suite_find(suite, testcase->family) : NULL;
        if (namesake)
            return err_set(err, ERR_SYNTAX, "%s: the id \"%s\" of the family is also that of %s", testcase->pointer,
                           testcase->family, namesake->pointer);
        if (testcase->twin && !suite_find(suite, testcase->twin))
            return err_set(err, ERR_SYNTAX, "%s/twin: there is no case \"%s\"", testcase->pointer, testcase->twin);
    }
    return ERR_OK;
}

size_t suite_count(const struct suite *suite)
{
    return suite->case_count;
}

const struct testcase *suite_at(const struct suite *suite, size_t index)
{
    assert(index < suite->case_count);
    return suite->cases[index];
}

const struct testcase *suite_find(const struct suite *suite, const char *id)
{
    if (suite->by_id) {
        struct testcase key = {.id = id};
        struct testcase *key_pointer = &key;
        struct testcase **found =
            bsearch(&key_pointer, suite->by_id, suite->case_count, sizeof *suite->by_id, compare_ids);
        return found ? *found : NULL;
    }
    for (size_t i = 0; i < suite->case_count; i++) {
        if (strcmp(suite->cases[i]->id, id) == 0)
            return suite->cases[i];
    }
    return NULL;
}

size_t suite_topic_count(const struct suite *suite)
{
    return suite->topic_count;
}

const struct testcase_topic *suite_topic_at(const struct suite *suite, size_t index)
{
    assert(index < suite->topic_count);
    return &suite->topics[index];
}
