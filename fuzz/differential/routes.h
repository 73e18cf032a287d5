/* The engine's routing for the differential: templates alone, and routers over a descriptor set. */
#ifndef TRANSCHECK_FUZZ_DIFFERENTIAL_ROUTES_H
#define TRANSCHECK_FUZZ_DIFFERENTIAL_ROUTES_H

#include <stddef.h>

struct routes;

struct routes_result {
    int status;         /* 200, 404, 405; 400: a malformed percent triplet in a variable; 500: a limit */
    const char *method; /* name of the method of the binding, with 200 and 400 */
    const char *values; /* name=hex;name=hex; ... */
};

/* 0, or 1 with the reason in `error`. */
int routes_template_check(const char *text, char *error, size_t error_len);
struct routes *routes_new(const char *descriptor_set, size_t len, char *error, size_t error_len);
void routes_free(struct routes *routes);
/* `last_registered`: of templates that match the last declared one counts (grpc-gateway), else the most specific. */
void routes_match(struct routes *routes, int last_registered, const char *method, const char *path,
                  struct routes_result *result);

#endif
