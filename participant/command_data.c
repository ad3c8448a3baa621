// SPDX-License-Identifier: Apache-2.0
/* fedveil participant data - makes synthetic people, and says what a folder of people holds. */
#include "commands.h"

#include "base/argument.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "base/stop.h"
#include "image/dataset.h"
#include "image/portrait.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };
enum { SHEET_MAX = 12, IMAGES_MAX = 65536, NAME_BYTES = 64 }; // sheet: rows and columns at most

/* Whose words the messages are. */
static char synth_name[] = "fedveil participant data synth";
static char describe_name[] = "fedveil participant data describe";

struct request {
    const char *out, *sheet;
    uint32_t people, images, first;
    uint64_t seed;
};

static const struct argp_option synth_options[] = {
    {"out", 'o', "DIR", 0, "the folder to write DIR/person_0000/0000.png and so on to (needed)", 0},
    {"people", 'p', "N", 0, "people to make (8)", 0},
    {"images", 'i', "N", 0, "images of each person (8)", 0},
    {"seed", 's', "S", 0, "another seed makes other people (1)", 0},
    {"first", 'f', "P", 0, "number of the first person (0)", 0},
    {"sheet", 'c', "FILE", 0, "also write one PNG with a row for each of the first people", 0},
    {0},
};

static uint32_t number(struct argp_state *state, const char *option, const char *text,
                       uint32_t least, uint32_t most)
{
    uint64_t value = least;
    if (argument_unsigned(&value, option, text, least, most) != STATUS_OK) {
        argp_error(state, "%s", status_message());
    }
    return (uint32_t)value;
}

