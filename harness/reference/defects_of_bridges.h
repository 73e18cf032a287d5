/* The faults of the reference's bridges (defects.h): between gRPC-Web, functions, plain HTTP/1.1, gRPC itself, Connect
 * and Twirp. Private to defects.h. */
#ifndef TRANSCHECK_REFERENCE_DEFECTS_OF_BRIDGES_H
#define TRANSCHECK_REFERENCE_DEFECTS_OF_BRIDGES_H

/* Of the modes grpc-web and http1-bridge. */
#define DEFECTS_WEB(X)                                                                                                 \
    X(WEB_TYPE_KEPT, "web-type-kept", "the backend gets the content type of gRPC-Web")                                 \
    X(WEB_OTHER_TYPE_SENT, "web-other-type-sent", "a request that is not gRPC-Web goes to the backend as it is")       \
    X(WEB_BARE_TYPE_REFUSED, "web-bare-type-refused",                                                                  \
      "content types that do not name the format of messages are refused")                                             \
    X(WEB_TYPE_PARAMETERS_REFUSED, "web-type-parameters-refused", "a content type with parameters is refused")         \
    X(WEB_TYPE_CASE_SENSITIVE, "web-type-case-sensitive", "a content type with upper case is refused")                 \
    X(WEB_TEXT_REFUSED, "web-text-refused", "base64 is not known: the content types of text are refused")              \
    X(WEB_ACCEPT_IGNORED, "web-accept-ignored", "an answer is text where the request was, whatever Accept asks for")   \
    X(WEB_TEXT_PIECES_APART, "web-text-pieces-apart",                                                                  \
      "each piece of a text request is decoded by itself, as the network cut it")                                      \
    X(WEB_PADDING_ENDS_REQUEST, "web-padding-ends-request", "a text request ends where it is padded")                  \
    X(WEB_BAD_BASE64_CUT, "web-bad-base64-cut", "a text request ends where it is no base64, as if it were whole")      \
    X(WEB_TEXT_UNPADDED, "web-text-unpadded", "the pieces of a text answer are not padded")                            \
    X(WEB_TEXT_HELD, "web-text-held",                                                                                  \
      "of a text answer the last bytes wait until they make a group with what follows")                                \
    X(WEB_TRAILERS_UNMARKED, "web-trailers-unmarked",                                                                  \
      "the frame of the trailers is not marked: it looks like a message")                                              \
    X(WEB_TRAILERS_COMPRESSED, "web-trailers-compressed",                                                              \
      "the frame of the trailers is marked as compressed where the answer names a grpc-encoding")                      \
    X(WEB_TRAILERS_FRAME_MISSING, "web-trailers-frame-missing",                                                        \
      "the trailers of an answer with messages do not reach the client")                                               \
    X(WEB_TRAILERS_UPPER_CASE, "web-trailers-upper-case",                                                              \
      "the names in the frame of the trailers begin with a capital")                                                   \
    X(WEB_TRAILERS_BLANK_LINE, "web-trailers-blank-line", "the frame of the trailers ends with a blank line")          \
    X(WEB_TRAILERS_TWICE, "web-trailers-twice", "the trailers are sent as those of HTTP, too")                         \
    X(WEB_TRAILERS_ONLY_LOST, "web-trailers-only-lost", "the status of an answer without a body is lost")              \
    X(WEB_CUSTOM_TRAILERS_LOST, "web-custom-trailers-lost", "trailers of the application do not reach the client")     \
    X(WEB_REPEATED_LOST, "web-repeated-lost", "of trailers, or headers, with one name the last reaches the client")    \
    X(WEB_BINARY_ENCODED, "web-binary-encoded", "a -bin trailer, or header of an answer, is encoded once more")        \
    X(WEB_MESSAGE_DECODED, "web-message-decoded", "the percent-encoding of grpc-message is taken off")                 \
    X(WEB_FIRST_MESSAGE_ONLY, "web-first-message-only", "of several messages the first is passed on")                  \
    X(WEB_CUT_MESSAGE_DROPPED, "web-cut-message-dropped",                                                              \
      "a message that the backend cut off is dropped, and the rest looks whole")                                       \
    X(WEB_FOREIGN_FRAME_PASSED, "web-foreign-frame-passed",                                                            \
      "a frame of trailers that the backend sends among its messages is passed on")                                    \
    X(WEB_ERROR_AS_HTTP, "web-error-as-http", "the proxy's own errors are HTTP answers without grpc-status")           \
    X(WEB_ERROR_TEXT_WHOLE, "web-error-text-whole", "the whole body of an HTTP error becomes grpc-message")            \
    X(WEB_STATUS_NOT_EXPOSED, "web-status-not-exposed",                                                                \
      "pages of another origin may not read grpc-status and grpc-message")                                             \
    X(WEB_PREFLIGHT_REFUSED, "web-preflight-refused", "a preflight request is refused")                                \
    X(WEB_PREFLIGHT_HEADERS_LOST, "web-preflight-headers-lost", "the answer to a preflight request allows no headers") \
    X(BRIDGE_TYPE_UNCHECKED, "bridge-type-unchecked", "requests of any content type go to the backend")                \
    X(BRIDGE_UNPREFIXED, "bridge-unprefixed", "an answer is the message without its length prefix")                    \
    X(BRIDGE_STATUS_IN_TRAILERS, "bridge-status-in-trailers", "grpc-status stays a trailer of the answer")             \
    X(BRIDGE_ERROR_IS_200, "bridge-error-is-200", "an error has the HTTP status 200")                                  \
    X(BRIDGE_MESSAGE_LOST, "bridge-message-lost", "grpc-message does not reach the client")                            \
    X(BRIDGE_HEAD_STATUS_LOST, "bridge-head-status-lost", "the status of an answer that is headers alone is lost")     \
    X(BRIDGE_ERROR_AFTER_MESSAGE_OK, "bridge-error-after-message-ok", "an error behind a message counts as OK")        \
    X(BRIDGE_LENGTH_MISSING, "bridge-length-missing", "an answer has no content-length")                               \
    X(BRIDGE_CUT_MESSAGE_DROPPED, "bridge-cut-message-dropped",                                                        \
      "a message that the backend cut off is dropped, and the rest is OK")                                             \
    X(BRIDGE_LAST_MESSAGE_LOST, "bridge-last-message-lost", "of several messages the last is dropped")                 \
    X(BRIDGE_RESET_IS_OK, "bridge-reset-is-ok", "a call that is reset behind its message counts as OK")

