// SPDX-License-Identifier: Apache-2.0
#include "monitor.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "report/markup.h"

#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_MS = 250,     // between two looks at the logs
    PAUSE_MS = 2000,   // between two lines of the coordinator
    QUIET_MS = 5000,   // without progress, until it is said what is waited for
    TROUBLES_MAX = 40, // lines of trouble that are repeated
    READ_BYTES = 4096, // of a log at once
    READS_MAX = 64,    // in one look
};

/* The trainer's word for what a round is for; everything else is work beside it. */
static const char training_word[] = "training";

/* One party's log, as far as it has been read, and the party's last progress. */
struct log_file {
    off_t read;
    char what[LIMIT_NAME], unit[LIMIT_NAME];
    uint64_t done, total;
};

struct monitor {
    size_t participants, cohort;
    struct log_file *logs; // of the participants, then the coordinator's
    char folder[LIMIT_PATH];
    uint32_t rounds, rounds_all; // published, wanted
    uint64_t start_ms;
    char title[128]; // "round 3/8 (about 40 s left in all)"
    uint64_t looked_ms;
    uint64_t quiet_ms; // from then on the coordinator is heard
    size_t troubles;
};

enum status monitor_create(struct monitor **monitor, const struct monitor_options *options)
{
    struct monitor *made = calloc(1, sizeof *made);
    if (made != NULL) made->logs = calloc(options->participants + 1, sizeof *made->logs);
    if (made == NULL || made->logs == NULL) {
        free(made);
        return status_fail(STATUS_NO_MEMORY, "out of memory: monitor");
    }
    made->participants = options->participants;
    made->cohort = options->cohort;
    made->rounds_all = options->rounds;
    snprintf(made->folder, sizeof made->folder, "%s", options->folder);
    made->start_ms = clock_now_ms();
    made->quiet_ms = made->start_ms + QUIET_MS;
    *monitor = made;
    return STATUS_OK;
}

void monitor_destroy(struct monitor **monitor)
{
    if (*monitor == NULL) return;
    free((*monitor)->logs);
    free(*monitor);
    *monitor = NULL;
}

void monitor_print(const char *bytes, size_t size)
{
    // A progress line may stand open on the same terminal; the next one is drawn anew.
    if (isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1) fputs("\r\033[K", stdout);
    fwrite(bytes, 1, size, stdout);
    fflush(stdout);
}

/* "WHAT DONE/TOTAL UNIT": the last word of WHAT stands before the first number with a slash. */
static bool parse_progress(struct monitor_line *parsed, const char *text)
{
    for (const char *word = text; word != NULL && *word != '\0'; word = strchr(word, ' ')) {
        while (*word == ' ') {
            word++;
        }
        int used = 0;
        if (!isdigit((unsigned char)*word)) continue;
        if (sscanf(word, "%" SCNu64 "/%" SCNu64 " %63s%n", &parsed->done, &parsed->total,
                   parsed->unit, &used) != 3 ||
            used == 0) {
            continue;
        }
        const size_t length = word == text ? 0 : (size_t)(word - text) - 1;
        if (length == 0 || length >= sizeof parsed->what || parsed->done > parsed->total)
            return false;
        memcpy(parsed->what, text, length);
        parsed->what[length] = '\0';
        return true;
    }
    return false;
}

void monitor_parse(struct monitor_line *parsed, const char *line)
{
    char time[16], level[16];
    int used = 0;
    *parsed = (struct monitor_line){.kind = MONITOR_PLAIN, .text = line};
    if (sscanf(line, "%15s %15s %n", time, level, &used) != 2 || used == 0) return;
    parsed->text = line + used;
    if (strcmp(level, "warning") == 0) parsed->kind = MONITOR_WARNING;
    if (strcmp(level, "error") == 0) parsed->kind = MONITOR_ERROR;
    if (parsed->kind != MONITOR_PLAIN) return;
    const char *text = strstr(parsed->text, ": ");
    if (text != NULL && parse_progress(parsed, text + 2)) parsed->kind = MONITOR_PROGRESS;
}

/* Who did the same before and was done with it belongs to an earlier round. */
static void forget_the_finished(struct monitor *monitor, const char *what)
{
    for (size_t i = 0; i < monitor->participants; i++) {
        struct log_file *log = &monitor->logs[i];
        if (log->done == log->total && strcmp(log->what, what) == 0) log->what[0] = '\0';
    }
}

static void take_progress(struct monitor *monitor, struct log_file *log,
                          const struct monitor_line *line)
{
    if (strcmp(log->what, line->what) == 0 && line->done < log->done) {
        forget_the_finished(monitor, line->what);
    }
    memcpy(log->what, line->what, sizeof log->what);
    memcpy(log->unit, line->unit, sizeof log->unit);
    log->done = line->done;
    log->total = line->total;
    monitor->quiet_ms = monitor->looked_ms + QUIET_MS;
}

