// SPDX-License-Identifier: Apache-2.0
/* needles HAYSTACK DUMP THING...   looks for pieces of things in the files of the folder HAYSTACK,
 *                                  and writes the things into the folder DUMP
 *
 *     model:FILE                          the numbers of a model
 *     update:CONFIG,BEFORE,AFTER,WEIGHT   the integers by which the only participant of a round,
 *                                         with that weight, moved the model
 *     key:FILE                            key pair, as text and as bytes
 *     mask:FILE                           mask key, as text and as bytes
 *
 * A piece is 16 bytes of a thing, at every fourth byte of it, that have 6 different bytes or more.
 * Prints a line for each thing and ends with 0 when nothing was found, 3 when anything was. */
#include "base/config.h"
#include "base/files.h"
#include "model/model.h"
#include "secure/identity.h"
#include "secure/quantise.h"
#include "secure/z85.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 16, EVERY = 4, DIFFERENT = 6, FILE_MAX = 1 << 30, NEEDLE_MAX = 1 << 26 };

struct thing {
    uint8_t *bytes;
    size_t size;
};

static void fail(const char *what)
{
    fprintf(stderr, "needles: %s: %s\n", what, status_message());
    exit(2);
}

static void add(struct thing *thing, const void *bytes, size_t size)
{
    thing->bytes = realloc(thing->bytes, thing->size + size + 1);
    if (thing->bytes == NULL) exit(2);
    memcpy(thing->bytes + thing->size, bytes, size);
    thing->size += size;
}

static void read_model(struct thing *thing, const char *path)
{
    struct model model;
    if (model_load(&model, path) != STATUS_OK) fail(path);
    add(thing, model.values, model.manifest.count * sizeof(float));
    model_destroy(&model);
}

/* What was sent, from what came of it: with one participant the step of the model is its integers
 * by a power of two and the weight, which a float holds. Checked by going back. */
static void read_update(struct thing *thing, char *text)
{
    static struct config config;
    struct model before, after;
    struct quantise plan = {0};
    char *rest = NULL;
    const char *const paths[] = {strtok_r(text, ",", &rest), strtok_r(NULL, ",", &rest),
                                 strtok_r(NULL, ",", &rest), strtok_r(NULL, ",", &rest)};
    if (paths[3] == NULL || config_load(&config, paths[0]) != STATUS_OK) fail("update");
    if (model_load(&before, paths[1]) != STATUS_OK) fail(paths[1]);
    if (model_load(&after, paths[2]) != STATUS_OK) fail(paths[2]);
    if (quantise_plan(&plan, &before, &config.federation, 1) != STATUS_OK) fail("update");
    const double weight = strtod(paths[3], NULL) / plan.weight_max;
    uint32_t *integers = calloc(plan.count, sizeof *integers);
    float *mean = calloc(plan.count, sizeof *mean);
    uint8_t *bytes = calloc(1, quantise_bytes(&plan, plan.count));
    if (integers == NULL || mean == NULL || bytes == NULL) exit(2);
    for (size_t t = 0; t < plan.tensors; t++) {
        for (size_t i = plan.first[t]; i < plan.first[t + 1]; i++) {
            const double step = (double)after.values[i] - (double)before.values[i];
            integers[i] = (uint32_t)(int32_t)lround(step * plan.scale[t] * weight);
        }
    }
    quantise_decode(&plan, mean, integers, strtod(paths[3], NULL));
    for (size_t i = 0; i < plan.count; i++) {
        const float again = before.values[i] + mean[i];
        if (memcmp(&again, &after.values[i], sizeof again) != 0) {
            fprintf(stderr, "needles: number %zu: this was not the update\n", i);
            exit(2);
        }
    }
    quantise_pack(&plan, bytes, integers, plan.count);
    add(thing, bytes, quantise_bytes(&plan, plan.count));
    free(integers);
    free(mean);
    free(bytes);
    quantise_destroy(&plan);
    model_destroy(&before);
    model_destroy(&after);
}

static void read_key(struct thing *thing, const char *path)
{
    struct identity identity;
    uint8_t raw[IDENTITY_KEY_BYTES];
    if (identity_load(&identity, path, "") != STATUS_OK) fail(path);
    const char *const texts[] = {identity.secret_key, identity.public_key};
    for (size_t i = 0; i < 2; i++) {
        add(thing, texts[i], IDENTITY_KEY_TEXT - 1);
        if (!z85_decode(raw, sizeof raw, texts[i])) fail(path);
        add(thing, raw, sizeof raw);
    }
    add(thing, identity.sign_secret, IDENTITY_KEY_BYTES); // its seed; the rest is public
}

