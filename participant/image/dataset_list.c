// SPDX-License-Identifier: Apache-2.0
#include "image/dataset_parts.h"

#include "base/files.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char expected[] = "expected is DIR/PERSON/IMAGE with JPEG, PNG, PGM or PPM files";

struct names {
    char **list;
    size_t count, capacity;
};

bool dataset_list_is_picture(const char *name)
{
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".pgm", ".ppm", ".pnm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(dot, endings[i]) == 0) return true;
    }
    return false;
}

static void destroy_names(char **list, size_t count)
{
    for (size_t i = 0; i < count && list != NULL; i++) { // people of records have no files
        free(list[i]);
    }
    free(list);
}

void dataset_list_destroy(struct dataset_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->people[i].name);
        destroy_names(listing->people[i].files, listing->people[i].count);
    }
    free(listing->people);
    free(listing->order);
    if (listing->records != NULL) recordio_close(listing->records);
    free(listing->records);
    *listing = (struct dataset_listing){0};
}

static enum status add_name(struct names *names, const char *name)
{
    if (names->count == names->capacity) {
        const size_t capacity = 2 * names->capacity + 16;
        char **grown = realloc(names->list, capacity * sizeof *grown);
        if (grown == NULL) return status_fail(STATUS_NO_MEMORY, "no memory to list images");
        names->list = grown;
        names->capacity = capacity;
    }
    char *copy = strdup(name);
    if (copy == NULL) return status_fail(STATUS_NO_MEMORY, "no memory to list images");
    names->list[names->count++] = copy;
    return STATUS_OK;
}

static int compare_names(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

/* Links count as what they lead to. */
static bool is_kind(DIR *folder, const struct dirent *entry, mode_t kind)
{
    if (entry->d_type == DT_REG || entry->d_type == DT_DIR) {
        return (entry->d_type == DT_DIR) == (kind == S_IFDIR);
    }
    struct stat info;
    return fstatat(dirfd(folder), entry->d_name, &info, 0) == 0 && (info.st_mode & S_IFMT) == kind;
}

/* Lists the folders, or else the pictures, in a folder. On failure `names` keeps what it has. */
static enum status list_folder(struct names *names, const char *path, bool folders)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return status_fail(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s, %s", path,
                           strerror(errno), expected);
    }
    enum status status = STATUS_OK;
    const struct dirent *entry = NULL;
    errno = 0;
    while (status == STATUS_OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.') continue;
        if (!folders && !dataset_list_is_picture(entry->d_name)) continue;
        if (!is_kind(folder, entry, folders ? S_IFDIR : S_IFREG)) continue;
        status = add_name(names, entry->d_name);
        errno = 0;
    }
    if (status == STATUS_OK && entry == NULL && errno != 0) {
        status = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    }
    closedir(folder);
    if (names->count > 1) qsort(names->list, names->count, sizeof *names->list, compare_names);
    return status;
}

static enum status list_person(struct dataset_person *person, const char *folder)
{
    char path[LIMIT_PATH];
    enum status status = files_join(path, folder, person->name);
    if (status != STATUS_OK) return status;
    struct names files = {0};
    status = list_folder(&files, path, false);
    person->files = files.list;
    person->count = files.count;
    return status;
}

static enum status list_people(struct dataset_listing *listing, const char *folder)
{
    *listing = (struct dataset_listing){0};
    struct names names = {0};
    enum status status = list_folder(&names, folder, true);
    if (status != STATUS_OK) goto done;
    if (names.count == 0) {
        status =
            status_fail(STATUS_BAD_INPUT, "%s: no folder of a person in it, %s", folder, expected);
        goto done;
    }
    listing->people = calloc(names.count, sizeof *listing->people);
    if (listing->people == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory to list images");
        goto done;
    }
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++) {
        listing->people[listing->count].name = names.list[i];
        names.list[i] = NULL;
        status = list_person(&listing->people[listing->count++], folder);
    }
done:
    destroy_names(names.list, names.count);
    if (status != STATUS_OK) dataset_list_destroy(listing);
    return status;
}

enum status dataset_list(struct dataset_listing *listing, const char *path)
{
    const size_t length = strlen(path);
    if (length < 4 || strcmp(path + length - 4, ".rec") != 0) return list_people(listing, path);
    char index[LIMIT_PATH];
    const enum status status = files_join(index, "", path);
    if (status != STATUS_OK) return status;
    memcpy(index + length - 4, ".idx", 4);
    return dataset_records_list(listing, path, index);
}