static void take_line(struct monitor *monitor, size_t index, const char *text)
{
    struct monitor_line line;
    monitor_parse(&line, text);
    // What a participant ends with is told when it has ended.
    if (line.kind == MONITOR_ERROR && index < monitor->participants) return;
    if (line.kind == MONITOR_ERROR || line.kind == MONITOR_WARNING) {
        if (++monitor->troubles <= TROUBLES_MAX) log_warning("%s", line.text);
        if (monitor->troubles == TROUBLES_MAX) log_warning("more warnings stand in the logs");
    } else if (line.kind == MONITOR_PROGRESS && index < monitor->participants) {
        take_progress(monitor, &monitor->logs[index], &line);
    } else if (index == monitor->participants && monitor->looked_ms >= monitor->quiet_ms) {
        log_info("%s", line.text);
        monitor->quiet_ms = monitor->looked_ms + PAUSE_MS;
    }
}

/* Takes the whole lines that were added since the last look. */
static void follow(struct monitor *monitor, size_t index, const char *path)
{
    struct log_file *log = &monitor->logs[index];
    struct stat info;
    if (stat(path, &info) != 0 || info.st_size <= log->read) return;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    char bytes[READ_BYTES + 1];
    for (int i = 0; i < READS_MAX; i++) {
        const ssize_t got = pread(file, bytes, READ_BYTES, log->read);
        if (got <= 0) break;
        bytes[got] = '\0';
        char *line = bytes;
        for (char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
            *end = '\0';
            take_line(monitor, index, line);
            line = end + 1;
        }
        if (line == bytes && got < READ_BYTES) break; // the rest of the line is still to come
        log->read += line == bytes ? got : line - bytes;
    }
    close(file);
}

static bool is_training(const struct log_file *log)
{
    return strcmp(log->what, training_word) == 0;
}

struct sum {
    const struct log_file *log; // one of those that are added up; NULL: none
    uint64_t done, total;
};

static struct sum add_up(const struct monitor *monitor, const char *what)
{
    struct sum sum = {0};
    size_t seen = 0;
    for (size_t i = 0; i < monitor->participants; i++) {
        const struct log_file *log = &monitor->logs[i];
        if (strcmp(log->what, what) != 0) continue;
        sum.log = log;
        sum.done += log->done;
        sum.total += log->total;
        seen++;
    }
    // Those who have not begun to train will have as much to do as the others.
    if (sum.log != NULL && is_training(sum.log) && seen < monitor->cohort) {
        sum.total += sum.total / seen * (monitor->cohort - seen);
    }
    return sum;
}

/* What to show: training until all have done it, or else what somebody does. */
static struct sum choose(const struct monitor *monitor)
{
    const struct sum training = add_up(monitor, training_word);
    if (training.done < training.total) return training;
    for (size_t i = 0; i < monitor->participants; i++) {
        const struct log_file *log = &monitor->logs[i];
        if (log->what[0] != '\0' && log->done < log->total) return add_up(monitor, log->what);
    }
    return (struct sum){0};
}

/* Counts published rounds by their models; a new one is the moment to foretell the end. */
static void look_for_models(struct monitor *monitor, uint64_t now_ms)
{
    char path[LIMIT_PATH + 48], time[MARKUP_QUANTITY] = "";
    const uint32_t before = monitor->rounds;
    do {
        snprintf(path, sizeof path, "%s/models/round-%04u.safetensors", monitor->folder,
                 (unsigned)monitor->rounds + 1);
    } while (files_exists(path) && ++monitor->rounds > 0);
    if (monitor->title[0] != '\0' && monitor->rounds == before) return;
    forget_the_finished(monitor, training_word);
    if (monitor->rounds >= monitor->rounds_all) return;
    if (monitor->rounds > 0) {
        const double each = (double)(now_ms - monitor->start_ms) / 1000 / monitor->rounds;
        markup_duration(time, each * (monitor->rounds_all - monitor->rounds));
    }
    snprintf(monitor->title, sizeof monitor->title, "round %u/%u%s%s%s",
             (unsigned)monitor->rounds + 1, (unsigned)monitor->rounds_all,
             time[0] == '\0' ? "" : " (about ", time, time[0] == '\0' ? "" : " left in all)");
}

static void show(const struct monitor *monitor)
{
    char what[LIMIT_NAME + sizeof monitor->title];
    const struct sum sum = choose(monitor);
    if (sum.log == NULL) return;
    snprintf(what, sizeof what, "%s %s", monitor->title, sum.log->what);
    log_progress(what, sum.done, sum.total, sum.log->unit);
}

void monitor_look(struct monitor *monitor, const struct launcher_process *coordinator,
                  const struct launcher_process *participants, size_t count)
{
    const uint64_t now_ms = clock_now_ms();
    assert(count <= monitor->participants);
    if (now_ms - monitor->looked_ms < LOOK_MS) return;
    monitor->looked_ms = now_ms;
    follow(monitor, monitor->participants, coordinator->log);
    for (size_t i = 0; i < count; i++) {
        follow(monitor, i, participants[i].log);
    }
    look_for_models(monitor, now_ms);
    show(monitor);
}
