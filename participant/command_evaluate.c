// SPDX-License-Identifier: Apache-2.0
/* fedveil participant evaluate - verification accuracy of a model on sets of pairs.
 *
 * The mask and the network are those that the model file itself names (its "fedveil.federation"
 * note), or those of --config. */
#include "base/config.h"
#include "base/files.h"
#include "base/json.h"
#include "base/log.h"
#include "commands.h"
#include "frequency/mask.h"
#include "model/model.h"
#include "secure/identity.h"
#include "train/embed.h"
#include "train/networks.h"
#include "train/npy.h"
#include "train/testset.h"

#include <argp.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, BATCH = 64, SETS_MAX = 32 };

static char command_name[] = "fedveil participant evaluate";

struct arguments {
    const char *model, *images, *pairs, *config, *mask_key, *eigenfaces, *embeddings;
    const char *sets[SETS_MAX], *tests[SETS_MAX];
    size_t set_count, test_count;
    int json;
};

/* A set of pairs and what came of it. */
struct test {
    struct testset_source source;
    struct evaluate_result result;
    size_t images, pairs, missing;
    char sha256[2 * DIGEST_BYTES + 1];
};

struct job {
    struct config config;
    uint8_t mask_key[MASK_KEY_BYTES];
    struct mask *mask;
    struct net *net;
    struct model weights;
    struct test tests[SETS_MAX + 1];
    size_t test_count;
};

