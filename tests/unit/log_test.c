// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 18 };

/* Standard error, led into a file or a terminal of our own. */
struct capture {
    int kept;   // the real standard error
    int source; // where the output can be read
    char text[OUTPUT_MAX];
};

static struct capture capture;

static void capture_start_file(void)
{
    char path[] = "/tmp/fedveil-log-XXXXXX";
    capture.source = mkstemp(path);
    assert_true(capture.source >= 0);
    unlink(path);
    capture.kept = dup(STDERR_FILENO);
    dup2(capture.source, STDERR_FILENO);
}

static void capture_start_terminal(unsigned short columns)
{
    int terminal = -1;
    struct winsize window = {.ws_row = 24, .ws_col = columns};
    assert_int_equal(openpty(&capture.source, &terminal, NULL, NULL, &window), 0);
    fcntl(capture.source, F_SETFL, O_NONBLOCK);
    capture.kept = dup(STDERR_FILENO);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
}

/* Gives standard error back; afterwards capture.text is what was written. */
static void capture_end(bool file)
{
    if (file) lseek(capture.source, 0, SEEK_SET);
    size_t count = 0;
    ssize_t got = 0;
    while ((got = read(capture.source, capture.text + count, OUTPUT_MAX - 1 - count)) > 0) {
        count += (size_t)got;
    }
    capture.text[count] = '\0';
    dup2(capture.kept, STDERR_FILENO);
    close(capture.kept);
    close(capture.source);
}

static size_t count_of(const char *needle)
{
    size_t count = 0;
    for (const char *at = capture.text; (at = strstr(at, needle)) != NULL; at++) {
        count++;
    }
    return count;
}

static void a_line_has_time_level_speaker_and_text(void **state)
{
    (void)state;
    capture_start_file();
    log_start("participant-1", LOG_INFO);
    log_warning("round %d: %s", 3, "slow");
    capture_end(true);
    int hours = -1, minutes = -1, seconds = -1, length = 0;
    assert_int_equal(sscanf(capture.text, "%2d:%2d:%2d %n", &hours, &minutes, &seconds, &length),
                     3);
    assert_int_equal(length, 9);
    assert_in_range(hours, 0, 23);
    assert_in_range(minutes, 0, 59);
    assert_in_range(seconds, 0, 60);
    assert_string_equal(capture.text + length, "warning participant-1: round 3: slow\n");
}

static void shows_the_levels_up_to_the_chosen_one(void **state)
{
    (void)state;
    for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        capture_start_file();
        log_start("test", level);
        log_error("text");
        log_warning("text");
        log_info("text");
        log_debug("text");
        capture_end(true);
        assert_int_equal(count_of("\n"), (size_t)level + 1);
        assert_int_equal(count_of(" error test: text\n"), 1);
        assert_int_equal(count_of(" debug test: text\n"), level == LOG_DEBUG);
    }
}

static void a_text_cannot_forge_a_line_or_drive_the_terminal(void **state)
{
    (void)state;
    capture_start_file();
    log_start("test", LOG_INFO);
    log_info("refused %s", "eve\n12:00:00 info test: all is well\033[2J");
    capture_end(true);
    assert_int_equal(count_of("\n"), 1);
    assert_int_equal(count_of("\033"), 0);
    assert_non_null(strstr(capture.text, "refused eve?12:00:00 info test: all is well?[2J\n"));
}

static void a_text_that_is_too_long_is_cut_and_still_a_line(void **state)
{
    (void)state;
    static char text[8192];
    memset(text, 'x', sizeof text - 1);
    capture_start_file();
    log_start("test", LOG_INFO);
    log_info("%s", text);
    log_info("next");
    capture_end(true);
    assert_int_equal(count_of("\n"), 2);
    assert_true(strlen(capture.text) < 4096);
}

enum { THREADS = 4, LINES = 200 };

static void *write_lines(void *argument)
{
    (void)argument;
    for (int i = 0; i < LINES; i++) {
        log_info("a line of some length that must stay whole");
        log_progress("count", (uint64_t)i, LINES + 1, "lines");
    }
    return NULL;
}

static void lines_of_threads_stay_whole(void **state)
{
    (void)state;
    capture_start_file();
    log_start("test", LOG_INFO);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    capture_end(true);
    assert_int_equal(count_of("info test: a line of some length that must stay whole\n"),
                     THREADS * LINES);
}

static void progress_in_a_pipe_is_plain_lines_with_an_end(void **state)
{
    (void)state;
    capture_start_file();
    log_start("test", LOG_INFO);
    for (uint64_t i = 0; i <= 1000; i++) {
        log_progress("train", i, 1000, "images");
    }
    capture_end(true);
    // One line at the end; more only on a machine that needs seconds for a thousand steps.
    assert_in_range(count_of("\n"), 1, 10);
    assert_int_equal(count_of("\r") + count_of("\033"), 0);
    assert_non_null(strstr(capture.text, "info test: train 1000/1000 images"));
}

