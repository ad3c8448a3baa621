// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "reference/numbers.h"
#include "train/trainer.h"

#include <stdio.h>
#include <unistd.h>

enum { NEVER = 1000000 };

static const uint8_t key[MASK_KEY_BYTES] = {1, 2, 3};

/* Four synthetic people with four small images each: four steps a round. */
static struct config tiny(void)
{
    struct config config;
    config_defaults(&config);
    config.federation.input.size = 32;
    config.federation.network.width = 0.0625;
    config.federation.network.embedding = 8;
    config.federation.policy.width = 0.0625;
    config.federation.policy.recogniser_steps = NEVER;
    config.federation.optimiser.batch = 4;
    config.federation.rounds = 4;
    config.data.people = 4;
    config.data.images = 4;
    config.data.test_pairs = 0;
    config.threads = 1;
    return config;
}

/* What a run of some rounds left behind. */
struct run {
    float *backbone, *policy; // the policy's weights without its statistics
    size_t backbone_count, policy_count;
    struct trainer_report last;
};

/* Copies the tensors that begin with a prefix, all of them or those that gradients change. */
static float *gather(const struct model *model, const char *prefix, bool all, size_t *count)
{
    float *copy = numbers_copy(model->values, model->manifest.count);
    *count = 0;
    for (size_t i = 0; i < model->manifest.tensors; i++) {
        const struct tensor_entry *entry = &model->manifest.entries[i];
        if (strncmp(entry->name, prefix, strlen(prefix)) != 0) continue;
        if (!all && !entry->trainable) continue;
        memcpy(copy + *count, model->values + entry->offset, entry->count * sizeof *copy);
        *count += entry->count;
    }
    return copy;
}

static struct run train(const struct config *config, uint32_t rounds)
{
    struct trainer *trainer = NULL;
    struct run run = {0};
    enum status status = trainer_create(&trainer, config, 3, key);
    for (uint32_t round = 1; round <= rounds && status == STATUS_OK; round++) {
        status = trainer_round(trainer, round, &run.last);
    }
    if (status != STATUS_OK) fail_msg("%s", status_message());
    const struct model *model = trainer_model(trainer);
    run.backbone = gather(model, "backbone.", true, &run.backbone_count);
    run.policy = gather(model, "policy.", false, &run.policy_count);
    trainer_destroy(&trainer);
    return run;
}

static bool same_backbone(const struct run *a, const struct run *b)
{
    assert_int_equal(a->backbone_count, b->backbone_count);
    return memcmp(a->backbone, b->backbone, a->backbone_count * sizeof(float)) == 0;
}

static bool same_policy(const struct run *a, const struct run *b)
{
    assert_true(a->policy_count == b->policy_count && a->policy_count > 0);
    return memcmp(a->policy, b->policy, a->policy_count * sizeof(float)) == 0;
}

static void forget(struct run *run)
{
    free(run->backbone);
    free(run->policy);
}

/* A policy that does not learn draws the same k with and without its phases. */
static void a_phase_of_the_policy_leaves_the_recogniser_as_it_was(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.policy.learning_rate = 0;
    struct run without = train(&config, 2);
    config.federation.policy.recogniser_steps = 1;
    config.federation.policy.policy_steps = 2;
    struct run with = train(&config, 2);
    assert_true(same_backbone(&with, &without));
    assert_memory_equal(&with.last.loss, &without.last.loss, sizeof with.last.loss);
    forget(&with);
    forget(&without);
}

static void the_policy_learns_in_its_phases_only(void **state)
{
    (void)state;
    struct config config = tiny();
    struct run start = train(&config, 0), never = train(&config, 1);
    config.federation.policy.recogniser_steps = 2;
    struct run once = train(&config, 1);
    config.federation.policy.policy_steps = 2;
    struct run twice = train(&config, 1);
    assert_true(same_policy(&start, &never));
    assert_false(same_policy(&start, &once));
    assert_false(same_policy(&once, &twice));
    forget(&start);
    forget(&never);
    forget(&once);
    forget(&twice);
}

