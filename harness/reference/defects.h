/* The faults that the reference transcoder can be told to have: `transcheck reference --defect NAME`.
 *
 * Each plants one realistic fault and leaves all else right. They prove that the cases can fail: every case must catch
 * at least one, every one must be caught. Names are permanent; cases refer to them. */
#ifndef TRANSCHECK_REFERENCE_DEFECTS_H
#define TRANSCHECK_REFERENCE_DEFECTS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/reference/defects_of_bridges.h"

#include "harness/reference/defects_call.h"
#include "harness/reference/defects_http.h"
#include "harness/reference/defects_relations.h"

/* X(IDENTIFIER, "name", "what it does"). Of the transcoder; some of connections and of deadlines are of every mode. */
#define DEFECTS_SHARED(X)                                                                                              \
    /* Routing */                                                                                                      \
    X(UNKNOWN_PATH_FORWARDED, "unknown-path-forwarded", "a path that nothing binds is sent to the backend as it is")   \
    X(WRONG_METHOD_ACCEPTED, "wrong-method-accepted", "a known path is served whatever the HTTP method")               \
    X(WRONG_METHOD_FORWARDED, "wrong-method-forwarded", "a known path under a wrong HTTP method goes to the backend")  \
    X(TRAILING_SLASH_ACCEPTED, "trailing-slash-accepted", "a slash at the end of the path is ignored")                 \
    X(DOUBLE_SLASH_MERGED, "double-slash-merged", "repeated slashes in the path count as one")                         \
    X(EXTRA_SEGMENT_ACCEPTED, "extra-segment-accepted", "path segments beyond the template are ignored")               \
    X(UNKNOWN_VERB_ACCEPTED, "unknown-verb-accepted", "a :verb that nothing binds is cut off and ignored")             \
    X(PATH_CASE_IGNORED, "path-case-ignored", "upper case in the path is lowered before routing")                      \
    X(SLASH_DECODED_BEFORE_ROUTING, "slash-decoded-before-routing", "%2F in the path is decoded before routing")       \
    X(PATH_DECODED_TWICE, "path-decoded-twice", "percent-encoding in the path is decoded twice")                       \
    X(PATH_NOT_DECODED, "path-not-decoded", "path variables keep their percent-encoding")                              \
    X(RESERVED_SLASH_DECODED, "reserved-slash-decoded", "%2F is decoded in multi-segment variables too")               \
    X(MULTI_SEGMENT_CUT, "multi-segment-cut", "a variable of several segments keeps the first one")                    \
    X(PLUS_IN_PATH_IS_SPACE, "plus-in-path-is-space", "a plus sign in a path variable becomes a space")                \
    X(BAD_PERCENT_ACCEPTED, "bad-percent-accepted", "a malformed percent triplet in the path goes to the backend")     \
    X(VERBS_UNKNOWN, "verbs-unknown", "a path with a :verb is not found")                                              \
    X(ADDITIONAL_BINDINGS_UNKNOWN, "additional-bindings-unknown", "additional bindings are not served")                \
    X(LITERAL_KEPT, "literal-kept", "a segment that is a literal of another template is taken for that alone")         \
    X(QUESTION_MARK_IN_PATH, "question-mark-in-path", "the question mark of an empty query is a part of the path")     \
    X(STAR_BEFORE_LITERAL, "star-before-literal",                                                                      \
      "of templates that match a path the one that was registered last is taken")                                      \
    X(DOUBLE_STAR_NEEDS_A_SEGMENT, "double-star-needs-a-segment", "a double star does not match without a segment")    \
    X(LITERALS_COMPARED_ENCODED, "literals-compared-encoded",                                                          \
      "a literal of a template is compared with the path as it is encoded")                                            \
    X(RESERVED_LITERALS_ENCODED, "reserved-literals-encoded", "a reserved character in the path matches no literal")   \
    X(COLON_DECODED_BEFORE_ROUTING, "colon-decoded-before-routing", "%3A in the path is decoded before routing")       \
    X(LAST_COLON_DROPPED, "last-colon-dropped", "a colon at the end of the path is dropped")                           \
    X(DOT_SEGMENTS_DROPPED, "dot-segments-dropped",                                                                    \
      "of a segment .. in the path nothing is left, and what it goes back over stays")                                 \
    X(PATH_CUT, "path-cut", "a path ends after 4096 bytes")                                                            \
    X(PATCH_UNKNOWN, "patch-unknown", "a rule for PATCH is not served")                                                \
    X(ANY_METHOD_UNKNOWN, "any-method-unknown", "a rule for any HTTP method is not served")                            \
    /* Building the request message */                                                                                 \
    X(PATH_VARIABLE_LOST, "path-variable-lost", "path variables do not reach the message")                             \
    X(TYPED_VARIABLE_LOST, "typed-variable-lost",                                                                      \
      "path variables of other types than string do not reach the message")                                            \
    X(NESTED_VARIABLE_LOST, "nested-variable-lost", "path variables inside a field do not reach the message")          \
    X(PATH_DEFAULT_LOST, "path-default-lost",                                                                          \
      "a path variable with the value 0 does not set a field that has presence")                                       \
    X(PATH_LARGE_NUMBERS_REFUSED, "path-large-numbers-refused",                                                        \
      "numbers beyond 31 bits in path variables are refused")                                                          \
    X(PATH_INTEGER_THROUGH_DOUBLE, "path-integer-through-double",                                                      \
      "integers in path variables are rounded to a double")                                                            \
    X(PATH_EXPONENT_REFUSED, "path-exponent-refused", "a number with an exponent in a path variable is refused")       \
    X(PATH_NAN_REFUSED, "path-nan-refused", "NaN and Infinity in path variables are refused")                          \
    X(PATH_ENUM_NUMBER_REFUSED, "path-enum-number-refused", "an enum by its number in a path variable is refused")     \
    X(PATH_BASE64URL_REFUSED, "path-base64url-refused", "bytes in path variables in the alphabet of URLs are refused") \
    X(PATH_CUT_AT_NUL, "path-cut-at-nul", "a path variable ends at its first NUL")                                     \
    X(QUERY_SETS_ONEOF_OF_PATH, "query-sets-oneof-of-path",                                                            \
      "another member of the oneof that the path binds is taken from the query")                                       \
    X(ORIGINAL_PATH_DECODED, "original-path-decoded", "the backend gets x-envoy-original-path, decoded")               \
    X(BODY_IGNORED, "body-ignored", "the request body does not reach the message")                                     \
    X(QUERY_IGNORED, "query-ignored", "query parameters do not reach the message")                                     \
    X(REPEATED_QUERY_LAST_ONLY, "repeated-query-last-only", "of a repeated query parameter only the last is kept")     \
    X(NESTED_QUERY_IGNORED, "nested-query-ignored", "query parameters of nested fields are dropped")                   \
    X(QUERY_BESIDE_VARIABLE_IGNORED, "query-beside-variable-ignored",                                                  \
      "query parameters are dropped where the path binds a variable")                                                  \
    X(QUERY_BESIDE_BODY_IGNORED, "query-beside-body-ignored", "query parameters are dropped where there is a body")    \
    X(QUERY_OF_POST_IGNORED, "query-of-post-ignored", "query parameters of a POST are dropped")                        \
    X(QUERY_SNAKE_CASE_IGNORED, "query-snake-case-ignored",                                                            \
      "query parameters with an underscore in their names are dropped")                                                \
    X(QUERY_CAMEL_CASE_IGNORED, "query-camel-case-ignored",                                                            \
      "query parameters with upper case in their names are dropped")                                                   \
    X(QUERY_ENUM_NUMBER_IGNORED, "query-enum-number-ignored",                                                          \
      "query parameters that give an enum by its number are dropped")                                                  \
    X(QUERY_NOT_DECODED, "query-not-decoded", "query parameters keep their percent-encoding")                          \
    X(QUERY_KEY_NOT_DECODED, "query-key-not-decoded", "names of query parameters keep their percent-encoding")         \
    X(QUERY_OWN_JSON_NAME_IGNORED, "query-own-json-name-ignored",                                                      \
      "query parameters with a json_name that the proto file sets itself are dropped")                                 \
    X(QUERY_FIRST_WINS, "query-first-wins", "of a singular field given twice in the query the first value counts")     \
    X(QUERY_ONEOF_FIRST_WINS, "query-oneof-first-wins", "of two members of a oneof in the query the first counts")     \
    X(QUERY_COMMAS_SPLIT, "query-commas-split", "a comma in a query parameter of a list separates its elements")       \
    X(QUERY_BRACKETS_ACCEPTED, "query-brackets-accepted", "brackets behind the name of a query parameter are cut off") \
    X(QUERY_MAPS_ACCEPTED, "query-maps-accepted", "a query parameter field[key]=value sets an entry of a map")         \
    X(QUERY_MAPS_BY_POINT, "query-maps-by-point", "a query parameter field.key=value sets an entry of a map")          \
    X(QUERY_JSON_ACCEPTED, "query-json-accepted", "a Struct, Value or ListValue is taken as JSON in the query")        \
    X(QUERY_BESIDE_BODY_BOUND, "query-beside-body-bound", "query parameters set fields that the body has")             \
    X(QUERY_PLUS_IS_SPACE, "query-plus-is-space", "a plus sign in the query becomes a space")                          \
    X(QUERY_ENCODED_PLUS_IS_SPACE, "query-encoded-plus-is-space", "%2B in the query becomes a space")                  \
    X(QUERY_DECODED_BEFORE_SPLIT, "query-decoded-before-split", "%26 in the query separates parameters")               \
    X(QUERY_SEMICOLON_SEPARATES, "query-semicolon-separates", "a semicolon separates query parameters")                \
    X(QUERY_CUT_AT_EQUALS, "query-cut-at-equals", "the value of a query parameter ends at an equals sign")             \
    X(QUERY_QUOTES_STRIPPED, "query-quotes-stripped", "quotes around the value of a query parameter are taken off")    \
    X(QUERY_BLANKS_TRIMMED, "query-blanks-trimmed",                                                                    \
      "a blank at the beginning of a query parameter's value is dropped")                                              \
    X(QUERY_NULL_IGNORED, "query-null-ignored", "a query parameter whose value is null is dropped")                    \
    X(QUERY_BAD_PERCENT_CUT, "query-bad-percent-cut",                                                                  \
      "the value of a query parameter ends at a malformed percent triplet")                                            \
    X(QUERY_FLAG_IS_TRUE, "query-flag-is-true", "a query parameter without an equals sign is one whose value is true") \
    X(QUERY_EMPTY_IGNORED, "query-empty-ignored", "query parameters with an empty value are dropped")                  \
    X(QUERY_EMPTY_IS_ZERO, "query-empty-is-zero",                                                                      \
      "the empty value of a query parameter that is no text becomes 0 or false")                                       \
    X(QUERY_BASE64URL_IGNORED, "query-base64url-ignored", "bytes in the query in the alphabet of URLs are dropped")    \
    X(QUERY_TIMES_IGNORED, "query-times-ignored",                                                                      \
      "query parameters that give a Timestamp or a Duration as one text are dropped")                                  \
    X(QUERY_WRAPPERS_IGNORED, "query-wrappers-ignored",                                                                \
      "query parameters that give a wrapper as its value are dropped")                                                 \
    X(QUERY_MASK_FIRST_PATH_ONLY, "query-mask-first-path-only",                                                        \
      "of a FieldMask in the query only the first path is kept")                                                       \
    X(QUERY_LIMITED, "query-limited", "query parameters behind the thousandth are dropped")                            \
    X(QUERY_DEEP_IGNORED, "query-deep-ignored", "query parameters of more than eight names are dropped")               \
    X(URL_GO_NUMBERS_ACCEPTED, "url-go-numbers-accepted",                                                              \
      "numbers in path and query may be in the forms of Go: 0x10, 1_000")                                              \
    X(URL_GO_BOOLS_ACCEPTED, "url-go-bools-accepted",                                                                  \
      "booleans in path and query may be in the forms of Go: 1, t, TRUE")                                              \
    X(URL_GO_DURATIONS_ACCEPTED, "url-go-durations-accepted",                                                          \
      "Durations in path and query may be in the forms of Go: 1h30m")                                                  \
    X(QUERY_MESSAGE_REPLACED, "query-message-replaced",                                                                \
      "of query parameters inside one message only the last is kept")                                                  \
    X(QUERY_MESSAGES_BOUND, "query-messages-bound",                                                                    \
      "a query parameter of a field of repeated messages adds a message")                                              \
    X(UNKNOWN_QUERY_ACCEPTED, "unknown-query-accepted", "query parameters that name no field are ignored")             \
    X(BODY_WINS_OVER_PATH, "body-wins-over-path", "a path-bound field is overwritten by the body")                     \
    X(QUERY_WINS_OVER_PATH, "query-wins-over-path", "a path-bound field is overwritten by the query")                  \
    X(BODY_ALWAYS_READ, "body-always-read", "a body is read where the rule has none, too")                             \
    X(BODY_WINS_BY_JSON_NAME, "body-wins-by-json-name",                                                                \
      "a path-bound field is overwritten by the body where that names it in lowerCamelCase")                           \
    X(BODY_OF_PATH_FIELD_REFUSED, "body-of-path-field-refused", "a body that names a field of the path is refused")    \
    X(BODY_NULL_UNBINDS_PATH, "body-null-unbinds-path", "null in the body takes away what the path binds")             \
    X(BODY_FIELD_MESSAGES_ONLY, "body-field-messages-only", "a body whose field is no message does not reach it")      \
    X(BODY_EMPTY_OBJECT_DROPPED, "body-empty-object-dropped", "a body {} is taken for none")                           \
    X(BODY_OF_NESTED_VARIABLE_LOST, "body-of-nested-variable-lost",                                                    \
      "a body does not reach its field where the path binds a part of that")                                           \
    X(UPDATE_MASK_IGNORED, "update-mask-ignored", "the query parameter update_mask is dropped")                        \
    X(FORM_BODY_EMPTY, "form-body-empty", "a body of another type than JSON is taken for an empty message")            \
    X(TOO_LARGE_INTERNAL, "too-large-internal", "a request body that is too large gives 500")                          \
    X(LARGE_BODY_EMPTY, "large-body-empty", "of a request body of 64 KiB and more nothing reaches the message")        \
    X(FIELD_BODY_IGNORED, "field-body-ignored",                                                                        \
      "the request body does not reach the message where a field is the body")                                         \
    X(STAR_BODY_IGNORED, "star-body-ignored", "the request body does not reach the message under body: *")             \
    X(CHUNKED_BODY_IGNORED, "chunked-body-ignored",                                                                    \
      "a request body without content-length does not reach the message")                                              \
    X(BODY_PIECES_LOST, "body-pieces-lost", "of a request body only what is read first is kept")                       \
    X(NON_ASCII_BODY_REPLACED, "non-ascii-body-replaced",                                                              \
      "bytes beyond ASCII in a body that is not JSON become question marks")                                           \
    X(UPLOAD_TYPE_LOST, "upload-type-lost", "the content type of an upload does not reach the HttpBody")               \
    X(MALFORMED_JSON_ACCEPTED, "malformed-json-accepted", "a body that is not JSON is taken as an empty message")      \
    X(TRUNCATED_JSON_ACCEPTED, "truncated-json-accepted", "a body cut off in the middle is completed and accepted")    \
    X(JSON_TRAILING_GARBAGE_ACCEPTED, "json-trailing-garbage-accepted", "bytes behind the JSON value are ignored")     \
    X(UNKNOWN_JSON_FIELD_ACCEPTED, "unknown-json-field-accepted", "body members that name no field are ignored")       \
    X(BAD_VALUE_ACCEPTED, "bad-value-accepted", "a value that its type does not take is dropped, the rest sent")       \
    X(EMPTY_BODY_REFUSED, "empty-body-refused", "an empty body is refused where a body is bound")                      \
    X(CONTENT_TYPE_UNCHECKED, "content-type-unchecked", "a body of any content type is read as JSON")                  \
    X(CONTENT_TYPE_REQUIRED_WITH_QUERY, "content-type-required-with-query",                                            \
      "a query without a content type gives 415")                                                                      \
    X(TWO_CONTENT_TYPES_EMPTY, "two-content-types-empty",                                                              \
      "a body with two content types is taken for an empty message")                                                   \
    X(CONTENT_TYPE_PARAMETERS_REFUSED, "content-type-parameters-refused", "application/json; charset=utf-8 gives 415") \
    X(CONTENT_TYPE_CASE_SENSITIVE, "content-type-case-sensitive", "Application/JSON gives 415")                        \
    X(RAW_BODY_FORWARDED, "raw-body-forwarded", "the JSON text itself is sent to the backend as the message")          \
    X(REQUEST_PREFIX_MISSING, "request-prefix-missing", "the request message is sent without its length prefix")       \
    X(REQUEST_CONTENT_TYPE_JSON, "request-content-type-json", "the backend gets the client's content type")            \
    X(TE_MISSING, "te-missing", "the request to the backend lacks te: trailers")                                       \
    X(REQUEST_HEADERS_LOST, "request-headers-lost", "ordinary request headers do not reach the backend")               \
    X(HALF_CLOSE_MISSING, "half-close-missing", "the backend's side of a request with a body is not half-closed")      \
    X(CALL_RETRIED, "call-retried", "a call that failed is sent to the backend a second time")                         \
    X(CALL_DUPLICATED, "call-duplicated", "every call is sent to the backend twice")                                   \
    X(CALL_REPEATED_LATE, "call-repeated-late", "every call is sent to the backend again once it has been answered")   \
    X(CALL_ADDED, "call-added", "before each request a DeleteReservation is sent, without the headers of the client")  \
    X(WRONG_RPC_CALLED, "wrong-rpc-called", "a call by another HTTP method than GET goes to the next method")          \
    /* The form of the request to the backend */                                                                       \
    X(REQUEST_METHOD_GET, "request-method-get", "the request to the backend has :method GET")                          \
    X(REQUEST_SCHEME_WRONG, "request-scheme-wrong", "the request to the backend has :scheme grpc")                     \
    X(REQUEST_SCHEME_MISSING, "request-scheme-missing", "the request to the backend has no :scheme")                   \
    X(REQUEST_PATH_RELATIVE, "request-path-relative",                                                                  \
      "a call by another HTTP method than GET has a :path without slash")                                              \
    X(REQUEST_PATH_DOUBLED, "request-path-doubled", "the request to the backend has :path twice")                      \
    X(REQUEST_PSEUDO_UNKNOWN, "request-pseudo-unknown",                                                                \
      "the request to the backend has a pseudo-header field :protocol")                                                \
    X(REQUEST_PSEUDO_LATE, "request-pseudo-late", "the :authority at the backend stands behind other fields")          \
    X(REQUEST_AUTHORITY_EMPTY, "request-authority-empty", "the :authority at the backend is empty")                    \
    X(REQUEST_HOST_FOREIGN, "request-host-foreign", "the backend gets a host field that contradicts :authority")       \
    X(REQUEST_NAME_UPPER_CASE, "request-name-upper-case", "the backend gets a field name with upper case")             \
    X(REQUEST_VALUE_PADDED, "request-value-padded", "the backend gets a field value with a blank at its end")          \
    X(REQUEST_CONNECTION_SENT, "request-connection-sent", "the backend gets connection: keep-alive")                   \
    X(TE_WRONG, "te-wrong", "the backend gets te: trailers, deflate")                                                  \
    X(REQUEST_CONTENT_TYPE_TWICE, "request-content-type-twice", "the backend gets its content-type twice")             \
    X(REQUEST_CONTENT_TYPE_WEB, "request-content-type-web", "the backend gets the content-type of gRPC-Web")           \
    X(REQUEST_TIMEOUT_MALFORMED, "request-timeout-malformed",                                                          \
      "the backend gets a grpc-timeout in a unit that does not exist")                                                 \
    X(REQUEST_STATUS_SENT, "request-status-sent", "the backend gets a grpc-status")                                    \
    X(REQUEST_BINARY_RAW, "request-binary-raw", "the backend gets JSON in a field whose name ends in -bin")            \
    X(COMPRESSED_FLAG_SET, "compressed-flag-set", "the request message is marked as compressed, and is not")           \
    X(REQUEST_LENGTH_WRONG, "request-length-wrong", "the length prefix of the request message is one too large")       \
    X(REQUEST_LENGTH_OF_A_BYTE, "request-length-of-a-byte", "the length prefix of the request message has 8 bits")     \
    X(REQUEST_LENGTH_CUT, "request-length-cut", "the length prefix of the request message has 16 bits")                \
    X(REQUEST_MESSAGE_TWICE, "request-message-twice", "the request message is sent twice in one call")                 \
    X(REQUEST_MESSAGE_MISSING, "request-message-missing", "an empty request message is not sent at all")               \
    X(REQUEST_TRAILERS_SENT, "request-trailers-sent", "trailers follow the request message")                           \
    /* What of the client's request goes along */                                                                      \
    X(CLIENT_LENGTH_FORWARDED, "client-length-forwarded", "the client's content-length goes to the backend")           \
    X(CLIENT_CONNECTION_FORWARDED, "client-connection-forwarded",                                                      \
      "the client's connection header goes to the backend")                                                            \
    X(CLIENT_KEEP_ALIVE_FORWARDED, "client-keep-alive-forwarded",                                                      \
      "the client's keep-alive header goes to the backend")                                                            \
    X(CLIENT_PROXY_CONNECTION_FORWARDED, "client-proxy-connection-forwarded",                                          \
      "the client's proxy-connection header goes to the backend")                                                      \
    X(CLIENT_TRANSFER_ENCODING_FORWARDED, "client-transfer-encoding-forwarded",                                        \
      "the client's transfer-encoding goes to the backend")                                                            \
    X(CLIENT_UPGRADE_FORWARDED, "client-upgrade-forwarded", "the client's upgrade header goes to the backend")         \
    X(CLIENT_TE_FORWARDED, "client-te-forwarded", "the client's te header goes to the backend")                        \
    X(CLIENT_CONTENT_TYPE_FORWARDED, "client-content-type-forwarded",                                                  \
      "the client's content-type goes to the backend beside gRPC's")                                                   \
    X(CLIENT_GRPC_ENCODING_FORWARDED, "client-grpc-encoding-forwarded",                                                \
      "grpc-encoding of the client goes to the backend")                                                               \
    X(CLIENT_STATUS_FORWARDED, "client-status-forwarded", "the client's grpc-status goes to the backend")              \
    X(CLIENT_TIMEOUT_UNCHECKED, "client-timeout-unchecked",                                                            \
      "the client's grpc-timeout goes to the backend once more, as it came")                                           \
    X(CONNECTION_NAMED_FORWARDED, "connection-named-forwarded",                                                        \
      "headers that the client's connection header names go to the backend")                                           \
    X(AUTHORIZATION_TWICE, "authorization-twice", "the backend gets the authorization header twice")                   \
    X(REQUEST_HEADERS_TWICE, "request-headers-twice", "every header of the client goes to the backend twice")          \
    X(REPEATED_HEADER_LAST_ONLY, "repeated-header-last-only",                                                          \
      "of a repeated header only the last goes to the backend")                                                        \
    X(HEADER_ORDER_REVERSED, "header-order-reversed", "the headers of the client go to the backend in reverse order")  \
    X(HEADER_VALUES_LOWERED, "header-values-lowered", "the values of the client's headers are put in lower case")      \
    X(HEADER_VALUES_CUT, "header-values-cut", "the values of the client's headers end at their first semicolon")       \
    X(BINARY_VALUES_UNCHECKED, "binary-values-unchecked",                                                              \
      "a header whose name ends in -bin goes to the backend whatever its value is")                                    \
    X(BINARY_HEADERS_LOST, "binary-headers-lost", "headers whose names end in -bin do not reach the backend")          \
    X(PADDED_BINARY_REFUSED, "padded-binary-refused", "base64 with padding under a name that ends in -bin gives 400")  \
    X(BINARY_HEADERS_DECODED, "binary-headers-decoded", "headers whose names end in -bin reach the backend decoded")   \
    /* The form of the response, and what of the backend's headers goes along */                                       \
    X(RESPONSE_CONTENT_TYPE_TWICE, "response-content-type-twice", "responses have their content-type twice")           \
    X(RESPONSE_DATE_TWICE, "response-date-twice", "responses have their date twice")                                   \
    X(RESPONSE_LENGTH_TWICE, "response-length-twice", "responses have a content-length of 0 besides")                  \
    X(RESPONSE_ENCODING_FALSE, "response-encoding-false", "responses say content-encoding: gzip, and are not")         \
    X(RESPONSE_LABELLED_HTML, "response-labelled-html", "JSON is labelled text/html")                                  \
    X(RESPONSE_KEEP_ALIVE_SENT, "response-keep-alive-sent", "HTTP/2 responses have a keep-alive header")               \
    X(RESPONSE_NAME_UPPER_CASE, "response-name-upper-case", "HTTP/2 responses have a header name with upper case")     \
    X(ALLOW_MISSING, "allow-missing", "a 405 has no allow header")                                                     \
    X(CHALLENGE_MISSING, "challenge-missing", "a 401 has no www-authenticate header")                                  \
    X(CHALLENGE_FROM_MESSAGE, "challenge-from-message", "the challenge of a 401 is what grpc-message says")            \
    X(BACKEND_LENGTH_FORWARDED, "backend-length-forwarded", "the backend's content-length goes to the client")         \
    X(BACKEND_CONNECTION_FORWARDED, "backend-connection-forwarded",                                                    \
      "the backend's connection, keep-alive and their like go to the client")                                          \
    X(RESPONSE_VALUE_UNCHECKED, "response-value-unchecked",                                                            \
      "a header value of the backend goes to the client with its line breaks")                                         \
    X(RESPONSE_METADATA_TWICE, "response-metadata-twice", "every header of the backend goes to the client twice")      \
    X(REPEATED_METADATA_LAST_ONLY, "repeated-metadata-last-only",                                                      \
      "of a repeated header of the backend only the last goes to the client")                                          \
    X(METADATA_ORDER_REVERSED, "metadata-order-reversed",                                                              \
      "the headers of the backend go to the client in reverse order")                                                  \
    X(METADATA_VALUES_LOWERED, "metadata-values-lowered", "the values of the backend's headers are put in lower case") \
    X(METADATA_VALUES_CUT, "metadata-values-cut", "the values of the backend's headers end at their first semicolon")  \
    X(SET_COOKIE_MERGED, "set-cookie-merged", "several set-cookie headers of the backend become one line")             \
    /* Status and errors */                                                                                            \
    X(STATUS_ALWAYS_200, "status-always-200", "every answer has HTTP status 200")                                      \
    X(STATUS_ALWAYS_500, "status-always-500", "every gRPC error becomes HTTP 500")                                     \
    X(NOT_FOUND_MAPPED_TO_500, "not-found-mapped-to-500", "grpc-status 5 becomes HTTP 500")                            \
    X(STATUS_ALWAYS_502, "status-always-502", "every gRPC error becomes HTTP 502")                                     \
    X(ERROR_SHOWN_AS_EMPTY, "error-shown-as-empty", "a unary error becomes 200 with {}")                               \
    X(ERROR_IN_HEADER_ONLY, "error-in-header-only", "a unary error becomes 200 with {} and grpc-status in a header")   \
    X(ERROR_BODY_LOST, "error-body-lost", "error answers have an empty body")                                          \
    X(ERROR_CODE_IS_HTTP, "error-code-is-http", "the error body's code is the HTTP status")                            \
    X(ERROR_CONTENT_TYPE_LOST, "error-content-type-lost", "error answers carry no content type")                       \
    X(ERROR_AS_HTML, "error-as-html", "error answers are text/html with grpc-message as it came")                      \
    X(ERROR_DETAILS_LOST, "error-details-lost", "grpc-status-details-bin is dropped")                                  \
    X(PADDED_DETAILS_LOST, "padded-details-lost", "details in base64 with padding are dropped")                        \
    X(UNREADABLE_DETAILS_FATAL, "unreadable-details-fatal",                                                            \
      "an error with details that cannot be read or shown has no body")                                                \
    X(ERROR_AS_EMPTY_FILE, "error-as-empty-file",                                                                      \
      "an error of a method that returns an HttpBody becomes an empty file")                                           \
    X(ERROR_BODY_IS_MESSAGE, "error-body-is-message", "a unary error behind a message has that message as its body")   \
    X(ERROR_THROUGH_RESPONSE_BODY, "error-through-response-body",                                                      \
      "an error of a method with a response_body is null: that field of the error's body")                             \
    X(MESSAGE_NOT_DECODED, "message-not-decoded", "grpc-message keeps its percent-encoding")                           \
    X(MESSAGE_LOST, "message-lost", "grpc-message does not reach the error body")                                      \
    X(MESSAGE_CUT, "message-cut", "grpc-message ends after 1024 bytes")                                                \
    X(ERROR_WITHOUT_MESSAGE_OK, "error-without-message-ok", "an error without grpc-message counts as OK")              \
    X(MESSAGE_INJECTED_AS_HEADER, "message-injected-as-header",                                                        \
      "grpc-message goes decoded, CR LF and all, in a header")                                                         \
    X(MESSAGE_NOT_ESCAPED, "message-not-escaped", "grpc-message enters the JSON error body unescaped")                 \
    X(UNKNOWN_STATUS_OK, "unknown-status-ok", "a grpc-status above 16 counts as OK")                                   \
    X(NON_NUMERIC_STATUS_OK, "non-numeric-status-ok", "a grpc-status that is no number counts as OK")                  \
    X(MISSING_TRAILERS_OK, "missing-trailers-ok", "a response without trailers counts as OK")                          \
    X(MISSING_STATUS_OK, "missing-status-ok", "trailers without grpc-status count as OK")                              \
    X(INITIAL_STATUS_TRUSTED, "initial-status-trusted",                                                                \
      "grpc-status among the initial headers is taken for the end's")                                                  \
    X(INITIAL_STATUS_WINS, "initial-status-wins",                                                                      \
      "grpc-status 0 among the initial headers counts for more than the trailers")                                     \
    X(EMPTY_END_UNSEEN, "empty-end-unseen", "an empty DATA frame that ends the stream is not seen as its end")         \
    X(LARGE_TRAILERS_DROPPED, "large-trailers-dropped", "a grpc-message of more than 8 KiB costs the whole error")     \
    X(FIRST_STATUS_COUNTS, "first-status-counts", "of several grpc-status the first counts")                           \
    X(CUSTOM_TRAILERS_REFUSED, "custom-trailers-refused", "trailers of other names than grpc- fail the call")          \
    X(INFORMATIONAL_IS_ANSWER, "informational-is-answer", "an informational response counts as the answer")            \
    X(TRAILERS_ONLY_ERROR_IGNORED, "trailers-only-error-ignored", "an error in a Trailers-Only answer counts as OK")   \
    X(TRAILERS_ONLY_OK_EMPTY_ACCEPTED, "trailers-only-ok-empty-accepted", "OK without a message becomes 200 with {}")  \
    X(STATUS_AFTER_MESSAGE_IGNORED, "status-after-message-ignored", "a unary error after a message counts as OK")      \
    X(HTTP_STATUS_IGNORED, "http-status-ignored", "an HTTP error of the backend becomes 200")                          \
    X(HTTP_STATUS_WINS, "http-status-wins", "the HTTP status of the backend counts for more than grpc-status")         \
    X(HTTP_STATUS_UNMAPPED, "http-status-unmapped", "every HTTP error of the backend becomes UNKNOWN")                 \
    X(HTTP_STATUS_UNAVAILABLE, "http-status-unavailable", "every HTTP error of the backend becomes UNAVAILABLE")       \
    X(HTTP_STATUS_PASSED, "http-status-passed", "an HTTP error of the backend keeps its HTTP status")                  \
    X(BACKEND_HTML_PASSED_THROUGH, "backend-html-passed-through", "an answer of another content type is passed on")    \
    X(BACKEND_JSON_PASSED_THROUGH, "backend-json-passed-through", "an application/json answer is passed on as it is")  \
    X(BACKEND_SUBTYPE_REFUSED, "backend-subtype-refused", "application/grpc+proto is refused")                         \
    X(RESPONSE_CONTENT_TYPE_WRONG, "response-content-type-wrong", "JSON is labelled with the backend's content type")  \
    X(RESPONSE_CONTENT_TYPE_MISSING, "response-content-type-missing", "JSON answers carry no content type")            \
    X(RESPONSE_METADATA_LOST, "response-metadata-lost", "the backend's headers do not reach the client")               \
    X(LARGE_MESSAGE_EMPTY, "large-message-empty", "a unary JSON answer of more than 16 KiB becomes {}")                \
    X(INT64_AS_NUMBER, "int64-as-number", "64-bit integers of a JSON answer are numbers and not strings")              \
    X(JSON_NAMES_ORIGINAL, "json-names-original", "JSON answers have the names of the proto file: snake_case")         \
    X(NON_ASCII_REPLACED, "non-ascii-replaced", "bytes beyond ASCII in a unary JSON answer become question marks")     \
    X(ANSWER_NAN_BARE, "answer-nan-bare", "NaN and Infinity of an answer stand without quotes")                        \
    X(ANSWER_DOUBLES_SHORT, "answer-doubles-short", "floating-point numbers of an answer have six digits")             \
    X(ANSWER_NEGATIVE_ZERO_LOST, "answer-negative-zero-lost", "-0 of an answer loses its sign")                        \
    X(ANSWER_ENUM_NUMBER_QUOTED, "answer-enum-number-quoted",                                                          \
      "the number of an enum of an answer without a name stands in quotes")                                            \
    X(ANSWER_ALIAS_OTHER, "answer-alias-other", "of two names of an enum value an answer has the second")              \
    X(ANSWER_EXTENSIONS_BARE, "answer-extensions-bare", "extensions in an answer have their names without brackets")   \
    X(ANSWER_GROUPS_CAPITAL, "answer-groups-capital", "groups in an answer have the names of their types")             \
    X(ANSWER_EMPTY_LIST_AS_OBJECT, "answer-empty-list-as-object",                                                      \
      "an empty packed list of an answer is printed as an object")                                                     \
    X(ANSWER_DEFAULTS_PRINTED, "answer-defaults-printed", "a number of an answer that is not set is printed as 0")     \
    X(ANSWER_DEEP_LOST, "answer-deep-lost", "an answer nested more than 32 deep becomes {}")                           \
    X(ANSWER_UNKNOWN_FIELD_REFUSED, "answer-unknown-field-refused",                                                    \
      "an answer with a field that the schema does not have is refused")                                               \
    X(ANSWER_OTHER_PACKING_LOST, "answer-other-packing-lost",                                                          \
      "lists of numbers of an answer in another encoding than declared are dropped")                                   \
    X(ANSWER_LABELLED_AS_ACCEPTED, "answer-labelled-as-accepted", "answers are labelled with what the client accepts") \
    X(RESPONSE_BODY_OF_FIRST, "response-body-of-first",                                                                \
      "all bindings of a method have the response_body of the first")                                                  \
    X(HTTP_BODY_WITHOUT_TYPE_EMPTY, "http-body-without-type-empty",                                                    \
      "an HttpBody without a content type is an empty answer")                                                         \
    X(HTTP_BODY_EXTENSIONS_REFUSED, "http-body-extensions-refused", "an HttpBody with extensions is refused")          \
    X(HTTP_BODY_TYPE_UNCHECKED, "http-body-type-unchecked",                                                            \
      "the content type of an HttpBody goes to the client with its line breaks")                                       \
    X(RANGE_CUTS_FILE, "range-cuts-file", "a range header cuts an HttpBody off, and the status is 200")                \
    X(MAPS_LOST, "maps-lost", "maps of a response are left out")                                                       \
    X(RESPONSE_BODY_IGNORED, "response-body-ignored", "a response_body is ignored: the whole message is the answer")   \
    X(UNSET_VALUE_AS_NULL, "unset-value-as-null", "a google.protobuf.Value that is not set is printed as null")        \
    X(HTTP_BODY_TRUNCATED, "http-body-truncated", "a unary HttpBody answer ends after 16384 bytes")                    \
    X(FULL_FRAME_LOST, "full-frame-lost", "a unary HttpBody that fills frames of 16384 bytes lacks the last of them")  \
    X(HTTP_BODY_TYPE_LOST, "http-body-type-lost", "HttpBody answers are labelled application/json")                    \
    /* Framing */                                                                                                      \
    X(LENGTH_PREFIX_UNCHECKED, "length-prefix-unchecked", "the first five bytes are dropped, whatever they say")       \
    X(RAW_BODY_ACCEPTED, "raw-body-accepted", "a body without length prefix is taken as the message")                  \
    X(BASE64_BODY_PASSED, "base64-body-passed", "a body that does not parse is passed on in base64")                   \
    X(SIZE_LIMIT_MISSING, "size-limit-missing", "messages over 4 MiB are accepted")                                    \
    X(DECLARED_LENGTH_WAITED_FOR, "declared-length-waited-for",                                                        \
      "an oversized length is waited for until the deadline")                                                          \
    X(TRAILING_BYTES_IGNORED, "trailing-bytes-ignored", "bytes behind the last message are ignored")                   \
    X(SECOND_MESSAGE_IGNORED, "second-message-ignored", "the second message of a unary answer is ignored")             \
    X(TRUNCATED_MESSAGE_ACCEPTED, "truncated-message-accepted", "a message cut off before its length is dropped")      \
    X(ZERO_LENGTH_REFUSED, "zero-length-refused", "a message of length zero is refused")                               \
    X(SPLIT_MESSAGE_REFUSED, "split-message-refused", "a message that spans DATA frames is refused")                   \
    X(EMPTY_FRAME_ENDS_ANSWER, "empty-frame-ends-answer", "an empty DATA frame ends the answer as if complete")        \
    X(CUT_ANSWER_OK, "cut-answer-ok", "an answer that ends inside a message, without trailers, counts as complete")    \
    X(SECOND_IN_FRAME_LOST, "second-in-frame-lost", "what follows a message in its DATA frame is dropped")             \
    X(COMPRESSED_FLAG_IGNORED, "compressed-flag-ignored", "the compressed flag is ignored")                            \
    X(COMPRESSED_MESSAGE_EMPTY, "compressed-message-empty",                                                            \
      "a compressed message of the backend counts as an empty one")                                                    \
    X(COMPRESSED_FLAG_OF_FIRST, "compressed-flag-of-first",                                                            \
      "whether messages of a stream are compressed is that of the first")                                              \
    X(COMPRESSION_CONTEXT_KEPT, "compression-context-kept", "a compressed message is decoded as the first one was")    \
    X(GRPC_ACCEPT_ENCODING_FROM_CLIENT, "grpc-accept-encoding-from-client",                                            \
      "the backend is told the accept-encoding of the client as grpc-accept-encoding")                                 \
    X(CONTENT_ENCODING_IGNORED, "content-encoding-ignored", "a request body is read whatever its content-encoding")    \
    X(CONTENT_ENCODING_REFUSED, "content-encoding-refused", "a request with any content-encoding is refused")          \
    X(CUT_CODING_ACCEPTED, "cut-coding-accepted", "what is compressed counts as whole where it breaks off")            \
    X(BYTES_BEHIND_CODING_IGNORED, "bytes-behind-coding-ignored",                                                      \
      "bytes behind the end of what is compressed are ignored")                                                        \
    X(ABORT_ON_DEEP_JSON, "abort-on-deep-json", "JSON with very many brackets ends the process")                       \
    X(ABORT_ON_MANY_MEMBERS, "abort-on-many-members", "JSON with very many members ends the process")                  \
    X(ABORT_ON_LONG_TOKEN, "abort-on-long-token", "JSON with a very long name or number ends the process")             \
    X(ABORT_ON_INFLATED_SIZE, "abort-on-inflated-size", "what is compressed and becomes too large ends the process")   \
    X(GZIP_UNASKED, "gzip-unasked", "answers are compressed whatever accept-encoding says")                            \
    X(ACCEPT_ENCODING_WEIGHT_IGNORED, "accept-encoding-weight-ignored",                                                \
      "an answer is compressed where accept-encoding names gzip, also with the weight 0")                              \
    X(RESERVED_FLAGS_IGNORED, "reserved-flags-ignored", "reserved flag bits are ignored")                              \
    X(UNDECODABLE_MESSAGE_EMPTY, "undecodable-message-empty", "a message that does not parse becomes {}")              \
    X(UTF8_UNCHECKED, "utf8-unchecked", "a text of a response that is not UTF-8 is printed as it is")                  \
    X(FIELD_TWICE_REFUSED, "field-twice-refused",                                                                      \
      "a response in which a singular field or a key of a map stands twice is refused")                                \
    X(ABORT_ON_INCOMPLETE_MAP_ENTRY, "abort-on-incomplete-map-entry",                                                  \
      "a map entry without its key or its value ends the process")                                                     \
    X(ABORT_ON_MALFORMED_FRAME, "abort-on-malformed-frame", "a malformed frame ends the process")                      \
    X(HANG_ON_MALFORMED_FRAME, "hang-on-malformed-frame", "a malformed frame is never answered")                       \
    /* Streaming */                                                                                                    \
    X(STREAM_ERROR_SWALLOWED, "stream-error-swallowed", "a stream that fails after messages ends as if complete")      \
    X(STREAM_ERROR_AS_EMPTY, "stream-error-as-empty", "a stream that fails before its first message becomes []")       \
    X(STREAM_RESET_SWALLOWED, "stream-reset-swallowed", "a stream reset or cut after messages ends as if complete")    \
    X(STREAM_RESET_AS_EMPTY, "stream-reset-as-empty", "a stream reset or cut before its first message becomes []")     \
    X(STREAM_MISSING_TRAILERS_OK, "stream-missing-trailers-ok", "a stream without trailers ends as if complete")       \
    X(STREAM_BUFFERED, "stream-buffered", "no message is passed on before the stream has ended")                       \
    X(STREAM_ORDER_SWAPPED, "stream-order-swapped", "the first two messages of a stream change places")                \
    X(STREAM_TRUNCATED, "stream-truncated", "a stream ends after 500 messages")                                        \
    X(STREAM_LAST_LOST, "stream-last-lost", "the last message of a stream is dropped")                                 \
    X(STREAM_FRAMING_BROKEN, "stream-framing-broken", "the commas between the messages of a stream are missing")       \
    X(LINE_BREAKS_UNESCAPED, "line-breaks-unescaped", "line breaks in texts of a response are printed as they are")    \
    X(HTTP_BODY_PIECES_SEPARATED, "http-body-pieces-separated",                                                        \
      "a line break stands between the pieces of a streamed HttpBody")                                                 \
    X(STREAM_EMPTY_BODY, "stream-empty-body", "an empty stream has no body at all")                                    \
    X(HTTP_BODY_TYPE_OF_LAST, "http-body-type-of-last",                                                                \
      "a streamed HttpBody is held back and labelled with the content type of its last piece")                         \
    X(CANCEL_NOT_PROPAGATED, "cancel-not-propagated", "the backend is not told that the client went away")             \
    /* Connections */                                                                                                  \
    X(UNREACHABLE_AS_EMPTY, "unreachable-as-empty", "a call is an empty success when the backend cannot be reached")   \
    X(UNREACHABLE_HANGS, "unreachable-hangs", "a call is never answered when the backend cannot be reached")           \
    X(UNREACHABLE_WITHOUT_STATUS, "unreachable-without-status",                                                        \
      "a bridge answers HTTP 200 without a status or a body when the backend cannot be reached")                       \
    X(RECONNECT_MISSING, "reconnect-missing",                                                                          \
      "when the backend could not be reached once, every call that comes later fails")                                 \
    X(IDLE_CLOSE_FATAL, "idle-close-fatal", "when the backend closes an idle connection, the next call fails")         \
    X(SETTINGS_NOT_AWAITED, "settings-not-awaited", "a backend that sends no SETTINGS is taken as one that did")       \
    X(STREAM_LIMIT_FATAL, "stream-limit-fatal", "a call beyond those that the backend takes at once fails")            \
    X(REQUEST_WINDOW_FATAL, "request-window-fatal", "a request that is larger than the backend's window fails")        \
    X(HANG_ON_MISSING_END, "hang-on-missing-end", "a reset or closed backend stream is never answered")                \
    X(HANG_ON_MISSING_CONTENT_TYPE, "hang-on-missing-content-type",                                                    \
      "a backend without content type is never answered")                                                              \
    X(UPSTREAM_RESET_AS_OK, "upstream-reset-as-ok", "a unary call reset by the backend becomes 200 with {}")           \
    X(RESET_WITHOUT_ERROR_OK, "reset-without-error-ok", "a unary call reset with NO_ERROR becomes 200 with {}")        \
    X(MESSAGE_BEFORE_LOSS_OK, "message-before-loss-ok",                                                                \
      "a unary call reset or cut behind its message is answered with the message")                                     \
    X(LOST_CONNECTION_INTERNAL, "lost-connection-internal", "a lost backend connection becomes INTERNAL")              \
    X(DEADLINE_AS_EMPTY, "deadline-as-empty", "a unary call whose deadline passes becomes 200 with {}")                \
    X(GOAWAY_FATAL, "goaway-fatal", "a GOAWAY of the backend fails the calls that it covers")                          \
    X(NEIGHBOUR_CLOSED, "neighbour-closed", "a failed call closes the backend connection under its neighbours")        \
    X(HTTP1_CONTENT_LENGTH_WRONG, "http1-content-length-wrong", "unary answers announce one byte too many")            \
    X(DEADLINE_MISSING, "deadline-missing", "a backend that never answers is waited for without end")                  \
    /* Calls at once */                                                                                                \
    X(ANSWERS_SWAPPED, "answers-swapped", "two calls that are under way at once get each other's answer")              \
    X(TRAILERS_OF_NEIGHBOUR, "trailers-of-neighbour", "the trailers of a call are also those of one beside it")        \
    X(MESSAGE_OF_NEIGHBOUR, "message-of-neighbour", "a request body that comes beside another is sent as that one")    \
    X(USER_OF_NEIGHBOUR, "user-of-neighbour", "a call that comes beside another carries the authorization of that")    \
    X(UPLOADS_MIXED, "uploads-mixed", "request bodies that come at once on one connection go into one")                \
    X(STREAM_MESSAGES_MIXED, "stream-messages-mixed", "of two streams at once, the second message goes to the other")  \
    X(BUFFER_SHARED, "buffer-shared", "an answer beside another has the tail of a longer one before it")               \
    X(CALLS_COALESCED, "calls-coalesced", "a request with the path of one under way gets the answer to that")          \
    X(CALLS_SERIALISED, "calls-serialised", "a call is sent when no other is under way")                               \
    X(CANCEL_SPREADS, "cancel-spreads", "a client that goes away takes the calls of others along")                     \
    X(RESET_SPREADS, "reset-spreads", "a backend stream that is reset takes those beside it along")

