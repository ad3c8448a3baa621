// SPDX-License-Identifier: Apache-2.0
#define _XOPEN_SOURCE 700 // nftw

#include "base/files.h"

#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_TRIES = 100,
    TEMPORARY_MAX = LIMIT_PATH + 64,
    REMOVE_FILES = 16, // open folders of a removal
};

/* Turns errno into a status and a sentence that names the path. */
static enum status fail_path(const char *path)
{
    const int error = errno;
    const enum status status = error == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    return status_fail(status, "%s: %s", path, strerror(error));
}

static enum status write_all(int file, const char *path, const uint8_t *bytes, size_t size,
                             uint64_t offset)
{
    while (size > 0) {
        const ssize_t written = pwrite(file, bytes, size, (off_t)offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail_path(path);
        bytes += written;
        size -= (size_t)written;
        offset += (uint64_t)written;
    }
    return STATUS_OK;
}

/* Flushes a new file that was written with this status, and closes it. */
static enum status close_new(int file, const char *path, enum status status)
{
    if (status == STATUS_OK && fsync(file) != 0) status = fail_path(path);
    if (close(file) != 0 && status == STATUS_OK) status = fail_path(path);
    return status;
}

/* A renamed or new file survives a power cut only when its folder is on the disk as well. */
static enum status flush_folder_of(const char *path)
{
    char folder[LIMIT_PATH];
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        snprintf(folder, sizeof folder, ".");
    } else {
        const size_t length = slash == path ? 1 : (size_t)(slash - path);
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return fail_path(folder);
    enum status status = STATUS_OK;
    // Some file systems cannot flush a folder and say EINVAL.
    if (fsync(file) != 0 && errno != EINVAL) status = fail_path(folder);
    close(file);
    return status;
}

static enum status check_path_length(const char *path)
{
    if (strlen(path) >= LIMIT_PATH) {
        return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", path,
                           LIMIT_PATH - 1);
    }
    return STATUS_OK;
}

static enum status read_open_file(int file, const char *path, uint8_t **bytes, size_t *size,
                                  size_t size_max)
{
    struct stat info;
    if (fstat(file, &info) != 0) return fail_path(path);
    if (!S_ISREG(info.st_mode)) {
        return status_fail(STATUS_IO, "%s: not a plain file", path);
    }
    if ((uintmax_t)info.st_size > size_max) {
        return status_fail(STATUS_FULL, "%s: %jd bytes, at most %zu allowed", path,
                           (intmax_t)info.st_size, size_max);
    }
    const size_t expected = (size_t)info.st_size;
    uint8_t *made = malloc(expected + 1);
    if (made == NULL) {
        return status_fail(STATUS_NO_MEMORY, "%s: no memory for %zu bytes", path, expected);
    }
    size_t count = 0;
    while (count < expected) {
        const ssize_t got = read(file, made + count, expected - count);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            const enum status status = fail_path(path);
            free(made);
            return status;
        }
        if (got == 0) break;
        count += (size_t)got;
    }
    made[count] = 0;
    *bytes = made;
    *size = count;
    return STATUS_OK;
}

enum status files_read(uint8_t **bytes, size_t *size, const char *path, size_t size_max)
{
    // Not to wait for the writer of a pipe: only plain files are read.
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return fail_path(path);
    const enum status status = read_open_file(file, path, bytes, size, size_max);
    close(file);
    return status;
}

enum status files_read_secret(uint8_t **bytes, size_t *size, const char *path, size_t size_max)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (file < 0 && errno == ELOOP) {
        return status_fail(STATUS_BAD_INPUT, "%s: is a link; a secret must be a plain file", path);
    }
    if (file < 0) return fail_path(path);
    struct stat info;
    enum status status = STATUS_OK;
    if (fstat(file, &info) != 0) {
        status = fail_path(path);
    } else if (info.st_uid != geteuid()) {
        status = status_fail(STATUS_BAD_INPUT, "%s: belongs to another user (%ju)", path,
                             (uintmax_t)info.st_uid);
    } else if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: others may use this secret (mode %04o), allowed is 0600", path,
                             (unsigned)info.st_mode & 07777u);
    } else {
        status = read_open_file(file, path, bytes, size, size_max);
    }
    close(file);
    return status;
}

struct files_new {
    int file;
    char path[LIMIT_PATH], temporary[TEMPORARY_MAX];
};

