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

void attacked_open(struct attacked *attacked, const struct config *config, size_t head,
                   struct attack_data data, struct attack_budget budget)
{
    *attacked = (struct attacked){
        .target = trained_open("t", config, head), .data = data, .budget = budget};
    snprintf(attacked->folder, sizeof attacked->folder, "%s", album_path(""));
    attacked->context = (struct attack_context){.target = attacked->target,
                                                .data = &attacked->data,
                                                .budget = &attacked->budget,
                                                .folder = attacked->folder,
                                                .shared = attacked->folder};
}

void attacked_close(struct attacked *attacked)
{
    dataset_destroy(&attacked->data.known);
    dataset_destroy(&attacked->data.victims);
    target_close(&attacked->target);
}

struct figures attacked_by(attack_function *attack, const struct config *config, int people,
                           int each, const struct attack_budget *budget)
{
    struct attacked attacked;
    struct figures figures = {.count = 0};
    attacked_open(&attacked, config, 0,
                  (struct attack_data){.known = trained_faces(20, 20, 1),
                                       .victims = trained_faces(0, people, each)},
                  *budget);
    const enum status status = attack(&attacked.context, &figures);
    if (status != STATUS_OK) fail_msg("%s", status_message());
    attacked_close(&attacked);
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
