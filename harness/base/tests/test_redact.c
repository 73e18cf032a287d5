/* Tests of redact and unescape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/base64.h"
#include "harness/base/escape.h"
#include "harness/base/hex.h"
#include "harness/base/redact.h"
#include "harness/base/unescape.h"

static const char secret[] = "s3Cr3t/tok\"en\\of+a_user~Z9";

static struct redact *with(const char *name, const char *value, enum redact_use expected)
{
    struct redact *redact = redact_new();
    enum redact_use use;
    assert_non_null(redact);
    assert_true(redact_add_header(redact, &use, span_cstr(name), span_cstr(value)));
    assert_int_equal(use, expected);
    return redact;
}

/* The redacted text, in storage that the next call reuses. */
static const char *redacted(const struct redact *redact, const char *text)
{
    static char shown[8192];
    struct buf out;
    buf_init(&out, sizeof shown - 1);
    assert_true(redact_text(&out, redact, span_cstr(text)));
    snprintf(shown, sizeof shown, "%s", out.len ? (const char *)out.data : "");
    buf_fini(&out);
    return shown;
}

static void assert_hidden(const struct redact *redact, const char *form)
{
    char *text = NULL;
    assert_true(asprintf(&text, "before <%s> after", form) > 0);
    assert_string_equal(redacted(redact, text), "before <[redacted]> after");
    free(text);
}

static void plain_in_either_case(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", secret, REDACT_EVERYWHERE);
    assert_hidden(redact, secret);
    assert_hidden(redact, "S3CR3T/TOK\"EN\\OF+A_USER~Z9");
    assert_hidden(redact, "s3cr3t/tok\"en\\of+a_user~z9");
    assert_string_equal(redacted(redact, "nothing to see"), "nothing to see");
    assert_string_equal(redacted(redact, ""), "");
    redact_free(redact);
    assert_string_equal(redacted(NULL, secret), secret);
}

/* What surrounds the secret before it is encoded decides on the alignment. */
static void base64_at_each_alignment(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", secret, REDACT_EVERYWHERE);
    static const char *const around[] = {"", "a", "ab", "abc", "{\"key\":\""};
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        for (int url = 0; url < 2; url++) {
            struct buf plain, text;
            buf_init(&plain, 1024);
            buf_init(&text, 1024);
            buf_printf(&plain, "%s%s%s", around[i], secret, around[i]);
            assert_true(base64_encode(&text, buf_span(&plain), true));
            for (size_t k = 0; url && k < text.len; k++)
                text.data[k] = text.data[k] == '+' ? '-' : text.data[k] == '/' ? '_' : text.data[k];
            const char *shown = redacted(redact, (const char *)text.data);
            assert_non_null(strstr(shown, "[redacted]"));
            /* At each side at most the characters that hold bits of other bytes too, and what is around. */
            assert_true(strlen(shown) <= strlen("[redacted]") + 2 * (4 + strlen(around[i]) * 4 / 3));
            buf_fini(&plain);
            buf_fini(&text);
        }
    }
    redact_free(redact);
}

/* Nearly every character of this one differs between the two; and a space may be a plus. */
static void both_alphabets(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", "~~~\?\?\?>>>~~~\?\?\?", REDACT_EVERYWHERE);
    assert_hidden(redact, "fn5+Pz8/Pj4+fn5+Pz8/");
    assert_hidden(redact, "fn5-Pz8_Pj4-fn5-Pz8_");
    redact_free(redact);
    redact = with("x-key", "a b c d e f g h", REDACT_EVERYWHERE);
    assert_hidden(redact, "a+b+c+d+e+f+g+h");
    redact_free(redact);
}

static void put_each(char *out, const char *format, const char *text)
{
    for (; *text; text++)
        out += sprintf(out, format, (unsigned char)*text);
}

