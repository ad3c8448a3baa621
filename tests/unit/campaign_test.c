// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "campaign.h"

#include "base/files.h"
#include "base/stop.h"
#include "fakes/album.h"
#include "fakes/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan *plan;
static char out[LIMIT_PATH];

static void add_defence(const char *name, const struct config *config)
{
    struct plan_defence *defence = &plan->defence[plan->defences++];
    snprintf(defence->name, LIMIT_NAME, "%s", name);
    snprintf(defence->folder, LIMIT_NAME, "%02zu-x", plan->defences);
    snprintf(defence->run, LIMIT_PATH, "%s", album_path(name));
    defence->accuracy = 0.9 - 0.1 * (double)plan->defences;
    trained_leave(defence->run, config, 0);
}

/* F1 on plain pixels, and a mask; four victims. */
static int prepare(void **state)
{
    struct config config = trained_config();
    plan = calloc(1, sizeof *plan);
    if (plan == NULL || album_create(state) != 0) return 1;
    plan->seed = 1;
    plan->size = 56;
    plan->victims_min = 2;
    plan->overlap_cosine = ATTACK_DATA_COSINE;
    plan->budget.quick = true;
    plan->victims = (struct attack_source){.people = 4, .images = 1};
    plan->known = (struct attack_source){.skip = 4, .people = 2, .images = 1};
    plan->attacks.count = 1;
    snprintf(plan->attacks.values[0], LIMIT_NAME, "onlooker");
    snprintf(plan->f1, LIMIT_NAME, "plain");
    snprintf(out, sizeof out, "%s", album_path("out"));
    if (files_make_folder(out) != STATUS_OK) return 1;
    add_defence("masked", &config);
    config.federation.input.kind = INPUT_PIXELS;
    config.federation.mask.method = MASK_NONE;
    config.federation.mix.method = MIX_NONE;
    add_defence("plain", &config);
    return 0;
}

static int clean(void **state)
{
    free(plan);
    return album_destroy(state);
}

static void every_attack_runs_on_every_defence_and_makes_one_sheet(void **state)
{
    (void)state;
    struct campaign *campaign = NULL;
    if (campaign_open(&campaign, plan, out) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(audit_sheet_count(campaign_sheet(campaign), AUDIT_NOT_RUN), 2);
    assert_int_equal(campaign_run(campaign), STATUS_OK);
    const struct audit_sheet *sheet = campaign_sheet(campaign);
    assert_int_equal(audit_sheet_count(sheet, AUDIT_DONE), 2);
    assert_int_equal(sheet->count, 2);
    assert_true(sheet->rows[1].unmasked && !sheet->rows[0].unmasked);
    assert_true(fabs(sheet->rows[0].accuracy - 0.8) < 1e-9);
    assert_true(sheet->rows[1].scores.s2 < 0.01);
    assert_true(isfinite(sheet->rows[0].scores.s2));
    assert_true(isnan(sheet->rows[0].scores.s1)); // no weights of LPIPS
    assert_int_equal(sheet->victims_images, 4);
    assert_true(files_exists(album_path("out/originals.png")));
    assert_true(files_exists(album_path("out/01-x/onlooker/onlooker.png")));
    campaign_close(&campaign);
    campaign_close(&campaign);
}

static void expect(enum status expected, const char *words)
{
    struct campaign *campaign = NULL;
    const enum status status = campaign_open(&campaign, plan, out);
    assert_int_equal(status, expected);
    assert_null(campaign);
    if (strstr(status_message(), words) == NULL) fail_msg("%s", status_message());
    assert_false(files_exists(album_path("out/01-x")));
}

static void what_is_wrong_is_found_before_an_attack_begins(void **state)
{
    (void)state;
    plan->known.skip = 3;
    expect(STATUS_BAD_CONFIG, "are victims");
    plan->known.skip = 4;
    plan->victims_min = 5;
    expect(STATUS_BAD_CONFIG, "victims: 4 people, at least 5");
    plan->victims_min = 2;
    snprintf(plan->lpips, LIMIT_PATH, "%s", album_path("lpips"));
    expect(STATUS_NOT_FOUND, "lpips");
    plan->lpips[0] = '\0';
    snprintf(plan->judge, LIMIT_PATH, "%s", album_path("judge"));
    expect(STATUS_NOT_FOUND, "judge");
    plan->judge[0] = '\0';
    snprintf(plan->defence[1].run, LIMIT_PATH, "%s", album_path("gone"));
    expect(STATUS_NOT_FOUND, "model.safetensors");
}

static void an_allowed_overlap_is_told(void **state)
{
    (void)state;
    struct campaign *campaign = NULL;
    plan->known.skip = 3;
    plan->overlap = PLAN_OVERLAP_ALLOW;
    assert_int_equal(campaign_open(&campaign, plan, out), STATUS_OK);
    assert_non_null(strstr(campaign_sheet(campaign)->note[0], "1 of the attacker's 2 people"));
    campaign_close(&campaign);
}

/* The last one: a request to stop stays. */
static void a_stopped_audit_shows_all_that_was_finished_before(void **state)
{
    (void)state;
    for (int starts = 0; starts < 2; starts++) {
        struct campaign *campaign = NULL;
        if (campaign_open(&campaign, plan, out) != STATUS_OK) fail_msg("%s", status_message());
        if (starts == 1) {
            assert_int_equal(files_remove(album_path("out/01-x/onlooker.json")), STATUS_OK);
            stop_request();
        }
        assert_int_equal(campaign_run(campaign), starts == 0 ? STATUS_OK : STATUS_STOPPED);
        const struct audit_sheet *sheet = campaign_sheet(campaign);
        assert_int_equal(audit_sheet_count(sheet, AUDIT_DONE), starts == 0 ? 2 : 1);
        assert_int_equal(audit_sheet_count(sheet, AUDIT_NOT_RUN), starts);
        campaign_close(&campaign);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_attack_runs_on_every_defence_and_makes_one_sheet,
                                        prepare, clean),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_found_before_an_attack_begins, prepare,
                                        clean),
        cmocka_unit_test_setup_teardown(an_allowed_overlap_is_told, prepare, clean),
        cmocka_unit_test_setup_teardown(a_stopped_audit_shows_all_that_was_finished_before, prepare,
                                        clean),
    };
    return cmocka_run_group_tests_name("campaign", tests, NULL, NULL);
}
