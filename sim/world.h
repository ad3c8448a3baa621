// SPDX-License-Identifier: Apache-2.0
/* world - the folder of a simulated federation: keys, roster and a config for each party.
 *
 *     DIR/keys/                  key files of all parties and the mask key (0700)
 *     DIR/roster                 who may take part
 *     DIR/coordinator/           config.yaml, log.txt
 *     DIR/participants/p000/     config.yaml, log.txt, and what the participant keeps to itself
 *     DIR/slots/                 who may train now
 *
 * The keys of the parties come from the operating system, as everywhere. The mask key follows from
 * config.seed (unless the config names one), so that one seed gives one model, bit for bit. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/config.h"
#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct world {
    char folder[LIMIT_PATH];
    size_t participants;
    int slots;       // participants that train at once
    int threads;     // of each party
    bool all_verify; // each has a backbone of its own, so that one verification is not enough
};

/* Fills in slots and threads for so many cores, and checks what a simulation asks for beyond
 * config_check(). Creates nothing. */
enum status world_plan(struct world *world, const struct config *config, int cores) CHECKED;

/* Makes the folder, which must not exist or be empty, and the folders, keys and roster within. */
enum status world_create(struct world *world, const struct config *config,
                         const char *folder) CHECKED;

/* Writes the configs of the participants, once the coordinator's endpoint is known. */
enum status world_connect(const struct world *world, const struct config *config,
                          const char *endpoint) CHECKED;

/* "p007": wide enough for the last one. */
void world_name(char name[LIMIT_NAME], const struct world *world, size_t participant);

/* DIR/coordinator/FILE and DIR/participants/pNNN/FILE; FILE may be empty. */
enum status world_coordinator_path(char path[LIMIT_PATH], const struct world *world,
                                   const char *file) CHECKED;
enum status world_participant_path(char path[LIMIT_PATH], const struct world *world,
                                   size_t participant, const char *file) CHECKED;

#endif
