// SPDX-License-Identifier: Apache-2.0
#include "preflight.h"

#include "base/clock.h"
#include "credentials.h"
#include "frequency/mask.h"
#include "train/trainer.h"
#include "wire/transport.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { STEP_MS = 50, TIME_TEXT = 32 };

struct preflight {
    const struct config *config;
    int wait_ms;
    struct credentials credentials; // as far as they could be read
    bool has_identity, has_roster;
};

/* A check says what it found in `detail`, of STATUS_MESSAGE_MAX bytes, or fails. */
typedef enum status check(struct preflight *preflight, char *detail);

static void found(char *detail, const char *format, ...) PRINTF_LIKE(2, 3);

static void found(char *detail, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, STATUS_MESSAGE_MAX, format, arguments);
    va_end(arguments);
}

static enum status check_key_file(struct preflight *preflight, char *detail)
{
    const char *path = preflight->config->participant.secret_key;
    const enum status status =
        credentials_load_identity(&preflight->credentials, preflight->config);
    preflight->has_identity = status == STATUS_OK;
    found(detail, "%s: its owner alone may read it, its keys belong together", path);
    return status;
}

/* Without own keys: whether it is a roster at all. */
static enum status check_foreign_roster(struct preflight *preflight)
{
    struct roster *roster = &preflight->credentials.roster;
    const char *path = preflight->config->participant.roster;
    const enum status status = roster_load(roster, path);
    if (status != STATUS_OK) return status;
    return status_fail(STATUS_REFUSED,
                       "%s: signed by %s; whether it has our keys and was accepted cannot be seen "
                       "until the key file is right",
                       path, roster->entries[roster->organiser].name);
}

static enum status check_roster(struct preflight *preflight, char *detail)
{
    const struct credentials *credentials = &preflight->credentials;
    const struct roster *roster = &credentials->roster;
    const struct config *config = preflight->config;
    if (!preflight->has_identity && config->participant.roster[0] != '\0') {
        return check_foreign_roster(preflight);
    }
    const enum status status = credentials_load_roster(&preflight->credentials, config);
    if (status != STATUS_OK) return status;
    preflight->has_roster = true;
    found(detail, "%s: accepted, signed by %s; %s is number %zu of %zu, with our keys",
          config->participant.roster, roster->entries[roster->organiser].name,
          config->participant.name, credentials->place + 1, roster->count);
    return status;
}

static enum status check_mask(struct preflight *preflight, char *detail)
{
    const struct config_federation *federation = &preflight->config->federation;
    const struct credentials *credentials = &preflight->credentials;
    const char *method = config_word("federation.mask.method", (int)federation->mask.method);
    enum status status =
        mask_check_eigenfaces(federation, preflight->config->participant.eigenfaces);
    if (status == STATUS_OK) {
        status = credentials_load_mask(&preflight->credentials, preflight->config);
    }
    if (status != STATUS_OK) return status;
    uint8_t fingerprint[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    if (!credentials->has_mask) {
        found(detail, "%s, which needs no file", method);
        return status;
    }
    mask_fingerprint(fingerprint, federation, credentials->mask);
    digest_hex(hex, fingerprint);
    found(detail, "%s, fingerprint %.8s..., the same at every participant", method, hex);
    return status;
}

static enum status check_data(struct preflight *preflight, char *detail)
{
    const struct config *config = preflight->config;
    const char *const paths[][2] = {{"data.test", config->data.test},
                                    {"data.pairs", config->data.pairs},
                                    {"data.cache", config->data.cache}};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const enum status status = config_check_path(paths[i][0], paths[i][1]);
        if (status != STATUS_OK) return status;
    }
    if (config->data.kind == DATA_SYNTHETIC) {
        found(detail, "%d people who do not exist, shared out over %d", config->data.people,
              config->data.split_count > 1 ? config->data.split_count : 1);
        return STATUS_OK;
    }
    size_t people = 0, images = 0;
    const enum status status = trainer_count_images(&people, &images, config);
    found(detail, "%s: %zu people with %zu images", config->data.train, people, images);
    return status;
}

static void write_time(char text[TIME_TEXT], time_t seconds)
{
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S UTC", &parts);
}

