// SPDX-License-Identifier: Apache-2.0
/* replay - runs a fuzz target over a corpus and over mutations of it, without libFuzzer: the same
 * inputs on every machine and under every compiler.
 *
 *     fuzz_<target> MUTATIONS [FIRST] FOLDER...
 *
 * Each file of the folders is an input; then mutation after mutation is drawn from them. When one
 * fails, its number is printed; given as FIRST, it is the first one run. */
#include "base/random.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#ifdef FEDVEIL_SANITIZED
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

enum { INPUT_MAX = 1 << 17, FILES_MAX = 512, EDITS_MAX = 6, INSERT_MAX = 64 };

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input corpus[FILES_MAX];
static size_t corpus_count;
static unsigned long current; // mutation that runs
static const char *current_file;

static void tell_current(void)
{
    char line[1200];
    const int size = current_file != NULL
                         ? snprintf(line, sizeof line, "replay: failed at file %s\n", current_file)
                         : snprintf(line, sizeof line, "replay: failed at mutation %lu\n", current);
    if (write(STDERR_FILENO, line, (size_t)size) < 0) _exit(1);
}

static void tell_signal(int number)
{
    tell_current();
    signal(number, SIG_DFL);
    raise(number);
}

/* In memory of exactly its size, so that a sanitizer sees a read beyond the end. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) abort();
    if (size > 0) memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_MAX);
    if (file == NULL || bytes == NULL || corpus_count == FILES_MAX) {
        fprintf(stderr, "replay: cannot take %s\n", path);
        exit(2);
    }
    corpus[corpus_count++] = (struct input){bytes, fread(bytes, 1, INPUT_MAX, file)};
    fclose(file);
    current_file = path;
    run(bytes, corpus[corpus_count - 1].size);
    current_file = NULL;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN;
}

/* In the order of their names, so that a mutation's number means the same everywhere. */
static void read_folder(const char *folder)
{
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_file, alphasort);
    if (count < 0) {
        fprintf(stderr, "replay: cannot read the folder %s\n", folder);
        exit(2);
    }
    for (int i = 0; i < count; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        read_file(path);
        free(entries[i]);
    }
    free(entries);
}

static uint32_t up_to(struct random *random, size_t most)
{
    return random_below(random, (uint32_t)most + 1);
}

/* Puts `size` bytes in at a place and moves what follows. */
static void insert(struct input *input, size_t at, const uint8_t *bytes, size_t size)
{
    if (input->size + size > INPUT_MAX) return;
    memmove(input->bytes + at + size, input->bytes + at, input->size - at);
    memcpy(input->bytes + at, bytes, size);
    input->size += size;
}

static void insert_noise(struct input *input, struct random *random)
{
    uint8_t noise[INSERT_MAX];
    const size_t size = 1 + random_below(random, INSERT_MAX);
    const uint32_t same = random_bits(random);
    for (size_t i = 0; i < size; i++) {
        noise[i] = (uint8_t)((same & 256) != 0 ? same : random_bits(random));
    }
    insert(input, up_to(random, input->size), noise, size);
}

static void insert_from_another(struct input *input, struct random *random)
{
    const struct input *other = &corpus[random_below(random, (uint32_t)corpus_count)];
    if (other->size == 0) return;
    const size_t from = random_below(random, (uint32_t)other->size);
    const size_t size = 1 + random_below(random, (uint32_t)(other->size - from));
    insert(input, up_to(random, input->size), other->bytes + from, size);
}

/* Numbers at which programs break, in either byte order. */
static void set_number(struct input *input, struct random *random)
{
    static const uint64_t numbers[] = {
        0,
        1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        UINT64_MAX,
        INT64_MAX,
        0xfff00000,
        0x7ff0000000000000,
    };
    const uint64_t number = numbers[random_below(random, sizeof numbers / sizeof numbers[0])];
    const size_t width = (size_t)1 << random_below(random, 4);
    if (input->size < width) return;
    uint8_t *at = input->bytes + up_to(random, input->size - width);
    const bool big = random_below(random, 2) == 0;
    for (size_t i = 0; i < width; i++) {
        at[i] = (uint8_t)(number >> (8 * (big ? width - 1 - i : i)));
    }
}

static void edit(struct input *input, struct random *random)
{
    const uint32_t kind = random_below(random, 8);
    if (kind == 0) {
        insert_noise(input, random);
    } else if (kind == 1) {
        insert_from_another(input, random);
    } else if (kind == 2) {
        set_number(input, random);
    } else if (input->size == 0) {
        return;
    } else if (kind == 3) {
        input->size = random_below(random, (uint32_t)input->size); // cut off
    } else if (kind == 4) {
        const size_t at = random_below(random, (uint32_t)input->size);
        const size_t most = input->size - at < INSERT_MAX ? input->size - at : INSERT_MAX;
        const size_t size = 1 + random_below(random, (uint32_t)most);
        memmove(input->bytes + at, input->bytes + at + size, input->size - at - size);
        input->size -= size;
    } else if (kind == 5) {
        input->bytes[random_below(random, (uint32_t)input->size)] = (uint8_t)random_bits(random);
    } else {
        const uint8_t bit = (uint8_t)(1u << random_below(random, 8));
        input->bytes[random_below(random, (uint32_t)input->size)] ^= bit;
    }
}

static void run_mutation(struct input *input, unsigned long number)
{
    struct random random;
    random_start(&random, number >> 32, 0, RANDOM_TEST, 0, (uint32_t)number);
    const struct input *from = &corpus[random_below(&random, (uint32_t)corpus_count)];
    memcpy(input->bytes, from->bytes, from->size);
    input->size = from->size;
    for (uint32_t edits = 1 + random_below(&random, EDITS_MAX); edits > 0; edits--) {
        edit(input, &random);
    }
    current = number;
    run(input->bytes, input->size);
}

int main(int argc, char **argv)
{
    static uint8_t memory[INPUT_MAX];
    struct input input = {.bytes = memory};
    if (argc < 2) {
        fprintf(stderr, "usage: %s MUTATIONS [FIRST] FOLDER...\n", argv[0]);
        return 2;
    }
    const unsigned long mutations = strtoul(argv[1], NULL, 10);
    char *end = argv[1];
    const unsigned long first = argc > 2 ? strtoul(argv[2], &end, 10) : 0;
    const bool has_first = argc > 2 && *end == 0;
    signal(SIGABRT, tell_signal);
#ifdef FEDVEIL_SANITIZED
    __sanitizer_set_death_callback(tell_current);
#else
    signal(SIGSEGV, tell_signal);
#endif
    for (int i = has_first ? 3 : 2; i < argc; i++) {
        read_folder(argv[i]);
    }
    if (corpus_count == 0) corpus[corpus_count++] = (struct input){memory, 0};
    for (unsigned long i = 0; i < mutations; i++) {
        run_mutation(&input, (has_first ? first : 0) + i);
    }
    printf("%zu files and %lu mutations\n", corpus_count, mutations);
    for (size_t i = 0; i < corpus_count; i++) {
        if (corpus[i].bytes != memory) free(corpus[i].bytes);
    }
    return 0;
}
