// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACES "known: {people: 3, images: 2}\nvictims: {people: 5, images: 2}\n"

static char path[LIMIT_PATH];

/* Reads a plan of this text; NULL and the reason in status_message() where it is refused. */
static struct plan *read_plan(const char *text, const char *set, const char *profile)
{
    struct plan *plan = NULL;
    album_add_bytes("p.yaml", text, strlen(text));
    snprintf(path, sizeof path, "%s", album_path("p.yaml"));
    const struct command_request request = {
        .config = path, .sets = {set}, .set_count = set == NULL ? 0 : 1};
    const enum status status = plan_load(&plan, &request, profile);
    if (status != STATUS_OK) assert_int_equal(status, STATUS_BAD_CONFIG);
    return status == STATUS_OK ? plan : NULL;
}

static void what_is_said_later_wins(void **state)
{
    (void)state;
    static const char text[] =
        "seed: 7\nf1: none\ntrain: m.yaml\nattacks: [onlooker]\n" FACES
        "profiles:\n  quick: {set: {budget.steps: 200, seed: 8}}\n  full: {set: {seed: 9}}\n"
        "defences:\n  - {name: none, run: r}\n  - {name: \"a b\", method: X(k=2), accuracy: 0.5}\n";
    struct plan *plan = read_plan(text, NULL, NULL);
    if (plan == NULL) fail_msg("%s", status_message());
    assert_int_equal(plan->seed, 8);
    assert_int_equal(plan->budget.steps, 200);
    assert_string_equal(plan->profile, "quick");
    assert_string_equal(plan->title, "p");
    assert_string_equal(plan->train, album_path("m.yaml")); // beside the plan
    assert_int_equal(plan->attacks.count, 1);
    assert_int_equal(plan->defences, 2);
    assert_string_equal(plan->defence[1].folder, "02-a-b");
    assert_true(isnan(plan->defence[0].accuracy));
    assert_true(fabs(plan->defence[1].accuracy - 0.5) < 1e-9);
    plan_destroy(&plan);
    plan = read_plan(text, "seed=10", "full");
    assert_non_null(plan);
    assert_int_equal(plan->seed, 10);
    const struct attack_budget budget = plan_budget(plan);
    assert_int_equal(budget.seed, 10);
    assert_int_equal(budget.victims_max, 5);
    plan_destroy(&plan);
}

static void expect(const char *text, const char *words)
{
    if (read_plan(text, NULL, NULL) != NULL) fail_msg("not refused: %s", text);
    if (strstr(status_message(), words) == NULL) fail_msg("%s", status_message());
    assert_non_null(strstr(status_message(), "p.yaml"));
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    (void)state;
    expect(FACES "defences: [{name: a, run: r}]\nsede: 1\n", "p.yaml:4: sede");
    expect(FACES "defences: [{name: a, run: r}]\nknown.people: many\n", "p.yaml:4: known.people");
    expect(FACES "defences: [{name: a}]\n", "one of method, run and model");
    expect(FACES "defences: [{name: a, run: r, model: m}]\n", "one of method, run and model");
    expect(FACES "defences: [{run: r}]\n", "without a name");
    expect(FACES "defences: [{name: a, run: r}, {name: a, run: r}]\n", "stands twice");
    expect(FACES "defences: [{name: a, method: X}]\n", "no comparison is given");
    expect(FACES "defences: [{name: a, run: r, colour: red}]\n", "colour");
    expect(FACES "defences: [{name: a, run: r, accuracy: 2}]\n", "from 0 to 1");
    expect(FACES "defences: []\n", "at least one");
    expect(FACES, "defences: missing");
    expect(FACES "f1: b\ndefences: [{name: a, run: r}]\n", "\"b\" is no defence");
    expect(FACES "gmi: {identity: face}\ndefences: [{name: a, run: r}]\n", "gmi.identity: ");
    expect("victims: {people: 5, images: 2}\ndefences: [{name: a, run: r}]\n", "known.folder");
}

static void the_identity_of_gmi_is_one_of_its_words(void **state)
{
    (void)state;
    static const char text[] = FACES "gmi: {identity: class}\ndefences: [{name: a, run: r}]\n";
    struct plan *plan = read_plan(text, NULL, NULL);
    assert_non_null(plan);
    assert_int_equal(plan->gmi.identity, ATTACK_IDENTITY_CLASS);
    plan_destroy(&plan);
    plan = read_plan(text, "gmi.identity=statistics", NULL);
    assert_non_null(plan);
    assert_int_equal(plan->gmi.identity, ATTACK_IDENTITY_STATISTICS);
    plan_destroy(&plan);
    assert_null(read_plan(text, "gmi.identity=norms", NULL));
    if (strstr(status_message(), "template") == NULL) fail_msg("%s", status_message());
}

static void an_unknown_profile_is_refused(void **state)
{
    (void)state;
    static const char text[] = FACES "profiles: {quick: {set: {seed: 1}}}\n"
                                     "defences: [{name: a, run: r}]\n";
    assert_null(read_plan(text, NULL, "slow"));
    assert_non_null(strstr(status_message(), "slow"));
}

static void weights_and_attacks_that_are_not_there_are_told_first(void **state)
{
    (void)state;
    static const char text[] = FACES "defences: [{name: a, run: r}]\n";
    assert_null(read_plan(text, "lpips=/nowhere/squeeze", NULL));
    assert_non_null(strstr(status_message(), "/nowhere/squeeze.f32"));
    assert_null(read_plan(text, "judge=/nowhere", NULL));
    assert_non_null(strstr(status_message(), "judge"));
    assert_null(read_plan(text, "attacks=[hope]", NULL));
    assert_non_null(strstr(status_message(), "\"hope\""));
}

static void the_reference_has_every_key_with_its_default(void **state)
{
    (void)state;
    char *text = NULL;
    assert_int_equal(plan_reference(&text), STATUS_OK);
    assert_non_null(strstr(text, "cosine: 0.55"));
    assert_non_null(strstr(text, "people_min: 5"));
    assert_non_null(strstr(text, "identity: auto"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_said_later_wins, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named_with_its_line, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(the_identity_of_gmi_is_one_of_its_words, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(an_unknown_profile_is_refused, album_create, album_destroy),
        cmocka_unit_test_setup_teardown(weights_and_attacks_that_are_not_there_are_told_first,
                                        album_create, album_destroy),
        cmocka_unit_test(the_reference_has_every_key_with_its_default),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