static void read_mask(struct thing *thing, const char *path)
{
    uint8_t raw[IDENTITY_KEY_BYTES], *text = NULL;
    size_t size = 0;
    if (identity_load_mask_key(raw, path) != STATUS_OK ||
        files_read(&text, &size, path, 1000) != STATUS_OK) {
        fail(path);
    }
    add(thing, text, size);
    while (thing->size % EVERY != 0) { // the bytes begin where pieces do
        add(thing, "", 1);
    }
    add(thing, raw, sizeof raw);
    free(text);
}

static bool tells_something(const uint8_t *piece)
{
    int different = 0;
    bool seen[256] = {false};
    for (int i = 0; i < PIECE; i++) {
        different += !seen[piece[i]];
        seen[piece[i]] = true;
    }
    return different >= DIFFERENT;
}

static uint32_t hash(const uint8_t *piece)
{
    uint32_t value = 2166136261u;
    for (int i = 0; i < PIECE; i++) {
        value = (value ^ piece[i]) * 16777619u;
    }
    return value;
}

/* The pieces of one thing, by their hash; open addressing. */
struct pieces {
    const uint8_t **slots;
    uint32_t mask;
    size_t count;
};

static void index_pieces(struct pieces *pieces, const struct thing *thing)
{
    size_t room = 64;
    while (room < thing->size) { // four slots for each
        room *= 2;
    }
    pieces->slots = calloc(room, sizeof *pieces->slots);
    if (pieces->slots == NULL) exit(2);
    pieces->mask = (uint32_t)(room - 1);
    pieces->count = 0;
    for (size_t at = 0; at + PIECE <= thing->size; at += EVERY) {
        const uint8_t *piece = thing->bytes + at;
        if (!tells_something(piece)) continue;
        uint32_t slot = hash(piece) & pieces->mask;
        while (pieces->slots[slot] != NULL) {
            slot = (slot + 1) & pieces->mask;
        }
        pieces->slots[slot] = piece;
        pieces->count++;
    }
}

static size_t search(const struct pieces *pieces, const uint8_t *bytes, size_t size)
{
    size_t found = 0;
    for (size_t at = 0; at + PIECE <= size; at++) {
        uint32_t slot = hash(bytes + at) & pieces->mask;
        for (; pieces->slots[slot] != NULL; slot = (slot + 1) & pieces->mask) {
            if (memcmp(pieces->slots[slot], bytes + at, PIECE) != 0) continue;
            found++;
            break;
        }
    }
    return found;
}

static size_t search_folder(const struct pieces *pieces, const char *folder)
{
    size_t found = 0;
    DIR *open = opendir(folder);
    if (open == NULL) exit(2);
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        char path[LIMIT_PATH];
        uint8_t *bytes = NULL;
        size_t size = 0;
        if (entry->d_name[0] == '.') continue;
        if (files_join(path, folder, entry->d_name) != STATUS_OK ||
            files_read(&bytes, &size, path, FILE_MAX) != STATUS_OK) {
            fail(folder);
        }
        found += search(pieces, bytes, size);
        free(bytes);
    }
    closedir(open);
    return found;
}

static void read_thing(struct thing *thing, const char *text)
{
    char copy[4 * LIMIT_PATH];
    snprintf(copy, sizeof copy, "%s", text);
    char *colon = strchr(copy, ':');
    if (colon == NULL) exit(2);
    *colon = 0;
    if (strcmp(copy, "model") == 0) read_model(thing, colon + 1);
    if (strcmp(copy, "update") == 0) read_update(thing, colon + 1);
    if (strcmp(copy, "key") == 0) read_key(thing, colon + 1);
    if (strcmp(copy, "mask") == 0) read_mask(thing, colon + 1);
}

int main(int argc, char **argv)
{
    size_t all = 0;
    for (int i = 3; i < argc; i++) {
        struct thing thing = {NULL, 0};
        struct pieces pieces;
        char path[LIMIT_PATH], name[32];
        read_thing(&thing, argv[i]);
        index_pieces(&pieces, &thing);
        const size_t found = search_folder(&pieces, argv[1]);
        printf("%zu pieces, %zu found: %s\n", pieces.count, found, argv[i]);
        if (pieces.count == 0) exit(2);
        all += found;
        snprintf(name, sizeof name, "thing-%d", i);
        if (files_join(path, argv[2], name) != STATUS_OK ||
            files_write(path, thing.bytes, thing.size) != STATUS_OK) {
            fail(argv[2]);
        }
        free(pieces.slots);
        free(thing.bytes);
    }
    return all > 0 ? 3 : 0;
}
