// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/updates.h"
#include "attacks/updates_parts.h"
#include "defence/observe.h"
#include "fakes/album.h"
#include "fakes/trained.h"
#include "train/networks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEOPLE = 8, IMAGES = 4 };

struct scene {
    struct target *target;
    struct attack_data data;
    struct attack_budget budget;
    struct attack_context context;
    struct figures *figures;
    char folder[LIMIT_PATH];
};

static void open_scene(struct scene *scene, enum config_norm norm)
{
    struct config config = trained_config();
    memset(scene, 0, sizeof *scene);
    config.federation.mix.method = MIX_NONE;
    config.federation.mask.method = MASK_NONE; // the key of a run is drawn anew: no test repeats
    config.federation.network.norm = norm;
    scene->target = trained_open("t", &config, 0);
    scene->data = (struct attack_data){.known = trained_faces(100, PEOPLE, IMAGES),
                                       .victims = trained_faces(0, PEOPLE, IMAGES)};
    scene->budget = (struct attack_budget){.quick = true, .starts = 1, .seed = 3};
    scene->figures = calloc(1, sizeof *scene->figures);
    assert_non_null(scene->figures);
    snprintf(scene->folder, sizeof scene->folder, "%s", album_path(""));
    scene->context = (struct attack_context){.target = scene->target,
                                             .data = &scene->data,
                                             .budget = &scene->budget,
                                             .folder = scene->folder};
}

static void close_scene(struct scene *scene)
{
    free(scene->figures);
    dataset_destroy(&scene->data.known);
    dataset_destroy(&scene->data.victims);
    target_close(&scene->target);
}

/* The update, less the decay, is the gradient of the loss, clipped and times the rate. */
static void an_update_tells_the_gradient(void **state)
{
    (void)state;
    const uint32_t index[] = {0, 5, 10, 15};
    struct scene scene;
    struct updates_work work;
    open_scene(&scene, NORM_BATCH);
    assert_int_equal(updates_open(&work, &scene.context, 4, true), STATUS_OK);
    float *delta = calloc(work.parameters, sizeof *delta);
    assert_non_null(delta);
    assert_int_equal(updates_step(&work, delta, 0, index), STATUS_OK);
    updates_gradient(&work, delta, 1);
    const struct net *net = recogniser_net(work.recogniser);
    double product = 0, ours = 0, theirs = 0;
    for (size_t t = 0; t < net_tensors(net); t++) {
        const struct net_tensor *tensor = net_tensor(net, t);
        for (size_t i = tensor->offset; i < tensor->offset + tensor->count; i++) {
            const double a = (double)delta[i];
            const double b = tensor->trainable ? (double)work.vector[1][i] : 0;
            if (!tensor->trainable) assert_true(fabs(a) <= 0);
            product += a * b;
            ours += a * a;
            theirs += b * b;
        }
    }
    assert_true(theirs > 0);
    assert_true(product / sqrt(ours * theirs) > 0.9999);
    free(delta);
    updates_close(&work);
    updates_close(&work);
    close_scene(&scene);
}

/* Of a batch of one image again and again, whatever is mixed is that image. */
static void a_batch_is_mixed_within_itself(void **state)
{
    (void)state;
    enum { BATCH = 4, IMAGE = 5 };
    static const uint32_t index[BATCH] = {IMAGE, IMAGE, IMAGE, IMAGE};
    const struct config config = trained_config(); // which mixes two or three
    struct scene scene;
    struct updates_work work;
    open_scene(&scene, NORM_BATCH);
    target_close(&scene.target);
    scene.context.target = scene.target = trained_open("t", &config, 0);
    assert_int_equal(updates_open(&work, &scene.context, BATCH, false), STATUS_OK);
    float *delta = calloc(work.parameters, sizeof *delta);
    float *alone = calloc(work.values, sizeof *alone);
    assert_true(delta != NULL && alone != NULL);
    assert_int_equal(updates_step(&work, delta, 0, index), STATUS_OK);
    assert_int_equal(
        observe_masked(scene.target, alone, scene.data.victims, index, 1, scene.budget.seed, 0),
        STATUS_OK);
    for (size_t i = 0; i < BATCH * work.values; i++) {
        assert_true(fabs((double)(work.rows[i] - alone[i % work.values])) < 1e-4);
    }
    free(delta);
    free(alone);
    updates_close(&work);
    close_scene(&scene);
}