static void escaped_in_every_way(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", secret, REDACT_EVERYWHERE);
    static const char *const each[] = {"%%%02x", "%%%02X", "\\x%02x", "\\u%04x", "\\u00%02X", "\\u{%x}",  "\\%03o",
                                       "&#%d;",  "&#x%x;", "=%02X",   "%02x",    "%02X",      "%%25%02x", "\\\\u%04x"};
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        char form[1024];
        put_each(form, each[i], secret);
        assert_hidden(redact, form);
    }
    static bool (*const ours[])(struct buf * out, struct span bytes) = {escape_terminal, escape_html, escape_xml,
                                                                        escape_json, escape_shell};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        struct buf form;
        buf_init(&form, 1024);
        assert_true(ours[i](&form, span_cstr(secret)));
        const char *shown = redacted(redact, (const char *)form.data);
        assert_non_null(strstr(shown, "[redacted]"));
        assert_true(strlen(shown) <= strlen("'[redacted]'"));
        buf_fini(&form);
    }
    assert_string_equal(redacted(redact, "100% of \\n &amp; = &; \\u12 %4"), "100% of \\n &amp; = &; \\u12 %4");
    redact_free(redact);
}

/* Whatever holds an escape of its own is found as it is, too. */
static void a_secret_that_looks_escaped(void **state)
{
    (void)state;
    static const char value[] = "ab%41cd\\n&amp;efgh";
    struct redact *redact = with("x-key", value, REDACT_EVERYWHERE);
    assert_hidden(redact, value);
    assert_hidden(redact, "ab%2541cd%5Cn%26amp;efgh");
    redact_free(redact);
}

static void cut_anywhere(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", secret, REDACT_EVERYWHERE);
    size_t len = strlen(secret);
    for (size_t keep = 3; keep <= len; keep++) {
        char text[128];
        snprintf(text, sizeof text, "cut: %.*s", (int)keep, secret);
        assert_string_equal(redacted(redact, text), "cut: [redacted]");
        snprintf(text, sizeof text, "cut: %.*s... (7 more bytes)", (int)keep, secret);
        assert_string_equal(redacted(redact, text), "cut: [redacted]... (7 more bytes)");
    }
    for (size_t skip = 0; skip + REDACT_PART <= len; skip++)
        assert_string_equal(redacted(redact, secret + skip), "[redacted]");
    char broken[128];
    snprintf(broken, sizeof broken, "%.10s\r\n %s", secret, secret + 10);
    assert_hidden(redact, broken);
    redact_free(redact);
}

static void short_values(void **state)
{
    (void)state;
    struct redact *redact = with("X-Tiny", "1", REDACT_FIELD_ONLY);
    assert_false(redact_has_values(redact));
    assert_true(redact_is_secret_name(redact, span_cstr("x-tiny")));
    assert_string_equal(redacted(redact, "1 of 1"), "1 of 1");
    redact_free(redact);
    redact = with("x-small", "pa5S", REDACT_EVERYWHERE);
    assert_hidden(redact, "pa5s");
    assert_hidden(redact, "70613553");
    assert_string_equal(redacted(redact, "pa5 a5S"), "pa5 a5S");
    redact_free(redact);
    redact = with("x-empty", "", REDACT_EVERYWHERE);
    assert_false(redact_has_values(redact));
    redact_free(redact);
}

static void overlapping_secrets(void **state)
{
    (void)state;
    struct redact *redact = with("x-one", "alpha-beta-gamma", REDACT_EVERYWHERE);
    enum redact_use use;
    assert_true(redact_add_header(redact, &use, span_cstr("x-two"), span_cstr("beta-gamma-delta")));
    assert_true(redact_add_header(redact, &use, span_cstr("x-three"), span_cstr("alpha-beta-gamma-delta-epsilon")));
    assert_hidden(redact, "alpha-beta-gamma-delta");
    assert_hidden(redact, "alpha-beta-gamma-delta-epsilon");
    assert_hidden(redact, "beta-gamma");
    redact_free(redact);
}

