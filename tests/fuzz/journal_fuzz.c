// SPDX-License-Identifier: Apache-2.0
/* journal_fuzz - any bytes as a journal of releases: refused with one line, or what was
 * read is written as its whole lines again. */
#include "journal.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct releases *releases, const uint8_t *data, size_t kept)
{
    size_t at = 0;
    for (size_t i = 0; i < releases->count; i++) {
        const struct release *release = &releases->list[i];
        char *line = NULL;
        if (release->places[release->count - 1] >= LIMIT_PARTICIPANTS) abort();
        if (journal_line(&line, release) != STATUS_OK) abort();
        const size_t length = strlen(line);
        if (length > kept - at || memcmp(data + at, line, length) != 0) abort();
        at += length;
        free(line);
    }
    if (at != kept) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct releases releases = {0};
    size_t kept = 0;
    char *text = malloc(size + 1);
    if (text == NULL) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    const enum status status = journal_parse(&releases, &kept, text, size, "releases");
    if (kept > size) abort();
    check_again(&releases, data, kept);
    if (status == STATUS_OK && memchr(data + kept, '\n', size - kept) != NULL) abort();
    if (status != STATUS_OK && strpbrk(status_message(), "\n\r\033") != NULL) abort();
    releases_destroy(&releases);
    free(text);
    return 0;
}
