// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "secure/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fedveil-kit-XXXXXX";
static char roster_path[64], config_path[64], mask_path[64], kit_path[64], out[64];
static struct identity hub, ann, bob;

static void fill(struct roster_entry *entry, const char *name, struct identity *identity)
{
    identity_generate(identity);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    memcpy(entry->public_key, identity->public_key, sizeof entry->public_key);
    memcpy(entry->sign_key, identity->sign_public, sizeof entry->sign_key);
}

static void clean(void)
{
    static const char *const names[] = {"roster", "config.yaml", "mask.key"};
    char path[LIMIT_PATH];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", out, names[i]);
        unlink(path);
    }
    rmdir(out);
    unlink(kit_path);
}

static int make_folder(void **state)
{
    (void)state;
    struct roster_entry entries[2];
    struct roster roster = {.count = 2, .entries = entries};
    memset(entries, 0, sizeof entries);
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(roster_path, sizeof roster_path, "%s/r", folder);
    snprintf(config_path, sizeof config_path, "%s/c", folder);
    snprintf(mask_path, sizeof mask_path, "%s/m", folder);
    snprintf(kit_path, sizeof kit_path, "%s/k", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    fill(&roster.coordinator, ROSTER_COORDINATOR, &hub);
    fill(&entries[0], "ann", &ann);
    fill(&entries[1], "bob", &bob);
    return roster_sign(&roster, 0, &ann) != STATUS_OK ||
           roster_save(&roster, roster_path) != STATUS_OK ||
           identity_make_mask_key(mask_path) != STATUS_OK ||
           files_write(config_path, "seed: 1\n", 8) != STATUS_OK;
}

static int remove_folder(void **state)
{
    (void)state;
    clean();
    return unlink(roster_path) || unlink(config_path) || unlink(mask_path) || rmdir(folder);
}

static struct kit_parts parts_for(const char *recipient)
{
    return (struct kit_parts){roster_path, recipient, config_path, mask_path};
}

static void expect_same(const char *name, const char *as)
{
    char path[LIMIT_PATH];
    uint8_t *left = NULL, *right = NULL;
    size_t left_size = 0, right_size = 0;
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", out, name);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(files_read(&left, &left_size, path, 4096), STATUS_OK);
    assert_int_equal(files_read(&right, &right_size, as, 4096), STATUS_OK);
    assert_int_equal(left_size, right_size);
    assert_memory_equal(left, right, left_size);
    free(left);
    free(right);
}

static void what_was_packed_is_opened(void **state)
{
    (void)state;
    struct roster roster;
    const struct kit_parts parts = parts_for("bob");
    if (kit_write(kit_path, &parts, &ann) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(kit_write(kit_path, &parts, &ann), STATUS_IO); // not replaced
    if (kit_open(&roster, kit_path, &bob, out) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(roster.count, 2);
    roster_destroy(&roster);
    expect_same("roster", roster_path);
    expect_same("config.yaml", config_path);
    expect_same("mask.key", mask_path);
    assert_int_equal(kit_open(&roster, kit_path, &bob, out), STATUS_IO); // the folder exists
    clean();
}

static void the_coordinator_gets_no_mask_key(void **state)
{
    (void)state;
    struct roster roster;
    char path[LIMIT_PATH];
    struct kit_parts parts = parts_for(ROSTER_COORDINATOR);
    assert_int_equal(kit_write(kit_path, &parts, &ann), STATUS_BAD_CONFIG);
    assert_non_null(strstr(status_message(), "never gets the mask key"));
    parts.mask_key = NULL;
    assert_int_equal(kit_write(kit_path, &parts, &ann), STATUS_OK);
    assert_int_equal(kit_open(&roster, kit_path, &hub, out), STATUS_OK);
    roster_destroy(&roster);
    snprintf(path, sizeof path, "%s/mask.key", out);
    assert_false(files_exists(path));
    clean();
}

static void only_the_organiser_packs_and_only_for_members(void **state)
{
    (void)state;
    struct kit_parts parts = parts_for("bob");
    assert_int_equal(kit_write(kit_path, &parts, &bob), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "signed by ann"));
    parts.recipient = "eve";
    assert_int_equal(kit_write(kit_path, &parts, &ann), STATUS_BAD_CONFIG);
    parts = parts_for("bob");
    parts.mask_key = config_path;
    assert_int_not_equal(kit_write(kit_path, &parts, &ann), STATUS_OK);
    assert_false(files_exists(kit_path));
}

static void another_key_opens_nothing(void **state)
{
    (void)state;
    struct roster roster;
    struct identity again = bob; // the right CURVE key with another key to sign with
    const struct kit_parts parts = parts_for("bob");
    assert_int_equal(kit_write(kit_path, &parts, &ann), STATUS_OK);
    assert_int_equal(kit_open(&roster, kit_path, &ann, out), STATUS_BAD_INPUT);
    assert_int_equal(kit_open(&roster, kit_path, &hub, out), STATUS_BAD_INPUT);
    memcpy(again.sign_public, ann.sign_public, sizeof again.sign_public);
    assert_int_equal(kit_open(&roster, kit_path, &again, out), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "other keys for its recipient"));
    assert_false(files_exists(out));
    clean();
}

static void a_damaged_kit_leaves_nothing(void **state)
{
    (void)state;
    struct roster roster;
    const struct kit_parts parts = parts_for("bob");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(kit_write(kit_path, &parts, &ann), STATUS_OK);
    assert_int_equal(files_read(&bytes, &size, kit_path, 65536), STATUS_OK);
    for (size_t cut = 0; cut < size; cut += 37) {
        assert_int_equal(files_write(kit_path, bytes, cut), STATUS_OK);
        assert_int_equal(kit_open(&roster, kit_path, &bob, out), STATUS_BAD_INPUT);
    }
    for (size_t at = 0; at < size; at += 41) {
        bytes[at] ^= 0x10;
        assert_int_equal(files_write(kit_path, bytes, size), STATUS_OK);
        assert_int_equal(kit_open(&roster, kit_path, &bob, out), STATUS_BAD_INPUT);
        bytes[at] ^= 0x10;
    }
    assert_false(files_exists(out));
    free(bytes);
    clean();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_is_opened),
        cmocka_unit_test(the_coordinator_gets_no_mask_key),
        cmocka_unit_test(only_the_organiser_packs_and_only_for_members),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(a_damaged_kit_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