/* Of the mode gateway. */
#define DEFECTS_GATEWAY(X)                                                                                             \
    X(GATEWAY_EVENT_BODY_AS_TEXT, "gateway-event-body-as-text",                                                        \
      "the body of the event is the request as text, U+FFFD in place of what is not UTF-8")                            \
    X(GATEWAY_EVENT_BODY_TWICE, "gateway-event-body-twice", "the body of the event is base64 of base64")               \
    X(GATEWAY_EVENT_FLAG_LOST, "gateway-event-flag-lost", "the event does not say that its body is base64")            \
    X(GATEWAY_EVENT_UNPREFIXED, "gateway-event-unprefixed",                                                            \
      "the body of the event lacks the length prefix of its message")                                                  \
    X(GATEWAY_EVENT_EMPTY_NULL, "gateway-event-empty-null", "the event of an empty message has no body")               \
    X(GATEWAY_EVENT_HEADERS_LOST, "gateway-event-headers-lost",                                                        \
      "headers of the client are not in the event, but for its content-type")                                          \
    X(GATEWAY_EVENT_REPEATED_LOST, "gateway-event-repeated-lost",                                                      \
      "of a header with several values the event has the last")                                                        \
    X(GATEWAY_EVENT_BINARY_ENCODED, "gateway-event-binary-encoded",                                                    \
      "a -bin header is encoded once more on its way into the event")                                                  \
    X(GATEWAY_EVENT_TE_SENT, "gateway-event-te-sent",                                                                  \
      "the event has the te of the client's connection among its headers")                                             \
    X(GATEWAY_EVENT_PATH_LOWERED, "gateway-event-path-lowered", "the path in the event is in lower case")              \
    X(GATEWAY_FLAG_IGNORED, "gateway-flag-ignored",                                                                    \
      "isBase64Encoded of an answer is ignored: the body is passed on as base64")                                      \
    X(GATEWAY_TEXT_DECODED, "gateway-text-decoded",                                                                    \
      "a body that can be base64 is decoded, whatever isBase64Encoded says")                                           \
    X(GATEWAY_DECODED_TWICE, "gateway-decoded-twice", "a body that is base64 in base64 is decoded twice")              \
    X(GATEWAY_ANSWER_AS_TEXT, "gateway-answer-as-text",                                                                \
      "decoded bytes pass through text: U+FFFD in place of what is not UTF-8")                                         \
    X(GATEWAY_GARBAGE_EMPTY, "gateway-garbage-empty",                                                                  \
      "a body that should be base64 and is not counts as an empty message")                                            \
    X(GATEWAY_UNFRAMED_EMPTY, "gateway-unframed-empty",                                                                \
      "a body that does not begin with a whole message counts as an empty one")                                        \
    X(GATEWAY_BODY_CUT, "gateway-body-cut", "the last byte of an answer's body is dropped")                            \
    X(GATEWAY_PREFIX_ADDED, "gateway-prefix-added", "a body without length prefix gets one")                           \
    X(GATEWAY_PREFIX_DOUBLED, "gateway-prefix-doubled", "every body gets a length prefix, whatever it begins with")    \
    X(GATEWAY_PREFIX_REWRITTEN, "gateway-prefix-rewritten",                                                            \
      "the first five bytes of every body become a prefix with the length of the rest")                                \
    X(GATEWAY_EMPTY_LOST, "gateway-empty-lost", "an answer of an empty message is passed on without it")               \
    X(GATEWAY_FIRST_MESSAGE_ONLY, "gateway-first-message-only",                                                        \
      "of several messages in one body the first is passed on")                                                        \
    X(GATEWAY_REST_DROPPED, "gateway-rest-dropped", "what stands behind the last whole message of a body is dropped")  \
    X(GATEWAY_MULTI_VALUE_LOST, "gateway-multi-value-lost", "multiValueHeaders of an answer are ignored")              \
    X(GATEWAY_BINARY_ENCODED, "gateway-binary-encoded", "a -bin header of an answer is encoded once more")             \
    X(GATEWAY_FIELD_SPLIT, "gateway-field-split", "a line end in a header of an answer begins another header")         \
    X(GATEWAY_STATUS_CODE_IGNORED, "gateway-status-code-ignored", "a statusCode other than 200 is ignored")            \
    X(GATEWAY_FUNCTION_ERROR_OK, "gateway-function-error-ok",                                                          \
      "a function that failed counts as OK with an empty message")                                                     \
    X(GATEWAY_FUNCTION_ERROR_UNSEEN, "gateway-function-error-unseen",                                                  \
      "what a function that failed gives as its error is read as its answer")                                          \
    X(GATEWAY_REFUSAL_OK, "gateway-refusal-ok", "an invocation that is refused counts as OK with an empty message")    \
    X(GATEWAY_MALFORMED_OK, "gateway-malformed-ok",                                                                    \
      "an answer that is not of the form counts as OK with an empty message")                                          \
    X(GATEWAY_SIZE_UNCHECKED, "gateway-size-unchecked", "an answer of more than 6 MB counts as any other")             \
    X(GATEWAY_TYPE_UNCHECKED, "gateway-type-unchecked",                                                                \
      "the content type of an answer is not looked at: it becomes application/grpc")                                   \
    X(GATEWAY_TYPE_MISSING_OK, "gateway-type-missing-ok",                                                              \
      "an answer without content type is labelled application/grpc")                                                   \
    X(GATEWAY_TYPE_REPLACED, "gateway-type-replaced", "answers are labelled application/octet-stream")                 \
    X(GATEWAY_TRAILERS_LOST, "gateway-trailers-lost",                                                                  \
      "grpc-status stays among the headers, and no trailers end the answer")                                           \
    X(GATEWAY_STATUS_TWICE, "gateway-status-twice", "grpc-status is a trailer, and stays among the headers too")       \
    X(GATEWAY_GRPC_STATUS_IGNORED, "gateway-grpc-status-ignored",                                                      \
      "the status that clients get is 0, whatever the function says")                                                  \
    X(GATEWAY_MISSING_STATUS_OK, "gateway-missing-status-ok", "an answer without grpc-status counts as OK")            \
    X(GATEWAY_MESSAGE_LOST, "gateway-message-lost", "grpc-message of the function is lost")                            \
    X(GATEWAY_MESSAGE_DECODED, "gateway-message-decoded", "the percent-encoding of grpc-message is taken off")         \
    X(GATEWAY_DETAILS_LOST, "gateway-details-lost", "grpc-status-details-bin of the function is lost")                 \
    X(GATEWAY_ERROR_AS_HTTP, "gateway-error-as-http", "the gateway's own errors are HTTP answers with a JSON body")    \
    X(GATEWAY_EVENT_COOKIES_LOST, "gateway-event-cookies-lost", "the cookies of the client are not in the event")      \
    X(GATEWAY_COOKIES_LOST, "gateway-cookies-lost", "the cookies of an answer are ignored")                            \
    X(GATEWAY_INVOCATION_RETRIED, "gateway-invocation-retried", "an invocation that failed is made a second time")

