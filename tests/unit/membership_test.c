// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "attacks/membership.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 4, IMAGES = 3, COUNT = PEOPLE * IMAGES };

static void both_figures_equal_a_count_of_pairs_and_thresholds(void **state)
{
    (void)state;
    const double in[] = {3, 1, 4, 1, 5, 9, 2, 6, (double)NAN}, out[] = {2, 7, 1, 8, 2, 0, 1};
    double above = 0, best = 0;
    for (int i = 0; i < 8; i++) {
        for (int o = 0; o < 7; o++) {
            above += in[i] > out[o] ? 1 : in[i] < out[o] ? 0 : 0.5;
        }
    }
    for (int threshold = 0; threshold <= 10; threshold++) {
        double hits = 0, alarms = 0;
        for (int i = 0; i < 8; i++) {
            hits += in[i] >= threshold;
        }
        for (int o = 0; o < 7; o++) {
            alarms += out[o] >= threshold;
        }
        best = fmax(best, hits / 8 - alarms / 7);
    }
    struct membership found;
    assert_int_equal(membership_measure(&found, in, 9, out, 7), STATUS_OK);
    assert_true(fabs(found.auc - above / 56) < 1e-12);
    assert_true(fabs(found.advantage - best) < 1e-12);
}

static void what_is_apart_is_told_apart(void **state)
{
    (void)state;
    const double high[] = {5, 6}, low[] = {1, 2, 3};
    struct membership found;
    assert_int_equal(membership_measure(&found, high, 2, low, 3), STATUS_OK);
    assert_true(fabs(found.auc - 1) < 1e-12 && fabs(found.advantage - 1) < 1e-12);
    assert_int_equal(membership_measure(&found, low, 3, high, 2), STATUS_OK);
    assert_true(fabs(found.auc) < 1e-12 && fabs(found.advantage) < 1e-12);
    assert_int_equal(membership_measure(&found, low, 3, high, 0), STATUS_OK);
    assert_true(isnan(found.auc) && isnan(found.advantage));
}

/* A head that knows the victims' faces by heart. */
static void a_head_that_remembers_gives_its_people_away(void **state)
{
    (void)state;
    struct config config = trained_config();
    config.federation.mix.method = MIX_NONE;
    struct target *target = trained_open("t", &config, COUNT);
    struct attack_data data = {.known = trained_faces(50, PEOPLE, IMAGES),
                               .victims = trained_faces(0, PEOPLE, IMAGES),
                               .trained = true};
    const struct attack_budget budget = {.seed = 1};
    const struct attack_context context = {.target = target, .data = &data, .budget = &budget};
    struct figures *figures = calloc(1, sizeof *figures);
    assert_non_null(figures);
    assert_int_equal(target_embed(target, target->head, data.victims, NULL, COUNT), STATUS_OK);
    assert_int_equal(membership_attack(&context, figures), STATUS_OK);
    assert_true(figures_get(figures, "updates.members.head.auc") > 0.95);
    assert_true(figures_get(figures, "updates.members.head.control") < 0.9);
    assert_true(isfinite(figures_get(figures, "updates.members.spread.advantage")));
    assert_int_equal(figures->note_count, 1); // the others are of another collection
    // People whom the head remembers as well are not told apart.
    memset(figures, 0, sizeof *figures);
    data.nonmembers = trained_faces(0, PEOPLE, IMAGES);
    data.first_nonmember = COUNT;
    assert_int_equal(membership_attack(&context, figures), STATUS_OK);
    assert_true(fabs(figures_get(figures, "updates.members.head.auc") - 0.5) < 1e-9);
    assert_int_equal(figures->note_count, 0);
    data.first_nonmember = COUNT - 1;
    assert_int_equal(membership_attack(&context, figures), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "nonmembers.skip: 11"));
    dataset_destroy(&data.nonmembers);
    data.trained = false;
    memset(figures, 0, sizeof *figures);
    assert_int_equal(membership_attack(&context, figures), STATUS_OK);
    assert_int_equal(figures->count, 0);
    assert_int_equal(figures->note_count, 1);
    free(figures);
    dataset_destroy(&data.known);
    dataset_destroy(&data.victims);
    target_close(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_figures_equal_a_count_of_pairs_and_thresholds),
        cmocka_unit_test(what_is_apart_is_told_apart),
        cmocka_unit_test(a_head_that_remembers_gives_its_people_away),
    };
    return cmocka_run_group_tests_name("membership", tests, NULL, NULL);
}
