// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include "base/clock.h"
#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = STATUS_MESSAGE_MAX + 256, // a line with the longest sentence of status.h
    TERMINAL_PAUSE_MS = 100,                   // least time between two progress lines
    PIPE_PAUSE_MS = 5000,                      // without FEDVEIL_PROGRESS_MS
};

static struct {
    pthread_mutex_t lock;
    char who[LIMIT_NAME];
    enum log_level level;
    bool started;
    bool terminal;
    uint64_t pipe_pause_ms;
    bool line_open; // a progress line stands on the terminal without its end
    struct {
        char what[LIMIT_NAME];
        bool active;
        uint64_t done_first; // what was done when the clock started
        uint64_t done;
        uint64_t start_ms;
        uint64_t shown_ms;
        bool shown;
    } progress;
} log_state = {.lock = PTHREAD_MUTEX_INITIALIZER,
               .who = "fedveil",
               .level = LOG_INFO,
               .pipe_pause_ms = PIPE_PAUSE_MS};

/* Who follows a log, as the simulator does, may want to hear more often. */
static uint64_t wanted_pause_ms(void)
{
    const char *text = getenv("FEDVEIL_PROGRESS_MS");
    char *end = NULL;
    const unsigned long wanted = text == NULL ? 0 : strtoul(text, &end, 10);
    return text == NULL || end == text || *end != '\0' ? PIPE_PAUSE_MS : wanted;
}

void log_start(const char *who, enum log_level level)
{
    pthread_mutex_lock(&log_state.lock);
    snprintf(log_state.who, sizeof log_state.who, "%s", who);
    log_state.level = level;
    log_state.pipe_pause_ms = wanted_pause_ms();
    log_state.terminal = isatty(STDERR_FILENO) == 1;
    log_state.started = true;
    log_state.line_open = false;
    log_state.progress.active = false;
    pthread_mutex_unlock(&log_state.lock);
}

/* Where even the log cannot be written, there is nobody left to tell. */
static void put(const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(STDERR_FILENO, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        bytes += written;
        size -= (size_t)written;
    }
}

/* A text may hold names that strangers chose: it stays on its line and cannot drive a terminal. */
static void make_harmless(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) *text = *text == '\t' ? ' ' : '?';
    }
}

/* One write for a whole line, so that the lines of processes that share a pipe stay whole. */
static void put_line(enum log_level level, const char *text)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    const time_t now = time(NULL);
    struct tm local = {0};
    localtime_r(&now, &local);
    char line[LINE_MAX_BYTES];
    int length = snprintf(line, sizeof line - 1, "%s%02d:%02d:%02d %s %s: %s",
                          log_state.line_open ? "\r\033[K" : "", local.tm_hour, local.tm_min,
                          local.tm_sec, names[level], log_state.who, text);
    if (length < 0) return;
    if (length > (int)sizeof line - 2) length = (int)sizeof line - 2;
    line[length++] = '\n';
    put(line, (size_t)length);
    log_state.line_open = false;
}

static void PRINTF_LIKE(2, 0) say(enum log_level level, const char *format, va_list arguments)
{
    char text[STATUS_MESSAGE_MAX + 64];
    if (vsnprintf(text, sizeof text, format, arguments) < 0) return;
    make_harmless(text);
    pthread_mutex_lock(&log_state.lock);
    if (level <= log_state.level) put_line(level, text);
    pthread_mutex_unlock(&log_state.lock);
}

#define SAY(level)                                                                                 \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        say(level, format, arguments);                                                             \
        va_end(arguments);                                                                         \
    } while (0)

void log_error(const char *format, ...)
{
    SAY(LOG_ERROR);
}

void log_warning(const char *format, ...)
{
    SAY(LOG_WARNING);
}

void log_info(const char *format, ...)
{
    SAY(LOG_INFO);
}

void log_debug(const char *format, ...)
{
    SAY(LOG_DEBUG);
}

