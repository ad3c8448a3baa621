// SPDX-License-Identifier: Apache-2.0
#include "fleet.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct member {
    atomic_bool done; // status and result hold
    enum status status;
    char message[STATUS_MESSAGE_MAX];
};

struct fleet {
    int processes;
    pid_t parent;
    atomic_int arrived;
    atomic_bool failed;
    size_t bytes; // of this mapping
    struct member member[FLEET_MAX];
    _Alignas(64) unsigned char results[];
};

static enum status create(struct fleet **fleet, size_t size, int processes)
{
    const size_t bytes = sizeof **fleet + size * (size_t)processes;
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, (off_t)0);
    if (memory == MAP_FAILED) {
        return status_fail(STATUS_NO_MEMORY, "memory to share: %s", strerror(errno));
    }
    *fleet = memory; // zeroes, as the kernel gives it
    (*fleet)->processes = processes;
    (*fleet)->parent = getpid();
    (*fleet)->bytes = bytes;
    return STATUS_OK;
}

enum status fleet_meet(struct fleet *fleet)
{
    const struct timespec pause = {.tv_nsec = 50000};
    if (fleet == NULL) return STATUS_OK;
    atomic_fetch_add(&fleet->arrived, 1);
    while (atomic_load(&fleet->arrived) < fleet->processes) {
        if (atomic_load(&fleet->failed)) {
            return status_fail(STATUS_STOPPED, "another process failed");
        }
        nanosleep(&pause, NULL);
    }
    return STATUS_OK;
}

/* The child's whole life. */
static void serve(struct fleet *fleet, int index, size_t size, fleet_job *job, const void *task)
{
    struct member *member = &fleet->member[index];
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == fleet->parent) {
        member->status = job(fleet->results + size * (size_t)index, task, fleet);
        if (member->status != STATUS_OK) {
            snprintf(member->message, sizeof member->message, "%s", status_message());
        }
        atomic_store(&member->done, true);
    }
    for (;;) {
        raise(SIGKILL); // runs nothing that belongs to the parent
    }
}

/* Waits for all; whoever dies or fails releases those who wait for it. */
static void wait_for_all(struct fleet *fleet, const pid_t *child, int started)
{
    for (int left = started; left > 0;) {
        int state = 0;
        const pid_t ended = wait(&state);
        if (ended < 0 && errno == EINTR) continue;
        if (ended < 0) return;
        for (int i = 0; i < started; i++) {
            struct member *member = &fleet->member[i];
            if (child[i] != ended) continue;
            left--;
            if (!atomic_load(&member->done)) {
                member->status = STATUS_NO_MEMORY;
                snprintf(member->message, sizeof member->message,
                         "the measuring process died of signal %d%s",
                         WIFSIGNALED(state) ? WTERMSIG(state) : 0,
                         WIFSIGNALED(state) && WTERMSIG(state) == SIGKILL ? ": is memory short?"
                                                                          : "");
            }
            if (member->status != STATUS_OK) atomic_store(&fleet->failed, true);
        }
    }
}

/* The failure that was no consequence of another, if there was one. */
static enum status first_failure(const struct fleet *fleet)
{
    const struct member *found = NULL;
    for (int i = 0; i < fleet->processes; i++) {
        const struct member *member = &fleet->member[i];
        if (member->status == STATUS_OK) continue;
        if (found == NULL || found->status == STATUS_STOPPED) found = member;
    }
    return found == NULL ? STATUS_OK : status_fail(found->status, "%s", found->message);
}

enum status fleet_run(void *results, size_t size, int processes, fleet_job *job, const void *task)
{
    assert(processes >= 1 && processes <= FLEET_MAX);
    struct fleet *fleet = NULL;
    pid_t child[FLEET_MAX];
    int started = 0;
    enum status status = create(&fleet, size, processes);
    if (status != STATUS_OK) return status;
    fflush(NULL); // or the child would hold the same lines
    while (started < processes && status == STATUS_OK) {
        child[started] = fork();
        if (child[started] == 0) serve(fleet, started, size, job, task);
        if (child[started] < 0) {
            status = status_fail(STATUS_IO, "cannot start a process: %s", strerror(errno));
            atomic_store(&fleet->failed, true);
        } else {
            started++;
        }
    }
    wait_for_all(fleet, child, started);
    if (status == STATUS_OK) status = first_failure(fleet);
    if (status == STATUS_OK) memcpy(results, fleet->results, size * (size_t)processes);
    munmap(fleet, fleet->bytes);
    return status;
}
