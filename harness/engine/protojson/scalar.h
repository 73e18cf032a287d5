/* One scalar between its text and its wire value, without tag: what JSON values, map keys and text of a URL share. */
#ifndef TRANSCHECK_ENGINE_PROTOJSON_SCALAR_H
#define TRANSCHECK_ENGINE_PROTOJSON_SCALAR_H

#include "harness/engine/json/number.h"
#include "harness/engine/proto/schema.h"
#include "harness/engine/proto/wire.h"

/* "an int32", "a float", "a string" ... for messages to people. */
const char *json_scalar_type_name(enum schema_type type);

/* What a value of the type must be, for an error: "an int32 within its range", "a value of my.Enum". */
#define JSON_SCALAR_EXPECTED_MAX 128
const char *json_scalar_number_expected(char text[JSON_SCALAR_EXPECTED_MAX], enum schema_type type,
                                        enum number_result result);
const char *json_scalar_enum_expected(char text[JSON_SCALAR_EXPECTED_MAX], const struct schema_enum *enumeration);

bool json_scalar_is_floating(enum schema_type type);

/* Integers and floating point from their literal, appended to `out`; `named` admits NaN, Infinity and -Infinity.
 * `type` is one of the numeric types. */
enum number_result json_scalar_put_number(struct buf *out, enum schema_type type, struct span text, bool named);

/* An enum's number as a varint (sign-extended, as the format asks). */
bool json_scalar_put_enum(struct buf *out, int32_t number);

/* The bytes that a base64 text stands for, behind their length; false when it is not base64 (a full buffer shows as
 * such). */
bool json_scalar_put_base64(struct buf *out, struct span text);

/* Writes the wire value (of VARINT, FIXED64 or FIXED32) of a numeric or bool type as a JSON value; 64-bit integers and
 * what is not finite are quoted. As a map key (`key`) everything is quoted. Returns the length, at most
 * NUMBER_TEXT_MAX + 2; no NUL. */
size_t json_scalar_text(char *text, enum schema_type type, uint64_t value, bool key);

/* Appends what json_scalar_text writes. */
bool json_scalar_print(struct buf *out, enum schema_type type, uint64_t value, bool key);

#endif