static void whole_characters_go(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", "\xc3\xa4\xc3\xb6\xc3\xbc-\xe2\x82\xac-k3y", REDACT_EVERYWHERE);
    assert_hidden(redact, "\xc3\xa4\xc3\xb6\xc3\xbc-\xe2\x82\xac-k3y");
    struct buf out;
    for (size_t skip = 0; skip < 8; skip++) {
        const char *text = &"\xc3\xa4\xc3\xb6\xc3\xbc-\xe2\x82\xac-k3y"[skip];
        if (((unsigned char)text[0] & 0xc0) == 0x80)
            continue;
        buf_init(&out, 256);
        assert_true(redact_text(&out, redact, span_cstr(text)));
        assert_true(escape_utf8_valid(buf_span(&out)));
        buf_fini(&out);
    }
    redact_free(redact);
    /* Bytes that a server takes for Latin-1. */
    redact = with("x-key", "k\xe4se-und-br\xf6tchen", REDACT_EVERYWHERE);
    assert_hidden(redact, "k\xc3\xa4se-und-br\xc3\xb6tchen");
    assert_hidden(redact, "k\\u00e4se-und-br\\u00f6tchen");
    redact_free(redact);
}

static void parts_of_headers(void **state)
{
    (void)state;
    struct redact *redact = with("Authorization", "Bearer abcdefghijkl", REDACT_EVERYWHERE);
    assert_hidden(redact, "abcdefghijkl");
    assert_string_equal(redacted(redact, "a Bearer token"), "a Bearer token");
    redact_free(redact);
    redact = with("authorization", "Basic YWxpY2U6Y29ycjNjdA==", REDACT_EVERYWHERE);
    assert_hidden(redact, "YWxpY2U6Y29ycjNjdA");
    assert_hidden(redact, "alice:corr3ct");
    assert_hidden(redact, "corr3ct");
    redact_free(redact);
    redact = with("cookie", "theme=dark; id=v4lue; empty=", REDACT_EVERYWHERE);
    assert_hidden(redact, "v4lue");
    assert_hidden(redact, "dark");
    assert_string_equal(redacted(redact, "theme id empty"), "theme id empty");
    redact_free(redact);
    redact = with("Accept", "application/json", REDACT_PUBLIC);
    assert_string_equal(redacted(redact, "application/json"), "application/json");
    assert_false(redact_is_secret_name(redact, span_cstr("accept")));
    redact_free(redact);
}

static void names(void **state)
{
    (void)state;
    struct redact *redact = with("X-Own", "value", REDACT_EVERYWHERE);
    assert_true(redact_is_secret_name(redact, span_cstr("x-own")));
    assert_true(redact_is_secret_name(redact, span_cstr("grpc-metadata-x-own")));
    assert_true(redact_is_secret_name(redact, span_cstr("Grpc-Metadata-Authorization")));
    assert_true(redact_is_secret_name(NULL, span_cstr("Set-Cookie")));
    assert_false(redact_is_secret_name(redact, span_cstr("x-ow")));
    assert_false(redact_is_secret_name(NULL, span_cstr("grpc-metadata-")));
    redact_free(redact);
}

static void assert_prose(const struct redact *redact, const char *text, const char *expected)
{
    struct buf out;
    buf_init(&out, 1024);
    assert_true(redact_prose(&out, redact, span_cstr(text)));
    assert_string_equal(out.len ? (const char *)out.data : "", expected);
    buf_fini(&out);
}

/* Whoever sent it: the proxy may have credentials of its own. */
static void fields_in_prose(void **state)
{
    (void)state;
    struct redact *redact = with("X-Tiny", "1", REDACT_FIELD_ONLY);
    assert_prose(redact, "x-tiny: 1", "x-tiny: [redacted]");
    assert_prose(redact, "a\n Set-Cookie:a=b\nx-tinier: 1\n", "a\n Set-Cookie: [redacted]\nx-tinier: 1\n");
    assert_prose(NULL, "authorization: Bearer of-the-proxy", "authorization: [redacted]");
    assert_prose(NULL, "authorization:", "authorization:");
    assert_prose(NULL, "send it with 'Authorization: ...'", "send it with 'Authorization: ...'");
    assert_prose(NULL, "", "");
    redact_free(redact);
}