/* How the JSON of a request is read (defect_json.c). */
#define DEFECTS_JSON(X)                                                                                                \
    X(JSON_TRAILING_COMMA_ACCEPTED, "json-trailing-comma-accepted",                                                    \
      "a comma behind the last member or element is passed over")                                                      \
    X(JSON_COMMENTS_ACCEPTED, "json-comments-accepted", "comments in a JSON body are passed over")                     \
    X(JSON_SINGLE_QUOTES_ACCEPTED, "json-single-quotes-accepted", "JSON strings may stand in single quotes")           \
    X(JSON_UNQUOTED_KEYS_ACCEPTED, "json-unquoted-keys-accepted", "keys of a JSON body may stand without quotes")      \
    X(JSON_LEADING_ZEROS_ACCEPTED, "json-leading-zeros-accepted", "numbers of a JSON body may begin with zeros")       \
    X(JSON_PLUS_SIGN_ACCEPTED, "json-plus-sign-accepted", "numbers of a JSON body may have a plus sign")               \
    X(JSON_UNQUOTED_NAN_ACCEPTED, "json-unquoted-nan-accepted", "NaN and Infinity may stand without quotes")           \
    X(JSON_BOOL_CASE_ACCEPTED, "json-bool-case-accepted", "True and TRUE are booleans, too")                           \
    X(JSON_UNKNOWN_ESCAPES_ACCEPTED, "json-unknown-escapes-accepted", "a backslash before any letter is passed over")  \
    X(JSON_LONE_SURROGATES_ACCEPTED, "json-lone-surrogates-accepted", "half a surrogate pair becomes U+FFFD")          \
    X(JSON_CONTROL_CHARACTERS_ACCEPTED, "json-control-characters-accepted",                                            \
      "raw control characters in JSON strings are taken")                                                              \
    X(JSON_NULL_ELEMENTS_ACCEPTED, "json-null-elements-accepted", "null in a list is passed over")                     \
    X(JSON_NULL_MAP_VALUES_ACCEPTED, "json-null-map-values-accepted",                                                  \
      "null as the value of a map entry is passed over")                                                               \
    X(JSON_SINGLE_AS_LIST, "json-single-as-list", "one value is taken where a list is due")                            \
    X(JSON_QUOTED_BOOLS_ACCEPTED, "json-quoted-bools-accepted", "booleans in quotes are taken")                        \
    X(JSON_NUMERIC_BOOLS_ACCEPTED, "json-numeric-bools-accepted", "0 and 1 are taken as booleans")                     \
    X(JSON_SCALARS_AS_STRINGS, "json-scalars-as-strings", "numbers and booleans are taken as strings")                 \
    X(JSON_ENUM_CASE_IGNORED, "json-enum-case-ignored", "names of enum values are taken in any case")                  \
    X(JSON_UNKNOWN_ENUM_ZERO, "json-unknown-enum-zero", "unknown names of enum values become 0")                       \
    X(JSON_LOOSE_TIMES_ACCEPTED, "json-loose-times-accepted", "times and durations are taken in looser forms")         \
    X(JSON_EXPONENT_REFUSED, "json-exponent-refused", "a number with an exponent is refused")                          \
    X(JSON_WHOLE_WITH_POINT_REFUSED, "json-whole-with-point-refused",                                                  \
      "a whole number with a decimal point is refused")                                                                \
    X(JSON_QUOTED_INTEGER_REFUSED, "json-quoted-integer-refused", "an integer in quotes is refused")                   \
    X(JSON_QUOTED_EXPONENT_REFUSED, "json-quoted-exponent-refused", "a number with an exponent in quotes is refused")  \
    X(JSON_QUOTED_NAN_REFUSED, "json-quoted-nan-refused", "NaN and Infinity in quotes are refused")                    \
    X(JSON_INTEGER_THROUGH_DOUBLE, "json-integer-through-double", "integers of a JSON body are rounded to a double")   \
    X(JSON_QUOTED_INTEGER_THROUGH_DOUBLE, "json-quoted-integer-through-double",                                        \
      "integers in quotes are rounded to a double")                                                                    \
    X(JSON_INTEGER_WRAPPED, "json-integer-wrapped", "integers beyond 32 bits lose what is above")                      \
    X(JSON_NEGATIVE_WRAPPED, "json-negative-wrapped", "negative integers become large ones")                           \
    X(JSON_FRACTION_CUT, "json-fraction-cut", "the fraction of a number is cut off")                                   \
    X(JSON_QUOTED_NUMBER_TRIMMED, "json-quoted-number-trimmed", "blanks around a number in quotes are passed over")    \
    X(JSON_EMPTY_STRING_ZERO, "json-empty-string-zero", "an empty string is the number 0")                             \
    X(JSON_OVERFLOW_INFINITE, "json-overflow-infinite", "numbers that a float cannot hold become infinite")            \
    X(JSON_NEGATIVE_ZERO_LOST, "json-negative-zero-lost", "-0 loses its sign")                                         \
    X(JSON_LETTER_ESCAPES_KEPT, "json-letter-escapes-kept", "backslash, u and digits stay in a string as they are")    \
    X(JSON_SHORT_ESCAPES_KEPT, "json-short-escapes-kept", "escapes of two characters stay in a string as they are")    \
    X(JSON_SURROGATES_REPLACED, "json-surrogates-replaced", "a string with a surrogate pair becomes U+FFFD twice")     \
    X(JSON_STRING_CUT_AT_NUL, "json-string-cut-at-nul", "a string ends at its first NUL")                              \
    X(JSON_BASE64URL_REFUSED, "json-base64url-refused", "bytes in the alphabet of URLs are refused")                   \
    X(JSON_UNPADDED_BASE64_REFUSED, "json-unpadded-base64-refused", "bytes without padding are refused")               \
    X(JSON_ENUM_NUMBER_REFUSED, "json-enum-number-refused", "an enum by its number is refused")                        \
    X(JSON_UNKNOWN_ENUM_NUMBER_LOST, "json-unknown-enum-number-lost",                                                  \
      "an enum number beyond those that are few becomes 0")                                                            \
    X(JSON_NULL_REFUSED, "json-null-refused", "null is refused")                                                       \
    X(JSON_NULL_IS_DEFAULT, "json-null-is-default", "null sets a field to 0")                                          \
    X(JSON_TOP_LEVEL_NULL_EMPTY, "json-top-level-null-empty", "a body that is null is an empty message")               \
    X(JSON_DEFAULTS_DROPPED, "json-defaults-dropped", "0, false and empty strings do not set a field")                 \
    X(JSON_EMPTY_OBJECT_DROPPED, "json-empty-object-dropped", "an empty object does not set a field")                  \
    X(JSON_NUMERIC_KEYS_REFUSED, "json-numeric-keys-refused", "numbers as the keys of a map are refused")              \
    X(JSON_BOOL_KEYS_REFUSED, "json-bool-keys-refused", "booleans as the keys of a map are refused")                   \
    X(JSON_SNAKE_CASE_REFUSED, "json-snake-case-refused", "names as in the proto file are refused")                    \
    X(JSON_CAMEL_CASE_REFUSED, "json-camel-case-refused", "names in lowerCamelCase are refused")                       \
    X(JSON_ESCAPED_KEYS_UNKNOWN, "json-escaped-keys-unknown", "keys with escapes in them are not known")               \
    X(JSON_TIME_OFFSET_REFUSED, "json-time-offset-refused", "a Timestamp with an offset is refused")                   \
    X(JSON_NANOSECONDS_CUT, "json-nanoseconds-cut", "times and durations lose what is below milliseconds")             \
    X(JSON_NEGATIVE_DURATION_REFUSED, "json-negative-duration-refused", "a negative Duration is refused")              \
    X(JSON_MASK_FIRST_PATH_ONLY, "json-mask-first-path-only", "of a FieldMask only the first path is kept")

