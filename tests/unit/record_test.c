// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void a_record_is_one_line_of_json(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct record record;
    record_start(&record, out);
    record_text(&record, "name", "a \"b\" \\ \n");
    record_count(&record, "count", UINT64_MAX);
    record_number(&record, "number", 1.25, 1);
    record_number(&record, "nothing", (double)NAN, 1);
    record_list_open(&record, "list");
    for (uint64_t i = 0; i < 2; i++) {
        record_open(&record);
        record_count(&record, "i", i);
        record_number(&record, "half", (double)i / 2, 2);
        record_close(&record);
    }
    record_list_close(&record);
    record_list_open(&record, "empty");
    record_list_close(&record);
    record_end(&record);
    fclose(out);
    assert_string_equal(text, "{\"name\": \"a \\\"b\\\" \\\\ \\u000a\", "
                              "\"count\": 18446744073709551615, \"number\": 1.2, "
                              "\"nothing\": null, \"list\": [{\"i\": 0, \"half\": 0.00}, "
                              "{\"i\": 1, \"half\": 0.50}], \"empty\": []}\n");
    free(text);
}

static void an_empty_record_is_one(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct record record;
    record_start(&record, out);
    record_end(&record);
    fclose(out);
    assert_string_equal(text, "{}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_one_line_of_json),
        cmocka_unit_test(an_empty_record_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
