// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "image/pickle.h"

#include <stdio.h>
#include <string.h>

static void check_refused(const char *bytes, size_t size, const char *reason)
{
    struct pickle pickle;
    assert_int_equal(pickle_parse(&pickle, (const uint8_t *)bytes, size, "a.bin"),
                     STATUS_BAD_INPUT);
    assert_null(pickle.values);
    assert_null(pickle.items);
    if (strstr(status_message(), reason) == NULL) fail_msg("%s", status_message());
}

static void check_understood(struct pickle *pickle, const char *bytes, size_t size)
{
    if (pickle_parse(pickle, (const uint8_t *)bytes, size, "a.bin") != STATUS_OK) {
        fail_msg("%s", status_message());
    }
}

#define REFUSED(text, reason)    check_refused(text, sizeof(text) - 1, reason)
#define UNDERSTOOD(pickle, text) check_understood(pickle, text, sizeof(text) - 1)

static void numbers_keep_their_sign(void **state)
{
    (void)state;
    static const int64_t expected[] = {200, 65535, -1, 2147483647, 0, -128, 128, -2};
    struct pickle pickle;
    UNDERSTOOD(&pickle,
               "\x80\x02(K\xc8M\xff\xffJ\xff\xff\xff\xffJ\xff\xff\xff\x7f\x8a\x00\x8a\x01\x80"
               "\x8a\x02\x80\x00\x8a\x08\xfe\xff\xff\xff\xff\xff\xff\xfft.");
    const struct pickle_value *root = &pickle.values[pickle.root];
    assert_int_equal(root->kind, PICKLE_TUPLE);
    assert_int_equal(root->count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pickle_item(&pickle, root, i)->kind, PICKLE_INT);
        assert_int_equal(pickle_item(&pickle, root, i)->number, expected[i]);
    }
    pickle_destroy(&pickle);
    pickle_destroy(&pickle);
}

static void a_list_may_grow_after_it_was_remembered(void **state)
{
    (void)state;
    struct pickle pickle;
    // Lists 0 and 1 grow by turns; the tuple holds list 0 as it is at the end.
    UNDERSTOOD(&pickle, "\x80\x02]q\x00]q\x01(h\x00K\x01"
                        "ah\x01K\x09"
                        "ah\x00(K\x02K\x03"
                        "e"
                        "h\x01K\x08"
                        "ah\x00K\x04"
                        "at.");
    const struct pickle_value *root = &pickle.values[pickle.root];
    assert_int_equal(root->count, 5);
    const struct pickle_value *grown = pickle_item(&pickle, root, 0);
    assert_ptr_equal(grown, pickle_item(&pickle, root, 4));
    assert_int_equal(grown->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pickle_item(&pickle, grown, i)->number, i + 1);
    }
    assert_int_equal(pickle_item(&pickle, pickle_item(&pickle, root, 3), 1)->number, 8);
    pickle_destroy(&pickle);
}

static void bytes_and_texts_are_places_in_the_file(void **state)
{
    (void)state;
    struct pickle pickle;
    UNDERSTOOD(&pickle, "\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00(U\x02"
                        "abC\x01"
                        "c\x8c\x00\x96\x03\x00\x00\x00\x00\x00\x00\x00xyzt.");
    const struct pickle_value *root = &pickle.values[pickle.root];
    static const size_t places[][2] = {{14, 2}, {18, 1}, {21, 0}, {30, 3}};
    for (size_t i = 0; i < 4; i++) {
        const struct pickle_value *item = pickle_item(&pickle, root, i);
        assert_int_equal(item->kind, i == 2 ? PICKLE_TEXT : PICKLE_BYTES);
        assert_int_equal(item->first, places[i][0]);
        assert_int_equal(item->count, places[i][1]);
    }
    pickle_destroy(&pickle);
}

static void a_list_that_holds_itself_does_no_harm(void **state)
{
    (void)state;
    struct pickle pickle;
    UNDERSTOOD(&pickle, "\x80\x02]q\x00h\x00"
                        "a.");
    const struct pickle_value *root = &pickle.values[pickle.root];
    assert_ptr_equal(pickle_item(&pickle, root, 0), root);
    pickle_destroy(&pickle);
}

