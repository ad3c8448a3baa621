// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "secrecy.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MEMBERS = 3, SELF = 1 };

static char folder[] = "/tmp/fedveil-secrecy-XXXXXX";
static struct roster_entry entries[MEMBERS];
static struct credentials credentials = {.roster = {.count = MEMBERS, .entries = entries},
                                         .place = SELF};
static struct config config;
static const uint32_t places[] = {0, 1, 2};
static const struct ledger_entry entry = {.round = 1, .attempt = 1, .count = 3, .places = places};

static int setup(void **state)
{
    (void)state;
    config_defaults(&config);
    config.federation.participants = MEMBERS;
    config.federation.privacy = PRIVACY_SECURE_SUM;
    config.federation.secure.corrupt = 0.25;
    identity_generate(&credentials.identity);
    for (size_t i = 0; i < MEMBERS; i++) {
        entries[i].sign_key[0] = (uint8_t)(i + 1);
    }
    credentials.roster.digest[5] = 77;
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/ledger", folder);
    return unlink(path) + rmdir(folder);
}

static void a_session_is_given_keys_of_the_roster_and_the_rules(void **state)
{
    (void)state;
    struct secrecy secrecy;
    const struct session_secure *secure = NULL;
    assert_int_equal(secrecy_open(&secrecy, &secure, &config, &credentials, folder), STATUS_OK);
    assert_non_null(secure);
    assert_int_equal(secure->place, SELF);
    assert_int_equal(secure->members, MEMBERS);
    for (size_t i = 0; i < MEMBERS; i++) {
        assert_memory_equal(secure->sign_keys[i], entries[i].sign_key, sizeof entries[i].sign_key);
    }
    assert_ptr_equal(secure->sign_secret, credentials.identity.sign_secret);
    assert_memory_equal(secure->roster, credentials.roster.digest, DIGEST_BYTES);
    assert_int_equal(secure->cohort_min, config.federation.secure.cohort_min);
    assert_int_equal(secure->bits, config.federation.quantise.bits);
    assert_int_equal(secure->assumption.cohort, config_cohort(&config.federation));
    assert_true(secure->models_max == SIZE_MAX);
    assert_int_equal(secure->assumption.coordinator, NEIGHBOURS_SEMI_MALICIOUS);
    assert_float_equal(secure->assumption.corrupt, 0.25, 1e-12);
    assert_float_equal(secure->assumption.dropout, config.federation.secure.dropout, 1e-12);
    secrecy_close(&secrecy);
    secrecy_close(&secrecy);
}

static void a_trusted_coordinator_needs_nothing(void **state)
{
    (void)state;
    struct secrecy secrecy;
    const struct session_secure *secure = NULL;
    config.federation.privacy = PRIVACY_TRUSTED_COORDINATOR;
    assert_int_equal(secrecy_open(&secrecy, &secure, &config, &credentials, "/nowhere"), STATUS_OK);
    assert_null(secure);
    secrecy_close(&secrecy);
    config.federation.privacy = PRIVACY_SECURE_SUM;
    assert_int_equal(secrecy_open(&secrecy, &secure, &config, &credentials, "/nowhere"), STATUS_IO);
    assert_null(secure);
    secrecy_close(&secrecy);
}

static struct session *make_session(void)
{
    const size_t shape[] = {4};
    struct manifest manifest = {0};
    struct session *session = NULL;
    assert_int_equal(manifest_add(&manifest, "a", shape, 1, true), STATUS_OK);
    const struct session_options options = {.name = "north", .shared = &manifest, .wait_ms = 1000};
    assert_int_equal(session_create(&session, &options), STATUS_OK);
    manifest_destroy(&manifest);
    return session;
}

static bool has_ended(const struct session *session)
{
    struct session_job job;
    session_job(session, &job);
    return job.kind == SESSION_END;
}

static void what_is_remembered_is_there_the_next_time(void **state)
{
    (void)state;
    struct secrecy secrecy;
    const struct session_secure *secure = NULL;
    struct session *session = make_session();
    assert_int_equal(secrecy_open(&secrecy, &secure, &config, &credentials, folder), STATUS_OK);
    assert_int_equal(secure->ledger->count, 0);
    secrecy_remember(&secrecy, &entry, session);
    assert_false(has_ended(session));
    secrecy_close(&secrecy);
    assert_int_equal(secrecy_open(&secrecy, &secure, &config, &credentials, folder), STATUS_OK);
    assert_int_equal(secure->ledger->count, 1);

    // Nothing may be written any more: it leaves.
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 10, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    secrecy_remember(&secrecy, &entry, session);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(has_ended(session));
    secrecy_close(&secrecy);
    session_destroy(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_given_keys_of_the_roster_and_the_rules),
        cmocka_unit_test(a_trusted_coordinator_needs_nothing),
        cmocka_unit_test(what_is_remembered_is_there_the_next_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