static double get(const struct scene *scene, const char *key)
{
    return figures_get(scene->figures, key);
}

/* How well is for matching_test.c: this is that all figures and the pictures are there. */
static void plain_updates_and_sums_are_inverted(void **state)
{
    (void)state;
    static const char *const runs[] = {"first.b1.n1", "first.b1.n4", "final.b1.n1",
                                       "first.b4.n1", "first.b4.n4", "final.b4.n1"};
    struct scene scene;
    open_scene(&scene, NORM_GROUP);
    scene.budget.steps = 3;
    assert_int_equal(updates_invert(&scene.context, scene.figures), STATUS_OK);
    assert_int_equal(scene.figures->count, 4 * 6);
    for (size_t r = 0; r < sizeof runs / sizeof runs[0]; r++) {
        char key[LIMIT_NAME];
        snprintf(key, sizeof key, "updates.%s.cosine", runs[r]);
        const double cosine = get(&scene, key);
        snprintf(key, sizeof key, "updates.%s.error", runs[r]);
        // z-scored inputs of one length: the error is the cosine's
        assert_true(cosine > -1 && fabs(get(&scene, key) - sqrt(2 - 2 * cosine)) < 0.05);
    }
    assert_int_equal(access(album_path("updates.png"), R_OK), 0);
    close_scene(&scene);
}

/* Statistics as if the network had seen these faces often: without, all embeddings are alike. */
static void settle(struct scene *scene)
{
    const struct dataset *faces = scene->data.known;
    struct net *net = NULL;
    float *rows = calloc(faces->count, target_values(scene->target) * sizeof *rows);
    struct random dropout;
    assert_non_null(rows);
    assert_int_equal(observe_faces(scene->target, rows, NULL, faces, NULL, faces->count, 1, 0),
                     STATUS_OK);
    assert_int_equal(networks_backbone(&net, &scene->target->config, faces->count, NET_TRAIN),
                     STATUS_OK);
    net_bind(net, scene->target->model.values, NULL);
    random_start(&dropout, 1, 0, RANDOM_TEST, 0, 0);
    for (int pass = 0; pass < 60; pass++) {
        net_forward(net, rows, faces->count, NET_TRAIN, &dropout);
    }
    net_destroy(&net);
    free(rows);
}

static void the_mean_embedding_of_a_batch_names_its_faces(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, NORM_BATCH);
    settle(&scene);
    assert_int_equal(updates_people(&scene.context, scene.figures), STATUS_OK);
    const double one = get(&scene, "updates.photos.b4.n1.auc");
    assert_true(one > 0.6);
    assert_true(one > get(&scene, "updates.photos.b4.n10.auc") + 0.05);
    close_scene(&scene);
    open_scene(&scene, NORM_GROUP);
    assert_int_equal(updates_people(&scene.context, scene.figures), STATUS_OK);
    assert_int_equal(scene.figures->count, 0);
    assert_int_equal(scene.figures->note_count, 1);
    close_scene(&scene);
}

static void too_few_victims_are_told(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, NORM_BATCH);
    dataset_destroy(&scene.data.victims);
    scene.data.victims = trained_faces(0, 3, 2);
    assert_int_equal(updates_invert(&scene.context, scene.figures), STATUS_OK);
    assert_int_equal(scene.figures->count, 0);
    assert_int_equal(scene.figures->note_count, 1);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_update_tells_the_gradient, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(a_batch_is_mixed_within_itself, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(plain_updates_and_sums_are_inverted, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(the_mean_embedding_of_a_batch_names_its_faces, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(too_few_victims_are_told, album_create, album_destroy),
    };
    return cmocka_run_group_tests_name("updates", tests, NULL, NULL);
}