/* Opens a file that did not exist, "<path>.<process>-<number>.tmp". */
static enum status open_temporary(struct files_new *new, mode_t mode)
{
    static atomic_uint number;
    for (int i = 0; i < NAME_TRIES; i++) {
        snprintf(new->temporary, sizeof new->temporary, "%s.%ld-%u.tmp", new->path, (long)getpid(),
                 atomic_fetch_add(&number, 1));
        new->file = open(new->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (new->file >= 0) return STATUS_OK;
        if (errno != EEXIST) break;
    }
    return fail_path(new->path);
}

enum status files_begin(struct files_new **new, const char *path, unsigned mode)
{
    enum status status = check_path_length(path);
    if (status != STATUS_OK) return status;
    // A rename would replace a device or a pipe instead of writing to it.
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return status_fail(STATUS_IO, "%s: exists and is not a plain file", path);
    }
    struct files_new *made = calloc(1, sizeof *made);
    if (made == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    snprintf(made->path, sizeof made->path, "%s", path);
    status = open_temporary(made, (mode_t)mode);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *new = made;
    return STATUS_OK;
}

enum status files_put(struct files_new *new, const void *bytes, size_t size, uint64_t offset)
{
    return write_all(new->file, new->path, bytes, size, offset);
}

enum status files_end(struct files_new **new)
{
    struct files_new *old = *new;
    *new = NULL;
    enum status status = close_new(old->file, old->path, STATUS_OK);
    if (status == STATUS_OK && rename(old->temporary, old->path) != 0) {
        status = fail_path(old->path);
    }
    if (status == STATUS_OK) {
        status = flush_folder_of(old->path);
    } else {
        unlink(old->temporary);
    }
    free(old);
    return status;
}

void files_discard(struct files_new **new)
{
    if (*new == NULL) return;
    close((*new)->file);
    unlink((*new)->temporary);
    free(*new);
    *new = NULL;
}

enum status files_write(const char *path, const void *bytes, size_t size)
{
    return files_write_parts(path, &(struct files_part){bytes, size}, 1);
}

enum status files_write_parts(const char *path, const struct files_part *parts, size_t count)
{
    struct files_new *new = NULL;
    enum status status = files_begin(&new, path, 0666);
    if (status != STATUS_OK) return status;
    uint64_t offset = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = files_put(new, parts[i].bytes, parts[i].size, offset);
        offset += parts[i].size;
    }
    if (status == STATUS_OK) return files_end(&new);
    files_discard(&new);
    return status;
}

enum status files_write_secret(const char *path, const void *bytes, size_t size)
{
    enum status status = check_path_length(path);
    if (status != STATUS_OK) return status;
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return fail_path(path);
    status = close_new(file, path, write_all(file, path, bytes, size, 0));
    if (status != STATUS_OK) {
        unlink(path);
        return status;
    }
    return flush_folder_of(path);
}

static enum status make_one_folder(const char *path)
{
    if (mkdir(path, 0777) == 0) return STATUS_OK;
    const int error = errno;
    // Besides EEXIST, a read-only file system may answer EROFS for a folder that exists.
    struct stat info;
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) return STATUS_OK;
        return status_fail(STATUS_IO, "%s: exists and is not a folder", path);
    }
    errno = error;
    return fail_path(path);
}

enum status files_make_folder(const char *path)
{
    enum status status = check_path_length(path);
    if (status != STATUS_OK) return status;
    char part[LIMIT_PATH];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part; *slash != '\0' && status == STATUS_OK; slash++) {
        if (*slash != '/' || slash == part) continue;
        *slash = '\0';
        status = make_one_folder(part);
        *slash = '/';
    }
    return status == STATUS_OK ? make_one_folder(part) : status;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about;
    (void)kind;
    (void)place;
    return remove(path);
}

enum status files_remove(const char *path)
{
    if (!files_exists(path)) return STATUS_OK;
    if (nftw(path, remove_one, REMOVE_FILES, FTW_DEPTH | FTW_PHYS) == 0) return STATUS_OK;
    return status_fail(STATUS_IO, "%s: cannot be removed: %s", path, strerror(errno));
}

bool files_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

enum status files_join(char *out, const char *folder, const char *name)
{
    size_t folder_length = strlen(folder);
    while (folder_length > 1 && folder[folder_length - 1] == '/') {
        folder_length--;
    }
    while (folder_length > 0 && *name == '/') {
        name++;
    }
    const bool slash = folder_length > 0 && folder[folder_length - 1] != '/';
    const size_t name_length = strlen(name);
    if (folder_length + slash + name_length >= LIMIT_PATH) {
        return status_fail(STATUS_FULL, "%s/%s: path too long, at most %d bytes", folder, name,
                           LIMIT_PATH - 1);
    }
    memmove(out, folder, folder_length);
    if (slash) out[folder_length++] = '/';
    memcpy(out + folder_length, name, name_length + 1);
    return STATUS_OK;
}