static void who_follows_a_pipe_may_hear_more_often(void **state)
{
    (void)state;
    capture_start_file();
    assert_int_equal(setenv("FEDVEIL_PROGRESS_MS", "0", 1), 0);
    log_start("test", LOG_INFO);
    for (uint64_t i = 0; i <= 100; i++) {
        log_progress("train", i, 100, "images");
    }
    assert_int_equal(setenv("FEDVEIL_PROGRESS_MS", "soon", 1), 0); // counts as unset
    log_start("test", LOG_INFO);
    log_progress("verify", 1, 100, "images");
    log_progress("verify", 2, 100, "images");
    assert_int_equal(unsetenv("FEDVEIL_PROGRESS_MS"), 0);
    capture_end(true);
    assert_int_equal(count_of("train "), 101);
    assert_in_range(count_of("verify "), 0, 1);
}

static void count_call(void *context)
{
    ++*(int *)context;
    log_info("called"); // it may log
}

static void *report_progress(void *context)
{
    (void)context;
    log_progress("train", 1, 100, "images");
    return NULL;
}

static void meanwhile_is_called_in_its_own_thread_only(void **state)
{
    (void)state;
    int calls = 0;
    pthread_t other;
    capture_start_file();
    log_start("test", LOG_INFO);
    log_meanwhile(count_call, &calls);
    log_progress("train", 1, 100, "images");
    log_progress("train", 2, 100, "images");
    assert_int_equal(calls, 2);
    assert_int_equal(pthread_create(&other, NULL, report_progress, NULL), 0);
    pthread_join(other, NULL);
    assert_int_equal(calls, 2);
    log_meanwhile(NULL, NULL);
    log_progress("train", 3, 100, "images");
    assert_int_equal(calls, 2);
    capture_end(true);
    assert_int_equal(count_of("info test: called\n"), 2);
}

static void progress_in_a_terminal_is_rewritten_in_place(void **state)
{
    (void)state;
    capture_start_terminal(80);
    log_start("test", LOG_INFO);
    log_progress("train", 0, 1000, "images");
    log_info("between");
    usleep(2000); // so that a rate exists
    log_progress("train", 1000, 1000, "images");
    capture_end(false);
    assert_non_null(strstr(capture.text, "\rtest: train 0/1000 images\033[K\r\033[K"));
    assert_non_null(strstr(capture.text, " info test: between\r\n"));
    const char *end = strstr(capture.text, "\rtest: train 1000/1000 images  ");
    assert_non_null(end);
    assert_non_null(strstr(end, " images/s  in 0:0"));
    assert_non_null(strstr(end, "\033[K\r\n"));
    assert_int_equal(count_of("\n"), 2);
}

static void progress_tells_rate_and_time_left(void **state)
{
    (void)state;
    capture_start_terminal(80);
    log_start("test", LOG_INFO);
    log_progress("train", 0, 1000, "images");
    usleep(120000); // longer than the pause between two lines
    log_progress("train", 500, 1000, "images");
    capture_end(false);
    unsigned rate = 0;
    int minutes = -1, seconds = -1;
    const char *line = strstr(capture.text, "train 500/1000 images");
    assert_non_null(line);
    assert_int_equal(
        sscanf(line, "train 500/1000 images %u images/s %d:%d left", &rate, &minutes, &seconds), 3);
    assert_true(rate > 0);
}

static void progress_is_cut_to_the_width_of_the_terminal(void **state)
{
    (void)state;
    capture_start_terminal(20);
    log_start("test", LOG_INFO);
    log_progress("a rather long piece of work", 1, 1000, "images");
    capture_end(false);
    assert_string_equal(capture.text, "\rtest: a rather long\033[K");
}

static void progress_is_silent_below_info_and_without_work(void **state)
{
    (void)state;
    capture_start_file();
    log_start("test", LOG_WARNING);
    log_progress("train", 10, 10, "images");
    log_start("test", LOG_INFO);
    log_progress("train", 0, 0, "images");
    capture_end(true);
    assert_string_equal(capture.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_speaker_and_text),
        cmocka_unit_test(shows_the_levels_up_to_the_chosen_one),
        cmocka_unit_test(a_text_cannot_forge_a_line_or_drive_the_terminal),
        cmocka_unit_test(a_text_that_is_too_long_is_cut_and_still_a_line),
        cmocka_unit_test(lines_of_threads_stay_whole),
        cmocka_unit_test(progress_in_a_pipe_is_plain_lines_with_an_end),
        cmocka_unit_test(who_follows_a_pipe_may_hear_more_often),
        cmocka_unit_test(meanwhile_is_called_in_its_own_thread_only),
        cmocka_unit_test(progress_in_a_terminal_is_rewritten_in_place),
        cmocka_unit_test(progress_tells_rate_and_time_left),
        cmocka_unit_test(progress_is_cut_to_the_width_of_the_terminal),
        cmocka_unit_test(progress_is_silent_below_info_and_without_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
