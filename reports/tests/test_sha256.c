#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/base/hex.h"
#include "reports/sha256.h"

static void assert_digest(struct span bytes, const char *hex)
{
    uint8_t digest[SHA256_LEN];
    sha256_digest(digest, bytes);
    struct buf text;
    buf_init(&text, 100);
    assert_true(hex_encode(&text, span_of(digest, sizeof digest)));
    assert_string_equal((char *)text.data, hex);
    buf_fini(&text);
}

/* The examples of NIST (FIPS 180-4 and CAVP SHA256ShortMsg, SHA256LongMsg). */
static void test_nist_vectors(void **state)
{
    (void)state;
    assert_digest(span_cstr(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest(span_cstr("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest(span_cstr("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest(
        span_cstr("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsm"
                  "nopqrstnopqrstu"),
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    assert_digest(span_of("\xd3", 1), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
    assert_digest(span_of("\x11\xaf", 2), "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98");
}

static void test_million_a(void **state)
{
    (void)state;
    size_t len = 1000000;
    uint8_t *text = malloc(len);
    assert_non_null(text);
    memset(text, 'a', len);
    assert_digest(span_of(text, len), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(text);
}

/* Every length around the padding's borders, folded into one value: digests of n bytes 0xa5, hashed together. Computed
 * with sha256sum. */
static void test_all_lengths(void **state)
{
    (void)state;
    uint8_t text[130];
    uint8_t all[131 * SHA256_LEN];
    memset(text, 0xa5, sizeof text);
    for (size_t len = 0; len <= sizeof text; len++)
        sha256_digest(all + len * SHA256_LEN, span_of(text, len));
    assert_digest(span_of(all, sizeof all), "3b5732e9fc5890e89286702dcb3e820a81ad81ce6e5f5885294b633ce6e974e0");
}

static void test_csp_source(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    assert_true(sha256_csp_source(&out, span_cstr("doSomething();")));
    assert_string_equal((char *)out.data, "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=");
    buf_fini(&out);
    buf_init(&out, 20);
    assert_false(sha256_csp_source(&out, span_cstr("doSomething();")));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nist_vectors),
        cmocka_unit_test(test_million_a),
        cmocka_unit_test(test_all_lengths),
        cmocka_unit_test(test_csp_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
