// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/network_files.h"

#include "base/files.h"
#include "reference/spread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void network_files_make(struct network_files *files, const char *name, const char *table,
                        size_t floats)
{
    snprintf(files->folder, sizeof files->folder, "/tmp/fedveil-network-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->stem, sizeof files->stem, "%s/%.20s", files->folder, name);
    snprintf(files->table, sizeof files->table, "%s.tsv", files->stem);
    snprintf(files->floats, sizeof files->floats, "%s.f32", files->stem);
    float *numbers = calloc(floats > 0 ? floats : 1, sizeof *numbers);
    assert_non_null(numbers);
    spread_fill(numbers, floats, 0);
    assert_int_equal(files_write(files->floats, numbers, floats * sizeof *numbers), STATUS_OK);
    free(numbers);
    network_files_table(files, table);
}

void network_files_table(const struct network_files *files, const char *table)
{
    assert_int_equal(files_write(files->table, table, strlen(table)), STATUS_OK);
}

void network_files_remove(const struct network_files *files)
{
    unlink(files->table);
    unlink(files->floats);
    assert_int_equal(rmdir(files->folder), 0);
}
