// SPDX-License-Identifier: Apache-2.0
/* make_keys_corpus - writes rosters, key files and kits, for roster_fuzz, identity_fuzz and
 * kit_fuzz. Run it again when one of these formats changes: make_keys_corpus tests/fuzz/corpus */
#include "fakes/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PART_MAX = 1024, KIT_BYTES = 16 + LIMIT_NAME + 12 + 3 * PART_MAX };

static const char *corpus;

static void check(enum status status)
{
    if (status == STATUS_OK) return;
    fprintf(stderr, "%s\n", status_message());
    exit(1);
}

/* A path in the corpus; nothing is there after. */
static const char *fresh(const char *name)
{
    static char path[LIMIT_PATH];
    snprintf(path, sizeof path, "%s/%s", corpus, name);
    unlink(path);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(fresh(name), "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "cannot write %s\n", name);
        exit(1);
    }
}

/* Gives the text of a roster of ann, who signs, and as many of the others. */
static size_t write_roster(char text[PART_MAX], const char *name, size_t count)
{
    static const char *const names[] = {"ann", "ben", "c.d-3"};
    struct roster_entry entries[3];
    struct roster roster = {.count = count, .entries = entries};
    struct identity ann;
    keyring_make(&ann, 'a');
    keyring_enter(&roster.coordinator, ROSTER_COORDINATOR, 'h');
    for (size_t i = 0; i < count; i++) {
        keyring_enter(&entries[i], names[i], (char)('a' + i));
    }
    check(roster_sign(&roster, 0, &ann));
    const char *path = fresh(name);
    check(roster_save(&roster, path));
    FILE *file = fopen(path, "rb");
    if (file == NULL) exit(1);
    const size_t size = fread(text, 1, PART_MAX, file);
    fclose(file);
    return size;
}

static void write_keys(void)
{
    struct identity ann;
    keyring_make(&ann, 'a');
    (void)fresh("identity/open.pub");
    check(identity_save(&ann, fresh("identity/open"), NULL));
    (void)fresh("identity/locked.pub");
    check(identity_save(&ann, fresh("identity/locked"), "a passphrase"));
    (void)fresh("identity/locked.pub"); // as the other one
    const struct identity_public part = identity_public_part(&ann);
    char words[IDENTITY_WORDS], text[2 * IDENTITY_WORDS];
    identity_write_words(words, &part);
    const int size = snprintf(text, sizeof text, "# of ann\n\npublic = %s\n", words);
    write_file("roster/key.txt", text, (size_t)size);
}

/* What is sealed, see kit.h, without its signature; the first byte is for kit_fuzz. */
static void write_kit(const char *name, char first, const char *recipient, size_t roster_size,
                      const char *parts[3])
{
    uint8_t kit[1 + KIT_BYTES + IDENTITY_SIGNATURE_BYTES] = {(uint8_t)first};
    uint8_t *at = kit + 1;
    memcpy(at, "fedveil/kit/1", 13);
    memcpy(at + 16, recipient, strlen(recipient));
    at += 16 + LIMIT_NAME + 12;
    for (int i = 0; i < 3; i++) {
        const size_t size = i == 0 ? roster_size : strlen(parts[i]);
        uint8_t *number = kit + 1 + 16 + LIMIT_NAME + 4 * i;
        number[0] = (uint8_t)size;
        number[1] = (uint8_t)(size >> 8);
        memcpy(at, parts[i], size);
        at += size;
    }
    if (first == 's') {
        struct identity ann;
        keyring_make(&ann, 'a');
        identity_sign(at, &ann, "fedveil/kit", kit + 1, (size_t)(at - kit - 1));
        at += IDENTITY_SIGNATURE_BYTES;
    }
    write_file(name, kit, (size_t)(at - kit));
}

int main(int argc, char **argv)
{
    static const char key[] = "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b\n";
    static char one[PART_MAX], two[PART_MAX], three[PART_MAX];
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    corpus = argv[1];
    write_keys();
    write_roster(one, "roster/one.txt", 1);
    const size_t size = write_roster(two, "roster/two.txt", 2);
    write_roster(three, "roster/three.txt", 3);
    write_kit("kit/whole", 'o', "ben", size, (const char *[]){two, "seed: 1\n", key});
    write_kit("kit/roster-only", 'o', "ben", size, (const char *[]){two, "", ""});
    write_kit("kit/signed", 's', "ben", size, (const char *[]){two, "seed: 1\n", key});
    write_kit("kit/for-another", 'o', "ann", size, (const char *[]){two, "seed: 1\n", ""});
    write_kit("kit/coordinator", 'o', "coordinator", size, (const char *[]){two, "", key});
    write_kit("kit/raw", 'r', "ben", size, (const char *[]){two, "seed: 1\n", key});
    return 0;
}
