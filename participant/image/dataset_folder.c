// SPDX-License-Identifier: Apache-2.0
// Datasets from folders: DIR/PERSON/IMAGE, in the order of the names.
#include "base/limits.h"
#include "base/log.h"
#include "image/dataset_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct entries {
    size_t count;
    char **names; // sorted, owned
};

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->names[i]);
    }
    free(entries->names);
    *entries = (struct entries){0};
}

static int by_text(const void *a, const void *b)
{
    char *const *first = a, *const *second = b;
    return strcmp(*first, *second);
}

/* The visible entries of a folder, sorted bytewise. */
static enum status list_folder(struct entries *entries, const char *path)
{
    *entries = (struct entries){0};
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return status_fail(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO, "%s: %s", path,
                           strerror(errno));
    }
    enum status status = STATUS_OK;
    size_t room = 0;
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        if (entries->count == room) {
            room = room == 0 ? 64 : 2 * room;
            char **more = realloc(entries->names, room * sizeof *more);
            if (more == NULL) {
                status = status_fail(STATUS_NO_MEMORY, "%s: out of memory", path);
                break;
            }
            entries->names = more;
        }
        char *name = strdup(entry->d_name);
        if (name == NULL) status = status_fail(STATUS_NO_MEMORY, "%s: out of memory", path);
        if (name != NULL) entries->names[entries->count++] = name;
    }
    closedir(folder);
    if (status != STATUS_OK) {
        entries_free(entries);
    } else if (entries->count > 0) {
        qsort(entries->names, entries->count, sizeof *entries->names, by_text);
    }
    return status;
}

static bool is_image(const char *name)
{
    static const char *const endings[] = {"jpg", "jpeg", "png", "pgm", "ppm", "pnm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++) {
        if (strcasecmp(dot + 1, endings[i]) == 0) return true;
    }
    return false;
}

static bool is_folder(const char *folder, const char *name)
{
    char path[LIMIT_PATH];
    struct stat info;
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    return length > 0 && (size_t)length < sizeof path && stat(path, &info) == 0 &&
           S_ISDIR(info.st_mode);
}

/* Keeps only the entries for which `keep` holds. */
static void keep_people(struct entries *entries, const char *folder)
{
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        if (is_folder(folder, entries->names[i])) {
            entries->names[kept++] = entries->names[i];
        } else {
            free(entries->names[i]);
        }
    }
    entries->count = kept;
}

static void keep_images(struct entries *entries)
{
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        if (is_image(entries->names[i])) {
            entries->names[kept++] = entries->names[i];
        } else {
            free(entries->names[i]);
        }
    }
    entries->count = kept;
}

/* One image file to decode: where it is and whose it is. */
struct job {
    char *name; // "PERSON/FILE", owned
    uint32_t person;
    bool good;
};

struct jobs {
    size_t count, room;
    struct job *list;
};

static enum status add_job(struct jobs *jobs, const char *person, const char *file, uint32_t label)
{
    if (jobs->count == jobs->room) {
        const size_t room = jobs->room == 0 ? 1024 : 2 * jobs->room;
        struct job *more = realloc(jobs->list, room * sizeof *more);
        if (more == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for images");
        jobs->list = more;
        jobs->room = room;
    }
    const size_t size = strlen(person) + strlen(file) + 2;
    char *name = malloc(size);
    if (name == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for images");
    snprintf(name, size, "%s/%s", person, file);
    jobs->list[jobs->count++] = (struct job){.name = name, .person = label};
    return STATUS_OK;
}

static void jobs_free(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->count; i++) {
        free(jobs->list[i].name);
    }
    free(jobs->list);
}

/* The images of the chosen people. */
static enum status list_images(struct jobs *jobs, const struct entries *people, const bool *chosen,
                               const char *folder, const struct dataset_options *options)
{
    enum status status = STATUS_OK;
    for (size_t p = 0; p < people->count && status == STATUS_OK; p++) {
        if (!chosen[p]) continue;
        char path[LIMIT_PATH];
        struct entries files = {0};
        const int length = snprintf(path, sizeof path, "%s/%s", folder, people->names[p]);
        if (length < 0 || (size_t)length >= sizeof path) {
            return status_fail(STATUS_FULL, "%s/%s: the path is too long", folder,
                               people->names[p]);
        }
        status = list_folder(&files, path);
        if (status == STATUS_OK) keep_images(&files);
        for (size_t i = 0; i < files.count && status == STATUS_OK; i++) {
            if (options->images_max > 0 && i >= (size_t)options->images_max) break;
            status = add_job(jobs, people->names[p], files.names[i], (uint32_t)p);
        }
        entries_free(&files);
    }
    return status;
}

enum status dataset_decode(uint8_t *pixels, const char *folder, const char *name, int size,
                           int channels)
{
    char path[LIMIT_PATH];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return status_fail(STATUS_FULL, "%s/%s: the path is too long", folder, name);
    }
    struct image image = {0}, square = {0};
    enum status status = image_read(&image, path);
    if (status == STATUS_OK) status = image_square(&square, &image, size, channels);
    if (status == STATUS_OK) memcpy(pixels, square.pixels, dataset_image_bytes(size, channels));
    image_destroy(&image);
    image_destroy(&square);
    return status;
}

