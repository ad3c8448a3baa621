// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/config.h"
#include "base/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHANGES_MAX = 4 };

struct rule {
    const char *changes[CHANGES_MAX]; // from the defaults
    const char *message;              // NULL: allowed
};

static void assert_rules(const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct config config;
        config_defaults(&config);
        for (size_t j = 0; j < CHANGES_MAX && rules[i].changes[j] != NULL; j++) {
            if (config_set(&config, rules[i].changes[j]) != STATUS_OK)
                fail_msg("%s", status_message());
        }
        const enum status status = config_check(&config);
        if (rules[i].message == NULL) {
            if (status != STATUS_OK) fail_msg("rule %zu: %s", i, status_message());
        } else {
            assert_int_equal(status, STATUS_BAD_CONFIG);
            assert_string_equal(status_message(), rules[i].message);
        }
    }
}

#define ASSERT_RULES(rules) assert_rules(rules, sizeof(rules) / sizeof((rules)[0]))

static void the_defaults_are_allowed(void **state)
{
    (void)state;
    static const struct rule rules[] = {{{NULL}, NULL}};
    ASSERT_RULES(rules);
}

static void a_secure_sum_has_enough_and_not_too_many(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.privacy=secure-sum"}, NULL},
        {{"federation.privacy=secure-sum", "federation.participants=2"},
         "federation.privacy: secure-sum with 2 in a cohort, allowed: at least 3, or "
         "trusted-coordinator"},
        {{"federation.privacy=secure-sum", "federation.cohort=2"},
         "federation.privacy: secure-sum with 2 in a cohort, allowed: at least 3, or "
         "trusted-coordinator"},
        {{"federation.privacy=secure-sum", "federation.secure.cohort_min=4"}, NULL},
        {{"federation.privacy=secure-sum", "federation.secure.cohort_min=5"},
         "federation.secure.cohort_min: 5 are more than federation.participants, allowed: 3 to 4"},
        {{"federation.privacy=automatic", "federation.cohort=3", "federation.secure.cohort_min=4"},
         "federation.secure.cohort_min: 4 are more than federation.cohort, allowed: 3 to 3"},
        {{"federation.privacy=automatic", "federation.cohort=2", "federation.secure.cohort_min=9"},
         NULL},
        {{"federation.privacy=secure-sum", "federation.participants=4096"}, NULL},
        {{"federation.privacy=secure-sum", "federation.participants=4097"},
         "federation.participants: 4097 with federation.privacy secure-sum, allowed: a cohort of "
         "at most 4096"},
        {{"federation.privacy=secure-sum", "federation.participants=4097",
          "federation.cohort=4096"},
         NULL},
    };
    ASSERT_RULES(rules);
}

static void automatic_privacy_follows_from_the_cohort(void **state)
{
    (void)state;
    static const struct {
        int participants, cohort;
        enum config_privacy written, meant;
    } cases[] = {
        {1, 0, PRIVACY_AUTOMATIC, PRIVACY_TRUSTED_COORDINATOR},
        {2, 0, PRIVACY_AUTOMATIC, PRIVACY_TRUSTED_COORDINATOR},
        {3, 0, PRIVACY_AUTOMATIC, PRIVACY_SECURE_SUM},
        {9, 2, PRIVACY_AUTOMATIC, PRIVACY_TRUSTED_COORDINATOR},
        {9, 3, PRIVACY_AUTOMATIC, PRIVACY_SECURE_SUM},
        {9, 0, PRIVACY_TRUSTED_COORDINATOR, PRIVACY_TRUSTED_COORDINATOR},
        {9, 2, PRIVACY_SECURE_SUM, PRIVACY_SECURE_SUM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        config_defaults(&config);
        config.federation.participants = cases[i].participants;
        config.federation.cohort = cases[i].cohort;
        config.federation.privacy = cases[i].written;
        assert_int_equal(config_privacy(&config.federation), cases[i].meant);
    }
}

static void cohort_and_reporters_fit_the_participants(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.cohort=4"}, NULL},
        {{"federation.cohort=5"},
         "federation.cohort: 5 are more than federation.participants, allowed: 0 to 4"},
        {{"federation.reporters_min=4"}, NULL},
        {{"federation.reporters_min=5"},
         "federation.reporters_min: 5 are more than federation.participants, allowed: 1 to 4"},
        {{"federation.cohort=2", "federation.reporters_min=2"}, NULL},
        {{"federation.cohort=2", "federation.reporters_min=3"},
         "federation.reporters_min: 3 are more than federation.cohort, allowed: 1 to 2"},
    };
    ASSERT_RULES(rules);
}

