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
    X(ERROR_METADATA_LOST, "error-metadata-lost", "the backend's headers do not reach the client with an error")       \
    X(ERROR_NAMES_SOURCE, "error-names-source", "the text of an error begins with a place in the source")              \
    X(STATUS_SHOWN_AS_ZERO, "status-shown-as-zero", "every answer has grpc-status 0 among its headers")                \
    X(TRAILER_ANNOUNCED, "trailer-announced", "answers announce trailers that do not come")

#endif
