// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/attacked.h"

#include "fakes/album.h"
#include "fakes/trained.h"

#include <stdio.h>
#include <string.h>

struct figures attacked_by(attack_function *attack, const struct config *config, int people,
                           int each, const struct attack_budget *budget)
{
    struct target *target = trained_open("t", config, 0);
    struct attack_data data = {.known = trained_faces(20, 20, 1),
                               .victims = trained_faces(0, people, each)};
    char folder[LIMIT_PATH];
    snprintf(folder, sizeof folder, "%s", album_path(""));
    const struct attack_context context = {
        .target = target, .data = &data, .budget = budget, .folder = folder};
    struct figures figures = {.count = 0};
    const enum status status = attack(&context, &figures);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    dataset_destroy(&data.known);
    dataset_destroy(&data.victims);
    target_close(&target);
    return figures;
}

bool attacked_noted(const struct figures *figures, const char *text)
{
    for (size_t i = 0; i < figures->note_count; i++) {
        if (strstr(figures->note[i], text) != NULL) return true;
    }
    return false;
}

void attacked_picture(const char *name)
{
    FILE *row = fopen(album_path(name), "rb");
    assert_non_null(row);
    fclose(row);
}
