/* What `explain` says of a kind of failure. */
#include "harness/cli/kind_texts.h"

#include <assert.h>

static const struct kind_text texts[KIND_COUNT] = {
    [KIND_DIED] =
        {"With `--proxy-cmd` transcheck sees the process end, by a signal or with an exit status. What was under way "
         "is repeated "
         "alone on a proxy started again, and the case that kills it again is the one that fails. Without "
         "`--proxy-cmd` it is a "
         "proxy that takes no connection any more, in a case that ran alone.",
         "A crash in the code that handles what the case sends: an assertion, a null pointer, a panic that nothing "
         "recovers, "
         "memory that was freed. Input from the network that ends a process is a way to deny its service to everybody.",
         "Read the last lines that the proxy wrote (the report has them), run the case alone under a debugger or a "
         "sanitizer, "
         "and report it to the proxy's maintainers as a security matter where the trigger comes from outside."},
    [KIND_OVER_MEMORY] = {"The memory of all processes of `--proxy-cmd` together is looked at while cases run; beyond "
                          "`--proxy-memory-mib` they are "
                          "killed.",
                          "The proxy believes a length that it was told, and allocates it before the bytes are there; "
                          "or it collects a whole "
                          "stream before it passes anything on.",
                          "Look for a limit on message sizes and buffers in the proxy's configuration. Repeat with a "
                          "larger `--proxy-memory-mib` to "
                          "tell a high need from one without bounds."},
    [KIND_HUNG] =
        {"Each exchange has a hard deadline (`--timeout-ms`). A case whose response has no end by then has hung, "
         "unless the case is "
         "about just that.",
         "The proxy waits for something that does not come: the rest of a message whose length was a lie, trailers "
         "after the "
         "backend's connection was lost, a window update, a body that the client gave up.",
         "See in the transcripts who sent last (`--verbose`): when that is the backend or the client, the proxy owes "
         "the next "
         "step. Check its timeouts: an upstream timeout that ends the call within the deadline is a right answer."},
    [KIND_NOT_DELIVERED] =
        {"The backend sends headers or a message and waits until the client has received it before it goes on. The "
         "case fails "
         "when that does not happen.",
         "The proxy buffers the response: it waits for the end of the stream, for a full buffer, or for trailers.",
         "Look for response buffering, compression or a JSON array that is only written whole. A user of a live stream "
         "sees "
         "nothing until it ends."},
    [KIND_UNHEALTHY] =
        {"After the case an ordinary request is made, on a connection of its own. It is repeated within the profile's "
         "grace.",
         "The case left something broken: a connection to the backend that is used although it is dead, a circuit "
         "breaker that "
         "is open, a worker that is stuck.",
         "See what the ordinary request got (`health` in the report). A proxy that recovers a moment later needs "
         "`reconnect_grace_ms` in its profile, if its documents promise that."},
    [KIND_REACHED] = {"Every request carries a marker, so that each call at the backend belongs to its case. Here a "
                      "call arrived although "
                      "the case says that none may.",
                      "The router matches more than the template says (a longer path, another method, a trailing "
                      "slash, an encoded slash), or "
                      "the proxy passes on what it cannot transcode, as plain HTTP or as gRPC with a made-up path.",
                      "See the path and the headers of that call in the transcript. A request that was meant to be "
                      "refused and runs all the "
                      "same goes around whatever guards the paths that are known."},
    [KIND_TOO_MANY_CALLS] =
        {"Calls of a case are counted until the end of the run. Only calls that the backend refused unprocessed "
         "(REFUSED_STREAM, "
         "GOAWAY that does not cover them) may be made again.",
         "A retry policy that also repeats calls which the backend may have processed, or mirroring of requests.",
         "Look for retries and shadowing in the configuration. A call that was repeated may have been charged, stored "
         "or sent "
         "twice."},
    [KIND_FAILURE_HIDDEN] =
        {"The call failed at the backend (an error status, no status at all, a broken stream), and the response is a "
         "clean, "
         "complete success: status below 400, a whole body, no error element, no error status in the trailers.",
         "The proxy sends 200 before it knows the outcome and then ends the body as if all were well; or it ignores "
         "trailers, "
         "or takes missing ones for OK.",
         "See in the transcripts what the backend sent and how the client's response ended. Once the 200 is out, an "
         "aborted "
         "body, an error element of the stream or a trailer are the ways that are left to show the failure."},
    [KIND_MALFORMED] = {"The response is checked whatever the case is about: framing, content-length, fields that "
                        "contradict one another or the "
                        "body, and JSON where the content type says so.",
                        "Headers of the backend that pass through although they no longer fit the body, an unfinished "
                        "JSON array, a message "
                        "that is not valid UTF-8, two sources that both write the same header.",
                        "The observed text names what is wrong and where. Give the bytes of the transcript to another "
                        "parser to see it."},
    [KIND_NOT_REACHED] =
        {"The case asks for a call at the backend, and none came.",
         "The proxy refused the request by itself: no route (see its status), a body or query that it cannot convert, "
         "a limit, "
         "a circuit breaker; or its upstream points elsewhere.",
         "Read the response: most proxies say why. Check that the proxy serves the descriptors of this version "
         "(`transcheck descriptors`)."},
    [KIND_WRONG_RPC] =
        {"The `:path` of the call at the backend is compared with the method that the request is bound to by "
         "`google.api.http`.",
         "Templates that overlap are taken in another order, or a verb or an additional binding is not understood.",
         "`transcheck route` says what a request is bound to. See which method was called instead."},
    [KIND_WRONG_REQUEST] =
        {"What arrived at the backend is decoded and compared, field by field, with the message that the request "
         "means; and every "
         "call is checked against what RFC 9113 and PROTOCOL-HTTP2 ask of a request (path `rule NAME`).",
         "Path, query and body bound in another order of precedence, other rules for percent-encoding, numbers or enum "
         "names, "
         "fields that are dropped; or headers of the client that pass into the gRPC call.",
         "Paths such as `/rooms/0/price` name the field. `transcheck route` and `transcheck convert` show what is "
         "meant."},
    [KIND_WRONG_METADATA] =
        {"The headers of the call at the backend are compared with those that the case asks for.",
         "The proxy passes on no headers, all of them, or under a prefix of its own; or it joins or decodes values "
         "otherwise.",
         "Look for the proxy's rules of header forwarding, and set them or put what they document into its profile."},
    [KIND_NOT_CANCELLED] =
        {"The client breaks off, and the backend waits for RST_STREAM or the end of the connection.",
         "The proxy notices the client only when it writes to it, or detaches the call from the request.",
         "Calls whose client is gone go on and cost until they end by themselves: look for how the proxy passes on a "
         "cancellation, and the end of a connection."},
    [KIND_CUT_SHORT] =
        {"The response ended before its framing allows, by FIN or a reset, although the backend sent all of it and its "
         "status "
         "was OK.",
         "A limit of size or time, a connection that was closed while there was still something to send, a wrong "
         "content-length.",
         "See how much arrived (`body_len`) and what came last; compare with the limits of the proxy."},
    [KIND_NOT_KEPT] =
        {"Of exchanges in turn on one connection the client notes for each on which connection it was played, "
         "and whether the proxy said that it closes it.",
         "The connection is closed behind every error, behind a body that was not read to its end, or "
         "behind every response.",
         "Look for how the proxy ends a response whose request it has not read, and for its limit of "
         "requests for each connection."},
    [KIND_WRONG_ENDING] =
        {"The case says how the response ends: complete, aborted, reset, by a protocol error, and it ended otherwise.",
         "A failed stream that ends like a whole one, or a refusal that closes the connection in place of an answer.",
         "See the last events at the front. To a client the end is the only sign that a body is whole."},
    [KIND_WRONG_STATUS] =
        {"The status is compared with the one of the case, or with those that the profile documents.",
         "Another table from gRPC codes to HTTP statuses, one status for all errors, or an error that is found too "
         "late.",
         "Compare with google/rpc/code.proto. Where the proxy documents another status, that belongs in its profile."},
    [KIND_WRONG_ERROR] = {"The body, or the headers, are read in the forms of an error that the profile allows "
                          "(`error_body`), and code, message "
                          "and details are compared with the backend's.",
                          "The proxy has an error form of its own, drops `grpc-status-details-bin`, or does not decode "
                          "the percent-encoding of "
                          "`grpc-message`.",
                          "See the body in the transcript. A form that the proxy documents belongs in its profile."},
    [KIND_WRONG_BODY] =
        {"The body is read as ProtoJSON of the method's output type and compared field by field with what the backend "
         "sent, in "
         "number and order of messages too.",
         "Names, numbers, enums, bytes or well-known types are printed otherwise, defaults are printed, messages of a "
         "stream "
         "are lost or framed otherwise.",
         "The path names the field. `transcheck convert` prints the message as it should be; what the proxy documents "
         "(`json_output`, `stream_framing`) belongs in its profile."},
    [KIND_WRONG_CONTENT_TYPE] =
        {"The media type of the response is compared, without its parameters.",
         "The backend's application/grpc passes through, or nothing is set for errors or streams.",
         "A browser or a library reads the body by this label. See which side set it."},
    [KIND_WRONG_HEADER] =
        {"Headers and trailers of the response are compared with those that the case asks for or forbids.",
         "Metadata of the backend is dropped, renamed, or passes through where it is for the proxy alone.",
         "See both sides of the transcript. What the proxy documents belongs in its profile."},
};

const struct kind_text *kind_text_of(enum reason_kind kind)
{
    assert(kind != KIND_NONE && texts[kind].judged);
    return &texts[kind];
}
