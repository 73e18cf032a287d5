/* What a proxy may lack: a case names it under "needs", a profile under "lacks", preflight asks for it with a probe
 * (cases/probes/probes.json). A capability is a row here. */
#ifndef TRANSCHECK_SUITE_CAPABILITIES_H
#define TRANSCHECK_SUITE_CAPABILITIES_H

/* X("name", "what the proxy can do when it has it"): the texts stand in cases/README.md. */
#define CAPABILITIES_LIST(X)                                                                                           \
    X("server-streaming", "methods that stream their responses can be called")                                         \
    X("client-streaming", "methods that stream their requests can be called")                                          \
    X("response-body", "methods whose binding has a `response_body` can be called")                                    \
    X("http-body", "methods that return one `google.api.HttpBody` can be called")                                      \
    X("http-body-request", "methods that take a `google.api.HttpBody` can be called, with bytes of any kind")          \
    X("http-body-stream", "methods that return a stream of `google.api.HttpBody` can be called")                       \
    X("knows-methods",                                                                                                 \
      "methods and their types are known: JSON becomes protobuf, and a call in a form that its method "                \
      "does not take is refused")                                                                                      \
    X("grpc-timeout", "a client's deadline, such as `grpc-timeout`, bounds the call")                                  \
    X("web-text", "the messages of gRPC-Web may be base64: application/grpc-web-text")                                 \
    X("any-codec", "gRPC passes whatever its messages are made of: application/grpc+json, application/grpc+anything")  \
    X("cors", "pages of another origin may call: preflight requests are answered, the status is exposed")

#define CAPABILITY(name, text) +1
enum { CAPABILITY_COUNT = 0 CAPABILITIES_LIST(CAPABILITY) };
#undef CAPABILITY

extern const char *const capability_names[]; /* in order of the rows, NULL-terminated */

#endif
