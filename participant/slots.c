// SPDX-License-Identifier: Apache-2.0
#include "slots.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

void slots_start(struct slots *slots, const char *folder, int count, unsigned first)
{
    assert(count >= 0 && (count == 0 || folder != NULL));
    memset(slots, 0, sizeof *slots);
    slots->count = count;
    slots->held = -1;
    if (count == 0) return;
    slots->first = (int)(first % (unsigned)count);
    snprintf(slots->folder, sizeof slots->folder, "%s", folder);
}

enum status slots_take(struct slots *slots, bool *taken)
{
    *taken = true;
    if (slots->count == 0 || slots->held >= 0) return STATUS_OK;
    for (int i = 0; i < slots->count; i++) {
        char path[LIMIT_PATH + 24];
        snprintf(path, sizeof path, "%s/slot-%d", slots->folder, (slots->first + i) % slots->count);
        const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (file < 0) return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
        if (flock(file, LOCK_EX | LOCK_NB) == 0) {
            slots->held = file;
            return STATUS_OK;
        }
        const int error = errno;
        close(file);
        if (error != EWOULDBLOCK && error != EINTR) {
            return status_fail(STATUS_IO, "%s: %s", path, strerror(error));
        }
    }
    *taken = false;
    return STATUS_OK;
}

void slots_release(struct slots *slots)
{
    if (slots->held >= 0) close(slots->held); // closing unlocks
    slots->held = -1;
}
