// SPDX-License-Identifier: Apache-2.0
/* attack_data - the faces of an audit: those that the attacker has, and those of the victims.
 *
 * The attacker's people must be none of the victims, or an attack would be praised for what it
 * remembers. Two people are taken for one when their names are equal or when the cosine of their
 * mean embeddings under the judge reaches cosine_max (names mean nothing between two collections).
 * That is refused; `force` lets it pass and attack_data.overlap says how many for the report. */
#ifndef DEFENCE_ATTACK_DATA_H
#define DEFENCE_ATTACK_DATA_H

#include "base/limits.h"
#include "base/status.h"
#include "image/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct judge; // measures/judge.h

#define ATTACK_DATA_COSINE 0.55 // default of cosine_max

struct attack_source {       // where faces come from
    char folder[LIMIT_PATH]; // as data.train; empty: synthetic people
    uint64_t synthetic_seed;
    int skip;   // people passed over first, by name
    int people; // at most; 0: all (synthetic: needed)
    int images; // of a person at most; 0: all (synthetic: needed)
};

struct attack_options {
    struct attack_source known, victims;
    int nonmembers_skip, nonmembers_people; // as of victims, in their folder; skip 0: none
    int size, channels;                     // one for the whole audit
    size_t known_max;                       // images; 0: all. A sample over all people, by the seed
    size_t known_min; // people of each below which there is nothing to measure: refused
    size_t victims_min;
    double cosine_max;
    bool force;
    bool trained; // whether victims.folder and its order are those of the training
    uint64_t seed;
    struct judge *judge; // NULL: only names are compared, and the report says so
};

struct attack_data {
    struct dataset *known;   // the attacker's photographs
    struct dataset *victims; // of others
    bool trained;            // the victims are people that the target was trained on: person v is
    size_t first_class;      // row first_class + v of target.head
    size_t overlap;          // of the attacker's people who are victims: 0, unless forced
    bool overlap_by_face;    // false: no judge, only names were compared
    double overlap_cosine;   // the largest between the two; NaN without a judge
    struct dataset *nonmembers; // others of the victims' collection, whom no target was trained on:
    size_t first_nonmember;     // person v would be class first_nonmember + v. NULL: none
};

/* STATUS_BAD_CONFIG with a sentence for overlap and for too few people; else what loading gives. */
enum status attack_data_load(struct attack_data **data,
                             const struct attack_options *options) CHECKED;
void attack_data_free(struct attack_data **data);

#endif
