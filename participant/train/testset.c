// SPDX-License-Identifier: Apache-2.0
#include "train/testset.h"

#include "base/files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKIP_MAX = 100000000, ENDING = 4 };

static enum status fail_text(const char *text)
{
    return status_fail(STATUS_BAD_CONFIG,
                       "%s: not a test set, allowed are NAME=FILE.bin, NAME=DIR,PAIRS, "
                       "NAME=DIR[,skip=N] and NAME=FILE.rec[,skip=N] with a NAME of letters, "
                       "digits, _ and - and an N of at most %d",
                       text, SKIP_MAX);
}

static bool ends_with(const char *path, const char *ending)
{
    const size_t length = strlen(path);
    return length > ENDING && strcmp(path + length - ENDING, ending) == 0;
}

static bool read_skip(const char *text, int *skip)
{
    *skip = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && *skip <= SKIP_MAX; digit++) {
        *skip = *skip * 10 + (*digit - '0');
    }
    return digit > text && *digit == '\0' && *skip <= SKIP_MAX;
}

static bool copy(char *out, size_t room, const char *from, size_t length)
{
    if (length == 0 || length >= room) return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

enum status testset_parse(struct testset_source *source, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-";
    static const char skip[] = "skip=";
    *source = (struct testset_source){0};
    const size_t name = strspn(text, letters);
    if (text[name] != '=' || !copy(source->name, sizeof source->name, text, name)) {
        return fail_text(text);
    }
    const char *path = text + name + 1;
    const char *comma = strrchr(path, ',');
    const size_t length = comma != NULL ? (size_t)(comma - path) : strlen(path);
    if (!copy(source->path, sizeof source->path, path, length)) return fail_text(text);
    const bool bin = ends_with(source->path, ".bin");
    if (comma == NULL) return STATUS_OK;
    const char *rest = comma + 1;
    if (strncmp(rest, skip, sizeof skip - 1) == 0) {
        const bool fine = !bin && read_skip(rest + sizeof skip - 1, &source->skip);
        return fine ? STATUS_OK : fail_text(text);
    }
    const bool fine = !bin && !ends_with(source->path, ".rec") &&
                      copy(source->pairs, sizeof source->pairs, rest, strlen(rest));
    return fine ? STATUS_OK : fail_text(text);
}

/* Digest of the pairs as a text, which says more than that of a folder's files can. */
static enum status digest_pairs(struct testset *set)
{
    struct digest_stream *stream = NULL;
    const enum status status = digest_stream_create(&stream);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < set->pairs->count; i++) {
        const struct pair *pair = &set->pairs->list[i];
        const char *const names[2] = {set->images->names[pair->first],
                                      set->images->names[pair->second]};
        for (size_t j = 0; j < 2; j++) {
            digest_stream_add(stream, names[j], strlen(names[j]));
            digest_stream_add(stream, " ", 1);
        }
        digest_stream_add(stream, pair->same ? "1\n" : "0\n", 2);
    }
    digest_stream_end(set->digest, &stream);
    return STATUS_OK;
}

static enum status digest_index(struct testset *set, const char *path)
{
    char index[LIMIT_PATH];
    snprintf(index, sizeof index, "%s", path);
    memcpy(index + strlen(index) - ENDING, ".idx", ENDING);
    return digest_file(set->digest, index);
}

/* Pairs of the people of a folder or file of records. */
static enum status load_people(struct testset *set, const struct testset_source *source, int size,
                               int channels, uint64_t seed)
{
    const struct dataset_options options = {
        .size = size, .channels = channels, .images_min = 2, .people_skip = source->skip};
    enum status status = dataset_load(&set->images, source->path, &options);
    if (status == STATUS_OK) {
        status = pairs_draw_most(&set->pairs, set->images, TESTSET_PAIRS_MAX, seed);
        if (status != STATUS_OK) {
            status = status_fail(status, "%s: %s", source->path, status_message());
        }
    }
    if (status != STATUS_OK) return status;
    return ends_with(source->path, ".rec") ? digest_index(set, source->path) : digest_pairs(set);
}

enum status testset_load(struct testset *set, const struct testset_source *source, int size,
                         int channels, uint64_t seed)
{
    *set = (struct testset){0};
    enum status status = STATUS_OK;
    if (source->pairs[0] != '\0') {
        status = digest_file(set->digest, source->pairs);
        if (status == STATUS_OK) {
            status =
                pairs_load(&set->pairs, &set->images, source->pairs, source->path, size, channels);
        }
    } else if (ends_with(source->path, ".bin")) {
        status = digest_file(set->digest, source->path);
        if (status == STATUS_OK) {
            status = pairs_load_bin(&set->pairs, &set->images, source->path, size, channels);
        }
    } else {
        status = load_people(set, source, size, channels, seed);
    }
    if (status != STATUS_OK) testset_destroy(set);
    return status;
}

void testset_destroy(struct testset *set)
{
    dataset_destroy(&set->images);
    pairs_destroy(&set->pairs);
}
