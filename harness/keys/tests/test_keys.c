/* Tables of keys: what a table takes, and what it says of anything else, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "harness/keys/keys.h"

static enum err_code at_most_three(const struct place *at, const json_t *value, const struct key_rule *rule, void *user,
                                   struct err *err)
{
    assert_null(rule);
    assert_string_equal(user, "user");
    return json_object_size(value) <= 3 ? ERR_OK : place_error(at, ERR_SYNTAX, err, "more than three");
}

static const char *const colours[] = {"red", "green", "blue", NULL};
static const char *const many[] = {"a-1", "a-2", "a-3", "a-4", "a-5", "a-6", "a-7",    "a-8", "a-9",
                                   "b-1", "b-2", "b-3", "b-4", "b-5", "b-6", "b-7",    "b-8", "b-9",
                                   "c-1", "c-2", "c-3", "c-4", "c-5", "c-6", "purple", NULL};

static const struct key_rule inner_rules[] = {{.name = "deep", .type = &key_true}, {.name = NULL}};
static const struct key_object inner = {.rules = inner_rules};

static const struct key_rule rules[] = {
    {.name = "id", .required = true, .type = &key_number, .min = 1, .max = 9},
    {.name = "colour", .type = &key_choice, .choices = colours, .excludes = "colours"},
    {.name = "colours", .type = &key_choices, .choices = colours, .min = 1, .max = 2},
    {.name = "shade", .type = &key_choice_list, .choices = colours, .min = 1, .max = 2, .with = "colour"},
    {.name = "sizes", .type = &key_numbers, .min = 1, .max = 9},
    {.name = "name", .type = &key_choice, .choices = many},
    {.name = "inside", .type = &key_object, .object = &inner},
    {.name = "list", .type = &key_objects, .object = &inner, .min = 1, .max = 2},
    {.name = "frames", .type = &key_hex_list},
    {.name = "body", .type = &key_body},
    {.name = "words", .type = &key_texts, .min = 0, .max = 2},
    {.name = "id_of", .type = &key_case_id},
    {.name = "named", .type = &key_case_name},
    {.name = "late", .type = &key_true, .unless = "named"},
    {.name = NULL}};
static const struct key_object table = {.rules = rules, .whole = at_most_three};

/* What the table says of a document; "" when it takes it. */
static const char *said(const char *text)
{
    static struct err err;
    json_t *root;
    struct place at = {.key = "f.json#"};
    static char user[] = "user";
    err = (struct err){.code = ERR_OK};
    if (keys_load(&root, "f.json", span_cstr(text), 1u << 20, &err) != ERR_OK)
        return err.text;
    enum err_code code = keys_check(&at, root, &table, user, &err);
    json_decref(root);
    assert_true((code == ERR_OK) == (err.text[0] == '\0'));
    return err.text;
}

