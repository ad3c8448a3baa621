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

void network_files_make_judge(struct network_files *files)
{
    // The windows are far larger than anyone would take.
    static const char table[] =
        "1\tconv\t0\t-\tic=3,oc=4,k=16,stride=16,pad=0,group=1\t0\t3072\t-\t-\n"
        "2\tprelu\t1\t-\tc=4\t3072\t4\t-\t-\n"
        "3\tconv\t2\t-\tic=4,oc=7,k=7,stride=1,pad=0,group=1\t10\t1372\t3\t7\n"
        "4\treshape\t3\t-\t1x7\t-\t-\t-\t-\n";
    network_files_make(files, "refnet", "", 3076);
    assert_int_equal(unlink(files->table), 0);
    snprintf(files->table, sizeof files->table, "%s/refnet.graph.tsv", files->folder);
    network_files_table(files, table);
}

void network_files_make_lpips(struct network_files *files)
{
    network_files_make(
        files, "lpips",
        NETWORK_FILES_LPIPS_TRUNK NETWORK_FILES_LPIPS_LINEAR NETWORK_FILES_LPIPS_LAST, 363);
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