/* Rounds of four steps, phases of six: step 6 is the third of round 2. A round that is repeated
 * knows where it stands. */
static void phases_are_counted_over_all_rounds(void **state)
{
    (void)state;
    struct config config = tiny();
    struct run start = train(&config, 0);
    config.federation.policy.recogniser_steps = 6;
    struct run first = train(&config, 1), second = train(&config, 2);
    assert_true(same_policy(&start, &first));
    assert_false(same_policy(&start, &second));
    forget(&start);
    forget(&first);
    forget(&second);
}

/* With a policy that does not learn, p(k) of a batch is that of another: 1/4 each at the start. */
static void one_look_may_serve_some_steps(void **state)
{
    (void)state;
    struct config config = tiny();
    struct run each = train(&config, 1);
    config.federation.policy.draw_every = 3;
    struct run some = train(&config, 1);
    assert_int_equal(some.last.probabilities, 4);
    for (size_t k = 0; k < 4; k++) {
        assert_float_equal(some.last.probability[k], 0.25, 1e-6);
        assert_int_equal(some.last.k_count[k], each.last.k_count[k]);
    }
    assert_true(some.last.policy_seconds > 0);
    forget(&each);
    forget(&some);
}

static void the_losses_before_and_after_the_trial_step_are_both_rewards(void **state)
{
    (void)state;
    static const double weights[4][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
    struct config config = tiny();
    struct run start = train(&config, 0), runs[4];
    config.federation.policy.recogniser_steps = 3; // one phase
    config.federation.optimiser.clip_norm = 0;     // would make all rewards alike
    for (int i = 0; i < 4; i++) {
        config.federation.policy.reward_a = weights[i][0];
        config.federation.policy.reward_b = weights[i][1];
        runs[i] = train(&config, 1);
    }
    assert_true(same_policy(&start, &runs[0])); // nothing to gain
    for (int i = 1; i < 4; i++) {
        for (int j = 0; j < i; j++) {
            assert_false(same_policy(&runs[i], &runs[j]));
        }
    }
    for (size_t n = 0; n < start.policy_count; n++) {
        // The same draw: what it changes is in proportion to a L1 + b L2.
        const float parts =
            (runs[1].policy[n] - start.policy[n]) + (runs[2].policy[n] - start.policy[n]);
        assert_true(fabsf(runs[3].policy[n] - start.policy[n] - parts) < 1e-5f);
    }
    forget(&start);
    for (int i = 0; i < 4; i++) {
        forget(&runs[i]);
    }
}

static void momentum_is_kept_between_rounds_or_forgotten(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.mix.method = MIX_NONE;
    struct run kept[2], forgot[2];
    for (uint32_t i = 0; i < 2; i++) {
        config.federation.optimiser.keep_momentum = true;
        kept[i] = train(&config, i + 1);
        config.federation.optimiser.keep_momentum = false;
        forgot[i] = train(&config, i + 1);
    }
    assert_true(same_backbone(&kept[0], &forgot[0]));
    assert_false(same_backbone(&kept[1], &forgot[1]));
    for (int i = 0; i < 2; i++) {
        forget(&kept[i]);
        forget(&forgot[i]);
    }
}

static void images_are_mirrored_when_asked(void **state)
{
    (void)state;
    struct config config = tiny();
    config.federation.mix.method = MIX_NONE;
    struct run with = train(&config, 1);
    config.federation.optimiser.flip = false;
    struct run without = train(&config, 1);
    assert_true(fabs(with.last.loss - without.last.loss) > 1e-6);
    forget(&with);
    forget(&without);
}

static void every_way_to_mix_counts_its_k(void **state)
{
    (void)state;
    static const struct {
        enum config_mix method;
        size_t choices;
    } cases[] = {{MIX_NONE, 0}, {MIX_FIXED, 1}, {MIX_UNIFORM, 4}, {MIX_ADAPTIVE, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config = tiny();
        config.federation.mix.method = cases[i].method;
        struct run run = train(&config, 1);
        assert_int_equal(run.last.choices, cases[i].choices);
        uint64_t steps = 0;
        for (size_t k = 0; k < LIMIT_CHOICES; k++) {
            steps += run.last.k_count[k];
            if (k >= cases[i].choices && k > 0) assert_int_equal(run.last.k_count[k], 0);
        }
        assert_int_equal(steps, 4);
        assert_true((run.policy_count > 0) == (cases[i].method == MIX_ADAPTIVE));
        forget(&run);
    }
}

static void the_private_file_holds_head_and_policy_and_no_more(void **state)
{
    (void)state;
    const struct config config = tiny();
    struct trainer *trainer = NULL;
    assert_int_equal(trainer_create(&trainer, &config, 3, key), STATUS_OK);
    char path[] = "/tmp/fedveil-private-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    assert_int_equal(trainer_save_private(trainer, path), STATUS_OK);
    struct model saved = {0};
    assert_int_equal(model_load(&saved, path), STATUS_OK);
    assert_int_equal(unlink(path), 0);
    const struct tensor_entry *head = manifest_find(&saved.manifest, "head.weight");
    assert_non_null(head);
    assert_int_equal(head->shape[0], 4); // people
    assert_int_equal(head->shape[1], 8); // embedding
    size_t policy = 0, expected = 0;
    float *mine = gather(trainer_model(trainer), "policy.", true, &expected);
    float *found = gather(&saved, "policy.", true, &policy);
    assert_int_equal(policy, expected);
    assert_memory_equal(found, mine, policy * sizeof *mine);
    assert_int_equal(saved.manifest.count, head->count + policy);
    free(mine);
    free(found);
    model_destroy(&saved);
    trainer_destroy(&trainer);
}

/* Without chance but the order of images, one step an epoch, and a backbone that does not learn. */
static struct config still(void)
{
    struct config config = tiny();
    config.federation.mix.method = MIX_NONE;
    config.federation.optimiser.flip = false;
    config.federation.optimiser.batch = 16;
    config.federation.network.dropout = 0;
    config.federation.optimiser.learning_rate = 0;
    return config;
}

static void epochs_of_the_head_leave_the_backbone_and_its_statistics(void **state)
{
    (void)state;
    struct config config = still();
    struct run without = train(&config, 1);
    config.federation.optimiser.head_epochs = 3;
    struct run with = train(&config, 1);
    for (size_t i = 0; i < with.backbone_count; i++) {
        const float error = with.backbone[i] - without.backbone[i];
        assert_true(error < 1e-4f && error > -1e-4f); // the order of sums
    }
    assert_int_equal(with.last.images, without.last.images);
    forget(&with);
    forget(&without);
}

static void a_head_that_went_ahead_begins_with_a_lower_loss(void **state)
{
    (void)state;
    struct config config = still();
    config.federation.optimiser.learning_rate = 0.05;
    struct run without = train(&config, 1);
    config.federation.optimiser.head_epochs = 5;
    struct run with = train(&config, 1);
    assert_true(with.last.loss < without.last.loss); // of the one step that is counted
    forget(&with);
    forget(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phase_of_the_policy_leaves_the_recogniser_as_it_was),
        cmocka_unit_test(the_policy_learns_in_its_phases_only),
        cmocka_unit_test(phases_are_counted_over_all_rounds),
        cmocka_unit_test(one_look_may_serve_some_steps),
        cmocka_unit_test(the_losses_before_and_after_the_trial_step_are_both_rewards),
        cmocka_unit_test(momentum_is_kept_between_rounds_or_forgotten),
        cmocka_unit_test(images_are_mirrored_when_asked),
        cmocka_unit_test(every_way_to_mix_counts_its_k),
        cmocka_unit_test(the_private_file_holds_head_and_policy_and_no_more),
        cmocka_unit_test(epochs_of_the_head_leave_the_backbone_and_its_statistics),
        cmocka_unit_test(a_head_that_went_ahead_begins_with_a_lower_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