static enum status check_clock(struct preflight *preflight, char *detail)
{
    const char *const paths[] = {preflight->config->participant.roster, "/proc/self/exe"};
    const char *const names[] = {"the roster", "this program"};
    const time_t now = time(NULL);
    char now_text[TIME_TEXT], then_text[TIME_TEXT];
    write_time(now_text, now);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct stat info;
        if (stat(paths[i], &info) != 0 || info.st_mtime <= now) continue;
        write_time(then_text, info.st_mtime);
        return status_fail(STATUS_BAD_INPUT,
                           "%s, but %s was written at %s: set the clock of this machine", now_text,
                           names[i], then_text);
    }
    found(detail,
          "%s, after the roster and this program were written; how far it is from the "
          "coordinator's is not known",
          now_text);
    return STATUS_OK;
}

/* Waits until the connection stands, without a frame on it: who says nothing does not join. */
static enum status wait_for_connection(struct link *link, const struct preflight *preflight)
{
    const char *endpoint = preflight->config->participant.coordinator;
    const uint64_t until_ms = clock_now_ms() + (uint64_t)preflight->wait_ms;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = STATUS_TIMEOUT;
    while (!link_connected(link) && !link_refused(link) && clock_now_ms() < until_ms) {
        status = link_receive(link, &bytes, &size, STEP_MS);
        if (status != STATUS_OK && status != STATUS_TIMEOUT) return status;
    }
    if (link_connected(link)) return STATUS_OK;
    if (link_refused(link)) {
        return status_fail(STATUS_REFUSED,
                           "%s: %s of the run there: all parties use the roster that was accepted "
                           "last, and the coordinator is started again with it",
                           endpoint, link_trouble(link));
    }
    const char *trouble = link_trouble(link);
    return status_fail(STATUS_TIMEOUT,
                       "%s: no connection after %g s: %s; see that the coordinator runs, that this "
                       "is its address, that its firewall lets this machine in, and that the "
                       "roster has its keys",
                       endpoint, preflight->wait_ms / 1000.0,
                       trouble != NULL ? trouble : "nothing comes back");
}

static enum status check_connection(struct preflight *preflight, char *detail)
{
    const struct credentials *credentials = &preflight->credentials;
    const char *endpoint = preflight->config->participant.coordinator;
    struct link *link = NULL;
    if (endpoint[0] == '\0') {
        return status_fail(STATUS_BAD_CONFIG,
                           "participant.coordinator: is not set; it must be tcp://HOST:PORT");
    }
    if (!preflight->has_roster) {
        return status_fail(STATUS_REFUSED, "%s: not tried before key file and roster are right",
                           endpoint);
    }
    enum status status = link_open(&link, endpoint, &credentials->identity,
                                   credentials->roster.coordinator.public_key);
    if (status == STATUS_OK) status = wait_for_connection(link, preflight);
    link_close(&link, 0);
    found(detail, "%s: the coordinator of the roster, which admits our key", endpoint);
    return status;
}

static enum status check_privacy(struct preflight *preflight, char *detail)
{
    const enum config_privacy privacy = config_privacy(&preflight->config->federation);
    found(detail, "%s", config_word("federation.privacy", (int)privacy));
    return STATUS_OK;
}

size_t preflight_run(struct preflight_check checks[PREFLIGHT_CHECKS], const struct config *config,
                     int wait_ms)
{
    static const struct {
        const char *name;
        check *run;
    } all[PREFLIGHT_CHECKS] = {
        {"key file", check_key_file}, {"roster", check_roster}, {"mask", check_mask},
        {"data", check_data},         {"clock", check_clock},   {"connection", check_connection},
        {"privacy", check_privacy},
    };
    struct preflight preflight = {.config = config, .wait_ms = wait_ms};
    size_t failures = 0;
    for (size_t i = 0; i < PREFLIGHT_CHECKS; i++) {
        struct preflight_check *made = &checks[i];
        *made = (struct preflight_check){.name = all[i].name};
        made->ok = all[i].run(&preflight, made->detail) == STATUS_OK;
        if (!made->ok) snprintf(made->detail, sizeof made->detail, "%s", status_message());
        failures += !made->ok;
    }
    credentials_wipe(&preflight.credentials);
    return failures;
}
