// SPDX-License-Identifier: Apache-2.0
/* fedveil participant evaluate - verification accuracy of a model on a list of pairs.
 *
 * The mask and the network are those that the model file itself names (its "fedveil.federation"
 * note), or those of --config. */
#include "base/config.h"
#include "base/log.h"
#include "commands.h"
#include "frequency/mask.h"
#include "image/pairs.h"
#include "model/model.h"
#include "secure/identity.h"
#include "train/embed.h"
#include "train/networks.h"

#include <argp.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, BATCH = 64, SETS_MAX = 32 };

struct arguments {
    const char *model, *images, *pairs, *config, *mask_key;
    const char *sets[SETS_MAX];
    size_t set_count;
    int json;
};

struct job {
    struct config config;
    uint8_t mask_key[MASK_KEY_BYTES];
    struct mask *mask;
    struct net *net;
    struct model weights;
    struct pairs *pairs;
    struct supply *supply;
    float *embeddings;
    size_t images;
};

static const struct argp_option options[] = {
    {"model", 'm', "FILE", 0, "model in safetensors format (needed)", 0},
    {"images", 'i', "DIR", 0, "folder of identities, DIR/PERSON/IMAGE (needed)", 0},
    {"pairs", 'p', "FILE", 0, "pairs in the form of LFW's pairs.txt (needed)", 0},
    {"mask-key", 'k', "FILE", 0, "mask key of the deployment, for models trained with one", 0},
    {"config", 'c', "FILE", 0, "take mask and network from this config, not from the model", 0},
    {"set", 's', "KEY=VALUE", 0, "change one key of the config; may be repeated", 0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'm':
        arguments->model = argument;
        break;
    case 'i':
        arguments->images = argument;
        break;
    case 'p':
        arguments->pairs = argument;
        break;
    case 'k':
        arguments->mask_key = argument;
        break;
    case 'c':
        arguments->config = argument;
        break;
    case 'j':
        arguments->json = 1;
        break;
    case 's':
        if (arguments->set_count == SETS_MAX) argp_error(state, "--set: at most %d", SETS_MAX);
        arguments->sets[arguments->set_count++] = argument;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument: %s", argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->model || !arguments->images || !arguments->pairs) {
            argp_error(state, "--model, --images and --pairs are needed");
        }
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The federation section that the model's file carries, a "key=value" a line. */
static enum status apply_note(struct config *config, const char *path)
{
    char *note = NULL;
    enum status status = model_load_note(&note, path, "fedveil.federation");
    if (status != STATUS_OK) return status;
    if (note == NULL) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s: does not say which mask and network it needs, give --config", path);
    }
    char *rest = NULL;
    for (char *line = strtok_r(note, "\n", &rest); line != NULL && status == STATUS_OK;
         line = strtok_r(NULL, "\n", &rest)) {
        status = config_set(config, line);
    }
    free(note);
    return status;
}

static enum status read_config(struct job *job, const struct arguments *arguments)
{
    enum status status = STATUS_OK;
    config_defaults(&job->config);
    if (arguments->config != NULL) {
        status = config_load(&job->config, arguments->config);
    } else {
        status = apply_note(&job->config, arguments->model);
    }
    for (size_t i = 0; i < arguments->set_count && status == STATUS_OK; i++) {
        status = config_set(&job->config, arguments->sets[i]);
    }
    if (status == STATUS_OK) status = config_check(&job->config);
    if (status != STATUS_OK) return status;
    if (job->config.threads > 0) omp_set_num_threads(job->config.threads);
    if (arguments->mask_key != NULL) {
        return identity_load_mask_key(job->mask_key, arguments->mask_key);
    }
    const struct config_federation *federation = &job->config.federation;
    if (federation->mask.method != MASK_NONE && federation->mask.shuffle == SHUFFLE_DEPLOYMENT) {
        return status_fail(STATUS_BAD_CONFIG, "the model's mask has a key: give it by --mask-key");
    }
    return STATUS_OK;
}

