/* More rows of the table of defects (defects.h): of how a call ends, and what is said of that. */
#ifndef TRANSCHECK_REFERENCE_DEFECTS_CALL_H
#define TRANSCHECK_REFERENCE_DEFECTS_CALL_H

#define DEFECTS_CALL(X)                                                                                                \
    /* How a call ends */                                                                                              \
    X(DETAILS_CODE_WINS, "details-code-wins", "the code in grpc-status-details-bin counts, not grpc-status")           \
    X(PADDED_STATUS_OK, "padded-status-ok", "a grpc-status with white space behind it counts as OK")                   \
    X(UNENDED_TRAILERS_ACCEPTED, "unended-trailers-accepted",                                                          \
      "a second header section ends the answer, whether it ends the stream or not")                                    \
    X(PSEUDO_TRAILERS_ACCEPTED, "pseudo-trailers-accepted", "pseudo-header fields among the trailers are passed over") \
    X(EARLY_ANSWER_LOST, "early-answer-lost", "an answer that comes before the request was sent whole fails the call") \
    X(STREAM_STATUS_IN_TRAILERS, "stream-status-in-trailers",                                                          \
      "a stream that fails after messages ends as if complete, with grpc-status in the trailers")                      \
    X(STREAM_ERROR_GLUED, "stream-error-glued",                                                                        \
      "the error behind the messages of a stream stands there without a separator")                                    \
    X(STREAM_GOES_ON, "stream-goes-on", "behind the error of a stream an empty message follows")                       \
    X(STREAM_FIRST_ONLY, "stream-first-only", "of a stream the first message is the whole answer")                     \
    X(STREAM_OVERFLOW_LOST, "stream-overflow-lost",                                                                    \
      "messages of a stream are lost while the client does not take those before them")                                \
    X(STREAM_LARGE_LOST, "stream-large-lost", "a message of a stream of more than 1 MiB is left out")                  \
    X(STREAM_IDLE_CUT, "stream-idle-cut", "a stream in which nothing comes for a tenth of a second is cut")            \
    X(STREAM_HELD_FOR_ENCODING, "stream-held-for-encoding",                                                            \
      "where the client takes encoded answers a stream is passed on when it has ended")                                \
    X(STREAM_DEADLINE_COMPLETE, "stream-deadline-complete", "a stream whose deadline passes ends as if complete")      \
    X(LAST_CHUNK_MISSING, "last-chunk-missing", "over HTTP/1.1 the chunked coding lacks its last chunk")               \
    X(REQUEST_STREAM_FIRST_ONLY, "request-stream-first-only",                                                          \
      "of the messages of a request that streams the first is sent, and the call made as a unary one")                 \
    X(TIMEOUT_NOT_SENT, "timeout-not-sent", "the client's grpc-timeout does not go to the backend")                    \
    X(TIMEOUT_UNITS_FEW, "timeout-units-few", "of the units of grpc-timeout only S and m are known: others give 400")  \
    X(ZERO_TIMEOUT_EMPTY, "zero-timeout-empty", "a call with a grpc-timeout of 0 becomes 200 with {}")                 \
    /* HTTP methods */                                                                                                 \
    X(CUSTOM_METHODS_UNKNOWN, "custom-methods-unknown", "rules for HTTP methods of their own are not served")          \
    X(METHOD_OVERRIDDEN, "method-overridden", "x-http-method-override counts whatever the method is")                  \
    X(UPDATE_MASK_INVENTED, "update-mask-invented", "a PATCH without an update_mask has the mask * at the backend")    \
    /* What is said of it */                                                                                           \
    X(ERROR_METADATA_LOST, "error-metadata-lost", "the backend's headers do not reach the client with an error")       \
    X(ERROR_NAMES_SOURCE, "error-names-source", "the text of an error begins with a place in the source")              \
    X(STATUS_SHOWN_AS_ZERO, "status-shown-as-zero", "every answer has grpc-status 0 among its headers")                \
    X(TRAILER_ANNOUNCED, "trailer-announced", "answers announce trailers that do not come")                            \
    /* Header fields */                                                                                                \
    X(GRPC_ENCODING_SHOWN, "grpc-encoding-shown", "grpc-encoding and grpc-accept-encoding go to the client")           \
    X(BINARY_LISTS_CUT, "binary-lists-cut", "a header whose name ends in -bin ends at its first comma")                \
    X(UNDERSCORES_AS_DASHES, "underscores-as-dashes", "underscores in the names of headers become dashes")             \
    X(USER_AGENT_LOST, "user-agent-lost", "the client's user-agent does not reach the backend")                        \
    X(LARGE_HEADERS_CUT, "large-headers-cut", "the values of the client's headers end after 4096 bytes")               \
    /* Well-known types */                                                                                             \
    X(ANSWER_TIME_OFFSET, "answer-time-offset", "times of an answer end in +00:00 in place of Z")                      \
    X(ANSWER_FRACTION_TRIMMED, "answer-fraction-trimmed",                                                              \
      "fractions of a second in an answer have no zeros at their end")                                                 \
    X(ANSWER_BYTES_WRAPPER_URL, "answer-bytes-wrapper-url", "a BytesValue is printed in the alphabet of URLs")         \
    X(ANSWER_NULL_NAMED, "answer-null-named", "a NullValue is printed as the name of its enum")                        \
    X(ANSWER_ANY_TYPE_PLAIN, "answer-any-type-plain", "the type of an Any stands under the name type")                 \
    X(ANSWER_ANY_VALUE_RENAMED, "answer-any-value-renamed",                                                            \
      "what an Any of a well-known type holds stands under the name content")                                          \
    X(JSON_ANY_TYPE_FIRST, "json-any-type-first", "an Any whose @type does not stand first is refused")                \
    X(JSON_ANY_VALUE_REFUSED, "json-any-value-refused", "a member value beside the @type of an Any is refused")

#endif
