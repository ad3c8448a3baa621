// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "frequency/mix.h"
#include "image/dataset.h"
#include "train/trainer.h"
#include "train/trainer_export.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PEOPLE = 3, IMAGES = 5, COUNT = PEOPLE * IMAGES, BATCH = 4, K_MOST = 3, EPOCHS = 2 };

static const uint8_t key[MASK_KEY_BYTES] = {7, 8, 9};
static char folder[] = "/tmp/fedveil-export-XXXXXX";
static char path[64], names[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/masked.safetensors", folder);
    snprintf(names, sizeof names, "%s/names.tsv", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static size_t entries(void)
{
    DIR *open_folder = opendir(folder);
    assert_non_null(open_folder);
    size_t count = 0;
    while (readdir(open_folder) != NULL) {
        count++;
    }
    closedir(open_folder);
    return count - 2; // . and ..
}

static struct config tiny(enum config_mix method)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = 32;
    config.federation.mask.bands = 10;
    config.federation.mix.method = method;
    config.federation.mix.k = (struct config_numbers){2, {2, K_MOST}};
    config.federation.optimiser.batch = BATCH;
    config.federation.local_epochs = EPOCHS;
    config.data.people = PEOPLE;
    config.data.images = IMAGES;
    config.participant.noise = NOISE_SEED;
    config.seed = 12345678901;
    config.threads = 1;
    config.log_level = 0;
    return config;
}

/* What an exported file holds, read without our reader. */
struct content {
    uint8_t *bytes;
    size_t size;
    char *header;
    const int64_t *labels;
    const float *weights, *images;
};

static struct content export_to(struct trainer_export *task, const struct config *config)
{
    struct content content = {0};
    task->path = path;
    if (trainer_export(task, config, key) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(files_read(&content.bytes, &content.size, path, 1u << 24), STATUS_OK);
    uint64_t length = 0;
    memcpy(&length, content.bytes, sizeof length);
    const uint8_t *data = content.bytes + 8 + length;
    const size_t values = (size_t)(task->side * task->side * task->channels);
    const size_t parts = task->rows * task->k_most;
    assert_int_equal(content.size, 8 + length + parts * 12 + task->rows * values * sizeof(float));
    content.header = strndup((char *)content.bytes + 8, length);
    content.labels = (const int64_t *)(const void *)data;
    content.weights = (const float *)(const void *)(data + parts * 8);
    content.images = content.weights + parts;
    return content;
}

static void forget(struct content *content)
{
    free(content->bytes);
    free(content->header);
    unlink(path);
}

static void assert_tells(const struct content *content, const char *text)
{
    if (strstr(content->header, text) == NULL) fail_msg("no %s in %s", text, content->header);
}

/* The masked images of a step, by the mask alone. */
static void mask_directly(float *out, const struct mask *mask, const struct dataset *dataset,
                          const uint32_t *index, uint64_t seed, uint32_t round, uint32_t step)
{
    const size_t values = mask_values(mask);
    float *bands = malloc(values * sizeof *bands);
    assert_non_null(bands);
    struct random flips;
    random_start(&flips, seed, 0, RANDOM_FLIP, round, step);
    for (size_t i = 0; i < BATCH; i++) {
        mask_bands(mask, bands, dataset_pixels(dataset, index[i]), dataset->channels);
        mask_apply(mask, out + i * values, bands, (int)(random_bits(&flips) & 1u), NULL);
    }
    free(bands);
}

/* Checks the rows of one step, and their places, against images and draws of our own. */
static void check_step(const struct content *content, const uint32_t *place, const struct mix *mix,
                       const float *masked, const uint32_t *labels, size_t values)
{
    for (size_t i = 0; i < BATCH; i++) {
        const size_t row = place[i];
        float sum = 0;
        for (size_t j = 0; j < K_MOST; j++) {
            const bool used = j < (size_t)mix->k;
            const size_t at = i * (size_t)mix->k + j;
            const float weight = used ? mix->weight[at] : 0;
            assert_memory_equal(&content->weights[row * K_MOST + j], &weight, sizeof weight);
            assert_int_equal(content->labels[row * K_MOST + j],
                             used ? labels[mix->partner[at]] : 0);
            sum += weight;
        }
        assert_float_equal(sum, 1, 1e-6);
        for (size_t n = 0; n < values; n++) {
            double value = 0;
            for (size_t j = 0; j < (size_t)mix->k; j++) {
                const size_t at = i * (size_t)mix->k + j;
                value += (double)mix->weight[at] * (double)masked[mix->partner[at] * values + n];
            }
            assert_true(fabs(value - (double)content->images[row * values + n]) < 1e-5);
        }
    }
}

static void rows_are_what_mask_and_mix_make_of_the_images(void **state)
{
    (void)state;
    const struct config config = tiny(MIX_UNIFORM);
    struct trainer_export task = {.passes = 3};
    struct content content = export_to(&task, &config);
    struct dataset *dataset = NULL;
    struct mask *mask = NULL;
    struct mix mix;
    assert_int_equal(trainer_images(&dataset, &config), STATUS_OK);
    assert_int_equal(mask_create(&mask, &config.federation, key), STATUS_OK);
    assert_int_equal(mix_create(&mix, BATCH), STATUS_OK);
    const size_t values = mask_values(mask);
    float *masked = malloc(BATCH * values * sizeof *masked);
    assert_non_null(masked);
    uint32_t place[3 * COUNT];
    size_t row = 0;
    uint64_t k_count[2] = {0};
    struct random random;
    random_start(&random, config.seed, 0, RANDOM_ROWS, 0, 0);
    random_permutation(&random, place, task.rows);
    for (uint32_t pass = 0; pass < 3; pass++) {
        const uint32_t round = 1 + pass / EPOCHS;
        uint32_t order[COUNT], labels[BATCH];
        random_start(&random, config.seed, 0, RANDOM_ORDER, round, pass % EPOCHS);
        random_permutation(&random, order, COUNT);
        for (uint32_t i = 0; i < COUNT / BATCH; i++) {
            const uint32_t step = pass % EPOCHS * (COUNT / BATCH) + i, *index = order + i * BATCH;
            mask_directly(masked, mask, dataset, index, config.seed, round, step);
            for (size_t j = 0; j < BATCH; j++) {
                labels[j] = dataset->labels[index[j]];
            }
            random_start(&random, config.seed, 0, RANDOM_POLICY, round, step);
            const uint32_t choice = random_below(&random, 2);
            k_count[choice] += BATCH;
            random_start(&random, config.seed, 0, RANDOM_MIX, round, step);
            mix_draw(&mix, &random, choice == 0 ? 2 : K_MOST, BATCH, 0.55);
            check_step(&content, place + row, &mix, masked, labels, values);
            row += BATCH;
        }
    }
    assert_int_equal(row, task.rows);
    assert_int_equal(task.k_count[0], k_count[0]);
    assert_int_equal(task.k_count[1], k_count[1]);
    assert_true(k_count[0] > 0 && k_count[1] > 0);
    free(masked);
    mix_destroy(&mix);
    mask_destroy(&mask);
    dataset_destroy(&dataset);
    forget(&content);
}

static void without_a_mix_each_image_stands_once(void **state)
{
    (void)state;
    const struct config config = tiny(MIX_NONE);
    struct trainer_export task = {.passes = 1};
    struct content content = export_to(&task, &config);
    size_t of[PEOPLE] = {0};
    assert_int_equal(task.rows, COUNT);
    assert_int_equal(task.k_most, 1);
    assert_int_equal(task.k[0], 1);
    assert_int_equal(task.k_count[0], COUNT);
    const size_t values = (size_t)(task.side * task.side * task.channels);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(content.weights[i] >= 1 && content.weights[i] <= 1);
        assert_in_range(content.labels[i], 0, PEOPLE - 1);
        of[content.labels[i]]++;
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(content.images + i * values, content.images + j * values,
                                    values * sizeof(float));
        }
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_int_equal(of[i], IMAGES);
    }
    assert_tells(&content, "\"labels\":{\"dtype\":\"I64\",\"shape\":[15,1],\"data_offsets\":[0,");
    assert_tells(&content, "\"images\":{\"dtype\":\"F32\",\"shape\":[15,4,4,9],");
    forget(&content);
}