static void integers_have_whole_bytes(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.quantise.bits=16"}, NULL},
        {{"federation.quantise.bits=24"}, NULL},
        {{"federation.quantise.bits=20"},
         "federation.quantise.bits: got 20, allowed: 16, 24 or 32"},
    };
    ASSERT_RULES(rules);
}

static void the_class_head_cannot_be_shared(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.share=[*, !head.*]"}, NULL},
        {{"federation.share=[backbone.*, !*.running_*, policy.*]"}, NULL},
        {{"federation.share=[backbone.*, head.*]"},
         "federation.share: \"head.*\" names the class head, which never travels; allowed: "
         "patterns "
         "of the backbone and the policy"},
        {{"federation.share=[backbone.*, \"\"]"},
         "federation.share: an empty pattern, allowed: patterns such as \"backbone.*\""},
        {{"federation.share=[]"}, NULL},
        {{"federation.share=[!backbone.*]"},
         "federation.share: only exclusions, allowed: at least one pattern such as "
         "\"backbone.*\", or an empty list, with which nothing travels"},
    };
    ASSERT_RULES(rules);
}

static void colors_and_masks_fit_the_input(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.input.color=ycbcr"}, NULL},
        {{"federation.input.color=rgb"},
         "federation.input.color: rgb with federation.input.kind bands, allowed: grey or ycbcr"},
        {{"federation.input.kind=pixels", "federation.mask.method=none",
          "federation.input.color=rgb"},
         NULL},
        {{"federation.input.kind=pixels", "federation.mask.method=none",
          "federation.input.color=ycbcr"},
         "federation.input.color: ycbcr with federation.input.kind pixels, allowed: grey or rgb"},
        {{"federation.input.kind=pixels"},
         "federation.mask.method: ppfr-fd with federation.input.kind pixels, allowed: none or "
         "eigenfaces"},
        {{"federation.input.size=120"}, NULL},
        {{"federation.input.size=100"},
         "federation.input.size: 100 with federation.input.kind bands, allowed: a multiple of 8"},
        {{"federation.input.size=100", "federation.input.kind=pixels",
          "federation.mask.method=none"},
         NULL},
    };
    ASSERT_RULES(rules);
}

static void bands_exist_once_and_one_is_left(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.mask.band_list=[63, 1, 8]"}, NULL},
        {{"federation.mask.band_list=[1, 8, 1]"},
         "federation.mask.band_list: 1 stands twice, allowed: each band once"},
        {{"federation.mask.band_list=[64]"},
         "federation.mask.band_list: 64 with federation.input.color grey, allowed: 0 to 63"},
        {{"federation.mask.band_list=[1, 191]", "federation.input.color=ycbcr"}, NULL},
        {{"federation.mask.band_list=[0]"},
         "federation.mask.band_list: no band is left with federation.mask.drop_dc true, allowed: "
         "at "
         "least one other than DC"},
        {{"federation.mask.band_list=[0, 64, 128]", "federation.input.color=ycbcr"},
         "federation.mask.band_list: no band is left with federation.mask.drop_dc true, allowed: "
         "at "
         "least one other than DC"},
        {{"federation.mask.band_list=[0]", "federation.mask.drop_dc=false"}, NULL},
        {{"federation.mask.bands=1"},
         "federation.mask.bands: no band is left with federation.mask.drop_dc true, allowed: at "
         "least one other than DC"},
        {{"federation.mask.bands=1", "federation.mask.drop_dc=false"}, NULL},
        {{"federation.mask.pool=2"},
         "federation.mask.pool: 2, allowed: 1, or with federation.mask.drop_signs true what "
         "divides "
         "the 14 blocks of a side"},
        {{"federation.mask.pool=3", "federation.mask.drop_signs=true"},
         "federation.mask.pool: 3, allowed: 1, or with federation.mask.drop_signs true what "
         "divides "
         "the 14 blocks of a side"},
        {{"federation.mask.pool=2", "federation.mask.drop_signs=true"}, NULL},
        {{"federation.mask.shifts=3", "federation.mask.drop_signs=true"},
         "federation.mask.shifts: 3, allowed: 1, or 2 or 4 with federation.mask.drop_signs true "
         "and "
         "federation.input.layout native"},
    };
    ASSERT_RULES(rules);
}

