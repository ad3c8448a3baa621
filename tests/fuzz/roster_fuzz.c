// SPDX-License-Identifier: Apache-2.0
/* A roster and a file of public keys from anywhere: refused, or what is understood is printable. */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "secure/roster.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_word(const char *word, size_t most)
{
    const size_t length = strlen(word);
    if (length == 0 || length > most) abort();
    for (size_t i = 0; i < length; i++) {
        if (word[i] <= ' ' || word[i] > '~') abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct memory_file source = memory_file_make(bytes, size);
    struct roster roster;
    if (roster_load(&roster, source.path) == STATUS_OK) {
        if (roster.count == 0) abort();
        for (size_t i = 0; i < roster.count; i++) {
            check_word(roster.entries[i].name, LIMIT_NAME - 1);
            check_word(roster.entries[i].public_key, IDENTITY_KEY_TEXT - 1);
        }
        roster_destroy(&roster);
    }
    struct identity_public part;
    if (identity_load_public(&part, source.path) == STATUS_OK) {
        check_word(part.public_key, IDENTITY_KEY_TEXT - 1);
    }
    memory_file_destroy(&source);
    return 0;
}