/* Of the modes whose backend knows nothing of gRPC: reverse-bridge, reverse-bridge-framed, reverse-transcoder, gateway.
 */
#define DEFECTS_REVERSE(X)                                                                                             \
    X(REVERSE_PREFIX_KEPT, "reverse-prefix-kept", "the backend gets the message with its length prefix")               \
    X(REVERSE_PREFIX_UNCHECKED, "reverse-prefix-unchecked",                                                            \
      "the first five bytes of a request are dropped, whatever they say")                                              \
    X(REVERSE_SPLIT_PREFIX_REFUSED, "reverse-split-prefix-refused",                                                    \
      "a request whose first DATA frame is shorter than a length prefix is refused")                                   \
    X(REVERSE_MESSAGES_JOINED, "reverse-messages-joined", "several messages of one request become one")                \
    X(REVERSE_COMPRESSED_PASSED, "reverse-compressed-passed", "a compressed message goes to the backend as it is")     \
    X(REVERSE_EMPTY_MESSAGE_REFUSED, "reverse-empty-message-refused", "a request message of length zero is refused")   \
    X(REVERSE_TYPE_KEPT, "reverse-type-kept", "the request keeps the content type of gRPC")                            \
    X(REVERSE_SENT_BY_PUT, "reverse-sent-by-put", "requests go to the backend by PUT")                                 \
    X(REVERSE_TE_PASSED, "reverse-te-passed", "te: trailers goes to a backend of HTTP/1.1")                            \
    X(REVERSE_FRAMES_WITHHELD, "reverse-frames-withheld",                                                              \
      "framed messages go to the backend without their length prefix")                                                 \
    X(REVERSE_ENCODING_LOST, "reverse-encoding-lost", "grpc-encoding does not go to the backend with framed messages") \
    X(REVERSE_ANSWER_UNPREFIXED, "reverse-answer-unprefixed", "the message of an answer has no length prefix")         \
    X(REVERSE_LARGE_ANSWER_EMPTY, "reverse-large-answer-empty",                                                        \
      "an answer of more than 64 KiB becomes an empty message")                                                        \
    X(REVERSE_CUT_BODY_OK, "reverse-cut-body-ok", "a body that is shorter than it promised counts as complete")        \
    X(REVERSE_EMPTY_ANSWER_LOST, "reverse-empty-answer-lost", "an answer without a body becomes OK without a message") \
    X(REVERSE_LENGTH_KEPT, "reverse-length-kept",                                                                      \
      "an answer keeps the content-length of the backend, which lacks the prefix")                                     \
    X(REVERSE_TYPE_INTERNAL, "reverse-type-internal", "an answer in text/html is INTERNAL, whatever its status")       \
    X(REVERSE_TYPE_UNCHECKED, "reverse-type-unchecked", "the content type of an answer is not looked at")              \
    X(REVERSE_STATUS_HEADER_IGNORED, "reverse-status-header-ignored",                                                  \
      "grpc-status among the headers of an answer is ignored")                                                         \
    X(REVERSE_TRAILERS_IGNORED, "reverse-trailers-ignored", "grpc-status in the trailers of an answer is ignored")     \
    X(REVERSE_TRAILERS_MISSING, "reverse-trailers-missing", "grpc-status is a header, and no trailers end the answer") \
    X(REVERSE_REDIRECT_FOLLOWED, "reverse-redirect-followed", "a redirect of the backend is followed")                 \
    X(REVERSE_ERROR_TEXT_WHOLE, "reverse-error-text-whole",                                                            \
      "the whole error body of the backend becomes grpc-message")                                                      \
    X(REVERSE_ERROR_TEXT_LOST, "reverse-error-text-lost", "of the backend's error body nothing reaches the client")    \
    X(REVERSE_PATH_UNENCODED, "reverse-path-unencoded", "variables stand in the path without percent-encoding")        \
    X(REVERSE_EMPTY_VARIABLE_SENT, "reverse-empty-variable-sent", "a variable of the path may be empty")               \
    X(REVERSE_PATTERN_UNCHECKED, "reverse-pattern-unchecked",                                                          \
      "a variable of several segments is sent whatever its form")                                                      \
    X(REVERSE_BOUND_IN_BODY, "reverse-bound-in-body", "fields of the path stand in the body, too")                     \
    X(REVERSE_BODY_WHOLE, "reverse-body-whole", "the body is the whole message where one field is asked for")          \
    X(REVERSE_QUERY_LOST, "reverse-query-lost", "fields that neither path nor body holds are lost")                    \
    X(REVERSE_QUERY_UNENCODED, "reverse-query-unencoded", "values stand in the query without percent-encoding")        \
    X(REVERSE_REPEATED_LOST, "reverse-repeated-lost", "of a repeated field the query has the first element")           \
    X(REVERSE_STREAM_AS_UNARY, "reverse-stream-as-unary", "methods that stream are called as if they did not")         \
    X(REVERSE_BAD_JSON_EMPTY, "reverse-bad-json-empty",                                                                \
      "an answer that is not the JSON of its message becomes an empty message")                                        \
    X(REVERSE_ENCODING_KEPT, "reverse-encoding-kept", "grpc-encoding goes to a service that gets bare messages")       \
    X(REVERSE_PREFIX_ADDED, "reverse-prefix-added", "a framed answer without length prefix gets one")                  \
    X(REVERSE_FIRST_CHUNK_ONLY, "reverse-first-chunk-only", "the message of an answer ends with its first chunk")      \
    X(REVERSE_ONLY_200, "reverse-only-200", "of the statuses of success only 200 is one")                              \
    X(REVERSE_COOKIES_APART, "reverse-cookies-apart",                                                                  \
      "cookies that came in several fields of HTTP/2 go on in several")                                                \
    X(REVERSE_JSON_PASSED, "reverse-json-passed", "the JSON of an answer stands in the message as it is")

