// SPDX-License-Identifier: Apache-2.0
/* fedveil participant mask export - masked and mixed images with soft labels, for a trainer who
 * must not see faces. */
#include "commands.h"

#include "base/argument.h"
#include "base/json.h"
#include "base/log.h"
#include "command_job.h"
#include "secure/identity.h"
#include "train/trainer_export.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_NAMES = 256 }; // options without a letter

/* Seeds below can be found by trying them all. */
#define SEED_GUESSED ((uint64_t)1 << 32)

/* Whose words the messages are. */
static char command_name[] = "fedveil participant mask export";

struct request {
    struct command_request from;
    const char *mask_key;
    struct trainer_export task;
    bool json;
};

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "the safetensors file to write, mode 0600 (needed)", 0},
    {"mixes", 'm', "N", 0, "passes over the images, each with mixes of its own (1)", 0},
    {"mask-key", 'k', "FILE", 0, "mask key of the deployment, instead of participant.mask_key", 0},
    {"names", OPTION_NAMES, "FILE", 0,
     "also write which class number is which person, a line CLASS, tab, PERSON for each, to a new "
     "file of mode 0600: it is yours, do not hand it on",
     0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static const struct argp_child children[] = {{&command_request_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &request->from;
        break;
    case 'o':
        request->task.path = text;
        break;
    case 'm':
        if (argument_integer(&request->task.passes, "--mixes", text, 1, LIMIT_PASSES) !=
            STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case 'k':
        request->mask_key = text;
        break;
    case OPTION_NAMES:
        request->task.names = text;
        break;
    case 'j':
        request->json = true;
        break;
    case ARGP_KEY_END:
        if (request->task.path == NULL) argp_error(state, "no --out FILE given");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status load_key(uint8_t key[MASK_KEY_BYTES], const struct config *config,
                            const char *path)
{
    if (!mask_has_key(&config->federation)) return STATUS_OK;
    if (path == NULL) path = config->participant.mask_key;
    if (path[0] == '\0') {
        return status_fail(STATUS_BAD_CONFIG,
                           "the mask has a key: give it by --mask-key or participant.mask_key");
    }
    return identity_load_mask_key(key, path);
}

/* What the receiver could find out that the config could keep from it. */
static void warn(const struct config *config)
{
    const struct config_federation *federation = &config->federation;
    if (mask_has_noise(federation) && config->participant.noise == NOISE_SEED) {
        log_warning("participant.noise is seed: who knows the seed can subtract the noise");
    }
    if (config->seed < SEED_GUESSED) {
        log_warning("seed %" PRIu64 " can be guessed, and tells which images were mixed in which "
                    "row; take 64 random bits and keep them",
                    config->seed);
    }
}

static void print(const struct trainer_export *task)
{
    printf("%s: %zu rows of %d x %d x %d numbers from %zu images, %zu classes", task->path,
           task->rows, task->side, task->side, task->channels, task->images, task->people);
    for (size_t i = 0; i < task->choices; i++) {
        printf("%sk=%d %" PRIu64, i == 0 ? "; " : ", ", task->k[i], task->k_count[i]);
    }
    putchar('\n');
    if (task->names != NULL) printf("%s: who the classes are\n", task->names);
}

static void print_json(const struct trainer_export *task)
{
    fputs("{\"out\": ", stdout);
    json_text(stdout, task->path);
    printf(", \"rows\": %zu, \"images\": %zu, \"classes\": %zu, \"passes\": %d, \"k_most\": %zu, "
           "\"shape\": [%d, %d, %d], \"k_rows\": {",
           task->rows, task->images, task->people, task->passes, task->k_most, task->side,
           task->side, task->channels);
    for (size_t i = 0; i < task->choices; i++) {
        printf("%s\"%d\": %" PRIu64, i == 0 ? "" : ", ", task->k[i], task->k_count[i]);
    }
    puts("}}");
}

static enum status run(const struct config *config, void *asked)
{
    struct request *request = asked;
    uint8_t key[MASK_KEY_BYTES] = {0};
    enum status status = load_key(key, config, request->mask_key);
    if (status == STATUS_OK) {
        warn(config);
        status = trainer_export(&request->task, config, key);
    }
    explicit_bzero(key, sizeof key);
    if (status != STATUS_OK) return status;
    print(&request->task);
    if (request->json) print_json(&request->task);
    return STATUS_OK;
}

int command_mask_export(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Writes the images of the config as its recogniser would get them, masked and "
               "mixed, with their soft labels, for a trainer elsewhere who must not see faces."
               "\vA row is an image. Tensors: labels I64 [rows, K], class numbers; weights F32 "
               "[rows, K], of which each row sums to 1; images F32 [rows, side, side, channels]. "
               "Class numbers follow the names of people; neither names nor keys are in the file. "
               "What its receiver can find out: docs/THREATS.md."};
    struct request request = {.task = {.passes = 1}};
    const struct command_job job = {.name = command_name,
                                    .log = "export",
                                    .argp = &argp,
                                    .request = &request,
                                    .config = &request.from,
                                    .run = run};
    return command_job(&job, argc, argv);
}
