// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "base/files.h"
#include "base/log.h"
#include "frequency/mask.h"
#include "nn/tuning.h"
#include "secure/digest.h"
#include "secure/roster.h"
#include "train/trainer.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MANY = 50 }; // participants whose keys take so long that it is shown

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

void world_name(char name[LIMIT_NAME], const struct world *world, size_t participant)
{
    const bool wide = world->participants > 1000;
    _Static_assert(LIMIT_PARTICIPANTS <= 10000, "four digits are enough");
    snprintf(name, LIMIT_NAME, wide ? "p%04zu" : "p%03zu", participant);
}

/* The config of one participant, as far as it differs from all. */
static void share_out(struct config *own, const struct config *config, const struct world *world,
                      size_t participant)
{
    *own = *config;
    own->threads = world->threads;
    own->data.split_count = (int)world->participants;
    own->data.split_index = (int)participant;
    own->participant.noise = NOISE_SEED; // a simulation repeats
    own->participant.evaluate =
        config->participant.evaluate && (world->all_verify || participant == 0);
    world_name(own->participant.name, world, participant);
}

/* Whether there is something to train on, for each participant. */
static enum status check_data(const struct config *config)
{
    if (config->data.kind == DATA_FOLDER && config->data.train[0] == '\0') {
        return status_fail(STATUS_BAD_CONFIG,
                           "data.train: is empty; it must be a folder of identities, "
                           "DIR/PERSON/IMAGE, for example --set data.train=DIR");
    }
    if (config->data.kind == DATA_SYNTHETIC &&
        config->data.people < config->federation.participants) {
        return status_fail(STATUS_BAD_CONFIG,
                           "data.people: %d people cannot be shared out over %d "
                           "federation.participants",
                           config->data.people, config->federation.participants);
    }
    return STATUS_OK;
}

/* What is wrong with the config of a participant is said before anything is made. */
static enum status check_shares(const struct world *world, const struct config *config)
{
    struct config *own = malloc(sizeof *own);
    if (own == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: config");
    share_out(own, config, world, world->participants - 1);
    const enum status status = config_check(own);
    free(own);
    return status;
}

/* Whether some tensor of the backbone stays with each participant. Networks that cannot be built
 * are for the participants to refuse. */
static bool backbones_differ(const struct config *config)
{
    struct manifest manifest = {0};
    const bool differ = trainer_manifest(&manifest, config) == STATUS_OK &&
                        !manifest_covers(&manifest, &config->federation.share, "backbone.");
    manifest_destroy(&manifest);
    return differ;
}

enum status world_plan(struct world *world, const struct config *config, int cores)
{
    assert(cores > 0);
    memset(world, 0, sizeof *world);
    world->participants = (size_t)config->federation.participants;
    world->slots = config->sim.slots > 0 ? config->sim.slots : cores;
    world->slots = smaller(world->slots, config->federation.participants);
    world->threads = config->threads > 0 ? config->threads : cores / world->slots;
    if (world->threads < 1) world->threads = 1;
    enum status status = check_shares(world, config);
    if (status == STATUS_OK) status = check_data(config);
    if (status == STATUS_OK) status = config_check_path("data.train", config->data.train);
    if (status == STATUS_OK) status = config_check_path("data.test", config->data.test);
    if (status == STATUS_OK) status = config_check_path("data.pairs", config->data.pairs);
    if (status == STATUS_OK) status = config_check_path("data.cache", config->data.cache);
    if (status == STATUS_OK) status = config_check_path("tuning", config->tuning);
    if (status == STATUS_OK) status = tuning_check(config->tuning);
    if (status == STATUS_OK) {
        status = config_check_path("participant.mask_key", config->participant.mask_key);
    }
    if (status == STATUS_OK) {
        status = mask_check_eigenfaces(&config->federation, config->participant.eigenfaces);
    }
    world->all_verify = status == STATUS_OK && backbones_differ(config);
    return status;
}

enum status world_coordinator_path(char path[LIMIT_PATH], const struct world *world,
                                   const char *file)
{
    char folder[LIMIT_PATH];
    const enum status status = files_join(folder, world->folder, "coordinator");
    return status == STATUS_OK ? files_join(path, folder, file) : status;
}

enum status world_participant_path(char path[LIMIT_PATH], const struct world *world,
                                   size_t participant, const char *file)
{
    char name[LIMIT_NAME], own[LIMIT_NAME + 16], folder[LIMIT_PATH];
    world_name(name, world, participant);
    snprintf(own, sizeof own, "participants/%s", name);
    const enum status status = files_join(folder, world->folder, own);
    return status == STATUS_OK ? files_join(path, folder, file) : status;
}

static enum status key_path(char path[LIMIT_PATH], const struct world *world, const char *name)
{
    char own[LIMIT_NAME + 16];
    snprintf(own, sizeof own, "keys/%s.key", name);
    return files_join(path, world->folder, own);
}

static enum status check_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        return errno == ENOENT ? STATUS_OK
                               : status_fail(STATUS_BAD_CONFIG, "%s: %s", folder, strerror(errno));
    }
    bool empty = true;
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) empty = false;
    }
    closedir(entries);
    if (empty) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG,
                       "%s: the folder is not empty; a run wants one of its own (--out)", folder);
}

static enum status make_folders(const struct world *world)
{
    static const char *const names[] = {"coordinator", "participants", "slots", "keys"};
    char path[LIMIT_PATH];
    enum status status = files_make_folder(world->folder);
    for (size_t i = 0; status == STATUS_OK && i < sizeof names / sizeof names[0]; i++) {
        status = files_join(path, world->folder, names[i]);
        if (status == STATUS_OK) status = files_make_folder(path);
    }
    if (status == STATUS_OK && chmod(path, 0700) != 0) { // the last one: keys
        status = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    }
    for (size_t i = 0; status == STATUS_OK && i < world->participants; i++) {
        status = world_participant_path(path, world, i, "");
        if (status == STATUS_OK) status = files_make_folder(path);
    }
    return status;
}

