// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "base/files.h"
#include "secure/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/fedveil-roster-XXXXXX";

/* The coordinator and two participants, whose roster the first one signs. */
static struct identity hub, ann, bob, eve;
static char hub_words[IDENTITY_WORDS], ann_words[IDENTITY_WORDS], bob_words[IDENTITY_WORDS];
static char text[2048];

static void words_of(char words[IDENTITY_WORDS], struct identity *identity)
{
    identity_generate(identity);
    const struct identity_public part = identity_public_part(identity);
    identity_write_words(words, &part);
}

static int make_file(void **state)
{
    (void)state;
    const int file = mkstemp(path);
    words_of(hub_words, &hub);
    words_of(ann_words, &ann);
    words_of(bob_words, &bob);
    identity_generate(&eve);
    return file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void fill(struct roster_entry *entry, const char *name, const struct identity *identity)
{
    memset(entry, 0, sizeof *entry);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    memcpy(entry->public_key, identity->public_key, sizeof entry->public_key);
    memcpy(entry->sign_key, identity->sign_public, sizeof entry->sign_key);
}

/* A roster in memory that ann has signed; its entries are static. */
static struct roster of_two(void)
{
    static struct roster_entry entries[2];
    struct roster roster = {.count = 2, .entries = entries};
    fill(&roster.coordinator, ROSTER_COORDINATOR, &hub);
    fill(&entries[0], "ann", &ann);
    fill(&entries[1], "bob", &bob);
    assert_int_equal(roster_sign(&roster, 0, &ann), STATUS_OK);
    return roster;
}

/* The text of that roster's last line. */
static const char *signature_line(void)
{
    static char line[2 * IDENTITY_SIGNATURE_BYTES + 32];
    const struct roster roster = of_two();
    size_t used = (size_t)snprintf(line, sizeof line, "signed ann ");
    for (size_t i = 0; i < sizeof roster.signature; i++) {
        used += (size_t)snprintf(line + used, sizeof line - used, "%02x", roster.signature[i]);
    }
    return line;
}

static void expect_refusal(const char *why)
{
    struct roster roster;
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    assert_int_equal(roster_load(&roster, path), STATUS_BAD_INPUT);
    assert_null(roster.entries);
    char expected[200];
    snprintf(expected, sizeof expected, "%s%s", path, why);
    if (strncmp(status_message(), expected, strlen(expected)) != 0) {
        fail_msg("expected: %s\ngot: %s", expected, status_message());
    }
}

#define TEXT(...) snprintf(text, sizeof text, __VA_ARGS__)

static void the_place_of_a_line_is_the_index(void **state)
{
    (void)state;
    struct roster roster;
    TEXT("# who may take part\n\ncoordinator %s\nann %s\n  \n\t# later\nbob\t%s \r\n%s", hub_words,
         ann_words, bob_words, signature_line());
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    if (roster_load(&roster, path) != STATUS_OK) fail_msg("%s", status_message());
    assert_int_equal(roster.count, 2);
    assert_string_equal(roster.entries[0].name, "ann");
    assert_string_equal(roster.entries[0].public_key, ann.public_key);
    assert_memory_equal(roster.entries[1].sign_key, bob.sign_public, IDENTITY_KEY_BYTES);
    assert_string_equal(roster.coordinator.public_key, hub.public_key);
    assert_int_equal(roster.organiser, 0);
    assert_int_equal(roster_find(&roster, "bob"), 1);
    assert_int_equal(roster_find(&roster, "eve"), 2);
    roster_destroy(&roster);
    roster_destroy(&roster);
}

static void a_malformed_line_is_named(void **state)
{
    (void)state;
    TEXT("%s", "");
    expect_refusal(": names nobody");
    TEXT("# nobody\n");
    expect_refusal(": names nobody");
    TEXT("ann %s\n", ann_words);
    expect_refusal(":1: the first line, and no other, is \"coordinator KEY KEY\"");
    TEXT("coordinator %s\ncoordinator %s\n", hub_words, ann_words);
    expect_refusal(":2: the first line");
    TEXT("coordinator %s\nann\n", hub_words);
    expect_refusal(":2: allowed is a line NAME KEY KEY");
    TEXT("coordinator %s\nann %s more\n", hub_words, ann_words);
    expect_refusal(":2: allowed is a line");
    static const char *const names[] = {
        "b/c", "../b",     ".b",
        "-b",  "b\x1b[2J", "0123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        TEXT("coordinator %s\n%s %s\n", hub_words, names[i], bob_words);
        expect_refusal(":2: the name");
    }
    TEXT("coordinator %s\nann %.39s %s\n", hub_words, ann_words, ann_words + 41);
    expect_refusal(":2: after the name two public keys");
    TEXT("coordinator %s\nann %s0\n", hub_words, ann_words);
    expect_refusal(":2: after the name two public keys");
}

static void nobody_stands_twice(void **state)
{
    (void)state;
    char mixed[IDENTITY_WORDS];
    TEXT("coordinator %s\nann %s\n\nann %s\n", hub_words, ann_words, bob_words);
    expect_refusal(":4: the name ann stands in line 2 already");
    TEXT("coordinator %s\nann %s\nbob %s\n", hub_words, ann_words, ann_words);
    expect_refusal(":3: the key ");
    TEXT("coordinator %s\nann %s\n", hub_words, hub_words); // the coordinator as a participant
    expect_refusal(":2: the key ");
    snprintf(mixed, sizeof mixed, "%.41s%s", bob_words, ann_words + 41);
    TEXT("coordinator %s\nann %s\nbob %s\n", hub_words, ann_words, mixed);
    expect_refusal(":3: the key to sign with ");
    snprintf(mixed, sizeof mixed, "%.41s%s", bob_words, hub_words + 41);
    TEXT("coordinator %s\nann %s\nbob %s\n", hub_words, ann_words, mixed);
    expect_refusal(":3: the key to sign with ");
}

static void only_a_participant_signs(void **state)
{
    (void)state;
    struct roster roster = of_two();
    const char *line = signature_line();
    TEXT("coordinator %s\nann %s\nbob %s\n", hub_words, ann_words, bob_words);
    expect_refusal(": is not signed");
    TEXT("coordinator %s\nann %s\nbob %s\n%.139s\n", hub_words, ann_words, bob_words, line);
    assert_int_equal(strlen(line), 139);
    assert_int_equal(files_write(path, text, strlen(text)), STATUS_OK);
    struct roster good;
    assert_int_equal(roster_load(&good, path), STATUS_OK);
    roster_destroy(&good);
    TEXT("coordinator %s\nann %s\nbob %s\n%.138s\n", hub_words, ann_words, bob_words, line);
    expect_refusal(":4: allowed is \"signed NAME SIGNATURE\"");
    TEXT("coordinator %s\nann %s\nbob %s\nsigned coordinator %s\n", hub_words, ann_words, bob_words,
         line + 11);
    expect_refusal(":4: signed by coordinator, who is no participant");
    TEXT("coordinator %s\nann %s\nbob %s\nsigned bob %s\n", hub_words, ann_words, bob_words,
         line + 11);
    expect_refusal(":4: the signature is not that of bob");
    TEXT("coordinator %s\nbob %s\nann %s\n%s\n", hub_words, bob_words, ann_words, line);
    expect_refusal(":4: the signature is not that of ann"); // another order is another roster
    TEXT("coordinator %s\nann %s\n%s\n", hub_words, ann_words, line);
    expect_refusal(":3: the signature is not that of ann");
    TEXT("coordinator %s\nann %s\n%s\nbob %s\n", hub_words, ann_words, line, bob_words);
    expect_refusal(":4: nothing may follow the signature");
    assert_int_equal(roster_sign(&roster, 0, &bob), STATUS_BAD_INPUT);
    assert_int_equal(roster_sign(&roster, 0, &hub), STATUS_BAD_INPUT);
    assert_int_equal(roster_sign(&roster, 2, &ann), STATUS_BAD_INPUT);
}

static void a_zero_byte_hides_nothing(void **state)
{
    (void)state;
    struct roster roster;
    TEXT("coordinator %s\nann %s\nbob %s\n%s\n", hub_words, ann_words, bob_words, signature_line());
    const size_t length = strlen(text);
    assert_int_equal(files_write(path, text, length + 1), STATUS_OK);
    assert_int_equal(roster_load(&roster, path), STATUS_BAD_INPUT);
    assert_int_equal(files_write(path, text, length), STATUS_OK);
    assert_int_equal(roster_load(&roster, path), STATUS_OK);
    roster_destroy(&roster);
}

static void the_largest_roster_is_saved_and_loaded(void **state)
{
    (void)state;
    struct roster roster = {.entries = calloc(LIMIT_PARTICIPANTS + 1, sizeof *roster.entries)};
    struct roster again;
    assert_non_null(roster.entries);
    fill(&roster.coordinator, ROSTER_COORDINATOR, &hub);
    fill(&roster.entries[0], "ann", &ann);
    for (roster.count = 1; roster.count < LIMIT_PARTICIPANTS; roster.count++) {
        struct roster_entry *entry = &roster.entries[roster.count];
        snprintf(entry->name, sizeof entry->name, "participant-%zu", roster.count);
        snprintf(entry->public_key, sizeof entry->public_key, "%05zu%.35s", roster.count,
                 ann.public_key);
        memcpy(entry->sign_key, &roster.count, sizeof roster.count);
    }
    assert_int_equal(roster_sign(&roster, 0, &ann), STATUS_OK);
    assert_int_equal(roster_save(&roster, path), STATUS_OK);
    assert_int_equal(roster_load(&again, path), STATUS_OK);
    assert_int_equal(again.count, LIMIT_PARTICIPANTS);
    assert_memory_equal(again.entries, roster.entries, LIMIT_PARTICIPANTS * sizeof *roster.entries);
    assert_memory_equal(again.digest, roster.digest, sizeof roster.digest);
    roster_destroy(&again);
    fill(&roster.entries[roster.count++], "bob", &bob);
    assert_int_equal(roster_sign(&roster, 0, &ann), STATUS_OK);
    assert_int_not_equal(roster_save(&roster, path), STATUS_OK);
    roster_destroy(&roster);
}

static void what_could_not_be_loaded_is_not_saved(void **state)
{
    (void)state;
    struct roster roster = of_two();
    assert_int_equal(files_write(path, "old", 3), STATUS_OK);
    roster.signature[0] ^= 1;
    assert_int_equal(roster_save(&roster, path), STATUS_BAD_INPUT);
    roster = of_two();
    memcpy(roster.entries[1].public_key, ann.public_key, IDENTITY_KEY_TEXT);
    assert_int_equal(roster_sign(&roster, 0, &ann), STATUS_OK);
    assert_int_equal(roster_save(&roster, path), STATUS_BAD_INPUT);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(files_read(&bytes, &size, path, 100), STATUS_OK);
    assert_int_equal(size, 3);
    free(bytes);
}

static void only_the_roster_that_was_accepted_last_is_used(void **state)
{
    (void)state;
    char key[80], accepted[96], hex[2 * DIGEST_BYTES + 1], spaced[48];
    struct roster roster = of_two(), other;
    snprintf(key, sizeof key, "%s.key", path);
    snprintf(accepted, sizeof accepted, "%s.accepted", key);
    assert_int_equal(identity_save(&bob, key, "its passphrase is not asked for"), STATUS_OK);
    digest_hex(hex, roster.digest);
    assert_int_equal(roster_check_accepted(&roster, key), STATUS_REFUSED);
    assert_int_equal(roster_accept(&roster, key, "0123456789abcdef"), STATUS_BAD_INPUT);
    snprintf(spaced, sizeof spaced, "%.15s", hex);
    assert_int_equal(roster_accept(&roster, key, spaced), STATUS_BAD_CONFIG);
    assert_int_equal(roster_accept(&roster, key, ""), STATUS_BAD_CONFIG);
    assert_false(files_exists(accepted));
    snprintf(spaced, sizeof spaced, "%.4s %.4s %.4s  %.4s", hex, hex + 4, hex + 8, hex + 12);
    for (char *digit = spaced; *digit != '\0'; digit++) {
        if (*digit >= 'a') *digit = (char)(*digit - 'a' + 'A'); // as it may be written down
    }
    assert_int_equal(roster_accept(&roster, key, spaced), STATUS_OK);
    struct stat info;
    assert_int_equal(stat(accepted, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(roster_check_accepted(&roster, key), STATUS_OK);
    other = roster;
    fill(&other.entries[1], "eve", &bob);
    assert_int_equal(roster_sign(&other, 0, &ann), STATUS_OK);
    assert_int_equal(roster_check_accepted(&other, key), STATUS_REFUSED);
    digest_hex(hex, other.digest);
    assert_int_equal(roster_accept(&other, key, hex), STATUS_OK);
    assert_int_equal(roster_check_accepted(&other, key), STATUS_OK);
    assert_int_equal(roster_check_accepted(&roster, key), STATUS_REFUSED);
    assert_int_equal(chmod(accepted, 0644), 0);
    assert_int_equal(roster_check_accepted(&other, key), STATUS_BAD_INPUT);
    assert_int_equal(unlink(accepted), 0);
    assert_int_equal(unlink(key), 0);
    assert_int_equal(roster_accept(&other, key, hex), STATUS_NOT_FOUND);
    snprintf(accepted, sizeof accepted, "%s.pub", key);
    assert_int_equal(unlink(accepted), 0);
    assert_int_equal(identity_save(&eve, key, NULL), STATUS_OK);
    assert_int_equal(roster_accept(&other, key, hex), STATUS_BAD_INPUT);
    assert_non_null(strstr(status_message(), "does not name its keys"));
    assert_int_equal(unlink(accepted), 0);
    assert_int_equal(unlink(key), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_place_of_a_line_is_the_index),
        cmocka_unit_test(a_malformed_line_is_named),
        cmocka_unit_test(nobody_stands_twice),
        cmocka_unit_test(only_a_participant_signs),
        cmocka_unit_test(a_zero_byte_hides_nothing),
        cmocka_unit_test(the_largest_roster_is_saved_and_loaded),
        cmocka_unit_test(what_could_not_be_loaded_is_not_saved),
        cmocka_unit_test(only_the_roster_that_was_accepted_last_is_used),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