void log_time(char text[LOG_TIME], double seconds)
{
    if (seconds > 359999) seconds = 359999; // 99:59:59
    const int whole = (int)(seconds + 0.5);
    if (whole >= 3600) {
        snprintf(text, LOG_TIME, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        snprintf(text, LOG_TIME, "%d:%02d", whole / 60, whole % 60);
    }
}

static void format_progress(char *out, size_t out_size, uint64_t total, const char *unit,
                            uint64_t now_ms)
{
    const uint64_t done = log_state.progress.done;
    const double seconds = 1e-3 * (double)(now_ms - log_state.progress.start_ms);
    const double made = (double)(done - log_state.progress.done_first);
    char pace[128] = "";
    if (seconds > 0 && made > 0) {
        const double rate = made / seconds;
        const bool ended = done == total;
        char when[LOG_TIME];
        log_time(when, ended ? seconds : (double)(total - done) / rate);
        snprintf(pace, sizeof pace, "  %.*f %s/s  %s%s%s", rate < 1 ? 3 : (rate < 10 ? 1 : 0), rate,
                 unit, ended ? "in " : "", when, ended ? "" : " left");
    }
    snprintf(out, out_size, "%s %llu/%llu %s%s", log_state.progress.what, (unsigned long long)done,
             (unsigned long long)total, unit, pace);
    make_harmless(out);
}

/* Rewrites the open line. It is cut to the window: a wrapped line could not be rewritten. */
static void put_progress_on_terminal(const char *text, bool ended)
{
    struct winsize window = {0};
    int columns = 80;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
        columns = window.ws_col;
    }
    char cut[512];
    snprintf(cut, sizeof cut, "%s: %s", log_state.who, text);
    char line[sizeof cut + 16];
    const int length =
        snprintf(line, sizeof line, "\r%.*s\033[K%s", columns - 1, cut, ended ? "\n" : "");
    put(line, (size_t)length);
    log_state.line_open = !ended;
}

static void progress_restart(const char *what, uint64_t done, uint64_t now_ms)
{
    snprintf(log_state.progress.what, sizeof log_state.progress.what, "%s", what);
    log_state.progress.active = true;
    log_state.progress.done_first = done;
    log_state.progress.start_ms = now_ms;
    // A pipe hears of it after a pause or at the end; a terminal at once.
    log_state.progress.shown_ms = now_ms;
    log_state.progress.shown = false;
}

static void show_progress(uint64_t total, const char *unit, uint64_t now_ms)
{
    const bool ended = log_state.progress.done == total;
    const bool first = log_state.terminal && !log_state.progress.shown;
    const uint64_t pause_ms = log_state.terminal ? TERMINAL_PAUSE_MS : log_state.pipe_pause_ms;
    if (!ended && !first && now_ms - log_state.progress.shown_ms < pause_ms) return;
    char text[256];
    format_progress(text, sizeof text, total, unit, now_ms);
    if (log_state.terminal) {
        put_progress_on_terminal(text, ended);
    } else {
        put_line(LOG_INFO, text);
    }
    log_state.progress.shown_ms = now_ms;
    log_state.progress.shown = true;
    log_state.progress.active = !ended;
}

static struct {
    void (*call)(void *context);
    void *context;
    pthread_t thread; // that called log_meanwhile()
} meanwhile;

void log_meanwhile(void (*call)(void *context), void *context)
{
    pthread_mutex_lock(&log_state.lock);
    meanwhile.call = call;
    meanwhile.context = context;
    meanwhile.thread = pthread_self();
    pthread_mutex_unlock(&log_state.lock);
}

void log_progress(const char *what, uint64_t done, uint64_t total, const char *unit)
{
    assert(done <= total);
    pthread_mutex_lock(&log_state.lock);
    if (!log_state.started) {
        log_state.terminal = isatty(STDERR_FILENO) == 1;
        log_state.started = true;
    }
    if (log_state.level >= LOG_INFO && total > 0) {
        const uint64_t now_ms = clock_now_ms();
        const size_t compared = sizeof log_state.progress.what - 1;
        const bool same = strncmp(what, log_state.progress.what, compared) == 0;
        if (!log_state.progress.active || !same || done < log_state.progress.done) {
            progress_restart(what, done, now_ms);
        }
        log_state.progress.done = done;
        show_progress(total, unit, now_ms);
    }
    const bool mine = meanwhile.call != NULL && pthread_equal(meanwhile.thread, pthread_self());
    void (*const call)(void *) = mine ? meanwhile.call : NULL;
    void *context = meanwhile.context;
    pthread_mutex_unlock(&log_state.lock);
    if (call != NULL) call(context); // without the lock: it may log
}