static void mixes_can_be_drawn(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.mix.k=[1, 2, 16]"}, NULL},
        {{"federation.mix.k=[2, 2]"},
         "federation.mix.k: 2 after 2, allowed: each once, in ascending order"},
        {{"federation.mix.k=[3, 2]"},
         "federation.mix.k: 2 after 3, allowed: each once, in ascending order"},
        {{"federation.mix.k=[]"},
         "federation.mix.k: empty with federation.mix.method adaptive, allowed: at least one "
         "number"},
        {{"federation.mix.k=[]", "federation.mix.method=none"}, NULL},
        {{"federation.mix.k=[2, 9]", "federation.optimiser.batch=8"},
         "federation.mix.k: 9 of a batch of 8 federation.optimiser.batch, allowed: at most 8"},
        {{"federation.mix.method=matched", "federation.mix.shares=[1, 2]"},
         "federation.mix.shares: 2 for 4 of federation.mix.k, allowed: one for each"},
        {{"federation.mix.method=matched", "federation.mix.shares=[0, 0, 0, 0]"},
         "federation.mix.shares: all 0, allowed: at least one above"},
        {{"federation.mix.method=matched", "federation.mix.shares=[21, 28, 16, 35]"}, NULL},
        {{"federation.mask.method=dctdp"},
         "federation.mask.budgets: 0 for 35 channels, allowed: one for each"},
        {{"federation.mask.budgets=[1000]"},
         "federation.mask.budgets: 1 with federation.mask.method ppfr-fd, allowed: none"},
        {{"federation.mask.method=dctdp", "federation.mask.budgets=[1000]",
          "federation.mask.bands=2"},
         NULL},
        {{"federation.policy.k_mean=3.5", "federation.policy.reward=relative"}, NULL},
        {{"federation.policy.k_mean=3.5"},
         "federation.policy.k_mean: 3.5 with federation.policy.reward loss, allowed: 0, or reward "
         "relative"},
        {{"federation.policy.k_mean_end=2"},
         "federation.policy.k_mean_end: 2, allowed: 0, or 2 to 5 with federation.policy.k_mean"},
        {{"federation.policy.k_mean=6", "federation.policy.reward=relative"},
         "federation.policy.k_mean: 6 is outside federation.mix.k, allowed: 0, or 2 to 5"},
        {{"federation.mix.weight_max=0.5"},
         "federation.mix.weight_max: 0.5 leaves no weights for 2 of federation.mix.k, allowed: "
         "above "
         "1/2"},
        {{"federation.mix.weight_max=0.5", "federation.mix.k=[1, 3]"}, NULL},
        {{"federation.mix.weight_max=0.3", "federation.mix.k=[4, 5]"}, NULL},
        {{"federation.mix.weight_max=0.3", "federation.mix.k=[1, 4]",
          "federation.mix.method=uniform"},
         NULL},
        {{"federation.mix.weight_max=0.25", "federation.mix.k=[4, 5]",
          "federation.mix.method=fixed"},
         "federation.mix.weight_max: 0.25 leaves no weights for 4 of federation.mix.k, allowed: "
         "above "
         "1/4"},
        {{"federation.mix.weight_max=0.25", "federation.mix.method=none"}, NULL},
    };
    ASSERT_RULES(rules);
}

static void strides_and_milestones_are_whole(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.network.strides=[2, 1, 2, 1]"}, NULL},
        {{"federation.network.strides=[2, 1]"},
         "federation.network.strides: 2 entries, allowed: none, or 4 of 1 or 2"},
        {{"federation.optimiser.milestones=[8, 12]"}, NULL},
        {{"federation.optimiser.milestones=[12, 8]"},
         "federation.optimiser.milestones: 8 after 12, allowed: each once, in ascending order"},
    };
    ASSERT_RULES(rules);
}

static void data_can_be_shared_out_and_tested(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"data.people=0"}, "data.people: 0 with data.kind synthetic, allowed: at least 1"},
        {{"data.images=0"}, "data.images: 0 with data.kind synthetic, allowed: at least 1"},
        {{"data.people=0", "data.images=0", "data.kind=folder", "data.holdout=30"}, NULL},
        {{"data.holdout=19"}, NULL},
        {{"data.holdout=20"}, "data.holdout: 20 of 20 data.images, allowed: at most 19"},
        {{"data.split_count=3", "data.split_index=2"}, NULL},
        {{"data.split_count=3", "data.split_index=3"},
         "data.split_index: 3 is not below data.split_count, allowed: 0 to 2"},
        {{"data.pairs=pairs.txt"}, "data.pairs: given without data.test, allowed: both or none"},
        {{"data.pairs=pairs.txt", "data.test=lfw"}, NULL},
    };
    ASSERT_RULES(rules);
}