/* Decodes all images into the dataset's pixels, in the order of the jobs. */
static void decode_all(struct dataset *dataset, struct jobs *jobs, const char *folder)
{
    const size_t bytes = dataset_image_bytes(dataset->size, dataset->channels);
    uint64_t done = 0;
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t i = 0; i < jobs->count; i++) {
        struct job *job = &jobs->list[i];
        job->good = dataset_decode(dataset->pixels + i * bytes, folder, job->name, dataset->size,
                                   dataset->channels) == STATUS_OK;
        if (!job->good) log_warning("left out: %s", status_message());
#pragma omp critical(dataset_progress)
        log_progress("reading images", ++done, jobs->count, "images");
    }
}

/* Closes the gaps that broken images and people with too few leave; labels become 0, 1, 2, ... */
static enum status compact(struct dataset *dataset, struct jobs *jobs, const struct entries *people,
                           const struct dataset_options *options)
{
    const size_t bytes = dataset_image_bytes(dataset->size, dataset->channels);
    for (size_t i = 0; i < jobs->count;) {
        size_t end = i, good = 0;
        for (; end < jobs->count && jobs->list[end].person == jobs->list[i].person; end++) {
            good += jobs->list[end].good;
        }
        dataset->skipped += end - i - good;
        const char *name = people->names[jobs->list[i].person];
        if (good < (size_t)options->images_min) {
            log_warning("left out: %s has %zu readable images, at least %d are needed", name, good,
                        options->images_min);
            i = end;
            continue;
        }
        for (; i < end; i++) {
            if (!jobs->list[i].good) continue;
            memmove(dataset->pixels + dataset->count * bytes, dataset->pixels + i * bytes, bytes);
            dataset->labels[dataset->count] = (uint32_t)dataset->people;
            dataset->names[dataset->count++] = jobs->list[i].name;
            jobs->list[i].name = NULL;
        }
        dataset->people_names[dataset->people] = strdup(name);
        if (dataset->people_names[dataset->people++] == NULL) {
            return status_fail(STATUS_NO_MEMORY, "out of memory for names");
        }
    }
    return STATUS_OK;
}

static enum status load_people(struct dataset **dataset, const struct entries *people,
                               const char *folder, const struct dataset_options *options)
{
    struct jobs jobs = {0};
    struct dataset *made = NULL;
    bool *chosen = NULL;
    enum status status = dataset_choose_people(&chosen, people->count, options);
    if (status == STATUS_OK) status = list_images(&jobs, people, chosen, folder, options);
    if (status == STATUS_OK) {
        status = dataset_create(&made, options->size, options->channels, jobs.count, people->count);
    }
    if (status == STATUS_OK) {
        decode_all(made, &jobs, folder);
        status = compact(made, &jobs, people, options);
    }
    if (status == STATUS_OK && made->count == 0) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: no usable image; expected DIR/PERSON/IMAGE with JPEG, PNG, PGM or "
                             "PPM files, at least %d of each person",
                             folder, options->images_min);
    }
    if (status == STATUS_OK) {
        *dataset = made;
        made = NULL;
    }
    dataset_destroy(&made);
    jobs_free(&jobs);
    free(chosen);
    return status;
}

enum status dataset_load(struct dataset **dataset, const char *folder,
                         const struct dataset_options *options)
{
    struct entries people;
    enum status status = list_folder(&people, folder);
    if (status != STATUS_OK) return status;
    keep_people(&people, folder);
    while (options->people_max > 0 && people.count > (size_t)options->people_max) {
        free(people.names[--people.count]);
    }
    status = people.count == 0
                 ? status_fail(STATUS_BAD_INPUT,
                               "%s: holds no folder of a person; expected DIR/PERSON/IMAGE", folder)
                 : load_people(dataset, &people, folder, options);
    entries_free(&people);
    return status;
}
