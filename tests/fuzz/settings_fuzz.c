// SPDX-License-Identifier: Apache-2.0
/* settings_fuzz - any bytes as a config file and as an assignment: refused with one line, or
 * written and read again without a change. */
#include "base/config.h"
#include "base/config_table.h"
#include "base/settings.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(enum status status)
{
    assert(status == STATUS_BAD_CONFIG);
    assert(strlen(status_message()) > 0);
    assert(strpbrk(status_message(), "\n\r\033") == NULL);
}

static void check_round_trip(const struct config *config)
{
    static struct config again;
    char *text = NULL;
    char *text_again = NULL;
    const enum status written = config_write(config, &text);
    assert(written == STATUS_OK);
    config_defaults(&again);
    const enum status read =
        settings_read(&config_table, &again, "again", (const uint8_t *)text, strlen(text), NULL);
    assert(read == STATUS_OK);
    const enum status rewritten = config_write(&again, &text_again);
    assert(rewritten == STATUS_OK);
    assert(strcmp(text, text_again) == 0);
    (void)written, (void)read, (void)rewritten;
    free(text);
    free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    config_defaults(&config);
    enum status status = settings_read(&config_table, &config, "fuzz", data, size, NULL);
    if (status == STATUS_OK) {
        check_round_trip(&config);
        status = config_check(&config);
    }
    if (status != STATUS_OK) check_message(status);

    char *assignment = malloc(size + 1);
    if (assignment == NULL) return 0;
    if (size > 0) memcpy(assignment, data, size);
    assignment[size] = '\0';
    config_defaults(&config);
    status = config_set(&config, assignment);
    if (status == STATUS_OK) {
        check_round_trip(&config);
    } else {
        check_message(status);
    }
    free(assignment);
    return 0;
}
