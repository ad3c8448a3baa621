// SPDX-License-Identifier: Apache-2.0
/* The checks of a participant, with a hub on the loopback as its coordinator. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/album.h"

#include "preflight.h"
#include "secure/roster.h"
#include "wire/transport.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, SHORT_MS = 200 };

static struct identity hub_keys, ann, bob;
static struct roster_entry entries[2];
static struct roster roster = {.count = 2, .entries = entries};
static struct hub *hub;
static struct config config;
static struct preflight_check checks[PREFLIGHT_CHECKS];

static void fill(struct roster_entry *entry, const char *name, struct identity *identity)
{
    identity_generate(identity);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    memcpy(entry->public_key, identity->public_key, sizeof entry->public_key);
    memcpy(entry->sign_key, identity->sign_public, sizeof entry->sign_key);
}

static void open_hub(const struct roster *of)
{
    assert_int_equal(hub_open(&hub, "tcp://127.0.0.1:*", &hub_keys, of), STATUS_OK);
    snprintf(config.participant.coordinator, LIMIT_PATH, "%s", hub_endpoint(hub));
}

static void accept(void)
{
    char hex[2 * DIGEST_BYTES + 1];
    digest_hex(hex, roster.digest);
    assert_int_equal(roster_accept(&roster, config.participant.secret_key, hex), STATUS_OK);
}

/* Bob is ready for a run that ann organised. */
static int make_ready(void **state)
{
    album_create(state);
    album_add_shade("faces/eve/1.png", 1);
    album_add_shade("faces/eve/2.png", 2);
    album_add_shade("faces/joe/1.png", 3);
    album_add_shade("faces/joe/2.png", 4);
    album_add_shade("faces/joe/3.png", 5);
    config_defaults(&config);
    config.data.kind = DATA_FOLDER;
    config.data.people = config.data.images = 0;
    snprintf(config.data.train, LIMIT_PATH, "%s", album_path("faces"));
    snprintf(config.participant.name, sizeof config.participant.name, "bob");
    snprintf(config.participant.secret_key, LIMIT_PATH, "%s", album_path("key"));
    snprintf(config.participant.roster, LIMIT_PATH, "%s", album_path("roster"));
    snprintf(config.participant.mask_key, LIMIT_PATH, "%s", album_path("mask"));
    fill(&roster.coordinator, ROSTER_COORDINATOR, &hub_keys);
    fill(&entries[0], "ann", &ann);
    fill(&entries[1], "bob", &bob);
    if (identity_save(&bob, config.participant.secret_key, NULL) != STATUS_OK ||
        identity_make_mask_key(config.participant.mask_key) != STATUS_OK ||
        roster_sign(&roster, 0, &ann) != STATUS_OK ||
        roster_save(&roster, config.participant.roster) != STATUS_OK) {
        return -1;
    }
    accept();
    open_hub(&roster);
    return 0;
}

static int clear(void **state)
{
    hub_close(&hub, 0);
    return album_destroy(state);
}

/* The checks of these names fail and no others; the last one says why. */
static void expect_failures(int wait_ms, const char *names, const char *why)
{
    char failed[256] = "";
    const char *said = "";
    const size_t failures = preflight_run(checks, &config, wait_ms);
    for (size_t i = 0; i < PREFLIGHT_CHECKS; i++) {
        if (checks[i].ok) continue;
        snprintf(failed + strlen(failed), sizeof failed - strlen(failed), "%s%s",
                 failed[0] == '\0' ? "" : ", ", checks[i].name);
        if (strstr(checks[i].detail, why) != NULL) said = checks[i].detail;
    }
    assert_string_equal(failed, names);
    assert_int_equal(failures == 0, names[0] == '\0');
    if (strstr(said, why) == NULL) fail_msg("nobody says \"%s\"", why);
}

static void who_is_ready_passes_and_joins_nothing(void **state)
{
    (void)state;
    expect_failures(PATIENCE_MS, "", "");
    assert_non_null(strstr(checks[1].detail, "signed by ann; bob is number 2 of 2"));
    assert_non_null(strstr(checks[2].detail, "ppfr-fd, fingerprint "));
    assert_non_null(strstr(checks[3].detail, "2 people with 5 images"));
    assert_non_null(strstr(checks[4].detail, "is not known"));
    assert_string_equal(checks[6].detail, "secure-sum"); // what automatic means for these
    const uint8_t *bytes = NULL;
    size_t size = 0, peer = 0;
    assert_int_equal(hub_receive(hub, &peer, &bytes, &size, SHORT_MS), STATUS_TIMEOUT);
    assert_int_equal(hub_refused(hub), 0);
}