/* Of the mode pass-through. */
#define DEFECTS_PASS(X)                                                                                                \
    X(PASS_METADATA_LOST, "pass-metadata-lost",                                                                        \
      "metadata of the client does not go to the backend, but for gRPC's own fields")                                  \
    X(PASS_ANSWER_METADATA_LOST, "pass-answer-metadata-lost",                                                          \
      "of the backend's initial metadata only gRPC's own fields go to the client")                                     \
    X(PASS_TRAILERS_LOST, "pass-trailers-lost",                                                                        \
      "of the backend's trailers only grpc-status and grpc-message go to the client")                                  \
    X(PASS_DETAILS_LOST, "pass-details-lost", "grpc-status-details-bin does not go to the client")                     \
    X(PASS_BINARY_TRAILERS_ENCODED, "pass-binary-trailers-encoded", "a -bin trailer is encoded once more")             \
    X(PASS_MESSAGE_DECODED, "pass-message-decoded", "the percent-encoding of grpc-message is taken off")               \
    X(PASS_MESSAGE_ENCODED, "pass-message-encoded", "grpc-message is percent-encoded once more")                       \
    X(PASS_LARGE_METADATA_REFUSED, "pass-large-metadata-refused", "metadata of more than 4 KiB is refused")            \
    X(PASS_LARGE_TRAILERS_OK, "pass-large-trailers-ok", "trailers of more than 8 KiB become grpc-status 0")            \
    X(PASS_TRAILERS_ONLY_SPLIT, "pass-trailers-only-split", "a Trailers-Only answer becomes headers and trailers")     \
    X(PASS_ERROR_AS_HTTP, "pass-error-as-http", "a Trailers-Only answer has the HTTP status of its code")              \
    X(PASS_OWN_ERROR_AS_HTTP, "pass-own-error-as-http", "the proxy's own errors are HTTP 500 with a text")             \
    X(PASS_SUBTYPE_LOST, "pass-subtype-lost", "every content type goes on as application/grpc")                        \
    X(PASS_CONNECT_GUESSED, "pass-connect-guessed",                                                                    \
      "a request that names a version of Connect goes on under another content type")                                  \
    X(PASS_ENCODING_LOST, "pass-encoding-lost", "grpc-encoding does not go along")                                     \
    X(PASS_COMPRESSED_FLAG_CLEARED, "pass-compressed-flag-cleared", "messages go on without their Compressed-Flag")    \
    X(PASS_TIMEOUT_LOST, "pass-timeout-lost", "grpc-timeout does not go to the backend")                               \
    X(PASS_UNKNOWN_SERVICE_REFUSED, "pass-unknown-service-refused",                                                    \
      "methods that the proxy does not know are refused")                                                              \
    X(PASS_HTTP_PATH_ROUTED, "pass-http-path-routed",                                                                  \
      "a call of a path that an HTTP rule binds goes to the rule's method")                                            \
    X(PASS_REQUEST_HELD, "pass-request-held", "a request goes on to the backend only when it is complete")             \
    X(PASS_FIRST_MESSAGE_ONLY, "pass-first-message-only", "of several messages of a request the first is sent")        \
    X(PASS_EMPTY_MESSAGE_LOST, "pass-empty-message-lost", "messages of length zero are dropped")                       \
    X(PASS_SHORT_FRAME_REFUSED, "pass-short-frame-refused",                                                            \
      "a DATA frame that is shorter than a prefix fails the call")                                                     \
    X(PASS_ANSWER_CUT, "pass-answer-cut", "what stands behind the first MiB of an answer is dropped")                  \
    X(PASS_HEAD_LATE, "pass-head-late", "initial metadata waits for the first message")                                \
    X(PASS_RESET_OK, "pass-reset-ok", "a call that breaks before its answer becomes OK with an empty message")         \
    X(PASS_FOREIGN_ANSWER_OK, "pass-foreign-answer-ok",                                                                \
      "an answer of the backend that is not gRPC becomes OK with an empty message")                                    \
    X(PASS_RETRIED, "pass-retried", "a call that the backend reset is made a second time")