static const struct argp_option options[] = {
    {"model", 'm', "FILE", 0, "model in safetensors format (needed)", 0},
    {"test", 't', "NAME=SET", 0,
     "pairs to verify, under a name; may be repeated. SET is FILE.bin of InsightFace; DIR,PAIRS, a "
     "folder with a list like LFW's pairs.txt; or DIR or FILE.rec, of whose people as many pairs "
     "are drawn as there are, at most 3,000 of one person and 3,000 of two, by the config's seed. "
     "After DIR or FILE.rec, \",skip=N\" leaves the first N people out: those that data.people=N "
     "trains on",
     0},
    {"images", 'i', "DIR", 0, "with --pairs: the first set, by the name of pairs", 0},
    {"pairs", 'p', "FILE", 0, "with --images: pairs in the form of LFW's pairs.txt", 0},
    {"mask-key", 'k', "FILE", 0, "mask key of the deployment, for models trained with one", 0},
    {"eigenfaces", 'f', "FILE", 0, "eigenfaces of the deployment, for models trained with them", 0},
    {"config", 'c', "FILE", 0, "take mask and network from this config, not from the model", 0},
    {"set", 's', "KEY=VALUE", 0, "change one key of the config; may be repeated", 0},
    {"embeddings", 'e', "FILE", 0,
     "also write the embeddings of the set's images to FILE.npy for numpy, and a line PERSON, tab, "
     "IMAGE for each to FILE.npy.txt; they are templates of faces: keep them as you keep faces",
     0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static void add_word(struct argp_state *state, const char *option, const char **list, size_t *count,
                     const char *word)
{
    if (*count == SETS_MAX) argp_error(state, "%s: at most %d", option, SETS_MAX);
    list[(*count)++] = word;
}

static void check_use(struct argp_state *state, const struct arguments *arguments)
{
    if (arguments->model == NULL) argp_error(state, "--model is needed");
    if ((arguments->images == NULL) != (arguments->pairs == NULL)) {
        argp_error(state, "--images and --pairs go together");
    }
    const size_t count = arguments->test_count + (arguments->pairs != NULL);
    if (count == 0) argp_error(state, "--test, or --images and --pairs, are needed");
    if (count > 1 && arguments->embeddings != NULL) {
        argp_error(state, "--embeddings: one set of pairs at a time");
    }
}

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
    case 'f':
        arguments->eigenfaces = argument;
        break;
    case 'c':
        arguments->config = argument;
        break;
    case 'e':
        arguments->embeddings = argument;
        break;
    case 'j':
        arguments->json = 1;
        break;
    case 's':
        add_word(state, "--set", arguments->sets, &arguments->set_count, argument);
        break;
    case 't':
        add_word(state, "--test", arguments->tests, &arguments->test_count, argument);
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument: %s", argument);
        break;
    case ARGP_KEY_END:
        check_use(state, arguments);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status name_pairs(struct testset_source *source, const struct arguments *arguments)
{
    *source = (struct testset_source){.name = "pairs"};
    const enum status status = files_join(source->path, "", arguments->images);
    return status == STATUS_OK ? files_join(source->pairs, "", arguments->pairs) : status;
}

/* The sets in the order of the command line, those of --images and --pairs first. */
static enum status name_tests(struct job *job, const struct arguments *arguments)
{
    enum status status = STATUS_OK;
    if (arguments->pairs != NULL) {
        status = name_pairs(&job->tests[job->test_count++].source, arguments);
    }
    for (size_t i = 0; i < arguments->test_count && status == STATUS_OK; i++) {
        struct testset_source *source = &job->tests[job->test_count].source;
        status = testset_parse(source, arguments->tests[i]);
        for (size_t j = 0; j < job->test_count && status == STATUS_OK; j++) {
            if (strcmp(job->tests[j].source.name, source->name) != 0) continue;
            status =
                status_fail(STATUS_BAD_CONFIG, "--test: the name %s is given twice", source->name);
        }
        job->test_count++;
    }
    return status;
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
    if (arguments->eigenfaces != NULL) {
        status = files_join(job->config.participant.eigenfaces, "", arguments->eigenfaces);
        if (status != STATUS_OK) return status;
    }
    if (arguments->mask_key != NULL) {
        return identity_load_mask_key(job->mask_key, arguments->mask_key);
    }
    if (mask_has_key(&job->config.federation)) {
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
        status = mask_use_eigenfaces(job->mask, job->config.participant.eigenfaces);
    }
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

/* Writes a line "PERSON<tab>IMAGE" for each image. */
static enum status write_names(const char *path, const struct dataset *images)
{
    char name[LIMIT_PATH];
    char *text = NULL;
    size_t size = 0;
    const int length = snprintf(name, sizeof name, "%s.txt", path);
    if (length < 0 || length >= LIMIT_PATH) {
        return status_fail(STATUS_FULL, "%s: path too long, at most %d bytes", path,
                           LIMIT_PATH - 5);
    }
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return status_fail(STATUS_NO_MEMORY, "no memory for names of images");
    for (size_t i = 0; i < images->count; i++) {
        fprintf(stream, "%s\t%s\n", images->people_names[images->labels[i]], images->names[i]);
    }
    const bool failed = ferror(stream) != 0;
    const enum status status = fclose(stream) != 0 || failed
                                   ? status_fail(STATUS_NO_MEMORY, "no memory for names of images")
                                   : files_write(name, text, size);
    free(text);
    return status;
}

static enum status verify_set(struct test *test, struct job *job, struct testset *set,
                              const char *path)
{
    struct supply *supply = NULL;
    float *embeddings = NULL;
    const size_t size = net_outputs(job->net);
    const struct supply_options kept = {.bytes_max = (size_t)job->config.data.memory << 20,
                                        .folder = job->config.data.cache};
    enum status status = path == NULL ? STATUS_OK : write_names(path, set->images);
    if (status == STATUS_OK) status = supply_create(&supply, job->mask, &set->images, kept);
    if (status == STATUS_OK) {
        status = embed_images(&embeddings, job->net, job->mask, supply, BATCH,
                              (struct embed_progress){show_progress, NULL});
    }
    if (status == STATUS_OK && path != NULL) {
        status = npy_write(path, embeddings, test->images, size);
    }
    if (status == STATUS_OK) status = embed_verify(&test->result, embeddings, size, set->pairs);
    free(embeddings);
    supply_destroy(&supply);
    return status;
}

static enum status verify(struct test *test, struct job *job, const char *path)
{
    struct testset set;
    const int channels = job->config.federation.input.color == COLOR_GREY ? 1 : 3;
    enum status status = testset_load(&set, &test->source, job->config.federation.input.size,
                                      channels, job->config.seed);
    if (status != STATUS_OK) return status;
    test->images = set.images->count;
    test->pairs = set.pairs->count;
    test->missing = set.pairs->missing;
    digest_hex(test->sha256, set.digest);
    status = verify_set(test, job, &set, path);
    testset_destroy(&set);
    return status;
}

static void print_result(const struct test *test)
{
    printf("%-8s %.2f %% +- %.2f, TAR at FAR 1e-3 %.2f %%, %zu pairs of %zu images (%zu left out), "
           "%zu folds, sha256 %s\n",
           test->source.name, 100 * test->result.accuracy, 100 * test->result.deviation,
           100 * test->result.tar_at_far_1e3, test->pairs, test->images, test->missing,
           test->result.folds, test->sha256);
}

static void print_figures(const struct test *test)
{
    const struct evaluate_result *result = &test->result;
    printf("\"accuracy\": %.6f, \"std\": %.6f, \"folds\": [", result->accuracy, result->deviation);
    for (size_t i = 0; i < result->folds; i++) {
        printf("%s%.6f", i > 0 ? ", " : "", result->fold[i]);
    }
    printf("], \"tar_at_far_1e3\": %.6f, \"pairs\": %zu, \"missing\": %zu", result->tar_at_far_1e3,
           test->pairs, test->missing);
}

/* The figures of the first set, then those of each by its name. */
static void print_json(const struct job *job)
{
    printf("{");
    print_figures(&job->tests[0]);
    printf(", \"accuracy_by_set\": {");
    for (size_t i = 0; i < job->test_count; i++) {
        if (i > 0) printf(", ");
        json_text(stdout, job->tests[i].source.name);
        printf(": {");
        print_figures(&job->tests[i]);
        printf(", \"sha256\": \"%s\"}", job->tests[i].sha256);
    }
    printf("}}\n");
}

static void job_destroy(struct job *job)
{
    net_destroy(&job->net);
    mask_destroy(&job->mask);
    model_destroy(&job->weights);
}

int command_evaluate(int argc, char **argv)
{
    struct arguments arguments = {0};
    static const struct argp argp = {.options = options,
                                     .parser = parse,
                                     .doc =
                                         "Verifies pairs of faces with a trained model: ten-fold "
                                         "accuracy and its deviation for each set, and with "
                                         "--json every fold."};
    argp_err_exit_status = EXIT_WRONG_USE;
    argv[0] = command_name;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    log_start("evaluate", LOG_INFO);
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) return EXIT_FAILED;
    enum status status = name_tests(job, &arguments);
    if (status == STATUS_OK) status = read_config(job, &arguments);
    if (status == STATUS_OK) status = load_network(job, arguments.model);
    const bool wrong_use = status == STATUS_BAD_CONFIG;
    for (size_t i = 0; i < job->test_count && status == STATUS_OK; i++) {
        status = verify(&job->tests[i], job, arguments.embeddings);
        if (status == STATUS_OK) print_result(&job->tests[i]);
    }
    if (status == STATUS_OK && arguments.json) print_json(job);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", command_name, status_message());
    }
    job_destroy(job);
    free(job);
    return status == STATUS_OK ? EXIT_DONE : wrong_use ? EXIT_WRONG_USE : EXIT_FAILED;
}
