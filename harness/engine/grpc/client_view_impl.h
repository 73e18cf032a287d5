/* Private to the clients of client_view.h: what several of them do alike. */
#ifndef TRANSCHECK_ENGINE_GRPC_CLIENT_VIEW_IMPL_H
#define TRANSCHECK_ENGINE_GRPC_CLIENT_VIEW_IMPL_H

#include "harness/engine/grpc/client_view.h"
#include "harness/engine/grpc/frame.h"
#include "harness/engine/grpc/status.h"

void client_go_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words);
void client_core_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words);
void client_js_say(const struct client_kind *kind, const struct client_view *view, struct client_words *words);

/* Sets code and text, and returns true, for `return client_says(...)` in functions that tell whether all is said. */
bool client_says(struct client_words *words, int64_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The code for an HTTP status that stands there without a grpc-status, as the clients have it: 431 is not in their
 * tables. */
enum grpc_status client_status_from_http(int http_status);
/* The value of the last field of that name; data NULL when there is none. */
struct span client_last_value(const struct fields *fields, const char *name);

/* Go's %q: a string in double quotes, with its escapes. Which code points can be printed is reckoned by blocks. */
bool client_go_quote(struct buf *out, struct span text);
/* The text of an HTTP status, as Go's net/http has it; empty for an unknown one. Source: the IANA registry of HTTP
 * status codes. */
const char *client_http_text(int http_status);

#endif