static enum status load_network(struct job *job, const char *path)
{
    struct manifest manifest = {0};
    struct model file = {0};
    size_t offset = 0;
    enum status status = mask_create(&job->mask, &job->config.federation, job->mask_key);
    if (status == STATUS_OK) {
        status = networks_backbone(&job->net, &job->config, BATCH, NET_EVALUATE);
    }
    if (status == STATUS_OK) status = networks_describe(&manifest, job->net, &offset);
    if (status == STATUS_OK) status = model_create(&job->weights, &manifest);
    if (status == STATUS_OK) status = model_load(&file, path);
    if (status == STATUS_OK) status = model_copy(&job->weights, &file, NULL);
    if (status == STATUS_OK) status = model_check_finite(&job->weights);
    if (status == STATUS_OK) net_bind(job->net, job->weights.values, NULL);
    model_destroy(&file);
    manifest_destroy(&manifest);
    return status;
}

static bool show_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
    (void)context;
    log_progress(what, done, total, "images");
    return true;
}

static enum status verify(struct job *job, struct evaluate_result *result,
                          const struct arguments *arguments)
{
    struct dataset *images = NULL;
    const int channels = job->config.federation.input.color == COLOR_GREY ? 1 : 3;
    enum status status = pairs_load(&job->pairs, &images, arguments->pairs, arguments->images,
                                    job->config.federation.input.size, channels);
    if (status != STATUS_OK) return status;
    job->images = images->count;
    status = supply_create(
        &job->supply, job->mask, &images,
        (struct supply_options){(size_t)job->config.data.memory << 20, job->config.data.cache});
    if (status == STATUS_OK) {
        status = embed_images(&job->embeddings, job->net, job->mask, job->supply, BATCH,
                              (struct embed_progress){show_progress, NULL});
    }
    if (status == STATUS_OK) {
        status = embed_verify(result, job->embeddings, net_outputs(job->net), job->pairs);
    }
    dataset_destroy(&images);
    return status;
}

static void print_result(const struct job *job, const struct evaluate_result *result, int json)
{
    printf("%zu pairs of %zu images (%zu pairs left out), %zu folds\n", job->pairs->count,
           job->images, job->pairs->missing, result->folds);
    for (size_t i = 0; i < result->folds; i++) {
        printf("fold %2zu  %6.2f %%\n", i + 1, 100 * result->fold[i]);
    }
    printf("accuracy %.2f %% +- %.2f, TAR at FAR 1e-3 %.2f %%\n", 100 * result->accuracy,
           100 * result->deviation, 100 * result->tar_at_far_1e3);
    if (!json) return;
    printf("{\"accuracy\": %.6f, \"std\": %.6f, \"folds\": [", result->accuracy, result->deviation);
    for (size_t i = 0; i < result->folds; i++) {
        printf("%s%.6f", i > 0 ? ", " : "", result->fold[i]);
    }
    printf("], \"tar_at_far_1e3\": %.6f, \"pairs\": %zu, \"missing\": %zu}\n",
           result->tar_at_far_1e3, job->pairs->count, job->pairs->missing);
}

static void job_destroy(struct job *job)
{
    supply_destroy(&job->supply);
    pairs_destroy(&job->pairs);
    net_destroy(&job->net);
    mask_destroy(&job->mask);
    model_destroy(&job->weights);
    free(job->embeddings);
}

int command_evaluate(int argc, char **argv)
{
    struct arguments arguments = {0};
    static const struct argp argp = {.options = options,
                                     .parser = parse,
                                     .doc =
                                         "Verifies pairs of faces with a trained model: ten-fold "
                                         "accuracy, its deviation, every fold."};
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    log_start("evaluate", LOG_INFO);
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) return EXIT_FAILED;
    struct evaluate_result result;
    enum status status = read_config(job, &arguments);
    const bool wrong_use = status == STATUS_BAD_CONFIG;
    if (status == STATUS_OK) status = load_network(job, arguments.model);
    if (status == STATUS_OK) status = verify(job, &result, &arguments);
    if (status == STATUS_OK) {
        print_result(job, &result, arguments.json);
    } else {
        fprintf(stderr, "fedveil participant evaluate: %s\n", status_message());
    }
    job_destroy(job);
    free(job);
    return status == STATUS_OK ? EXIT_DONE : wrong_use ? EXIT_WRONG_USE : EXIT_FAILED;
}
