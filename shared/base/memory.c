// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "base/limits.h"
#include "base/sizes.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 8192 }; // of a file of the kernel; what is wanted stands further up

/* The files of a memory controller, by the version of control groups. */
struct version {
    bool named;         // in /proc/self/cgroup: the first version; the second has one group for all
    const char *folder; // under the root
    const char *limit, *used;
    const char *cached[2]; // rows of memory.stat
};

static const struct version versions[] = {
    {false, "", "memory.max", "memory.current", {"active_file", "inactive_file"}},
    {false, "/unified", "memory.max", "memory.current", {"active_file", "inactive_file"}},
    {true,
     "/memory",
     "memory.limit_in_bytes",
     "memory.usage_in_bytes",
     {"total_active_file", "total_inactive_file"}},
};

/* The text of a file, empty when there is none. */
static const char *read_text(char text[TEXT_MAX], const char *path)
{
    size_t size = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    while (file >= 0 && size < TEXT_MAX - 1) {
        const ssize_t got = read(file, text + size, TEXT_MAX - 1 - size);
        if (got <= 0) break;
        size += (size_t)got;
    }
    if (file >= 0) close(file);
    text[size] = '\0';
    return text;
}

/* The number that a text begins with; SIZE_MAX where there is none, as for "max". */
static size_t number_at(const char *text)
{
    text += strspn(text, " \t");
    if (*text < '0' || *text > '9') return SIZE_MAX;
    return (size_t)strtoull(text, NULL, 10);
}

/* The number in the line that begins with `key`; SIZE_MAX without such a line. */
static size_t number_of(const char *text, const char *key)
{
    const size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, length) == 0) return number_at(line + length);
        line = strchr(line, '\n');
        if (line != NULL) line++;
    }
    return SIZE_MAX;
}

size_t memory_of_machine(const char *meminfo)
{
    const size_t kib = number_of(meminfo, "MemAvailable:");
    return kib > SIZE_MAX / 1024 ? SIZE_MAX : kib * 1024;
}

/* A file of a group; false when its path is too long. */
static bool path_of(char path[LIMIT_PATH], const char *group, const char *file)
{
    const int length = snprintf(path, LIMIT_PATH, "%s/%s", group, file);
    return length > 0 && length < LIMIT_PATH;
}

/* What one group still allows. */
static size_t left_in(const char *group, const struct version *version)
{
    char path[LIMIT_PATH], text[TEXT_MAX];
    if (!path_of(path, group, version->limit)) return SIZE_MAX;
    const size_t limit = number_at(read_text(text, path));
    if (limit == SIZE_MAX || !path_of(path, group, version->used)) return SIZE_MAX;
    size_t used = number_at(read_text(text, path));
    if (used == SIZE_MAX || !path_of(path, group, "memory.stat")) return SIZE_MAX;
    read_text(text, path);
    for (int i = 0; i < 2; i++) {
        char key[64];
        snprintf(key, sizeof key, "%s ", version->cached[i]);
        const size_t cached = number_of(text, key);
        if (cached != SIZE_MAX) used -= sizes_least(used, cached);
    }
    return limit - sizes_least(limit, used);
}

/* The least that a group and those above it allow. */
static size_t left_from(const char *root, const char *group, size_t length,
                        const struct version *version)
{
    char path[LIMIT_PATH];
    size_t left = SIZE_MAX;
    const int written =
        snprintf(path, sizeof path, "%s%s%.*s", root, version->folder, (int)length, group);
    const size_t top = strlen(root) + strlen(version->folder);
    if (written < 0 || (size_t)written >= sizeof path) return SIZE_MAX;
    for (;;) {
        left = sizes_least(left, left_in(path, version));
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash < path + top) return left;
        *slash = '\0';
    }
}

/* Whether a line "4:memory:/group", up to its group, is of the memory controller. The first version
 * names controllers, with commas between, the second none. */
static bool is_of_memory(const char *line, const char *group, bool named)
{
    const char *names = strchr(line, ':');
    if (names == NULL || names >= group) return false;
    const size_t length = (size_t)(group - 1 - ++names), size = strlen("memory");
    if (!named) return length == 0;
    for (size_t i = 0; i + size <= length; i++) {
        const bool begins = i == 0 || names[i - 1] == ',';
        const bool ends = i + size == length || names[i + size] == ',';
        if (begins && ends && strncmp(names + i, "memory", size) == 0) return true;
    }
    return false;
}

size_t memory_of_groups(const char *root, const char *groups)
{
    size_t left = SIZE_MAX;
    for (const char *line = groups; line != NULL && *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        const char *group = memchr(line, '/', length);
        for (size_t i = 0; group != NULL && i < sizeof versions / sizeof versions[0]; i++) {
            if (!is_of_memory(line, group, versions[i].named)) continue;
            const size_t size = (size_t)(line + length - group);
            left = sizes_least(left, left_from(root, group, size, &versions[i]));
        }
        line = line[length] == '\0' ? NULL : line + length + 1;
    }
    return left;
}

size_t memory_available(void)
{
    char text[TEXT_MAX];
    const size_t machine = memory_of_machine(read_text(text, "/proc/meminfo"));
    return sizes_least(machine,
                       memory_of_groups("/sys/fs/cgroup", read_text(text, "/proc/self/cgroup")));
}
