// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include "attacks/decoder.h"
#include "attacks/inversion.h"
#include "defence/onlooker.h"

#include <string.h>

const struct registry_attack registry[] = {
    {"onlooker", "no attack: what masked faces show through the inverse DCT (S1, S2)",
     onlooker_attack},
    {"unet", "black box: a network learns to turn masked images into faces, by L1 alone",
     decoder_attack_unet},
    {"cgan", "black box: the same against a critic, a conditional GAN", decoder_attack_cgan},
    {"gmi", "white box: faces of trained people by inverting the recogniser through the mask",
     inversion_attack},
};

const size_t registry_count = sizeof registry / sizeof registry[0];

const struct registry_attack *registry_find(const char *name)
{
    for (size_t i = 0; i < registry_count; i++) {
        if (strcmp(registry[i].name, name) == 0) return &registry[i];
    }
    return NULL;
}
