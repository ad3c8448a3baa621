// SPDX-License-Identifier: Apache-2.0
/* journal_fuzz - any bytes as a journal: refused with one line, or what was
 * read is written as its whole lines again. */
#include "journal.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct ledger *ledger, const uint8_t *data, size_t kept)
{
    size_t at = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->list[i];
        char *line = NULL;
        if (entry->places[entry->count - 1] >= LIMIT_PARTICIPANTS) abort();
        if (journal_line(&line, entry) != STATUS_OK) abort();
        const size_t length = strlen(line);
        if (length > kept - at || memcmp(data + at, line, length) != 0) abort();
        at += length;
        free(line);
    }
    if (at != kept) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ledger ledger = {0};
    size_t kept = 0;
    char *text = malloc(size + 1);
    if (text == NULL) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    const enum status status = journal_parse(&ledger, &kept, text, size, "ledger");
    if (kept > size) abort();
    check_again(&ledger, data, kept);
    if (status == STATUS_OK && memchr(data + kept, '\n', size - kept) != NULL) abort();
    if (status != STATUS_OK && strpbrk(status_message(), "\n\r\033") != NULL) abort();
    ledger_destroy(&ledger);
    free(text);
    return 0;
}
