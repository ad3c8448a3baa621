// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/settings_tree.h"

#include <string.h>

static enum status read_text(struct settings_node **root, const char *text)
{
    return settings_tree_read(root, "a.yaml", (const uint8_t *)text, strlen(text));
}

static void sections_lists_and_texts_keep_their_order_and_lines(void **state)
{
    (void)state;
    struct settings_node *root = NULL;
    assert_int_equal(read_text(&root, "b: 1\n"
                                      "a:\n"
                                      "  - {x.y: [2, \"q r\"]}\n"
                                      "  - text\n"),
                     STATUS_OK);
    assert_int_equal(settings_tree_count(root), 2);
    assert_string_equal(root->first->key, "b");
    const struct settings_node *list = settings_tree_find(root, "a");
    assert_int_equal(list->line, 2);
    assert_int_equal(list->kind, SETTINGS_NODE_LIST);
    const struct settings_node *value = settings_tree_find(list->first, "x.y");
    char text[32];
    assert_int_equal(value->line, 3);
    assert_true(settings_tree_value(text, sizeof text, value));
    assert_string_equal(text, "[2, \"q r\"]");
    assert_false(settings_tree_value(text, 10, value));
    assert_false(settings_tree_value(text, sizeof text, list));
    assert_string_equal(list->first->next->text, "text");
    assert_int_equal(list->first->next->line, 4);
    assert_null(settings_tree_find(root, "c"));
    assert_null(settings_tree_find(NULL, "c"));
    settings_tree_destroy(&root);
    assert_null(root);
    settings_tree_destroy(&root);
}

static void reads_what_a_program_printed_as_json(void **state)
{
    (void)state;
    struct settings_node *root = NULL;
    double number = 0;
    assert_int_equal(read_text(&root, "{\"accuracy\": 0.5, \"k\": {\"2\": 1e-1}, \"none\": null, "
                                      "\"text\": \"a\\\"b\\u0001\", \"list\": []}\n"),
                     STATUS_OK);
    assert_true(settings_tree_number(&number, settings_tree_find(root, "accuracy")));
    assert_true(number > 0.49 && number < 0.51);
    assert_true(
        settings_tree_number(&number, settings_tree_find(settings_tree_find(root, "k"), "2")));
    assert_false(settings_tree_number(&number, settings_tree_find(root, "none")));
    assert_false(settings_tree_number(&number, settings_tree_find(root, "list")));
    assert_false(settings_tree_number(&number, NULL));
    assert_string_equal(settings_tree_find(root, "text")->text, "a\"b\001");
    char text[8];
    assert_true(settings_tree_value(text, sizeof text, settings_tree_find(root, "list")));
    assert_string_equal(text, "[]");
    settings_tree_destroy(&root);
}

static void nothing_is_an_empty_section(void **state)
{
    (void)state;
    struct settings_node *root = NULL;
    assert_int_equal(read_text(&root, "# nothing\n"), STATUS_OK);
    assert_int_equal(root->kind, SETTINGS_NODE_SECTION);
    assert_int_equal(settings_tree_count(root), 0);
    settings_tree_destroy(&root);
}

static void refuses_what_it_cannot_place(void **state)
{
    (void)state;
    static const char *const refusals[][2] = {
        {"a: 1\na: 2\n", "a.yaml:2: a: duplicate key, allowed once, and line 1 has it"},
        {"- a\n", "a.yaml:1: got a list, allowed: a section of keys"},
        {"a: *b\n", "a.yaml:1: a: aliases (*name) are not allowed; write the value itself, or "
                    "quote a text that begins so"},
        {"? [a]\n: 1\n", "a.yaml:1: got a list or section as a key, allowed: a name"},
        {"a: 1\n---\nb: 2\n", "a.yaml:2: a second document begins, allowed: one"},
        {"a: [1\n", "a.yaml:2: malformed YAML: did not find expected ',' or ']'"},
        {"a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "a.yaml:1: a: too deep, allowed: 16 levels"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct settings_node *root = NULL;
        assert_int_equal(read_text(&root, refusals[i][0]), STATUS_BAD_CONFIG);
        assert_null(root);
        assert_string_equal(status_message(), refusals[i][1]);
    }
}

static void a_section_may_have_the_listed_keys_only(void **state)
{
    (void)state;
    static const char *const keys[] = {"x", "y", NULL};
    struct settings_node *root = NULL;
    assert_int_equal(read_text(&root, "good: {x: 1}\nempty:\nbad:\n  z: 1\nlist: [x]\n"),
                     STATUS_OK);
    assert_int_equal(settings_tree_allow("a.yaml", settings_tree_find(root, "good"), keys),
                     STATUS_OK);
    assert_int_equal(settings_tree_allow("a.yaml", settings_tree_find(root, "empty"), keys),
                     STATUS_OK);
    assert_int_equal(settings_tree_allow("a.yaml", NULL, keys), STATUS_OK);
    assert_int_equal(settings_tree_allow("a.yaml", settings_tree_find(root, "bad"), keys),
                     STATUS_BAD_CONFIG);
    assert_string_equal(status_message(), "a.yaml:4: z: unknown key, allowed: x, y");
    assert_int_equal(settings_tree_allow("a.yaml", settings_tree_find(root, "list"), keys),
                     STATUS_BAD_CONFIG);
    assert_string_equal(status_message(), "a.yaml:5: list: allowed: a section with x, y");
    settings_tree_destroy(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_lists_and_texts_keep_their_order_and_lines),
        cmocka_unit_test(reads_what_a_program_printed_as_json),
        cmocka_unit_test(nothing_is_an_empty_section),
        cmocka_unit_test(refuses_what_it_cannot_place),
        cmocka_unit_test(a_section_may_have_the_listed_keys_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