static void test_taken(void **state)
{
    static const char *const texts[] = {
        "{\"id\":1}",
        "{\"id\":9,\"colour\":\"red\",\"shade\":\"blue\"}",
        "{\"id\":9,\"colour\":\"red\",\"shade\":[\"blue\",\"red\"]}",
        "{\"id\":9,\"colours\":[\"red\",\"green\"]}",
        "{\"id\":9,\"sizes\":3}",
        "{\"id\":9,\"sizes\":[3,3]}",
        "{\"id\":9,\"name\":\"purple\"}",
        "{\"id\":9,\"inside\":{\"deep\":true}}",
        "{\"id\":9,\"inside\":{}}",
        "{\"id\":9,\"list\":[{},{\"deep\":true}]}",
        "{\"id\":9,\"frames\":[\"\",\"00 ff\"]}",
        "{\"id\":9,\"body\":\"\"}",
        "{\"id\":9,\"body\":{\"hex\":\"00\"}}",
        "{\"id\":9,\"body\":{\"fill\":\"a\",\"count\":33554432}}",
        "{\"id\":9,\"words\":[]}",
        "{\"id\":9,\"id_of\":\"a-b/c\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (said(texts[i])[0])
            fail_msg("%s: %s", texts[i], said(texts[i]));
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *want; /* the beginning */
    } rows[] = {
        {"{}", "f.json#: the key \"id\" is missing"},
        {"{\"id\":0}", "f.json#/id: expected an integer from 1 to 9"},
        {"{\"id\":1.0}", "f.json#/id: expected an integer from 1 to 9"},
        {"{\"id\":1,\"color\":\"red\"}", "f.json#: unknown key \"color\"; did you mean 'colour'? (known: id, colour, "},
        {"{\"id\":1,\"zzzzzz\":1}", "f.json#: unknown key \"zzzzzz\" (known: id, colour, "},
        {"{\"id\":1,\"\\u001b[m~/\":1}", "f.json#: unknown key \"\\x1b[m~/\""},
        {"{\"id\":1,\"colour\":\"red\",\"colours\":[\"red\"]}",
         "f.json#: \"colour\" and \"colours\" exclude each other"},
        {"{\"id\":1,\"shade\":\"red\"}", "f.json#: \"shade\" goes with \"colour\""},
        {"{\"id\":1,\"colour\":\"red\",\"sizes\":1,\"words\":[]}", "f.json#: more than three"},
        {"{\"id\":1,\"colour\":\"gren\"}",
         "f.json#/colour: expected one of \"red\", \"green\", \"blue\"; did you mean 'green'?"},
        {"{\"id\":1,\"colour\":7}", "f.json#/colour: expected one of \"red\", \"green\", \"blue\""},
        {"{\"id\":1,\"colours\":[\"red\",\"red\"]}", "f.json#/colours/1: stands twice in the list"},
        {"{\"id\":1,\"colours\":[]}", "f.json#/colours: expected a list of 1 to 2 elements"},
        {"{\"id\":1,\"colour\":\"red\",\"shade\":[\"pink\"]}", "f.json#/shade/0: expected one of"},
        {"{\"id\":1,\"name\":\"purpel\"}", "f.json#/name: \"purpel\" is not known; did you mean 'purple'?"},
        {"{\"id\":1,\"name\":[]}", "f.json#/name: expected one of 25 names, such as \"a-1\""},
        {"{\"id\":1,\"sizes\":[]}", "f.json#/sizes: expected an integer from 1 to 9, or a list of these"},
        {"{\"id\":1,\"sizes\":[1,10]}", "f.json#/sizes/1: expected an integer from 1 to 9"},
        {"{\"id\":1,\"inside\":{\"deep\":false}}", "f.json#/inside/deep: expected true (or leave the key out)"},
        {"{\"id\":1,\"inside\":[]}", "f.json#/inside: expected an object"},
        {"{\"id\":1,\"list\":[{},{\"dep\":true}]}", "f.json#/list/1: unknown key \"dep\"; did you mean 'deep'?"},
        {"{\"id\":1,\"list\":[]}", "f.json#/list: expected a list of 1 to 2 objects"},
        {"{\"id\":1,\"frames\":[\"00\",\"0\"]}", "f.json#/frames/1: the byte at offset 0 lacks its second"},
        {"{\"id\":1,\"frames\":[]}", "f.json#/frames: expected a list of strings of hex digits"},
        {"{\"id\":1,\"body\":{\"fill\":\"ab\",\"count\":33554432}}",
         "f.json#/body: a body of more than 33554432 bytes"},
        {"{\"id\":1,\"body\":{\"fill\":\"ab\"}}", "f.json#/body: the key \"count\" is missing"},
        {"{\"id\":1,\"id_of\":\"a-b\"}", "f.json#/id_of: expected topic/kebab-words"},
        {"{\"id\":1,\"id_of\":\"a/b~c\"}", "f.json#/id_of: expected topic/kebab-words"},
        {"{\"id\":1,\"named\":\"a~c\"}", "f.json#/named: expected topic/kebab-words, or"},
        {"{\"id\":1,\"named\":\"a/b~\"}", "f.json#/named: expected topic/kebab-words, or"},
        {"{\"id\":1,\"named\":\"a/b~c~d\"}", "f.json#/named: expected topic/kebab-words, or"},
        {"{\"id\":1,\"named\":\"a/b~C\"}", "f.json#/named: expected topic/kebab-words, or"},
        {"{\"id\":1,\"late\":0}", "f.json#/late: expected true"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = said(rows[i].text);
        if (strncmp(text, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].text, text, rows[i].want);
    }
}

static void test_find(void **state)
{
    struct place at = {.key = "f.json#"};
    struct err err;
    (void)state;
    assert_ptr_equal(keys_find(&at, &table, "sizes", &err), &rules[4]);
    assert_null(keys_find(&at, &table, "size", &err));
    assert_non_null(strstr(err.text, "did you mean 'sizes'?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