static void names_and_endpoints_are_well_formed(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"participant.name=Site-7_b.org"}, NULL},
        {{"participant.name=../up"},
         "participant.name: \"../up\", allowed: letters, digits, and after the first one also . _ "
         "-"},
        {{"participant.name=a b"},
         "participant.name: \"a b\", allowed: letters, digits, and after the first one also . _ -"},
        {{"participant.coordinator=tcp://host.example:7443"}, NULL},
        {{"participant.coordinator=host:7443"},
         "participant.coordinator: \"host:7443\", allowed: tcp://HOST:PORT"},
        {{"coordinator.listen=tcp://*:7443"}, NULL},
        {{"coordinator.listen=tcp://[::1]:7443"}, NULL},
        {{"coordinator.listen=tcp://host"},
         "coordinator.listen: \"tcp://host\", allowed: tcp://HOST:PORT"},
        {{"coordinator.listen=tcp://host:"},
         "coordinator.listen: \"tcp://host:\", allowed: tcp://HOST:PORT"},
        {{"coordinator.listen=tcp://:1"},
         "coordinator.listen: \"tcp://:1\", allowed: tcp://HOST:PORT"},
    };
    ASSERT_RULES(rules);
}

static void a_file_is_read_over_another(void **state)
{
    (void)state;
    char over[] = "/tmp/fedveil-over-XXXXXX";
    static const char text[] = "federation:\n  mask:\n    band_list: [1, 9]\n";
    struct config config;
    const int file = mkstemp(over);
    assert_true(file >= 0 && close(file) == 0);
    assert_int_equal(files_write(over, text, strlen(text)), STATUS_OK);
    config_defaults(&config);
    config.federation.rounds = 77;
    assert_int_equal(config_load_over(&config, over), STATUS_OK);
    assert_int_equal(config.federation.rounds, 77);
    assert_int_equal(config.federation.mask.band_list.count, 2);
    assert_int_equal(config.federation.mask.band_list.values[1], 9);
    assert_int_equal(files_write(over, "federation:\n  no: 1\n", 20), STATUS_OK);
    assert_int_equal(config_load_over(&config, over), STATUS_BAD_CONFIG);
    assert_int_equal(unlink(over), 0);
}

static void noise_needs_a_secure_sum_and_somebody_honest(void **state)
{
    (void)state;
    static const struct rule rules[] = {
        {{"federation.dp.method=skellam", "federation.privacy=trusted-coordinator"},
         "federation.dp.method: skellam without federation.privacy secure-sum, where the "
         "coordinator would see single updates with a part of the noise, allowed: none, or "
         "secure-sum"},
        {{"federation.dp.method=skellam", "federation.privacy=secure-sum"}, NULL},
        {{"federation.dp.method=skellam", "federation.privacy=secure-sum",
          "federation.dp.multiplier=0"},
         "federation.dp.multiplier: 0 with federation.dp.method skellam is no noise, allowed: "
         "above 0, or method none"},
        {{"federation.dp.multiplier=0"}, NULL},
        {{"federation.dp.method=skellam", "federation.privacy=secure-sum",
          "federation.participants=10"},
         "federation.secure.cohort_min: 3 may all be corrupt (federation.secure.corrupt 0.33 of "
         "10), and none would be sure to add noise, allowed with skellam: at least 4"},
        {{"federation.dp.method=skellam", "federation.privacy=secure-sum",
          "federation.participants=10", "federation.secure.cohort_min=4"},
         NULL},
    };
    ASSERT_RULES(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_over_another),
        cmocka_unit_test(the_defaults_are_allowed),
        cmocka_unit_test(a_secure_sum_has_enough_and_not_too_many),
        cmocka_unit_test(noise_needs_a_secure_sum_and_somebody_honest),
        cmocka_unit_test(automatic_privacy_follows_from_the_cohort),
        cmocka_unit_test(cohort_and_reporters_fit_the_participants),
        cmocka_unit_test(integers_have_whole_bytes),
        cmocka_unit_test(the_class_head_cannot_be_shared),
        cmocka_unit_test(colors_and_masks_fit_the_input),
        cmocka_unit_test(bands_exist_once_and_one_is_left),
        cmocka_unit_test(mixes_can_be_drawn),
        cmocka_unit_test(strides_and_milestones_are_whole),
        cmocka_unit_test(data_can_be_shared_out_and_tested),
        cmocka_unit_test(names_and_endpoints_are_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
