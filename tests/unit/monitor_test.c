// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "monitor.h"

#include <stdio.h>
#include <string.h>

static void progress_is_read_from_a_line_of_the_log(void **state)
{
    (void)state;
    struct monitor_line line;
    monitor_parse(&line,
                  "12:00:01 info p003: round 2, training 64/320 images  86 images/s  0:03 left");
    assert_int_equal(line.kind, MONITOR_PROGRESS);
    assert_string_equal(line.what, "round 2, training");
    assert_int_equal(line.done, 64);
    assert_int_equal(line.total, 320);
    assert_string_equal(line.unit, "images");
    monitor_parse(&line, "12:00:01 info p003: verifying 600/600 images");
    assert_int_equal(line.kind, MONITOR_PROGRESS);
    assert_int_equal(line.done, line.total);
}

static void other_lines_are_not_taken_for_progress(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "12:00:01 info p003: 3/4",
        "12:00:01 info p003: 3/4 images",
        "12:00:01 info p003: round 2 of 8",
        "12:00:01 info p003: training 9/4 images",
        "12:00:01 info p003: reads /data/1/2 faces",
        "12:00:01 info p003",
        "12:00:01",
        "",
        "training 1/2",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct monitor_line line;
        monitor_parse(&line, lines[i]);
        if (line.kind != MONITOR_PLAIN) fail_msg("%s", lines[i]);
    }
}

static void trouble_is_told_from_its_level_and_keeps_who_said_it(void **state)
{
    (void)state;
    struct monitor_line line;
    monitor_parse(&line, "12:00:01 warning p003: faces/a/1.jpg: truncated, 3/4 images");
    assert_int_equal(line.kind, MONITOR_WARNING);
    assert_string_equal(line.text, "p003: faces/a/1.jpg: truncated, 3/4 images");
    monitor_parse(&line, "12:00:01 error coordinator: no space left");
    assert_int_equal(line.kind, MONITOR_ERROR);
    assert_string_equal(line.text, "coordinator: no space left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_read_from_a_line_of_the_log),
        cmocka_unit_test(other_lines_are_not_taken_for_progress),
        cmocka_unit_test(trouble_is_told_from_its_level_and_keeps_who_said_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
