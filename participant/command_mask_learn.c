// SPDX-License-Identifier: Apache-2.0
/* fedveil participant mask learn - bands to keep, or budgets of noise, from a participant's
 * images. */
#include "commands.h"

#include "base/command_request.h"
#include "base/files.h"
#include "base/log.h"
#include "base/stop.h"
#include "train/analysis.h"

#include <argp.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

enum { OPTION_CLIP = 256, OPTION_PENALTY, OPTION_RATE }; // options without a letter

/* Whose words the messages are. */
static char command_name[] = "fedveil participant mask learn";

struct request {
    struct command_request from;
    const char *out;
    struct analysis_options with;
};

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "the YAML to write, for --with of other commands (needed)", 0},
    {"budgets", 'b', "EPSILON", 0, "learn budgets of noise with this mean instead of gates", 0},
    {"clip", OPTION_CLIP, "GREYS", 0, "cut coefficients to +-GREYS before noise; 0: no cut (0)", 0},
    {"penalty", OPTION_PENALTY, "LAMBDA", 0, "weight of visual content, of gates (1)", 0},
    {"rate", OPTION_RATE, "RATE", 0, "learning rate of gates or budgets (0.02)", 0},
    {0},
};

static double number(struct argp_state *state, const char *name, const char *text, double least)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= 1e9)) {
        argp_error(state, "%s: \"%s\" is not a number from %g to 1e9", name, text, least);
    }
    return value;
}

static const struct argp_child children[] = {{&command_request_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &request->from;
        break;
    case 'o':
        request->out = text;
        break;
    case 'b':
        request->with.epsilon = number(state, "--budgets", text, 1e-6);
        break;
    case OPTION_CLIP:
        request->with.clip = number(state, "--clip", text, 0);
        break;
    case OPTION_PENALTY:
        request->with.penalty = number(state, "--penalty", text, 0);
        break;
    case OPTION_RATE:
        request->with.rate = number(state, "--rate", text, 0);
        break;
    case ARGP_KEY_END:
        if (request->out == NULL) argp_error(state, "no --out FILE given");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print(const struct analysis *analysis, bool budgets)
{
    printf("%zu images of %zu people; ArcFace's loss %.4f in the first pass, %.4f in the last\n",
           analysis->images, analysis->people, analysis->first_loss, analysis->last_loss);
    puts(budgets ? "band  vertical  horizontal  content  sensitivity  budget"
                 : "band  vertical  horizontal  content    gate  kept");
    for (size_t i = 0; i < analysis->count; i++) {
        const struct analysis_band *band = &analysis->bands[i];
        const int place = band->band % 64;
        printf("%4d  %8d  %10d  %7.5f", band->band, place / 8, place % 8, band->content);
        if (budgets) {
            printf("  %11.2f  %6.3f\n", band->sensitivity, band->weight);
        } else {
            printf("  %6.4f  %s\n", band->weight, band->kept ? "yes" : "no");
        }
    }
}

static enum status learn(const struct config *config, const struct request *request)
{
    struct analysis analysis;
    char *text = NULL;
    enum status status = analysis_learn(&analysis, config, &request->with);
    if (status == STATUS_OK) status = analysis_write(&text, &analysis, &request->with);
    if (status != STATUS_OK) return status;
    status = files_write(request->out, text, strlen(text));
    free(text);
    if (status != STATUS_OK) return status;
    print(&analysis, request->with.epsilon > 0);
    printf("%s: to be read over a config by --with\n", request->out);
    return STATUS_OK;
}

int command_mask_learn(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .children = children,
        .args_doc = "CONFIG",
        .doc = "Trains a recogniser on the images of the config, unmasked, with a gate for each "
               "band or with noise of a learnable budget, and writes which bands to keep, or the "
               "budgets. The recogniser is thrown away."};
    static struct config config; // large
    struct request request = {.with = {.penalty = 1, .rate = 0.02}};
    argv[0] = command_name;
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    enum status status = command_request_read(&config, &request.from);
    if (status == STATUS_OK) {
        log_start("learn", (enum log_level)config.log_level);
        stop_install();
        if (config.threads > 0) omp_set_num_threads(config.threads);
        status = learn(&config, &request);
    } else {
        status = STATUS_BAD_CONFIG;
    }
    if (status == STATUS_OK) return EXIT_DONE;
    fprintf(stderr, "%s: %s\n", command_name, status_message());
    return status == STATUS_BAD_CONFIG ? EXIT_WRONG_USE : EXIT_FAILED;
}