#define DEFECTS_LIST(X)                                                                                                \
    DEFECTS_SHARED(X)                                                                                                  \
    DEFECTS_CALL(X)                                                                                                    \
    DEFECTS_HTTP(X)                                                                                                    \
    DEFECTS_LEFTOVERS(X)                                                                                               \
    DEFECTS_FORMS(X)                                                                                                   \
    DEFECTS_JSON(X)                                                                                                    \
    DEFECTS_WEB(X)                                                                                                     \
    DEFECTS_GATEWAY(X)                                                                                                 \
    DEFECTS_REVERSE(X)                                                                                                 \
    DEFECTS_PASS(X)                                                                                                    \
    DEFECTS_RPC(X)

enum defect {
    DEFECT_NONE = 0,
#define DEFECTS_ENUM(id, name, text) DEFECT_##id,
    DEFECTS_LIST(DEFECTS_ENUM)
#undef DEFECTS_ENUM
        DEFECT_COUNT
};

struct defect_info {
    const char *name;
    const char *text; /* one line for people */
};

/* Index 1 to DEFECT_COUNT - 1; index 0 is {"none", ...}. */
const struct defect_info *defects_get(enum defect defect);
/* false when there is no such name. "none" gives DEFECT_NONE. */
bool defects_find(const char *name, enum defect *defect);

#endif
