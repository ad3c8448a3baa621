// SPDX-License-Identifier: Apache-2.0
#include "image/dataset_parts.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Labels are floats, which hold each whole number only up to here. */
#define NUMBER_MAX (UINT32_C(1) << 24)

enum { NAME_BYTES = 48 };

/* Whose picture an entry is. */
struct owned {
    uint32_t label, entry;
};

static enum status fail_memory(void)
{
    return status_fail(STATUS_NO_MEMORY, "no memory to list records");
}

static bool whole_number(float value, uint64_t *number)
{
    if (!(value >= 0 && value <= (float)NUMBER_MAX)) return false; // NaN, too
    *number = (uint64_t)value;
    return value <= floorf(value);
}

/* Reads two labels that are a range of keys, first <= end. */
static bool is_range(const struct recordio_head *head, uint64_t range[2])
{
    return head->flag == 2 && whole_number(head->labels[0], &range[0]) &&
           whole_number(head->labels[1], &range[1]) && range[0] <= range[1];
}

static enum status name_person(struct dataset_person *person, uint64_t number)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%08" PRIu64, number);
    person->name = strdup(name);
    return person->name == NULL ? fail_memory() : STATUS_OK;
}

char *dataset_records_name(const struct dataset_listing *listing,
                           const struct dataset_person *person, size_t picture)
{
    char key[NAME_BYTES];
    const uint32_t entry = listing->order[person->first + picture];
    snprintf(key, sizeof key, "%08" PRIu64, listing->records->entries[entry].key);
    return dataset_join_names(person->name, key);
}

/* Adds the pictures of one person, keys range[0] to range[1] - 1, none of which is taken yet. */
static enum status add_range(struct dataset_listing *listing, struct dataset_person *person,
                             const uint64_t range[2], bool *taken, size_t entry)
{
    const struct recordio *records = listing->records;
    const size_t first = recordio_find(records, range[0]);
    for (uint64_t i = 0; i < range[1] - range[0]; i++) {
        const size_t at = first + i;
        if (at >= records->count || records->entries[at].key != range[0] + i) {
            return recordio_fail(records, entry, "a person whose pictures the index lacks");
        }
        if (taken[at]) return recordio_fail(records, entry, "a picture of two people");
        taken[at] = true;
        listing->order[person->first + person->count++] = (uint32_t)at;
    }
    return STATUS_OK;
}

/* InsightFace's layout: record 0 says which keys are people, each a range of keys of pictures. */
static enum status list_identities(struct dataset_listing *listing, const uint64_t keys[2])
{
    const struct recordio *records = listing->records;
    const size_t begin = recordio_find(records, keys[0]), count = keys[1] - keys[0];
    if (count == 0 || records->count - begin < count) {
        return recordio_fail(records, 0, "says where people are, but the index lacks them");
    }
    bool *taken = calloc(records->count, sizeof *taken);
    listing->people = calloc(count, sizeof *listing->people);
    enum status status = taken == NULL || listing->people == NULL ? fail_memory() : STATUS_OK;
    size_t next = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct recordio_head head;
        uint64_t range[2] = {0};
        struct dataset_person *person = &listing->people[listing->count++];
        person->first = next;
        status = recordio_read_head(&head, records, begin + i);
        if (status == STATUS_OK &&
            (records->entries[begin + i].key != keys[0] + i || !is_range(&head, range) ||
             range[0] == 0 || range[1] > keys[0])) {
            status = recordio_fail(records, begin + i, "not a person, expected a range of keys");
        }
        if (status == STATUS_OK) status = name_person(person, i);
        if (status == STATUS_OK) status = add_range(listing, person, range, taken, begin + i);
        if (status == STATUS_OK && stop_requested()) {
            status = status_fail(STATUS_STOPPED, "%s: stopped", records->path);
        }
        log_progress("reading index", i + 1, count, "people");
        next = person->first + person->count;
    }
    free(taken);
    return status;
}

static int compare_owned(const void *first, const void *second)
{
    const struct owned *a = first, *b = second;
    if (a->label != b->label) return (a->label > b->label) - (a->label < b->label);
    return (a->entry > b->entry) - (a->entry < b->entry);
}

static enum status read_labels(struct owned *owned, const struct recordio *records)
{
    for (size_t i = 0; i < records->count; i++) {
        struct recordio_head head;
        uint64_t label = 0;
        const enum status status = recordio_read_head(&head, records, i);
        if (status != STATUS_OK) return status;
        if (!whole_number(head.labels[0], &label)) {
            return recordio_fail(records, i, "the label is not a number from 0 to 16777216");
        }
        owned[i] = (struct owned){(uint32_t)label, (uint32_t)i};
        if (stop_requested()) return status_fail(STATUS_STOPPED, "%s: stopped", records->path);
        log_progress("reading labels", i + 1, records->count, "images");
    }
    return STATUS_OK;
}