static void no_secret_is_told(void **state)
{
    (void)state;
    char key[80] = "";
    FILE *file = fopen(config.participant.mask_key, "re");
    assert_non_null(file);
    assert_non_null(fgets(key, sizeof key, file));
    fclose(file);
    key[16] = '\0';
    expect_failures(PATIENCE_MS, "", "");
    for (size_t i = 0; i < PREFLIGHT_CHECKS; i++) {
        assert_null(strstr(checks[i].detail, bob.secret_key));
        assert_null(strstr(checks[i].detail, key));
    }
}

static void a_failure_stops_no_other_check(void **state)
{
    (void)state;
    chmod(config.participant.secret_key, 0644);
    snprintf(config.participant.mask_key, LIMIT_PATH, "%s", album_path("none"));
    snprintf(config.data.train, LIMIT_PATH, "%s", album_path("nowhere"));
    expect_failures(SHORT_MS, "key file, roster, mask, data, connection", "allowed is 0600");
}

static void a_roster_counts_when_it_is_accepted(void **state)
{
    (void)state;
    char path[LIMIT_PATH];
    snprintf(path, sizeof path, "%s", album_path("key.accepted"));
    assert_int_equal(unlink(path), 0);
    expect_failures(SHORT_MS, "roster, connection", "fedveil keys accept");
    accept();
    snprintf(config.participant.name, sizeof config.participant.name, "ann");
    expect_failures(SHORT_MS, "roster, connection", "has other keys for ann");
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    snprintf(config.participant.mask_key, LIMIT_PATH, "%s", album_path("none"));
    expect_failures(PATIENCE_MS, "mask", "none");
    config.federation.mask.method = MASK_NONE;
    expect_failures(PATIENCE_MS, "", "");
    assert_non_null(strstr(checks[2].detail, "needs no file"));
    snprintf(config.data.pairs, LIMIT_PATH, "%s", album_path("pairs.txt"));
    expect_failures(PATIENCE_MS, "data", "data.pairs: ");
    config.data.pairs[0] = '\0';
    config.data.train[0] = '\0';
    expect_failures(PATIENCE_MS, "data", "data.train: ");
    config.data.kind = DATA_SYNTHETIC;
    expect_failures(PATIENCE_MS, "", "");
    config.participant.coordinator[0] = '\0';
    expect_failures(SHORT_MS, "connection", "participant.coordinator: is not set");
}

static void a_clock_that_is_slow_is_found(void **state)
{
    (void)state;
    const struct timespec later = {.tv_sec = time(NULL) + 86400};
    const struct timespec both[] = {later, later};
    assert_int_equal(utimensat(AT_FDCWD, config.participant.roster, both, 0), 0);
    expect_failures(PATIENCE_MS, "clock", "set the clock");
}

static void a_coordinator_that_refuses_or_is_silent_is_told_apart(void **state)
{
    (void)state;
    hub_close(&hub, 0);
    const struct roster without = {.count = 1, .entries = entries};
    open_hub(&without);
    expect_failures(PATIENCE_MS, "connection", "refuses our key");
    hub_close(&hub, 0);
    expect_failures(SHORT_MS, "connection", "no connection after 0.2 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_ready_passes_and_joins_nothing, make_ready, clear),
        cmocka_unit_test_setup_teardown(no_secret_is_told, make_ready, clear),
        cmocka_unit_test_setup_teardown(a_failure_stops_no_other_check, make_ready, clear),
        cmocka_unit_test_setup_teardown(a_roster_counts_when_it_is_accepted, make_ready, clear),
        cmocka_unit_test_setup_teardown(what_is_missing_is_named, make_ready, clear),
        cmocka_unit_test_setup_teardown(a_clock_that_is_slow_is_found, make_ready, clear),
        cmocka_unit_test_setup_teardown(a_coordinator_that_refuses_or_is_silent_is_told_apart,
                                        make_ready, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