static void private_keys(void **state)
{
    (void)state;
    struct redact *redact = redact_new();
    assert_true(redact_add_pem(redact, span_cstr("-----BEGIN PRIVATE KEY-----\r\nMIGHAgEAMBMGByqGSM49AgEG\r\n"
                                                 "CCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n")));
    assert_hidden(redact, "MIGHAgEAMBMGByqGSM49AgEG");
    assert_hidden(redact, "CCqGSM49AwEHBG0wawIBAQQg");
    assert_string_equal(redacted(redact, "BEGIN PRIVATE KEY"), "BEGIN PRIVATE KEY");
    redact_free(redact);
}

static void bytes_keep_their_length(void **state)
{
    (void)state;
    struct redact *redact = with("x-key", "k3y-of-a-user", REDACT_EVERYWHERE);
    uint8_t bytes[] = "\0\x01k3y-of-a-user\xff k3y";
    redact_bytes(redact, bytes, sizeof bytes - 1);
    assert_memory_equal(bytes, "\0\x01*************\xff ***", sizeof bytes - 1);
    redact_free(redact);
}

/* Pieces of the secret, of escapes and of anything, in any order: what comes out holds no piece of it, and bytes stay
 * as many as they were. */
static void random_texts(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\\",   "%",    "&#",    "&",     ";",       "=",      "\\u",      "\\u{",           "}",      "\\x",
        "%2",   "5",    "&amp;", "s3",    "Cr",      "3t",     "s3Cr3t/t", "ok\"en\\of+a_u", "ser~Z9", "...",
        "\xc3", "\xa4", "%73",   "\\x33", "\\u0043", "&#114;", "\\063t",   "/tok",           "d83d",   "\\ude00"};
    struct redact *redact = with("x-key", secret, REDACT_EVERYWHERE);
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        uint8_t text[256];
        size_t len = 0;
        while (len < sizeof text - 32 && (seed = seed * 1103515245u + 12345u) >> 28 != 0) {
            const char *piece = pieces[(seed >> 16) % (sizeof pieces / sizeof pieces[0])];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        struct buf out;
        buf_init(&out, 8192);
        assert_true(redact_text(&out, redact, span_of(text, len)));
        redact_bytes(redact, text, len);
        for (size_t i = 0; i + REDACT_PART <= sizeof secret - 1; i++) {
            assert_null(memmem(text, len, secret + i, REDACT_PART));
            assert_true(out.len == 0 || !memmem(out.data, out.len, secret + i, REDACT_PART));
        }
        buf_fini(&out);
    }
    redact_free(redact);
}

static void layers_keep_their_places(void **state)
{
    (void)state;
    struct unescaped text;
    assert_true(unescaped_init(&text, span_cstr("a%2541\\ud83d\\ude00")));
    assert_true(unescape_layer(&text));
    assert_int_equal(text.len, 8);
    assert_memory_equal(text.bytes, "a%41\xf0\x9f\x98\x80", 8);
    assert_int_equal(text.from[1], 1);
    assert_int_equal(text.to[1], 4);
    assert_true(unescape_layer(&text));
    assert_memory_equal(text.bytes, "aA\xf0\x9f\x98\x80", 6);
    assert_int_equal(text.from[1], 1);
    assert_int_equal(text.to[1], 6);
    assert_int_equal(text.from[5], 6);
    assert_int_equal(text.to[5], 18);
    assert_false(unescape_layer(&text));
    unescaped_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_in_either_case),
        cmocka_unit_test(base64_at_each_alignment),
        cmocka_unit_test(both_alphabets),
        cmocka_unit_test(escaped_in_every_way),
        cmocka_unit_test(a_secret_that_looks_escaped),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(short_values),
        cmocka_unit_test(overlapping_secrets),
        cmocka_unit_test(whole_characters_go),
        cmocka_unit_test(parts_of_headers),
        cmocka_unit_test(names),
        cmocka_unit_test(fields_in_prose),
        cmocka_unit_test(private_keys),
        cmocka_unit_test(bytes_keep_their_length),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(layers_keep_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
