/* Builds small FileDescriptorSets for tests, right ones and wrong ones, field by field of descriptor.proto. */
#ifndef TRANSCHECK_ENGINE_TESTS_PROTO_SET_H
#define TRANSCHECK_ENGINE_TESTS_PROTO_SET_H

#include "harness/base/buf.h"
#include "harness/engine/proto/schema.h"

#define PROTO_SET_MAX_DEPTH 128

struct proto_set {
    struct buf bytes;
    size_t open[PROTO_SET_MAX_DEPTH];
    size_t depth;
};

void proto_set_init(struct proto_set *set);
void proto_set_fini(struct proto_set *set);
/* Opens and closes a message field. */
void proto_set_open(struct proto_set *set, uint32_t number);
void proto_set_close(struct proto_set *set);
void proto_set_text(struct proto_set *set, uint32_t number, const char *text);
void proto_set_number(struct proto_set *set, uint32_t number, uint64_t value);

/* What most tests need. A file stays open until proto_set_close; so does a message. */
void proto_set_file(struct proto_set *set, const char *name, const char *package, const char *syntax);
void proto_set_message(struct proto_set *set, uint32_t number, const char *name);
/* `type_name` may be NULL. Label: 1 optional, 2 required, 3 repeated. */
void proto_set_field(struct proto_set *set, const char *name, uint32_t number, uint32_t label, uint32_t type,
                     const char *type_name);
/* An extension, in a file (list 7) or in a message (list 6). `extendee` may be NULL. */
void proto_set_extension(struct proto_set *set, uint32_t list, const char *extendee, const char *name, uint32_t number,
                         uint32_t label, uint32_t type, const char *type_name);
/* What a message leaves to extensions; `end` is exclusive. */
void proto_set_range(struct proto_set *set, uint32_t start, uint32_t end);
/* A method with a google.api.http option: `method` is the number of the pattern (2 get, 4 post ...); body may be NULL.
 */
void proto_set_method(struct proto_set *set, const char *name, const char *input, const char *output, uint32_t method,
                      const char *path, const char *body);

/* schema_new, which either fails with a text or gives a schema. */
enum err_code proto_set_load(struct proto_set *set, struct schema **schema, struct err *err);
/* Fails the test unless the set is refused with this code and a text that holds `text`; ends the set. */
void proto_set_refused(struct proto_set *set, enum err_code code, const char *text);

#endif
