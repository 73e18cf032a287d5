/* Rows of the table of defects (defects.h): those that show from the second request of a connection on, and those that
 * take one of several forms that mean the same. Included there alone. */
#ifndef TRANSCHECK_REFERENCE_DEFECTS_RELATIONS_H
#define TRANSCHECK_REFERENCE_DEFECTS_RELATIONS_H

/* What stays on a client's connection of one request for the next. */
#define DEFECTS_LEFTOVERS(X)                                                                                           \
    X(HEADERS_OF_REQUEST_BEFORE, "headers-of-request-before",                                                          \
      "a request has the headers of those before it on its connection, too")                                           \
    X(TIMEOUT_OF_REQUEST_BEFORE, "timeout-of-request-before",                                                          \
      "a request without grpc-timeout has that of the one before it on its connection")                                \
    X(QUERY_OF_REQUEST_BEFORE, "query-of-request-before",                                                              \
      "a request without a query has that of the one before it on its connection")                                     \
    X(METHOD_OF_REQUEST_BEFORE, "method-of-request-before",                                                            \
      "a request for the path of the one before it on its connection is taken for one of its method")                  \
    X(BODY_OF_REFUSED_BEFORE, "body-of-refused-before",                                                                \
      "the body of a request that was refused stands before the next on its connection")                               \
    X(ENCODING_OF_REQUEST_BEFORE, "encoding-of-request-before",                                                        \
      "after a request with content-encoding every body on its connection is taken for an encoded one")                \
    X(ANSWER_OF_REQUEST_BEFORE, "answer-of-request-before",                                                            \
      "a GET that is like the one before it on its connection gets the same answer, without a call")                   \
    X(UNREAD_BODY_PARSED, "unread-body-parsed",                                                                        \
      "over HTTP/1.1 the body of a request for a path that nothing binds is read as the next request")                 \
    X(WINDOW_OF_REFUSED_LOST, "window-of-refused-lost",                                                                \
      "over HTTP/2 the window that the body of a request for an unbound path took is not given back")                  \
    X(METADATA_OF_ANSWER_BEFORE, "metadata-of-answer-before",                                                          \
      "an answer has the backend's headers of those before it on its connection, too")                                 \
    X(TYPE_OF_ANSWER_BEFORE, "type-of-answer-before",                                                                  \
      "JSON behind a file on one connection is labelled with the type of that")                                        \
    X(TAIL_OF_ANSWER_BEFORE, "tail-of-answer-before",                                                                  \
      "an answer has the tail of a longer one before it on its connection")                                            \
    X(ERROR_OF_ANSWER_BEFORE, "error-of-answer-before", "after an error every answer on its connection is that error") \
    X(WORDS_OF_ERROR_BEFORE, "words-of-error-before",                                                                  \
      "an error without message or details has those of the one before it on its connection")                          \
    X(MESSAGE_REST_OF_CALL_BEFORE, "message-rest-of-call-before",                                                      \
      "after a message that was cut off the next answer on the connection is read as the rest of it")                  \
    X(SEPARATOR_OF_STREAM_BEFORE, "separator-of-stream-before",                                                        \
      "after a stream that was broken off the next one on the connection begins with a comma")                         \
    X(HEAD_OF_REQUEST_BEFORE, "head-of-request-before", "after a HEAD no answer on its connection has a body")         \
    X(HEAD_ANSWERED_WITH_BODY, "head-answered-with-body", "the answer to a HEAD has a body")                           \
    X(CONNECTION_NEVER_KEPT, "connection-never-kept", "the client's connection is closed behind each answer")          \
    X(CONNECTION_CLOSED_AFTER_ERROR, "connection-closed-after-error",                                                  \
      "behind an answer of 400 and above the client's connection is closed")                                           \
    X(CONNECTION_WEARS_OUT, "connection-wears-out",                                                                    \
      "behind the twentieth answer of 400 and above a client's connection is closed")                                  \
    X(BREAK_CLOSES_CONNECTION, "break-closes-connection",                                                              \
      "over HTTP/2 a stream that is broken off takes its connection along")                                            \
    X(CANCEL_CLOSES_CONNECTION, "cancel-closes-connection",                                                            \
      "over HTTP/2 a request that the client takes back takes its connection along")

#define DEFECTS_FORMS(X)                                                                                               \
    X(PERCENT_LOWER_CASE_KEPT, "percent-lower-case-kept", "percent-encoding in lower-case digits is not decoded")      \
    X(JSON_BLANKS_REFUSED, "json-blanks-refused", "a JSON body with white space between its tokens is refused")        \
    X(JSON_KEYS_SORTED_ONLY, "json-keys-sorted-only",                                                                  \
      "a JSON body is refused whose names are not in alphabetical order")                                              \
    X(PIECES_DECODED_APART, "pieces-decoded-apart",                                                                    \
      "a character that is cut between two pieces of a body becomes question marks")                                   \
    X(HEADER_NAMES_CASE_SENSITIVE, "header-names-case-sensitive",                                                      \
      "a content-type is found under its name in lower case alone")                                                    \
    X(CODED_BODY_EMPTY, "coded-body-empty", "a body with a content-encoding is taken for an empty one")                \
    X(CODING_ANNOUNCED_ONLY, "coding-announced-only",                                                                  \
      "an answer to a client that takes gzip says content-encoding: gzip, and is not")                                 \
    X(HTTP2_HEADERS_LOST, "http2-headers-lost", "header fields of HTTP/2 requests do not reach the backend")           \
    X(RESPONSE_ORDER_REQUIRED, "response-order-required",                                                              \
      "a message of the backend is refused whose fields are not in order")                                             \
    X(RESPONSE_LONG_NUMBER_REFUSED, "response-long-number-refused",                                                    \
      "a message of the backend is refused that has a number in more bytes than it needs")                             \
    X(RESPONSE_UNPACKED_LOST, "response-unpacked-lost", "numbers of a list that are not packed are lost")              \
    X(RESPONSE_PACKED_ONCE, "response-packed-once", "of a list that is packed in several places the last one counts")

#endif