static void nothing_but_arrays_of_bytes_is_called(void **state)
{
    (void)state;
    REFUSED("\x80\x02"
            "cos\nsystem\n(U\x02id\x85R.",
            "byte 2: names something that is not");
    REFUSED("\x80\x02"
            "c_codecs\nencode\n.",
            "byte 2: names something");
    REFUSED("\x80\x04\x8c\x08"
            "builtins\x8c\x04"
            "eval\x93.",
            "byte 18: names something");
    REFUSED("\x80\x02"
            "cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R.",
            "byte 24: numbers of a type other");
    REFUSED("\x80\x02"
            "cnumpy\nndarray\n)R.",
            "byte 18: calls something");
    REFUSED("\x80\x02"
            "cnumpy\nndarray\n(U\x01"
            "at\x81.",
            "an instruction that no list");
    REFUSED("\x80\x02"
            "cnumpy.core.multiarray\n_reconstruct\n)R.",
            "calls something");
    REFUSED("\x80\x02N)R.", "calls something");
    REFUSED("\x80\x02NNb.", "a state of something that has none");
    REFUSED("\x80\x02Q.", "byte 2: an instruction that no list of pictures needs");
}

#define TYPE "cnumpy\ndtype\n(U\x02u1K\x00K\x01tR"
#define BLANK                                                                                      \
    "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01"                       \
    "btR"

static void an_array_needs_as_many_bytes_as_its_shape_says(void **state)
{
    (void)state;
    struct pickle pickle;
    UNDERSTOOD(&pickle, "\x80\x02" BLANK "(K\x01K\x03K\x01\x86" TYPE "\x89U\x03xyztb.");
    const struct pickle_value *root = &pickle.values[pickle.root];
    assert_int_equal(root->kind, PICKLE_ARRAY);
    assert_int_equal(root->count, 3);
    pickle_destroy(&pickle);
    static const char wrong[] = "not an array of one column of bytes";
    REFUSED("\x80\x02" BLANK "(K\x01K\x04K\x01\x86" TYPE "\x89U\x03xyztb.", wrong);
    REFUSED("\x80\x02" BLANK "(K\x01K\x01K\x03\x86" TYPE "\x89U\x03xyztb.", wrong);
    REFUSED("\x80\x02" BLANK "(K\x01K\x03K\x01K\x01\x87" TYPE "\x89U\x03xyztb.", wrong);
    REFUSED("\x80\x02" BLANK "(K\x01J\xff\xff\xff\xff\x85" TYPE "\x89U\x03xyztb.", wrong);
    REFUSED("\x80\x02" BLANK "(K\x01K\x03\x85N\x89U\x03xyztb.", wrong);
    REFUSED("\x80\x02" BLANK "(K\x01K\x03\x85" TYPE "\x89Ntb.", wrong);
}

static void files_that_end_early_are_refused_wherever_they_are_cut(void **state)
{
    (void)state;
    static const char whole[] =
        "\x80\x02" BLANK "(K\x01K\x03\x85" TYPE "\x89U\x03xyztb]q\x01"
        "(h\x01K\x05M\x01\x02J\x01\x02\x03\x04G12345678\x88\x89NX\x01\x00\x00\x00"
        "be\x86.";
    struct pickle pickle;
    check_understood(&pickle, whole, sizeof whole - 1);
    pickle_destroy(&pickle);
    for (size_t size = 0; size + 1 < sizeof whole; size++) {
        check_refused(whole, size, "a.bin: byte ");
    }
}

static void instructions_without_their_values_are_refused(void **state)
{
    (void)state;
    static const char *const lone[] = {"a",   "e",    "t",    "R",     "b",    ".",
                                       "q\1", "\x94", "\x85", "h\1",   "\x93", "(a",
                                       "N(a", "(e",   "N(e",  "(\x85", "(R"};
    for (size_t i = 0; i < sizeof lone / sizeof lone[0]; i++) {
        char text[32];
        const int size = snprintf(text, sizeof text, "\x80\x02%s.", lone[i]);
        check_refused(text, (size_t)size, "a.bin: byte ");
    }
    REFUSED("", "byte 0: not a pickle");
    REFUSED("(lp0\n.", "byte 0: not a pickle of protocol 2 to 5");
    REFUSED("\x80\x06N.", "byte 0: an unknown protocol");
    REFUSED("\x80\x02Nr\xff\xff\xff\xff.", "byte 3: too many values to remember");
    REFUSED("\x80\x02\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "byte 2: the file ends before");
    REFUSED("\x80\x02\x8a\x09"
            "123456789.",
            "more than 64 bits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_sign),
        cmocka_unit_test(a_list_may_grow_after_it_was_remembered),
        cmocka_unit_test(bytes_and_texts_are_places_in_the_file),
        cmocka_unit_test(a_list_that_holds_itself_does_no_harm),
        cmocka_unit_test(nothing_but_arrays_of_bytes_is_called),
        cmocka_unit_test(an_array_needs_as_many_bytes_as_its_shape_says),
        cmocka_unit_test(files_that_end_early_are_refused_wherever_they_are_cut),
        cmocka_unit_test(instructions_without_their_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
