// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include "attacks/decoder.h"
#include "attacks/inversion.h"
#include "attacks/linear_attack.h"
#include "attacks/linkage.h"
#include "attacks/refine.h"
#include "attacks/unmix_attack.h"
#include "attacks/updates.h"
#include "defence/onlooker.h"

#include <string.h>

const struct registry_attack registry[] = {
    {"onlooker", "no attack: what masked faces show through the inverse DCT (S1, S2)",
     onlooker_attack, 1},
    {"linear", "masked bands to pixels by least squares, the mask known", linear_attack, 1},
    {"unmix", "mixed images taken apart, weights known or labels only, then linear", unmix_attack,
     1},
    {"unet", "black box: a network learns to turn masked images into faces, by L1 alone",
     decoder_attack_unet, 1},
    {"cgan", "black box: the same against a critic, a conditional GAN", decoder_attack_cgan, 1},
    {"refine",
     "white box: the face whose masked image is the victim's, sought from unet's picture on",
     refine_attack, 1},
    {"linkage", "masked faces to plain photographs, by a student of the mask as a black box",
     linkage_attack, 0},
    {"gmi", "white box: faces of trained people by inverting the recogniser through the mask",
     inversion_attack, 1},
    {"updates", "what an update, a sum of updates and the final model tell a coordinator",
     updates_attack, 1},
};

const size_t registry_count = sizeof registry / sizeof registry[0];

const struct registry_attack *registry_find(const char *name)
{
    for (size_t i = 0; i < registry_count; i++) {
        if (strcmp(registry[i].name, name) == 0) return &registry[i];
    }
    return NULL;
}

enum status registry_check(const struct config_texts *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (registry_find(names->values[i]) != NULL) continue;
        return status_fail(STATUS_BAD_CONFIG,
                           "attacks: \"%s\" is none, `fedveil audit attacks` lists them",
                           names->values[i]);
    }
    return STATUS_OK;
}
