// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // sched_getaffinity, pipe2, close_range

#include "launcher.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum status launcher_program(char path[LIMIT_PATH], const char *program)
{
    char self[LIMIT_PATH];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) return status_fail(STATUS_IO, "/proc/self/exe: %s", strerror(errno));
    self[length] = '\0';
    const char *slash = strrchr(self, '/');
    const int folder = slash == NULL ? 0 : (int)(slash - self);
    const int size = snprintf(path, LIMIT_PATH, "%.*s/%s", folder, self, program);
    if (size < 0 || size >= LIMIT_PATH) {
        return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", self,
                           LIMIT_PATH - 1);
    }
    if (access(path, X_OK) == 0) return STATUS_OK;
    return status_fail(STATUS_NOT_FOUND, "%s: %s; it belongs beside this program", path,
                       strerror(errno));
}

int launcher_cores(void)
{
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0) {
        return CPU_COUNT(&cores);
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 && online < LIMIT_PARTICIPANTS ? (int)online : 1;
}

enum status launcher_allow_files(size_t files)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return status_fail(STATUS_IO, "limit of open files: %s", strerror(errno));
    }
    if (limit.rlim_cur >= files) return STATUS_OK;
    if (limit.rlim_max < files) {
        return status_fail(STATUS_FULL,
                           "%zu open files are needed, this system allows %llu (ulimit -Hn)", files,
                           (unsigned long long)limit.rlim_max);
    }
    limit.rlim_cur = files;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return STATUS_OK;
    return status_fail(STATUS_IO, "limit of open files: %s", strerror(errno));
}

/* In the child, between fork and exec: only calls that are safe there. Returns when it failed. */
static void become(char *const *arguments, int output, int log, pid_t parent)
{
    setpgid(0, 0);
    // The parent may have died before the kernel was asked to tell of it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return;
    sigset_t none;
    sigemptyset(&none);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) return;
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) return;
    // What the simulator itself inherited stays with it; an old kernel cannot, and that is no harm.
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    execv(arguments[0], arguments);
}

/* A pipe that closes by itself when exec succeeds and carries errno when it does not. */
static enum status run_child(struct launcher_process *process, char *const *arguments, int output,
                             int log)
{
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) != 0) {
        return status_fail(STATUS_IO, "%s: cannot start: %s", process->name, strerror(errno));
    }
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child == 0) {
        become(arguments, output, log, parent);
        int error = errno;
        if (write(failure[1], &error, sizeof error) < 0) error = 0; // then the parent sees a death
        for (;;) {
            raise(SIGKILL); // runs nothing that belongs to the parent
        }
    }
    const int fork_error = errno;
    close(failure[1]);
    int error = 0;
    ssize_t got = 0;
    while (child > 0 && (got = read(failure[0], &error, sizeof error)) < 0 && errno == EINTR) {
    }
    close(failure[0]);
    if (child < 0) {
        return status_fail(STATUS_IO, "%s: cannot start: %s", process->name, strerror(fork_error));
    }
    if (got > 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
        return status_fail(STATUS_IO, "%s: %s", arguments[0], strerror(error));
    }
    process->pid = child;
    process->running = true;
    return STATUS_OK;
}

enum status launcher_start(struct launcher_process *process, char *const *arguments, int *output)
{
    assert(!process->running);
    int ends[2] = {-1, -1};
    const int log = open(process->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0) return status_fail(STATUS_IO, "%s: %s", process->log, strerror(errno));
    enum status status = STATUS_OK;
    if (output != NULL && pipe2(ends, O_CLOEXEC) != 0) {
        status = status_fail(STATUS_IO, "%s: cannot start: %s", process->name, strerror(errno));
    }
    if (status == STATUS_OK) {
        status = run_child(process, arguments, output == NULL ? log : ends[1], log);
    }
    close(log);
    if (ends[1] >= 0) close(ends[1]);
    if (status != STATUS_OK && ends[0] >= 0) close(ends[0]);
    if (status == STATUS_OK && output != NULL) *output = ends[0];
    return status;
}

bool launcher_ended(struct launcher_process *process)
{
    if (!process->running) return false;
    struct rusage used = {0};
    if (wait4(process->pid, &process->ended, WNOHANG, &used) != process->pid) return false;
    process->running = false;
    process->peak_memory = (uint64_t)used.ru_maxrss * 1024; // kilobytes
    return true;
}

bool launcher_succeeded(const struct launcher_process *process)
{
    return process->pid != 0 && !process->running && WIFEXITED(process->ended) &&
           WEXITSTATUS(process->ended) == 0;
}

bool launcher_killed(const struct launcher_process *process)
{
    return process->pid != 0 && !process->running && WIFSIGNALED(process->ended);
}

void launcher_describe_end(char *text, size_t size, const struct launcher_process *process)
{
    if (WIFSIGNALED(process->ended)) {
        const int number = WTERMSIG(process->ended);
        snprintf(text, size, "was killed by signal %d (%s)", number, strsignal(number));
    } else {
        snprintf(text, size, "ended with code %d", WEXITSTATUS(process->ended));
    }
}

void launcher_signal(const struct launcher_process *process, int signal)
{
    // Not yet waited for, so the number still is that of our child. Its group may not stand yet.
    if (!process->running) return;
    if (kill(-process->pid, signal) != 0) (void)kill(process->pid, signal);
}

void launcher_last_lines(char *text, size_t size, const struct launcher_process *process,
                         size_t lines)
{
    assert(size > 0 && lines > 0);
    text[0] = '\0';
    const int file = open(process->log, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const off_t end = lseek(file, 0, SEEK_END);
    const off_t start = end > (off_t)(size - 1) ? end - (off_t)(size - 1) : 0;
    ssize_t got = end < 0 ? 0 : pread(file, text, size - 1, start);
    close(file);
    while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == '\0')) {
        got--;
    }
    text[got > 0 ? got : 0] = '\0';
    char *first = text + (got > 0 ? got : 0);
    while (first > text && (first[-1] != '\n' || --lines > 0)) {
        first--;
    }
    if (first == text && start > 0) { // it begins within a line
        const char *next = strchr(text, '\n');
        if (next != NULL) first = text + (next + 1 - text);
    }
    memmove(text, first, strlen(first) + 1);
}
