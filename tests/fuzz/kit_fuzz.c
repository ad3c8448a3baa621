// SPDX-License-Identifier: Apache-2.0
/* A kit from anywhere is opened whole or not at all. Most strangers cannot get behind its seal, so
 * the first byte says who made the rest:
 *     r  it is the file
 *     s  it is what is sealed to the recipient, who is ben, as anybody can do
 *     o  the same without its signature, which the organiser, ann, makes */
#define _GNU_SOURCE // memfd_create
#include "memory_file.h"

#include "fakes/keyring.h"
#include "secure/kit.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char place[] = "/tmp/fedveil-kit-XXXXXX";

static void remove_place(void)
{
    rmdir(place);
}

static void remove_kit(const char *folder)
{
    static const char *const names[] = {"roster", "config.yaml", "mask.key"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    if (rmdir(folder) != 0) abort();
}

static void open_kit(const uint8_t *bytes, size_t size)
{
    struct identity ben;
    struct roster roster, again;
    char folder[64], path[96];
    snprintf(folder, sizeof folder, "%s/kit", place);
    snprintf(path, sizeof path, "%s/roster", folder);
    keyring_make(&ben, 'b');
    struct memory_file source = memory_file_make(bytes, size);
    if (kit_open(&roster, source.path, &ben, folder) == STATUS_OK) {
        if (roster_load(&again, path) != STATUS_OK) abort();
        if (memcmp(roster.digest, again.digest, sizeof again.digest) != 0) abort();
        roster_destroy(&again);
        roster_destroy(&roster);
        remove_kit(folder);
    } else if (access(folder, F_OK) == 0 || roster.entries != NULL) {
        abort();
    }
    memory_file_destroy(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static bool ready;
    if (!ready) {
        if (mkdtemp(place) == NULL) abort();
        atexit(remove_place);
        ready = true;
    }
    if (size == 0) return 0;
    const uint8_t *rest = bytes + 1;
    const size_t left = size - 1;
    if (bytes[0] != 's' && bytes[0] != 'o') {
        open_kit(rest, left);
        return 0;
    }
    uint8_t *whole = calloc(1, left + IDENTITY_SIGNATURE_BYTES), *sealed = NULL;
    size_t sealed_size = 0;
    if (whole == NULL) abort();
    memcpy(whole, rest, left);
    if (bytes[0] == 'o') {
        struct identity ann;
        keyring_make(&ann, 'a');
        identity_sign(whole + left, &ann, "fedveil/kit", whole, left);
    }
    keyring_seal(&sealed, &sealed_size, whole,
                 left + (bytes[0] == 'o' ? (size_t)IDENTITY_SIGNATURE_BYTES : 0), 'b');
    open_kit(sealed, sealed_size);
    free(sealed);
    free(whole);
    return 0;
}
