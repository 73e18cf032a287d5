/* Faults of the reference transcoder in the protocol of its clients, which show in what is sent byte by byte or frame
 * by frame. A part of defects.h. */
#ifndef TRANSCHECK_REFERENCE_DEFECTS_HTTP_H
#define TRANSCHECK_REFERENCE_DEFECTS_HTTP_H

/* X(IDENTIFIER, "name", "what it does"). */
#define DEFECTS_HTTP(X)                                                                                                \
    X(HTTP1_BOTH_FRAMINGS_ACCEPTED, "http1-both-framings-accepted",                                                    \
      "a request with content-length and transfer-encoding is read by its chunks, and others may follow it")           \
    X(HTTP1_CODING_IGNORED, "http1-coding-ignored",                                                                    \
      "a request with transfer-encoding is as long as its content-length says")                                        \
    X(HTTP1_FRAMING_FAULT_SERVED, "http1-framing-fault-served",                                                        \
      "an HTTP/1.1 request of which nobody can tell the length is served as one without a body")                       \
    X(HTTP1_REFUSAL_STAYS_OPEN, "http1-refusal-stays-open",                                                            \
      "an HTTP/1.1 connection stays open behind the answer to what is not HTTP")                                       \
    X(HTTP1_CONTROLS_ACCEPTED, "http1-controls-accepted",                                                              \
      "control characters in the value of a field of HTTP/1.1 go to the backend")                                      \
    X(HTTP1_NAME_TRIMMED, "http1-name-trimmed", "blanks around the name of a field of HTTP/1.1 are ignored")           \
    X(HTTP1_HOST_UNCHECKED, "http1-host-unchecked", "an HTTP/1.1 request may have no host, or several")                \
    X(HTTP1_ABSOLUTE_FORM_REFUSED, "http1-absolute-form-refused", "a request target in absolute form is refused")      \
    X(HTTP1_TRAILERS_MERGED, "http1-trailers-merged", "trailers of an HTTP/1.1 request count as its header fields")    \
    X(HTTP1_EXTENSION_REFUSED, "http1-extension-refused", "chunks with extensions are refused")                        \
    X(HTTP1_FOLD_JOINED, "http1-fold-joined", "the lines of a folded field are joined without a blank")                \
    X(HTTP1_CARRIAGE_RETURN_CUT, "http1-carriage-return-cut",                                                          \
      "the value of a field of HTTP/1.1 ends at a carriage return, and what follows on the line is lost")              \
    X(HTTP1_LF_WAITED, "http1-lf-waited", "a header section with lines that end in LF alone is never answered")        \
    X(HTTP1_EMPTY_LINE_REFUSED, "http1-empty-line-refused", "an empty line before a request ends the connection")      \
    X(HTTP1_OLD_VERSION_CHUNKED, "http1-old-version-chunked", "clients of HTTP/1.0 get chunks")                        \
    X(HTTP1_OLD_VERSION_KEPT, "http1-old-version-kept",                                                                \
      "the connection of a client of HTTP/1.0 stays open behind the answer")                                           \
    X(HTTP2_EMPTY_END_IGNORED, "http2-empty-end-ignored",                                                              \
      "an HTTP/2 request that ends with an empty DATA frame does not end")                                             \
    X(HTTP2_PSEUDO_ORDER_ASKED, "http2-pseudo-order-asked",                                                            \
      "an HTTP/2 request whose first field is not :method is reset")                                                   \
    X(HTTP2_CONTINUATION_LOST, "http2-continuation-lost", "fields in CONTINUATION frames are lost")                    \
    X(HTTP2_UNKNOWN_FRAME_FATAL, "http2-unknown-frame-fatal",                                                          \
      "an HTTP/2 frame of a type that nobody knows ends the connection")                                               \
    X(HTTP2_PRIORITY_FATAL, "http2-priority-fatal", "a PRIORITY frame ends the connection")                            \
    X(HTTP2_WINDOW_STAYS_CLOSED, "http2-window-stays-closed",                                                          \
      "a window that SETTINGS have closed is not opened by later ones")                                                \
    X(HTTP2_GOAWAY_FATAL, "http2-goaway-fatal", "a GOAWAY of a client ends its connection at once")                    \
    X(HTTP2_WINDOW_UPDATE_LATE_FATAL, "http2-window-update-late-fatal",                                                \
      "WINDOW_UPDATE behind the end of a request ends the connection")                                                 \
    X(HTTP2_FAULTY_FRAMES_SKIPPED, "http2-faulty-frames-skipped",                                                      \
      "frames behind the end of a request, and windows that make no sense, are skipped")                               \
    X(HTTP2_MALFORMED_SERVED, "http2-malformed-served",                                                                \
      "in an HTTP/2 request fields that may not be there are skipped")                                                 \
    X(HTTP2_MALFORMED_UNANSWERED, "http2-malformed-unanswered",                                                        \
      "a malformed HTTP/2 request is neither answered nor reset")                                                      \
    X(HTTP2_LENGTH_UNCHECKED, "http2-length-unchecked",                                                                \
      "the content-length of an HTTP/2 request is not compared with its body")                                         \
    X(HTTP2_TRAILERS_UNCHECKED, "http2-trailers-unchecked", "trailers of an HTTP/2 request may hold anything")         \
    X(HTTP2_TRAILERS_REFUSED, "http2-trailers-refused", "an HTTP/2 request with trailers is reset")                    \
    X(HTTP2_FAULT_LEFT_OPEN, "http2-fault-left-open",                                                                  \
      "an HTTP/2 connection whose client broke the rules is neither told nor closed")

#endif