static void the_seed_repeats_a_file_and_its_noise(void **state)
{
    (void)state;
    struct config config = tiny(MIX_FIXED);
    config.federation.mask.method = MASK_LAPLACE;
    struct trainer_export task = {.passes = 2};
    struct content first = export_to(&task, &config), again = export_to(&task, &config);
    assert_int_equal(task.k_most, 2); // fixed uses the first of the list alone
    assert_int_equal(first.size, again.size);
    assert_memory_equal(first.bytes, again.bytes, first.size);
    assert_tells(&first, "\"fedveil.epsilon\":\"3 for one coefficient of one image;");
    config.participant.noise = NOISE_SYSTEM;
    struct content other = export_to(&task, &config);
    assert_memory_not_equal(first.bytes, other.bytes, first.size);
    forget(&first);
    forget(&again);
    forget(&other);
}

static void the_file_tells_how_it_was_made_and_not_of_whom(void **state)
{
    (void)state;
    const struct config config = tiny(MIX_UNIFORM);
    struct trainer_export task = {.passes = 1, .names = names};
    struct content content = export_to(&task, &config);
    assert_tells(&content, "\"fedveil.version\":\"" FEDVEIL_VERSION "\"");
    assert_tells(&content, "\"fedveil.mask\":\"ppfr-fd\"");
    assert_tells(&content, "\"fedveil.mix\":\"uniform\"");
    assert_tells(&content, "\"fedveil.k\":\"[2, 3]\"");
    assert_tells(&content, "\"fedveil.classes\":\"3\"");
    assert_tells(&content, "\"fedveil.passes\":\"1\"");
    assert_tells(&content, "\"fedveil.federation\":\"");
    assert_null(strstr(content.header, "epsilon")); // no noise, no such claim
    assert_null(strstr(content.header, "12345678901"));

    struct dataset *dataset = NULL;
    uint8_t *list = NULL;
    size_t size = 0;
    struct stat info;
    char expected[512] = "";
    assert_int_equal(trainer_images(&dataset, &config), STATUS_OK);
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_null(strstr(content.header, dataset->people_names[i]));
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%zu\t%s\n", i,
                 dataset->people_names[i]);
    }
    dataset_destroy(&dataset);
    assert_int_equal(files_read(&list, &size, names, 4096), STATUS_OK);
    assert_string_equal((char *)list, expected);
    free(list);
    assert_int_equal(stat(names, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    forget(&content);

    // An old list is never replaced, and nothing is written beside it.
    assert_int_equal(trainer_export(&task, &config, key), STATUS_BAD_INPUT);
    assert_int_equal(entries(), 1);
    unlink(names);
}

static void what_cannot_be_exported_is_refused(void **state)
{
    (void)state;
    struct config config = tiny(MIX_ADAPTIVE);
    struct trainer_export task = {.passes = 1, .path = path};
    assert_int_equal(trainer_export(&task, &config, key), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "use matched"));
    config.federation.mix.method = MIX_NONE;
    task.passes = 2;
    assert_int_equal(trainer_export(&task, &config, key), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "one pass"));
    task.passes = 1;
    task.path = "/nowhere/at/all";
    assert_int_equal(trainer_export(&task, &config, key), STATUS_NOT_FOUND);
    assert_int_equal(entries(), 0);
}

/* Asks for the end as soon as the file is being written. */
static void stop_once_begun(void *context)
{
    bool *begun = context;
    if (entries() == 0) return;
    *begun = true;
    stop_request();
}

static void a_stop_leaves_nothing(void **state)
{
    (void)state;
    const struct config config = tiny(MIX_UNIFORM);
    struct trainer_export task = {.passes = 3, .path = path, .names = names};
    bool begun = false;
    log_meanwhile(stop_once_begun, &begun);
    assert_int_equal(trainer_export(&task, &config, key), STATUS_STOPPED);
    log_meanwhile(NULL, NULL);
    assert_true(begun);
    assert_int_equal(entries(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_what_mask_and_mix_make_of_the_images),
        cmocka_unit_test(without_a_mix_each_image_stands_once),
        cmocka_unit_test(the_seed_repeats_a_file_and_its_noise),
        cmocka_unit_test(the_file_tells_how_it_was_made_and_not_of_whom),
        cmocka_unit_test(what_cannot_be_exported_is_refused),
        cmocka_unit_test(a_stop_leaves_nothing), // the last one: a stop stays asked for
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
