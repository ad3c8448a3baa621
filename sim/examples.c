// SPDX-License-Identifier: Apache-2.0
#include "examples.h"

#include "base/clock.h"
#include "base/files.h"
#include "image/image.h"
#include "image/portrait.h"
#include "launcher.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FACES = 3, DRAW_MS = 60000, LOOK_MS = 20 };

struct faces {
    char path[FACES][LIMIT_PATH];
    size_t count;
};

static enum status portrait_path(char path[LIMIT_PATH], const struct world *world, size_t index)
{
    char name[32];
    snprintf(name, sizeof name, "example-%zu.png", index);
    return files_join(path, world->folder, name);
}

static enum status paint(struct faces *faces, const struct world *world,
                         const struct config *config)
{
    enum status status = STATUS_OK;
    const size_t people = (size_t)config->data.people;
    while (status == STATUS_OK && faces->count < FACES && faces->count < people) {
        struct image image = {0};
        status = portrait_path(faces->path[faces->count], world, faces->count);
        if (status == STATUS_OK) {
            status = portrait_paint(&image, config->data.synthetic_seed, (uint32_t)faces->count, 0);
        }
        if (status == STATUS_OK) status = image_write_png(&image, faces->path[faces->count]);
        image_destroy(&image);
        if (status == STATUS_OK) faces->count++;
    }
    return status;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The first entry of a folder by name that is a picture; false when there is none. */
static bool first_picture(char path[LIMIT_PATH], const char *folder)
{
    struct dirent **entries = NULL;
    bool found = false;
    const int count = scandir(folder, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        struct image image = {0};
        if (!found && files_join(path, folder, entries[i]->d_name) == STATUS_OK) {
            found = image_read(&image, path) == STATUS_OK;
            image_destroy(&image);
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

/* The first picture of each of the first people; none of a file of records. */
static enum status find(struct faces *faces, const char *folder)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_shown, alphasort);
    if (count < 0 && errno == ENOTDIR) return STATUS_OK;
    if (count < 0) return status_fail(STATUS_IO, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char person[LIMIT_PATH];
        if (faces->count < FACES && files_join(person, folder, entries[i]->d_name) == STATUS_OK &&
            first_picture(faces->path[faces->count], person)) {
            faces->count++;
        }
        free(entries[i]);
    }
    free(entries);
    return STATUS_OK;
}

static enum status wait_for_end(struct launcher_process *process)
{
    char line[512];
    const uint64_t start = clock_now_ms();
    while (!launcher_ended(process)) {
        if (clock_now_ms() - start > DRAW_MS) launcher_signal(process, SIGKILL);
        poll(NULL, 0, LOOK_MS);
    }
    if (launcher_succeeded(process)) return STATUS_OK;
    launcher_last_lines(line, sizeof line, process, 1);
    return status_fail(STATUS_IO, "examples: %s", line);
}

static enum status draw(struct faces *faces, const struct world *world)
{
    struct launcher_process process = {.name = "examples"};
    char program[LIMIT_PATH], picture[LIMIT_PATH], config[LIMIT_PATH];
    char mask[] = "mask", view[] = "view", out[] = "--out", with[] = "--config";
    enum status status = launcher_program(program, "fedveil-participant");
    if (status == STATUS_OK) status = files_join(picture, world->folder, "examples.png");
    if (status == STATUS_OK) status = world_participant_path(config, world, 0, "config.yaml");
    if (status == STATUS_OK) status = files_join(process.log, world->folder, "examples.txt");
    if (status != STATUS_OK) return status;
    char *arguments[8 + FACES] = {program, mask, view, out, picture, with, config};
    for (size_t i = 0; i < faces->count; i++) {
        arguments[7 + i] = faces->path[i];
    }
    status = launcher_start(&process, arguments, NULL);
    if (status == STATUS_OK) status = wait_for_end(&process);
    return status;
}

enum status examples_write(const struct world *world, const struct config *config)
{
    if (config->federation.input.kind != INPUT_BANDS) return STATUS_OK;
    const bool synthetic = config->data.kind == DATA_SYNTHETIC;
    struct faces *faces = calloc(1, sizeof *faces);
    if (faces == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: examples");
    enum status status = synthetic ? paint(faces, world, config) : find(faces, config->data.train);
    if (status == STATUS_OK && faces->count > 0) status = draw(faces, world);
    for (size_t i = 0; synthetic && i < faces->count; i++) {
        unlink(faces->path[i]);
    }
    free(faces);
    return status;
}