/* Makes the keys of a party and fills in its entry. */
static enum status make_key(struct roster_entry *entry, struct identity *identity,
                            const struct world *world)
{
    char path[LIMIT_PATH];
    identity_generate(identity);
    const struct identity_public part = identity_public_part(identity);
    roster_set_keys(entry, &part);
    const enum status status = key_path(path, world, entry->name);
    return status == STATUS_OK ? identity_save(identity, path, NULL) : status;
}

/* A simulation has nobody to compare fingerprints with. */
static enum status accept_everywhere(const struct world *world, const struct roster *roster)
{
    char path[LIMIT_PATH], hex[2 * DIGEST_BYTES + 1];
    digest_hex(hex, roster->digest);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < roster->count; i++) {
        status = key_path(path, world, roster->entries[i].name);
        if (status == STATUS_OK) status = roster_accept(roster, path, hex);
    }
    return status;
}

static enum status make_keys(const struct world *world)
{
    char path[LIMIT_PATH];
    struct identity first = {0}, other;
    struct roster roster = {.coordinator = {.name = ROSTER_COORDINATOR}};
    roster.entries = calloc(world->participants, sizeof *roster.entries);
    if (roster.entries == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: roster");
    enum status status = make_key(&roster.coordinator, &other, world);
    while (status == STATUS_OK && roster.count < world->participants) {
        struct roster_entry *entry = &roster.entries[roster.count];
        world_name(entry->name, world, roster.count);
        status = make_key(entry, roster.count == 0 ? &first : &other, world);
        if (status != STATUS_OK) break;
        roster.count++;
        if (world->participants >= MANY) {
            log_progress("making keys", roster.count, world->participants, "participants");
        }
    }
    if (status == STATUS_OK) status = roster_sign(&roster, 0, &first);
    if (status == STATUS_OK) status = files_join(path, world->folder, "roster");
    if (status == STATUS_OK) status = roster_save(&roster, path);
    if (status == STATUS_OK) status = accept_everywhere(world, &roster);
    identity_wipe(&first);
    identity_wipe(&other);
    roster_destroy(&roster);
    return status;
}

/* Hides no one's faces from those who know the seed; a deployment draws its mask key by chance. */
static enum status make_mask_key(const struct world *world, uint64_t seed)
{
    char path[LIMIT_PATH], text[80];
    uint8_t key[DIGEST_BYTES];
    enum status status = key_path(path, world, "mask");
    if (status != STATUS_OK) return status;
    const int length = snprintf(text, sizeof text, "fedveil simulator: mask key of seed %llu",
                                (unsigned long long)seed);
    digest_compute(key, text, (size_t)length);
    digest_hex(text, key);
    text[2 * DIGEST_BYTES] = '\n';
    log_info("the mask key follows from seed %llu, so that the run can be repeated; a deployment "
             "draws its own",
             (unsigned long long)seed);
    return files_write_secret(path, text, 2 * DIGEST_BYTES + 1);
}

static enum status write_config(const struct config *config, const char *path)
{
    char *text = NULL;
    enum status status = config_write(config, &text);
    if (status == STATUS_OK) status = files_write(path, text, strlen(text));
    free(text);
    return status;
}

static enum status configure_coordinator(const struct world *world, const struct config *config)
{
    char path[LIMIT_PATH];
    struct config *own = malloc(sizeof *own);
    if (own == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: config");
    *own = *config;
    own->threads = world->threads;
    enum status status = key_path(own->coordinator.secret_key, world, "coordinator");
    if (status == STATUS_OK) status = files_join(own->coordinator.roster, world->folder, "roster");
    if (status == STATUS_OK) status = world_coordinator_path(path, world, "config.yaml");
    if (status == STATUS_OK) status = write_config(own, path);
    free(own);
    return status;
}

enum status world_create(struct world *world, const struct config *config, const char *folder)
{
    const int length = snprintf(world->folder, sizeof world->folder, "%s", folder);
    if (length < 0 || (size_t)length >= sizeof world->folder) {
        return status_fail(STATUS_BAD_CONFIG, "%s: path too long, at most %d bytes", folder,
                           LIMIT_PATH - 1);
    }
    enum status status = check_empty(folder);
    if (status == STATUS_OK) status = make_folders(world);
    if (status == STATUS_OK) status = make_keys(world);
    if (status == STATUS_OK && config->participant.mask_key[0] == '\0') {
        status = make_mask_key(world, config->seed);
    }
    return status == STATUS_OK ? configure_coordinator(world, config) : status;
}

enum status world_connect(const struct world *world, const struct config *config,
                          const char *endpoint)
{
    char path[LIMIT_PATH];
    enum status status = STATUS_OK;
    struct config *own = malloc(sizeof *own);
    if (own == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory: config");
    for (size_t i = 0; status == STATUS_OK && i < world->participants; i++) {
        share_out(own, config, world, i);
        snprintf(own->participant.coordinator, sizeof own->participant.coordinator, "%s", endpoint);
        status = key_path(own->participant.secret_key, world, own->participant.name);
        if (status == STATUS_OK) {
            status = files_join(own->participant.roster, world->folder, "roster");
        }
        if (status == STATUS_OK && config->participant.mask_key[0] == '\0') {
            status = key_path(own->participant.mask_key, world, "mask");
        }
        if (status == STATUS_OK) status = world_participant_path(path, world, i, "config.yaml");
        if (status == STATUS_OK) status = write_config(own, path);
    }
    free(own);
    return status;
}
