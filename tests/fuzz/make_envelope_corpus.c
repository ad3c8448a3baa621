// SPDX-License-Identifier: Apache-2.0
/* make_envelope_corpus - writes a few messages of every kind into a folder, for envelope_fuzz.
 * Run it again when a message changes: make_envelope_corpus tests/fuzz/corpus/envelope */
#include "fakes/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 3, PAYLOAD = 32 };

static uint8_t payload[LIMIT_CHUNK], frame[LIMIT_MESSAGE];

static void write_frame(const char *folder, const char *direction, const char *kind,
                        uint32_t number, size_t size)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s-%s-%u.bin", folder, direction, kind, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(frame, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(1);
    }
}

static void write_participant(const char *folder, enum participant_message kind, uint32_t number)
{
    static struct from_participant message;
    struct random random;
    size_t size = 0;
    random_start(&random, 1, 0, RANDOM_TEST, (uint32_t)kind, number);
    messages_participant(&message, kind, &random, payload, PAYLOAD);
    if (kind == PARTICIPANT_JOIN) {
        snprintf(message.join.manifest, ENVELOPE_MANIFEST, "a.weight f32 [2,3]\nb f32 [%u]\n",
                 number);
    } else if (kind == PARTICIPANT_EVALUATION) {
        message.evaluation.roc_points %= 8;
    }
    if (envelope_pack_participant(frame, sizeof frame, &size, &message) != STATUS_OK) exit(1);
    write_frame(folder, "participant", envelope_participant_name(kind), number, size);
}

static void write_coordinator(const char *folder, enum coordinator_message kind, uint32_t number)
{
    static struct from_coordinator message;
    struct random random;
    size_t size = 0;
    random_start(&random, 2, 0, RANDOM_TEST, (uint32_t)kind, number);
    messages_coordinator(&message, kind, &random, payload, PAYLOAD);
    if (envelope_pack_coordinator(frame, sizeof frame, &size, &message) != STATUS_OK) exit(1);
    write_frame(folder, "coordinator", envelope_coordinator_name(kind), number, size);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    memset(payload, 'p', sizeof payload);
    for (uint32_t number = 0; number < EACH; number++) {
        for (int kind = 0; kind < (int)PARTICIPANT_MESSAGES; kind++) {
            write_participant(argv[1], (enum participant_message)kind, number);
        }
        for (int kind = 0; kind < (int)COORDINATOR_MESSAGES; kind++) {
            write_coordinator(argv[1], (enum coordinator_message)kind, number);
        }
    }
    return 0;
}
