// SPDX-License-Identifier: Apache-2.0
/* Every allocation of model and secure fails in turn: the call says so and leaves nothing behind
 * (the sanitized build looks for leaks). Linked with --wrap for the functions that allocate. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "model/model.h"
#include "secure/neighbours.h"
#include "secure/quantise.h"
#include "secure/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static long allowed = -1; // allocations until one fails; negative: no limit
static long refused;      // allocations that failed

static bool fails(void)
{
    if (allowed < 0) return false;
    if (allowed-- > 0) return false;
    allowed = 0;
    refused++;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static char path[] = "/tmp/fedveil-allocation-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* Calls `step` with 0, 1, 2, ... allocations until it succeeds without a refusal. */
static void fail_each_allocation(enum status (*step)(void))
{
    enum status status = STATUS_NO_MEMORY;
    long most = 0;
    for (; most < 1000 && status != STATUS_OK; most++) {
        allowed = most;
        refused = 0;
        status = step();
        allowed = -1;
        assert_true((status == STATUS_OK) == (refused == 0));
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(most > 1); // at least one failed
}

static enum status build(struct model *model)
{
    const size_t shape[] = {3, 4};
    struct manifest manifest = {0};
    enum status status = manifest_add(&manifest, "a.weight", shape, 2, true);
    if (status == STATUS_OK) status = manifest_add(&manifest, "b.weight", shape, 1, true);
    if (status == STATUS_OK) status = model_create(model, &manifest);
    manifest_destroy(&manifest);
    return status;
}

static enum status describe_and_select(void)
{
    const struct config_texts patterns = {.count = 1, .values = {"*"}};
    struct manifest parsed = {0}, selected = {0};
    char *text = NULL;
    size_t *source = NULL;
    enum status status = manifest_parse(&parsed, "a f32 [2]\nb f32 [3,4]\n");
    if (status == STATUS_OK) status = manifest_text(&parsed, &text);
    if (status == STATUS_OK) status = manifest_select(&selected, &source, &parsed, &patterns);
    free(text);
    free(source);
    manifest_destroy(&parsed);
    manifest_destroy(&selected);
    return status;
}

static enum status save_and_load(void)
{
    const struct model_note notes[] = {{"round", "1"}, {NULL, NULL}};
    struct model model = {0}, again = {0};
    char *note = NULL;
    enum status status = build(&model);
    if (status == STATUS_OK) status = model_save(&model, path, notes);
    if (status == STATUS_OK) status = model_load(&again, path);
    if (status == STATUS_OK) status = model_load_note(&note, path, "round");
    free(note);
    model_destroy(&model);
    model_destroy(&again);
    return status;
}

static enum status plan(void)
{
    struct config_federation federation = {0};
    federation.quantise.bits = 32;
    federation.quantise.range = 8;
    federation.quantise.weight_max = 10;
    struct model model = {0};
    struct quantise made = {0};
    enum status status = build(&model);
    if (status == STATUS_OK) status = quantise_plan(&made, &model, &federation, 4);
    quantise_destroy(&made);
    model_destroy(&model);
    return status;
}

static void no_bits(uint8_t *bytes, size_t size)
{
    memset(bytes, 0, size);
}

static enum status plan_and_encode_with_noise(void)
{
    static const float update[64] = {1};
    struct config config;
    struct model model = {0};
    struct quantise made = {0};
    struct random rounding;
    uint32_t integers[64];
    config_defaults(&config);
    config.federation.dp.method = DP_SKELLAM;
    config.federation.quantise.bits = 16;
    random_start(&rounding, 1, 0, RANDOM_ROUNDING, 1, 0);
    enum status status = build(&model);
    assert_true(model.manifest.count <= 64);
    if (status == STATUS_OK) status = quantise_plan(&made, &model, &config.federation, 4);
    if (status == STATUS_OK) {
        status = quantise_encode_noisy(&made, integers, update, 1, &rounding, no_bits);
    }
    quantise_destroy(&made);
    model_destroy(&model);
    return status;
}

static enum status save_and_load_a_roster(void)
{
    static struct identity hub, ann; // the same each time
    if (hub.public_key[0] == '\0') {
        identity_generate(&hub);
        identity_generate(&ann);
    }
    struct roster_entry entries[1] = {{.name = "ann"}};
    struct roster roster = {.count = 1, .entries = entries}, again = {0};
    memcpy(roster.coordinator.public_key, hub.public_key, sizeof hub.public_key);
    memcpy(roster.coordinator.sign_key, hub.sign_public, sizeof hub.sign_public);
    memcpy(entries[0].public_key, ann.public_key, sizeof ann.public_key);
    memcpy(entries[0].sign_key, ann.sign_public, sizeof ann.sign_public);
    enum status status = roster_sign(&roster, 0, &ann);
    if (status == STATUS_OK) status = roster_save(&roster, path);
    if (status == STATUS_OK) status = roster_load(&again, path);
    roster_destroy(&again);
    return status;
}

static enum status make_and_load_keys(void)
{
    char beside[sizeof path + 4];
    struct identity_public part;
    uint8_t mask_key[IDENTITY_KEY_BYTES];
    struct identity identity, again;
    snprintf(beside, sizeof beside, "%s.pub", path);
    unlink(path);
    identity_generate(&identity);
    enum status status = identity_save(&identity, path, NULL);
    if (status == STATUS_OK) status = identity_load(&again, path, "");
    if (status == STATUS_OK) status = identity_load_public(&part, beside);
    unlink(path);
    unlink(beside);
    if (status == STATUS_OK) status = identity_make_mask_key(path);
    if (status == STATUS_OK) status = identity_load_mask_key(mask_key, path);
    return status;
}

static enum status make_a_ring(void)
{
    const struct exchange_context context = {.round = 1};
    const uint8_t digest[EXCHANGE_HASH_BYTES] = {0};
    const uint32_t places[] = {0, 1, 2, 3, 4};
    struct neighbours_graph graph;
    const enum status status = neighbours_create(&graph, places, 5, 2, digest, &context);
    neighbours_destroy(&graph);
    return status;
}

static void manifests_do_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(describe_and_select);
}

static void model_files_do_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(save_and_load);
}

static void plans_do_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(plan);
    fail_each_allocation(plan_and_encode_with_noise);
}

static void rosters_do_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(save_and_load_a_roster);
}

static void keys_do_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(make_and_load_keys);
}

static void rings_do_without_memory(void **state)
{
    (void)state;
    fail_each_allocation(make_a_ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(manifests_do_without_memory),
                                       cmocka_unit_test(plans_do_without_memory),
                                       cmocka_unit_test(model_files_do_without_memory),
                                       cmocka_unit_test(rosters_do_without_memory),
                                       cmocka_unit_test(keys_do_without_memory),
                                       cmocka_unit_test(rings_do_without_memory)};
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
