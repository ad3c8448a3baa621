// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fedveil-credentials-XXXXXX";
static char key[64], roster_path[64], mask[64];
static struct roster_entry entries[2];
static struct roster roster = {.count = 2, .entries = entries};
static struct identity hub, ann, bob;
static struct config config;

static void fill(struct roster_entry *entry, const char *name, struct identity *identity)
{
    identity_generate(identity);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    memcpy(entry->public_key, identity->public_key, sizeof entry->public_key);
    memcpy(entry->sign_key, identity->sign_public, sizeof entry->sign_key);
}

static void accept(void)
{
    char hex[2 * DIGEST_BYTES + 1];
    digest_hex(hex, roster.digest);
    assert_int_equal(roster_accept(&roster, key, hex), STATUS_OK);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(key, sizeof key, "%s/bob", folder);
    snprintf(roster_path, sizeof roster_path, "%s/roster", folder);
    snprintf(mask, sizeof mask, "%s/mask", folder);
    fill(&roster.coordinator, ROSTER_COORDINATOR, &hub);
    fill(&entries[0], "ann", &ann);
    fill(&entries[1], "bob", &bob);
    config_defaults(&config);
    snprintf(config.participant.name, sizeof config.participant.name, "bob");
    snprintf(config.participant.secret_key, LIMIT_PATH, "%s", key);
    snprintf(config.participant.roster, LIMIT_PATH, "%s", roster_path);
    snprintf(config.participant.mask_key, LIMIT_PATH, "%s", mask);
    return identity_save(&bob, key, NULL) != STATUS_OK ||
           identity_make_mask_key(mask) != STATUS_OK ||
           roster_sign(&roster, 0, &ann) != STATUS_OK ||
           roster_save(&roster, roster_path) != STATUS_OK;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[80];
    snprintf(path, sizeof path, "%s.pub", key);
    int failures = unlink(path);
    snprintf(path, sizeof path, "%s.accepted", key);
    failures += unlink(path);
    return failures + unlink(key) + unlink(roster_path) + unlink(mask) + rmdir(folder);
}

static void expect_failure(enum status expected, const char *why)
{
    struct credentials credentials;
    assert_int_equal(credentials_load(&credentials, &config), expected);
    if (strstr(status_message(), why) == NULL) fail_msg("%s", status_message());
    const struct identity none = {0};
    assert_memory_equal(&credentials.identity, &none, sizeof none);
}

static void a_roster_is_used_only_when_it_was_accepted(void **state)
{
    (void)state;
    struct credentials credentials;
    expect_failure(STATUS_REFUSED, "fedveil keys accept");
    accept();
    if (credentials_load(&credentials, &config) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(credentials.place, 1);
    assert_true(credentials.has_mask);
    assert_string_equal(credentials.roster.coordinator.public_key, hub.public_key);
    credentials_wipe(&credentials);
    assert_false(credentials.has_mask);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    accept();
    snprintf(config.participant.name, sizeof config.participant.name, "eve");
    expect_failure(STATUS_BAD_CONFIG, "eve is not in");
    snprintf(config.participant.name, sizeof config.participant.name, "ann");
    expect_failure(STATUS_BAD_CONFIG, "has other keys for ann");
    snprintf(config.participant.name, sizeof config.participant.name, "bob");
    config.participant.roster[0] = '\0';
    expect_failure(STATUS_BAD_CONFIG, "participant.roster");
    snprintf(config.participant.roster, LIMIT_PATH, "%s", roster_path);
    config.participant.mask_key[0] = '\0';
    expect_failure(STATUS_BAD_CONFIG, "participant.mask_key");
    snprintf(config.participant.mask_key, LIMIT_PATH, "%s", mask);
    config.participant.secret_key[0] = '\0';
    expect_failure(STATUS_BAD_CONFIG, "participant.secret_key");
    snprintf(config.participant.secret_key, LIMIT_PATH, "%s", key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_roster_is_used_only_when_it_was_accepted),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