/* im2rec's layout: each record is a picture with its label. */
static enum status list_labels(struct dataset_listing *listing)
{
    const struct recordio *records = listing->records;
    struct owned *owned = calloc(records->count, sizeof *owned);
    enum status status = owned == NULL ? fail_memory() : read_labels(owned, records);
    size_t people = 1;
    if (status == STATUS_OK) qsort(owned, records->count, sizeof *owned, compare_owned);
    for (size_t i = 1; i < records->count && status == STATUS_OK; i++) {
        people += owned[i].label != owned[i - 1].label;
    }
    if (status == STATUS_OK) {
        listing->people = calloc(people, sizeof *listing->people);
        if (listing->people == NULL) status = fail_memory();
    }
    for (size_t i = 0; i < records->count && status == STATUS_OK; i++) {
        if (i == 0 || owned[i].label != owned[i - 1].label) {
            listing->people[listing->count].first = i;
            status = name_person(&listing->people[listing->count++], owned[i].label);
        }
        listing->people[listing->count - 1].count++;
        listing->order[i] = owned[i].entry;
    }
    free(owned);
    return status;
}

/* Reads whether record 0 is a header that says where people are; if so, keys[0] > 0. */
static enum status read_header(uint64_t keys[2], const struct recordio *records)
{
    struct recordio_head head;
    uint8_t *bytes = NULL;
    size_t size = 0;
    keys[0] = 0;
    const enum status status = recordio_read(&head, &bytes, &size, records, 0);
    free(bytes);
    if (status != STATUS_OK || head.flag != 2 || size > 0) return status;
    if (records->entries[0].key != 0 || !is_range(&head, keys) || keys[0] == 0) {
        return recordio_fail(records, 0, "the header does not say which records are people");
    }
    return STATUS_OK;
}

enum status dataset_records_list(struct dataset_listing *listing, const char *path,
                                 const char *index_path)
{
    *listing = (struct dataset_listing){0};
    uint64_t keys[2] = {0};
    struct recordio *records = calloc(1, sizeof *records);
    if (records == NULL) return fail_memory();
    enum status status = recordio_open(records, path, index_path);
    if (status != STATUS_OK) {
        free(records);
        return status;
    }
    listing->records = records;
    listing->order = calloc(records->count, sizeof *listing->order);
    if (listing->order == NULL) status = fail_memory();
    if (status == STATUS_OK) status = read_header(keys, records);
    if (status == STATUS_OK) {
        status = keys[0] > 0 ? list_identities(listing, keys) : list_labels(listing);
    }
    if (status != STATUS_OK) dataset_list_destroy(listing);
    return status;
}

struct shelf {
    const struct recordio *records;
    const uint32_t *entries; // of each image
};

static enum status read_record(const void *context, size_t index, struct image *image)
{
    const struct shelf *shelf = context;
    const size_t entry = shelf->entries[index];
    struct recordio_head head;
    uint8_t *bytes = NULL;
    size_t size = 0;
    char name[LIMIT_PATH + NAME_BYTES];
    enum status status = recordio_read(&head, &bytes, &size, shelf->records, entry);
    if (status != STATUS_OK) return status;
    snprintf(name, sizeof name, "%s: byte %" PRIu64, shelf->records->path,
             shelf->records->entries[entry].place);
    status = image_decode(image, bytes, size, name);
    free(bytes);
    return status;
}

enum status dataset_records_read(struct dataset *dataset, const struct dataset_listing *listing,
                                 const uint32_t *chosen, const struct dataset_sample *sample)
{
    uint32_t *entries = calloc(dataset->count, sizeof *entries);
    if (entries == NULL) return fail_memory();
    size_t picture = 0; // of its person
    for (size_t i = 0; i < dataset->count; i++) {
        const uint32_t label = dataset->labels[i];
        picture = i > 0 && label == dataset->labels[i - 1] ? picture + 1 : 0;
        entries[i] = listing->order[listing->people[chosen[label]].first + picture];
    }
    const struct shelf shelf = {listing->records, entries};
    const struct dataset_source source = {read_record, &shelf};
    const enum status status = dataset_fill(dataset, "reading images", &source, sample, NULL);
    free(entries);
    return status;
}