/* Of the modes connect, twirp and twirp-backend, beside those of the transcoder that concern a gRPC answer. */
#define DEFECTS_RPC(X)                                                                                                 \
    X(RPC_ANSWER_PREFIXED, "rpc-answer-prefixed", "unary answers in protobuf have gRPC's length prefix")               \
    X(RPC_UNAUTHENTICATED_DENIED, "rpc-unauthenticated-denied", "UNAUTHENTICATED becomes permission_denied")           \
    X(RPC_UNAVAILABLE_INTERNAL, "rpc-unavailable-internal", "UNAVAILABLE of a gRPC backend becomes internal")          \
    X(RPC_DATA_LOSS_UNKNOWN, "rpc-data-loss-unknown", "DATA_LOSS becomes unknown")                                     \
    X(CONNECT_TYPE_UNCHECKED, "connect-type-unchecked", "a body of any content type is read as protobuf")              \
    X(CONNECT_COMPRESSED_PASSED, "connect-compressed-passed", "a compressed message is taken as if it were not")       \
    X(CONNECT_FIELDS_PASSED, "connect-fields-passed", "fields of Connect's own go to the backend")                     \
    X(CONNECT_TIMEOUT_LOST, "connect-timeout-lost", "the backend does not get the client's connect-timeout-ms")        \
    X(CONNECT_TIMEOUT_IGNORED, "connect-timeout-ignored", "connect-timeout-ms of the client ends nothing")             \
    X(CONNECT_TRAILERS_LOST, "connect-trailers-lost", "trailing metadata of a unary answer is lost")                   \
    X(CONNECT_TRAILERS_UNPREFIXED, "connect-trailers-unprefixed",                                                      \
      "trailing metadata of a unary answer lacks the prefix trailer-")                                                 \
    X(CONNECT_ERROR_200, "connect-error-200", "errors of unary calls have the HTTP status 200")                        \
    X(CONNECT_ERROR_TYPE_KEPT, "connect-error-type-kept", "errors of unary calls have the request's content type")     \
    X(CONNECT_CODE_NUMBER, "connect-code-number", "the code of an error is gRPC's number")                             \
    X(CONNECT_CODE_SPELLED, "connect-code-spelled", "codes of errors have gRPC's names: cancelled for canceled")       \
    X(CONNECT_DETAIL_URL, "connect-detail-url", "the type of a detail is its URL, not the name of its message")        \
    X(CONNECT_DETAILS_LOST, "connect-details-lost", "details of errors are lost")                                      \
    X(CONNECT_END_MISSING, "connect-end-missing", "streams end without the envelope that ends them")                   \
    X(CONNECT_END_METADATA_LOST, "connect-end-metadata-lost", "trailing metadata is not in the end of a stream")       \
    X(CONNECT_END_AS_MESSAGE, "connect-end-as-message", "the end of a stream lacks its flag")                          \
    X(CONNECT_STREAM_ERROR_AS_UNARY, "connect-stream-error-as-unary",                                                  \
      "a stream that fails before its first message is answered with an HTTP error")                                   \
    X(CONNECT_ENVELOPES_JOINED, "connect-envelopes-joined", "several envelopes of a request become one message")       \
    X(CONNECT_JSON_AS_PROTO, "connect-json-as-proto", "JSON requests are answered in protobuf, and say JSON")          \
    X(CONNECT_JSON_PASSED, "connect-json-passed", "JSON is not known: it goes to the backend as it is")                \
    X(CONNECT_GET_TAKEN, "connect-get-taken", "a GET is a call with an empty message")                                 \
    X(TWIRP_ROUTE_AS_NOT_FOUND, "twirp-route-as-not-found", "a path that is no method's is not_found")                 \
    X(TWIRP_GET_TAKEN, "twirp-get-taken", "a GET is a call")                                                           \
    X(TWIRP_TYPE_UNCHECKED, "twirp-type-unchecked", "a body of any content type is read as protobuf")                  \
    X(TWIRP_STATUS_OF_HTTP_RULES, "twirp-status-of-http-rules",                                                        \
      "errors have the HTTP status that transcoders give a code, not Twirp's")                                         \
    X(TWIRP_QUOTA_403, "twirp-quota-403", "resource_exhausted has HTTP 403, as in version 5")                          \
    X(TWIRP_CODE_SPELLED, "twirp-code-spelled", "codes of errors have gRPC's names: cancelled for canceled")           \
    X(TWIRP_ERROR_TYPE_KEPT, "twirp-error-type-kept", "errors have the content type of the request")                   \
    X(TWIRP_ERROR_MEMBERS, "twirp-error-members", "the text of an error is its member message, not msg")               \
    X(TWIRP_ANSWER_TYPE_WRONG, "twirp-answer-type-wrong", "every answer says application/protobuf")                    \
    X(TWIRP_BACKEND_PREFIX_MISSING, "twirp-backend-prefix-missing", "requests lack /twirp before their path")          \
    X(TWIRP_BACKEND_CODES_MISSING, "twirp-backend-codes-missing",                                                      \
      "not_found and failed_precondition of Twirp are UNKNOWN")                                                        \
    X(TWIRP_BACKEND_CODE_OF_STATUS, "twirp-backend-code-of-status",                                                    \
      "the HTTP status tells the code, whatever the error says")                                                       \
    X(TWIRP_BACKEND_CODES_UNKNOWN, "twirp-backend-codes-unknown",                                                      \
      "codes that gRPC does not have, or writes otherwise, are UNKNOWN")                                               \
    X(TWIRP_BACKEND_DATA_LOSS_UNKNOWN, "twirp-backend-data-loss-unknown",                                              \
      "data_loss, as Twirp's server in Go writes it, is UNKNOWN")                                                      \
    X(TWIRP_BACKEND_UNKNOWN_CODE_OK, "twirp-backend-unknown-code-ok",                                                  \
      "an error of an unknown code becomes an empty message")                                                          \
    X(TWIRP_BACKEND_TEXT_LOST, "twirp-backend-text-lost", "the text of an error does not reach the client")            \
    X(TWIRP_BACKEND_TEXT_WHOLE, "twirp-backend-text-whole", "the text of an error is its whole JSON")                  \
    X(TWIRP_BACKEND_ERROR_OK, "twirp-backend-error-ok", "an answer that is an error becomes an empty message")

#endif
