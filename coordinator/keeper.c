// SPDX-License-Identifier: Apache-2.0
#include "keeper.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct keeper {
    sigset_t ours, before; // signals that are waited for; the mask that the job gets back
    pid_t child;
    bool stopping;
    uint64_t restarts_ms[KEEPER_RESTARTS]; // when it was started anew, in a ring
    unsigned restarts;
};

/* A group of its own: a Ctrl-C at the terminal reaches the job once, through the keeper. */
static void become_job(const struct keeper *keeper, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) raise(SIGKILL); // it died in between
    sigprocmask(SIG_SETMASK, &keeper->before, NULL);
}

/* Waits for a signal, at most so long (-1: for ever), and passes on what is for the job. */
static void wait_for_signal(struct keeper *keeper, int64_t wait_ms)
{
    const struct timespec wait = {wait_ms / 1000, wait_ms % 1000 * 1000000};
    const int number =
        wait_ms < 0 ? sigwaitinfo(&keeper->ours, NULL) : sigtimedwait(&keeper->ours, NULL, &wait);
    if (number < 0 || number == SIGCHLD) return;
    keeper->stopping = true;
    if (keeper->child > 0) kill(keeper->child, number);
}

static int wait_for_end(struct keeper *keeper)
{
    int ended = 0;
    while (waitpid(keeper->child, &ended, WNOHANG) == 0) {
        wait_for_signal(keeper, -1);
    }
    keeper->child = 0;
    return ended;
}

/* Restarts within the window, counting the one to come; 0: too many. */
static unsigned count_restart(struct keeper *keeper)
{
    const uint64_t now_ms = clock_now_ms();
    unsigned count = 1;
    for (unsigned i = 0; i < KEEPER_RESTARTS && i < keeper->restarts; i++) {
        count += now_ms - keeper->restarts_ms[i] < KEEPER_WINDOW_MS;
    }
    if (count > KEEPER_RESTARTS) return 0;
    keeper->restarts_ms[keeper->restarts++ % KEEPER_RESTARTS] = now_ms;
    return count;
}

static void describe(char *text, size_t size, int ended)
{
    if (WIFSIGNALED(ended)) {
        snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(ended),
                 strsignal(WTERMSIG(ended)));
    } else {
        snprintf(text, size, "broke off");
    }
}

/* Whether to start it anew, after a pause. */
static bool again(struct keeper *keeper, int ended)
{
    char how[128];
    describe(how, sizeof how, ended);
    if (keeper->stopping) {
        log_error("the coordinator %s while it was to stop", how);
        return false;
    }
    const unsigned count = count_restart(keeper);
    if (count == 0) {
        log_error("the coordinator %s; given up after %d restarts within %d s", how,
                  KEEPER_RESTARTS, KEEPER_WINDOW_MS / 1000);
        return false;
    }
    log_warning("the coordinator %s; starting it anew (restart %u of %d within %d s)", how, count,
                KEEPER_RESTARTS, KEEPER_WINDOW_MS / 1000);
    const uint64_t until_ms = clock_now_ms() + ((uint64_t)KEEPER_PAUSE_MS << (count - 1));
    for (uint64_t now_ms = clock_now_ms(); now_ms < until_ms && !keeper->stopping;
         now_ms = clock_now_ms()) {
        wait_for_signal(keeper, (int64_t)(until_ms - now_ms));
    }
    if (keeper->stopping) log_error("stopped on request");
    return !keeper->stopping;
}

bool keeper_keep(int *code, int code_again, int code_failed)
{
    struct keeper keeper = {.child = 0};
    const pid_t parent = getpid();
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigemptyset(&keeper.ours);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaddset(&keeper.ours, signals[i]);
    }
    signal(SIGCHLD, SIG_DFL); // ignored, it would take the child's end away from waitpid()
    sigprocmask(SIG_BLOCK, &keeper.ours, &keeper.before);
    *code = code_failed;
    int ended = 0;
    do {
        fflush(NULL);
        keeper.child = fork();
        if (keeper.child == 0) {
            become_job(&keeper, parent);
            return false;
        }
        if (keeper.child < 0) {
            log_error("cannot start the coordinator: %s", strerror(errno));
            break;
        }
        ended = wait_for_end(&keeper);
        if (WIFEXITED(ended) && WEXITSTATUS(ended) != code_again) {
            *code = WEXITSTATUS(ended);
            break;
        }
    } while (again(&keeper, ended));
    sigprocmask(SIG_SETMASK, &keeper.before, NULL);
    return true;
}
