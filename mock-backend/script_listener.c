/* The step that says what the proxy's connections to the backend meet for the time of an exchange. */
#include "mock-backend/script_impl.h"

#define MAX_WINDOW 0x7fffffffLL /* RFC 9113 section 6.5.2 */

/* Indexed by the state. */
static const char *const names[] = {"kept", "open", "no-settings", "closed", "silent", "fin", "rst", "http/1.1", NULL};
static const char *const meanings[] = {
    [LISTENER_KEPT] = "the connections that there are go on",
    [LISTENER_OPEN] = "as always; but those from before are closed, so that the proxy must connect anew",
    [LISTENER_NO_SETTINGS] = "as with open, but by HTTP/2 the server's SETTINGS frame never comes",
    [LISTENER_CLOSED] = "nothing listens: they are refused",
    [LISTENER_SILENT] = "they are accepted, what comes is read, and nothing is answered; with TLS no handshake either",
    [LISTENER_FIN] = "they are accepted and closed at once, in order; with TLS before the handshake",
    [LISTENER_RST] = "they are accepted and reset at once; with TLS before the handshake",
    [LISTENER_HTTP1] =
        ("the first bytes are answered with HTTP/1.1 400 and the end of the connection, as by a server that "
         "knows only HTTP/1.1; with TLS it has no other ALPN protocol"),
};
const char *script_listener_name(enum script_listener_state state)
{
    return names[state];
}

const char *script_listener_meaning(enum script_listener_state state)
{
    return meanings[state];
}

static const struct key_rule settings_rules[] = {
    {.name = "max_concurrent_streams",
     .type = &key_number,
     .min = 1,
     .max = UINT32_MAX,
     .text = "so many calls at once"},
    {.name = "initial_window_size",
     .type = &key_number,
     .min = 1,
     .max = MAX_WINDOW,
     .text = "so many bytes of a request before the backend gives more: what it has read, it gives back at once"},
    KEY_LAST};
static const struct key_object settings_object = {.name = "settings", .rules = settings_rules};

static enum err_code compile_listener(struct compiler *compiler, struct err *err)
{
    struct script_listener *listener = &compiler->script->listener;
    struct script_settings *settings = &listener->settings;
    if (compiler->at->index > 0)
        return script_error(compiler, NULL, ERR_SYNTAX, err, "\"listener\" is the first step, or none");
    listener->state = LISTENER_OPEN;
    while (!span_is(keys_span(script_value(compiler, "listener")), names[listener->state]))
        listener->state++;
    const json_t *given = script_value(compiler, "settings");
    settings->max_concurrent_streams = (uint32_t)json_integer_value(json_object_get(given, "max_concurrent_streams"));
    settings->initial_window_size = (uint32_t)json_integer_value(json_object_get(given, "initial_window_size"));
    return ERR_OK;
}

/* Only who takes calls has settings to send. */
static enum err_code check_listener(const struct place *at, const json_t *value, const struct key_rule *rule,
                                    void *user, struct err *err)
{
    (void)rule;
    (void)user;
    if (json_object_get(value, "settings") && !span_is(keys_span(json_object_get(value, "listener")), "open"))
        return place_error(at, ERR_SYNTAX, err, "\"settings\" goes with the listener \"open\", and only with this");
    return ERR_OK;
}

static const struct key_rule listener_keys[] = {
    {.name = "listener",
     .required = true,
     .type = &key_choice,
     .choices = names + LISTENER_OPEN,
     .form = "\"closed\"",
     .text = "only as the first step: what the proxy's connections meet until the exchange is over, below"},
    {.name = "settings",
     .type = &key_object,
     .object = &settings_object,
     .form = "{...}",
     .text = "with `open`: of HTTP/2, what the backend's SETTINGS say, below"},
    KEY_LAST};

const struct step_type script_listener_steps[] = {
    {.compile = compile_listener,
     .keys = {.rules = listener_keys,
              .whole = check_listener,
              .schema = "{'if': {'required': ['settings']}, 'then': {'properties': {'listener': {'const': 'open'}}}}"}},
    {.compile = NULL}};
