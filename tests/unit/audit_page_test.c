// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "base/limits.h"
#include "fakes/album.h"
#include "fakes/found.h"
#include "fakes/tags.h"
#include "report/audit_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page of a sheet, to be freed. */
static char *write_page(struct audit_sheet *sheet)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    char folder[LIMIT_PATH];
    snprintf(folder, sizeof folder, "%s", album_path(""));
    sheet->folder = folder;
    assert_int_equal(audit_page_write(sheet), STATUS_OK);
    assert_int_equal(files_read(&bytes, &size, album_path("audit.html"), 1 << 24), STATUS_OK);
    return (char *)bytes;
}

static void a_page_is_whole_and_says_what_failed(void **state)
{
    (void)state;
    char fault[256];
    char *page = write_page(found_sheet());
    if (!tags_check(fault, sizeof fault, page)) fail_msg("%s", fault);
    assert_non_null(strstr(page, "A quick audit"));
    assert_non_null(strstr(page, "wild, cgan diverged"));
    assert_non_null(strstr(page, "broken, cgan failed: the disk is full"));
    assert_non_null(strstr(page, "overlap: 1 of them"));
    assert_non_null(strstr(page, "What attacks recover"));
    assert_non_null(strstr(page, "by squeeze"));
    assert_null(strstr(page, "strong <b>"));          // a name becomes no tag
    assert_int_equal(tags_count(page, "<circle"), 2); // of two rows there is a Score_pp
    free(page);
}

static void pictures_of_each_defence_are_in_the_page(void **state)
{
    (void)state;
    struct audit_sheet *sheet = found_sheet();
    album_add_shade("originals.png", 1);
    album_add_shade("weak/cgan/cgan.png", 2);
    album_add_shade("weak/onlooker/onlooker.png", 3);
    album_add_bytes("weak/cgan/state.bin", "x", 1);
    snprintf(sheet->rows[FOUND_WEAK].folder, LIMIT_PATH, "%s", album_path("weak"));
    char *page = write_page(sheet);
    assert_int_equal(tags_count(page, "src=\"data:image/png;base64,"), 3);
    assert_true(strstr(page, "alt=\"onlooker\"") < strstr(page, "alt=\"cgan\""));
    free(page);
}

static void without_weights_lpips_is_not_measured(void **state)
{
    (void)state;
    struct audit_sheet *sheet = found_sheet();
    sheet->lpips = NULL;
    sheet->quick = false;
    sheet->count = 1;
    char *page = write_page(sheet);
    assert_non_null(strstr(page, "LPIPS not measured"));
    assert_null(strstr(page, "A quick audit"));
    assert_non_null(strstr(page, "Two defences"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_is_whole_and_says_what_failed, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(pictures_of_each_defence_are_in_the_page, album_create,
                                        album_destroy),
        cmocka_unit_test_setup_teardown(without_weights_lpips_is_not_measured, album_create,
                                        album_destroy),
    };
    return cmocka_run_group_tests_name("audit_page", tests, NULL, NULL);
}
