/* Features of methods over which a proxy may refuse a whole descriptor set: a profile names them under
 * "descriptors_left_out", and `transcheck descriptors` and `config` leave such methods out. A feature is a row here and
 * the function is_NAME in descriptors.c, which looks at one binding. */
#ifndef TRANSCHECK_SUITE_FEATURES_H
#define TRANSCHECK_SUITE_FEATURES_H

/* X(NAME, "name", "a method has it when ..."): the texts stand in cases/README.md. */
#define FEATURES_LIST(X)                                                                                               \
    X(response_body, "response-body", "a `response_body` names a field that is not a google.api.HttpBody")             \
    X(verb_after_wildcard, "verb-after-wildcard", "a verb (`:verb`) stands behind a variable, `*` or `**`")            \
    X(literal_in_variable, "literal-in-variable", "the template of a variable holds literals: `{name=shelves/*}`")     \
    X(reserved_literal, "reserved-literal",                                                                            \
      "a literal of a template holds a character that URIs reserve: `some@place`")                                     \
    X(streaming, "streaming", "its requests or its responses are a stream")

#endif