static error_t parse_synth(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'o':
        request->out = text;
        break;
    case 'p':
        request->people = number(state, "--people", text, 1, RANDOM_PARTICIPANT_MAX);
        break;
    case 'i':
        request->images = number(state, "--images", text, 1, IMAGES_MAX);
        break;
    case 's':
        if (argument_unsigned(&request->seed, "--seed", text, 0, UINT64_MAX) != STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case 'f':
        request->first = number(state, "--first", text, 0, RANDOM_PARTICIPANT_MAX);
        break;
    case 'c':
        request->sheet = text;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "%s: no such argument", text);
        break;
    case ARGP_KEY_END:
        if (request->out == NULL) argp_error(state, "no --out DIR given");
        if (request->people - 1 > RANDOM_PARTICIPANT_MAX - request->first) {
            argp_error(state, "--first and --people: the last person is number %u at most",
                       RANDOM_PARTICIPANT_MAX);
        }
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status make_folders(const struct request *request)
{
    enum status status = files_make_folder(request->out);
    for (uint32_t i = 0; i < request->people && status == STATUS_OK; i++) {
        char name[NAME_BYTES], path[LIMIT_PATH];
        snprintf(name, sizeof name, "person_%04u", (unsigned)(request->first + i));
        status = files_join(path, request->out, name);
        if (status == STATUS_OK) status = files_make_folder(path);
    }
    return status;
}

/* Paints and writes image number `index` of all. */
static enum status write_one(const struct request *request, uint64_t index)
{
    const uint32_t person = request->first + (uint32_t)(index / request->images);
    const uint32_t shot = (uint32_t)(index % request->images);
    char name[NAME_BYTES], path[LIMIT_PATH];
    snprintf(name, sizeof name, "person_%04u/%04u.png", (unsigned)person, (unsigned)shot);
    struct image image = {0};
    enum status status = files_join(path, request->out, name);
    if (status == STATUS_OK) status = portrait_paint(&image, request->seed, person, shot);
    if (status == STATUS_OK) status = image_write_png(&image, path);
    image_destroy(&image);
    return status;
}

static enum status write_all(const struct request *request)
{
    const uint64_t total = (uint64_t)request->people * request->images;
    uint64_t done = 0;
    enum status status = STATUS_OK;
    char message[STATUS_MESSAGE_MAX] = ""; // a sentence is kept by the thread that failed
#pragma omp parallel for schedule(dynamic, 4)
    for (uint64_t i = 0; i < total; i++) {
        enum status seen;
#pragma omp atomic read
        seen = status;
        if (seen != STATUS_OK) continue;
        const enum status own =
            stop_requested() ? status_fail(STATUS_STOPPED, "stopped") : write_one(request, i);
#pragma omp critical(data_progress)
        {
            if (own == STATUS_OK) {
                log_progress("writing people", ++done, total, "images");
            } else {
                snprintf(message, sizeof message, "%s", status_message());
#pragma omp atomic write
                status = own;
            }
        }
    }
    return status == STATUS_OK ? STATUS_OK : status_fail(status, "%s", message);
}

/* A row for each of the first people, their images side by side. */
static enum status write_sheet(const struct request *request)
{
    const uint32_t rows = request->people < SHEET_MAX ? request->people : SHEET_MAX;
    const uint32_t columns = request->images < SHEET_MAX ? request->images : SHEET_MAX;
    struct image sheet;
    enum status status =
        image_create(&sheet, (int)rows * PORTRAIT_SIDE, (int)columns * PORTRAIT_SIDE, 3);
    if (status != STATUS_OK) return status;
    for (uint32_t i = 0; i < rows * columns && status == STATUS_OK; i++) {
        struct image image;
        const size_t row = i / columns, column = i % columns;
        status =
            portrait_paint(&image, request->seed, request->first + (uint32_t)row, (uint32_t)column);
        for (size_t y = 0; y < PORTRAIT_SIDE && status == STATUS_OK; y++) {
            const size_t start = (row * PORTRAIT_SIDE + y) * columns + column;
            memcpy(sheet.pixels + start * PORTRAIT_SIDE * 3, image.pixels + y * PORTRAIT_SIDE * 3,
                   (size_t)PORTRAIT_SIDE * 3);
        }
        image_destroy(&image);
    }
    if (status == STATUS_OK) status = image_write_png(&sheet, request->sheet);
    image_destroy(&sheet);
    return status;
}

static int finish(const char *name, enum status status)
{
    if (status == STATUS_OK) return EXIT_DONE;
    fprintf(stderr, "%s: %s\n", name, status_message());
    return EXIT_FAILED;
}

static int synth(int argc, char **argv)
{
    static const struct argp argp = {
        .options = synth_options,
        .parser = parse_synth,
        .doc = "Writes portraits of people who do not exist, 112 x 112 pixels. The same numbers "
               "make the same people, and those that data.kind synthetic trains on."};
    struct request request = {.people = 8, .images = 8, .seed = 1};
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    stop_install();
    enum status status = make_folders(&request);
    if (status == STATUS_OK) status = write_all(&request);
    if (status == STATUS_OK && request.sheet != NULL) status = write_sheet(&request);
    if (status == STATUS_OK) {
        printf("%s: %u people with %u images each\n", request.out, (unsigned)request.people,
               (unsigned)request.images);
    }
    return finish(synth_name, status);
}

static error_t parse_describe(int key, char *text, struct argp_state *state)
{
    const char **folder = state->input;
    if (key == ARGP_KEY_ARG && *folder == NULL) {
        *folder = text;
        return 0;
    }
    if (key == ARGP_KEY_ARG) argp_error(state, "%s: one folder at a time", text);
    if (key == ARGP_KEY_END && *folder == NULL) argp_error(state, "no DIR given");
    return ARGP_ERR_UNKNOWN;
}

static enum status describe_folder(const char *folder)
{
    // Every image is decoded, to find the broken ones, and kept as small as can be.
    const struct dataset_options options = {.size = 1, .channels = 1, .images_min = 1};
    struct dataset *dataset = NULL;
    const enum status status = dataset_load(&dataset, folder, &options);
    if (status != STATUS_OK) return status;
    size_t least = dataset->count, most = 0;
    for (size_t i = 0, own = 0; i < dataset->count; i++) {
        own++;
        if (i + 1 < dataset->count && dataset->labels[i + 1] == dataset->labels[i]) continue;
        if (own < least) least = own;
        if (own > most) most = own;
        own = 0;
    }
    printf("people  %zu\nimages  %zu (%zu to %zu of a person)\nbroken  %zu\n", dataset->people,
           dataset->count, least, most, dataset->skipped);
    dataset_destroy(&dataset);
    return STATUS_OK;
}

static int describe(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse_describe,
        .args_doc = "DIR",
        .doc = "Reads every image of DIR/PERSON/IMAGE and prints how many people and images there "
               "are; broken images are named."};
    const char *folder = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &folder);
    stop_install();
    return finish(describe_name, describe_folder(folder));
}

int command_data(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    argp_err_exit_status = EXIT_WRONG_USE;
    if (strcmp(word, "synth") == 0) {
        argv[1] = synth_name;
        return synth(argc - 1, argv + 1);
    }
    if (strcmp(word, "describe") == 0) {
        argv[1] = describe_name;
        return describe(argc - 1, argv + 1);
    }
    const int code = strcmp(word, "--help") == 0 ? EXIT_DONE : EXIT_WRONG_USE;
    fputs("Usage: fedveil participant data synth --out DIR [OPTION]...\n"
          "       fedveil participant data describe DIR\n",
          code == EXIT_DONE ? stdout : stderr);
    return code;
}
