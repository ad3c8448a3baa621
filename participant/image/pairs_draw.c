// SPDX-License-Identifier: Apache-2.0
#include "image/pairs.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>

enum { FOLDS = 10 };

/* Images by person, and the pairs drawn so far as an open hash table of keys, 0 being free. */
struct hat {
    const struct dataset *images;
    uint32_t *order; // images, those of a person side by side
    size_t *starts;  // first of each person in `order`, and the end
    uint64_t *drawn;
    size_t drawn_size; // a power of two
    struct random random;
};

static enum status make_hat(struct hat *hat, const struct dataset *images, size_t count)
{
    hat->images = images;
    hat->drawn_size = 2;
    while (hat->drawn_size < 2 * count) {
        hat->drawn_size *= 2;
    }
    hat->order = calloc(images->count + 1, sizeof *hat->order);
    hat->starts = calloc(images->people + 2, sizeof *hat->starts);
    hat->drawn = calloc(hat->drawn_size, sizeof *hat->drawn);
    if (hat->order == NULL || hat->starts == NULL || hat->drawn == NULL) {
        return status_fail(STATUS_NO_MEMORY, "no memory for %zu pairs", count);
    }
    // Counted one place late, so that filling moves each start to its right value.
    for (size_t i = 0; i < images->count; i++) {
        hat->starts[images->labels[i] + 2]++;
    }
    for (size_t i = 2; i < images->people + 2; i++) {
        hat->starts[i] += hat->starts[i - 1];
    }
    for (size_t i = 0; i < images->count; i++) {
        hat->order[hat->starts[images->labels[i] + 1]++] = (uint32_t)i;
    }
    return STATUS_OK;
}

/* Remembers a pair; false when it was drawn before. */
static bool remember(struct hat *hat, uint32_t first, uint32_t second)
{
    const uint64_t low = first < second ? first : second;
    const uint64_t high = first < second ? second : first;
    const uint64_t key = (low << 32 | high) + 1;
    size_t place = (size_t)(key * 0x9E3779B97F4A7C15u >> 32) & (hat->drawn_size - 1);
    while (hat->drawn[place] != 0 && hat->drawn[place] != key) {
        place = (place + 1) & (hat->drawn_size - 1);
    }
    if (hat->drawn[place] == key) return false;
    hat->drawn[place] = key;
    return true;
}

/* Draws until a new pair of the wanted kind comes; the caller knows that there is one. */
static struct pair draw(struct hat *hat, bool same)
{
    const struct dataset *images = hat->images;
    for (;;) {
        const uint32_t first = random_below(&hat->random, (uint32_t)images->count);
        const uint32_t person = images->labels[first];
        uint32_t second = 0;
        if (same) {
            const size_t start = hat->starts[person];
            const uint32_t own = (uint32_t)(hat->starts[person + 1] - start);
            second = hat->order[start + random_below(&hat->random, own)];
        } else {
            second = random_below(&hat->random, (uint32_t)images->count);
        }
        const bool fits = (images->labels[second] == person) == same && first != second;
        if (fits && remember(hat, first, second)) return (struct pair){first, second, same};
    }
}

/* Whether there are enough pairs of both kinds. */
static enum status check_supply(const struct hat *hat, size_t same, size_t different)
{
    uint64_t same_pairs = 0;
    for (size_t i = 0; i < hat->images->people; i++) {
        const uint64_t own = hat->starts[i + 1] - hat->starts[i];
        if (own > 0) same_pairs += own * (own - 1) / 2;
    }
    const uint64_t count = hat->images->count;
    const uint64_t different_pairs = count * (count - 1) / 2 - same_pairs;
    if (same_pairs >= same && different_pairs >= different) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT,
                       "%zu images of %zu people make %llu pairs of one person and %llu of two, "
                       "needed are %zu and %zu",
                       hat->images->count, hat->images->people, (unsigned long long)same_pairs,
                       (unsigned long long)different_pairs, same, different);
}

enum status pairs_draw(struct pairs **pairs, const struct dataset *images, size_t count,
                       uint64_t seed)
{
    assert(images->count > 0 && images->count <= UINT32_MAX);
    *pairs = NULL;
    if (count < 2 * FOLDS) {
        return status_fail(STATUS_BAD_INPUT, "%zu pairs, at least %d are needed for %d folds",
                           count, 2 * FOLDS, FOLDS);
    }
    struct hat hat = {0};
    struct pairs *made = calloc(1, sizeof *made);
    if (made != NULL) made->list = calloc(count, sizeof *made->list);
    enum status status = STATUS_OK;
    if (made == NULL || made->list == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory for %zu pairs", count);
        goto done;
    }
    status = make_hat(&hat, images, count);
    if (status == STATUS_OK) status = check_supply(&hat, (count + 1) / 2, count / 2);
    if (status != STATUS_OK) goto done;
    random_start(&hat.random, seed, 0, RANDOM_SPLIT, 1, 0);
    made->folds = FOLDS;
    for (; made->count < count; made->count++) {
        made->list[made->count] = draw(&hat, made->count % 2 == 0);
    }
    *pairs = made;
    made = NULL;
done:
    free(hat.order);
    free(hat.starts);
    free(hat.drawn);
    pairs_destroy(&made);
    return status;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum status pairs_draw_most(struct pairs **pairs, const struct dataset *images, size_t most,
                            uint64_t seed)
{
    *pairs = NULL;
    uint64_t *own = calloc(images->people + 1, sizeof *own);
    if (own == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for %zu pairs", most);
    uint64_t same = 0, different = 0; // of the images so far
    for (uint64_t i = 0; i < images->count; i++) {
        const uint64_t before = own[images->labels[i]]++;
        same += before;
        different += i - before;
    }
    free(own);
    return pairs_draw(pairs, images, 2 * (size_t)least(most / 2, least(same, different)), seed);
}
