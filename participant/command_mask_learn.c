// SPDX-License-Identifier: Apache-2.0
/* fedveil participant mask learn - bands to keep, budgets of noise, or eigenfaces, from a
 * participant's images. */
#include "commands.h"

#include "base/argument.h"
#include "base/files.h"
#include "base/json.h"
#include "command_job.h"
#include "train/analysis.h"
#include "train/basis.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OPTION_CLIP = 256, OPTION_PENALTY, OPTION_RATE }; // options without a letter

/* Whose words the messages are. */
static char command_name[] = "fedveil participant mask learn";

struct request {
    struct command_request from;
    const char *out;
    struct analysis_options with;
    int eigenfaces; // components; 0: no eigenfaces are learned
};

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "the YAML to write, for --with of other commands (needed)", 0},
    {"budgets", 'b', "EPSILON", 0, "learn budgets of noise with this mean instead of gates", 0},
    {"eigenfaces", 'e', "N", 0,
     "learn N eigenfaces instead, without a network: FILE.yaml then names FILE.safetensors beside "
     "it, which is made from faces and no other user may read",
     0},
    {"clip", OPTION_CLIP, "GREYS", 0, "cut coefficients to +-GREYS before noise; 0: no cut (0)", 0},
    {"penalty", OPTION_PENALTY, "LAMBDA", 0, "weight of visual content, of gates (1)", 0},
    {"rate", OPTION_RATE, "RATE", 0, "learning rate of gates or budgets (0.02)", 0},
    {0},
};

static void number(struct argp_state *state, double *value, const char *option, const char *text,
                   double least)
{
    if (argument_number(value, option, text, least, 1e9) != STATUS_OK) {
        argp_error(state, "%s", status_message());
    }
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
        number(state, &request->with.epsilon, "--budgets", text, 1e-6);
        break;
    case 'e':
        if (argument_integer(&request->eigenfaces, "--eigenfaces", text, 1, LIMIT_EIGENFACES) !=
            STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case OPTION_CLIP:
        number(state, &request->with.clip, "--clip", text, 0);
        break;
    case OPTION_PENALTY:
        number(state, &request->with.penalty, "--penalty", text, 0);
        break;
    case OPTION_RATE:
        number(state, &request->with.rate, "--rate", text, 0);
        break;
    case ARGP_KEY_END:
        if (request->out == NULL) argp_error(state, "no --out FILE given");
        if (request->eigenfaces > 0 && request->with.epsilon > 0) {
            argp_error(state, "--budgets and --eigenfaces exclude each other");
        }
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

/* FILE.safetensors of FILE.yaml. */
static enum status name_eigenfaces(char path[LIMIT_PATH], const char *out)
{
    static const char from[] = ".yaml", to[] = ".safetensors";
    const size_t length = strlen(out), stem = length - strlen(from);
    if (length <= strlen(from) || strcmp(out + stem, from) != 0) {
        return status_fail(STATUS_BAD_CONFIG, "--out %s: with --eigenfaces a name that ends in %s",
                           out, from);
    }
    const int size = snprintf(path, LIMIT_PATH, "%.*s%s", (int)stem, out, to);
    if (size >= 0 && size < LIMIT_PATH) return STATUS_OK;
    return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", out, LIMIT_PATH - 1);
}

/* The file's whole path, as a config that can be read over another. */
static enum status write_place(const char *out, const char *path, const struct basis *basis)
{
    char *place = realpath(path, NULL), *text = NULL;
    size_t size = 0;
    if (place == NULL) return status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    FILE *stream = open_memstream(&text, &size);
    if (stream != NULL) {
        fprintf(stream,
                "# %zu eigenfaces of %s,\n# learned from %zu images of %zu people; to be read over "
                "a config by --with.\nfederation:\n  mask:\n    method: eigenfaces\nparticipant:\n"
                "  eigenfaces: ",
                basis->faces->count, basis->input, basis->images, basis->people);
        json_text(stream, place); // YAML reads the texts of JSON
        putc('\n', stream);
    }
    free(place);
    if (stream == NULL || fclose(stream) != 0) {
        free(text);
        return status_fail(STATUS_NO_MEMORY, "out of memory for %s", out);
    }
    const enum status status = files_write(out, text, size);
    free(text);
    return status;
}

static enum status learn_eigenfaces(const struct config *config, const struct request *request)
{
    struct basis basis;
    char path[LIMIT_PATH];
    enum status status = name_eigenfaces(path, request->out);
    if (status == STATUS_OK) status = basis_learn(&basis, config, (size_t)request->eigenfaces);
    if (status != STATUS_OK) return status;
    umask(077); // what is made from faces is its owner's only
    status = eigenfaces_save(basis.faces, path, basis.input);
    if (status == STATUS_OK) status = write_place(request->out, path, &basis);
    if (status == STATUS_OK) {
        double share = 0;
        printf("%zu images of %zu people, %s\neigenfaces  share of the variance\n", basis.images,
               basis.people, basis.input);
        for (size_t k = 1; k <= basis.faces->count; k++) {
            share += basis.share[k - 1];
            // 1, 2, 4 and so on, and all.
            if ((k & (k - 1)) != 0 && k < basis.faces->count) continue;
            printf("%10zu  %20.4f\n", k, share);
        }
        printf("%s: to be read over a config by --with\n"
               "%s: made from faces and not private; all participants need it\n",
               request->out, path);
    }
    basis_destroy(&basis);
    return status;
}

static enum status run(const struct config *config, void *asked)
{
    const struct request *request = asked;
    return request->eigenfaces > 0 ? learn_eigenfaces(config, request) : learn(config, request);
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
               "budgets. The recogniser is thrown away. With --eigenfaces only computes principal "
               "components of the images."};
    struct request request = {.with = {.penalty = 1, .rate = 0.02}};
    const struct command_job job = {.name = command_name,
                                    .log = "learn",
                                    .argp = &argp,
                                    .request = &request,
                                    .config = &request.from,
                                    .run = run};
    return command_job(&job, argc, argv);
}
