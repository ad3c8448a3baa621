// SPDX-License-Identifier: Apache-2.0
/* fedveil participant mask view - one PNG of what a mask hides. */
#include "commands.h"

#include "base/argument.h"
#include "base/config.h"
#include "base/json.h"
#include "frequency/mask.h"
#include "frequency/view.h"
#include "image/image.h"
#include "secure/identity.h"

#include <argp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2, SETS_MAX = 32 };

enum { OPTION_K = 256, OPTION_SEED, OPTION_BUDGET_MIN }; // options without a letter

/* Whose words the messages are. */
static char command_name[] = "fedveil participant mask view";

/* For looking only: whoever reads this knows its order. */
static const uint8_t demo_key[MASK_KEY_BYTES] = "fedveil demonstration mask key.";

struct request {
    char **images; // paths, as given
    size_t count;
    const char *out, *config, *key;
    const char *sets[SETS_MAX];
    size_t set_count;
    int k; // 0: the config's first
    uint64_t seed;
    double budget_min;
    bool json;
};

static const struct argp_option options[] = {
    {"out", 'o', "FILE", 0, "the PNG to write (needed)", 0},
    {"config", 'c', "FILE", 0, "the mask of this config instead of the defaults", 0},
    {"set", 's', "KEY=VALUE", 0, "change one key of the config; may be repeated", 0},
    {"mask-key", 'k', "FILE", 0, "mask key of the deployment instead of a known one", 0},
    {"k", OPTION_K, "K", 0, "images in each mix instead of the first of federation.mix.k", 0},
    {"seed", OPTION_SEED, "S", 0, "seed of the mix (1)", 0},
    {"budget-min", OPTION_BUDGET_MIN, "X", 0,
     "leave bands with less than X times the mean budget out of the inverses: the attack on dctdp",
     0},
    {"json", 'j', NULL, 0, "print one JSON object as the last line", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'o':
        request->out = text;
        break;
    case 'c':
        request->config = text;
        break;
    case 's':
        if (request->set_count == SETS_MAX) argp_error(state, "--set: at most %d", SETS_MAX);
        request->sets[request->set_count++] = text;
        break;
    case 'k':
        request->key = text;
        break;
    case OPTION_K:
        if (argument_integer(&request->k, "--k", text, 1, LIMIT_MIX) != STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case OPTION_SEED:
        if (argument_unsigned(&request->seed, "--seed", text, 0, UINT64_MAX) != STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case OPTION_BUDGET_MIN:
        if (argument_number(&request->budget_min, "--budget-min", text, 0, LIMIT_BANDS) !=
            STATUS_OK) {
            argp_error(state, "%s", status_message());
        }
        break;
    case 'j':
        request->json = true;
        break;
    case ARGP_KEY_ARGS:
        request->images = state->argv + state->next;
        request->count = (size_t)(state->argc - state->next);
        break;
    case ARGP_KEY_END:
        if (request->count == 0) argp_error(state, "no IMAGE given");
        if (request->out == NULL) argp_error(state, "no --out FILE given");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void say(const char *format, ...) PRINTF_LIKE(1, 2);

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", command_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static enum status load_config(struct config *config, const struct request *request)
{
    enum status status = STATUS_OK;
    config_defaults(config);
    if (request->config != NULL) status = config_load(config, request->config);
    for (size_t i = 0; status == STATUS_OK && i < request->set_count; i++) {
        status = config_set(config, request->sets[i]);
    }
    return status == STATUS_OK ? config_check(config) : status;
}

/* The mask of the config, with the key of the deployment, of the config, or the known one. */
static enum status load_mask(struct mask **mask, const struct config *config,
                             const struct request *request)
{
    const struct config_federation *federation = &config->federation;
    const char *path = request->key;
    enum status status;
    if (path == NULL && config->participant.mask_key[0] != '\0') {
        path = config->participant.mask_key;
    }
    if (path == NULL) {
        if (mask_has_key(federation)) {
            say("no --mask-key given: the channel order shown is that of a key everybody knows");
        }
        status = mask_create(mask, federation, demo_key);
    } else {
        uint8_t key[MASK_KEY_BYTES];
        status = identity_load_mask_key(key, path);
        if (status == STATUS_OK) status = mask_create(mask, federation, key);
        explicit_bzero(key, sizeof key);
    }
    if (status != STATUS_OK) return status;
    return mask_use_eigenfaces(*mask, config->participant.eigenfaces);
}

static enum status load_faces(struct image *faces, const struct request *request, int size)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < request->count; i++) {
        struct image image = {0};
        status = image_read(&image, request->images[i]);
        if (status == STATUS_OK) status = image_square(&faces[i], &image, size, 3);
        image_destroy(&image);
    }
    return status;
}

static void print_likeness(const char *name, struct view_likeness likeness)
{
    printf(", \"%s\": {\"brightness\": %.4f, \"outline\": %.4f}", name, likeness.brightness,
           likeness.outline);
}

static void print_json(const struct request *request, const struct view_row *rows, const char *text,
                       int k)
{
    fputs("{\"out\": ", stdout);
    json_text(stdout, request->out);
    fputs(", \"mask\": ", stdout);
    json_text(stdout, text);
    printf(", \"k\": %d, \"images\": [", k);
    for (size_t i = 0; i < request->count; i++) {
        fputs(i == 0 ? "{\"image\": " : ", {\"image\": ", stdout);
        json_text(stdout, request->images[i]);
        print_likeness("masked", rows[i].masked);
        print_likeness("mixed", rows[i].mixed);
        putchar('}');
    }
    puts("]}");
}

static enum status show(const struct request *request, const struct mask *mask,
                        const struct image *faces, struct view_row *rows,
                        const struct view_options *view)
{
    struct image picture = {0};
    enum status status = view_draw(&picture, rows, mask, faces, request->count, view);
    const int width = picture.width, height = picture.height;
    if (status == STATUS_OK) status = image_write_png(&picture, request->out);
    image_destroy(&picture);
    if (status != STATUS_OK) return status;
    char text[256];
    mask_describe(mask, text, sizeof text);
    printf("%s\nCorrelation of the zero-padded inverse with the original, k = %d:\n", text,
           view->k);
    puts("      brightness          outline");
    puts("  masked    mixed   masked    mixed");
    for (size_t i = 0; i < request->count; i++) {
        printf("  %+6.3f   %+6.3f   %+6.3f   %+6.3f  %s\n", rows[i].masked.brightness,
               rows[i].mixed.brightness, rows[i].masked.outline, rows[i].mixed.outline,
               request->images[i]);
    }
    printf("%s: %d x %d pixels\n", request->out, width, height);
    if (request->json) print_json(request, rows, text, view->k);
    return STATUS_OK;
}

/* What can be judged only once the config is known. */
static enum status check_request(struct request *request,
                                 const struct config_federation *federation)
{
    const size_t most = view_capacity(federation->input.size);
    if (request->k == 0 && federation->mix.k.count > 0) request->k = federation->mix.k.values[0];
    if (request->k == 0) request->k = 1;
    if (request->k > 1 && federation->mix.weight_max * request->k <= 1) {
        return status_fail(STATUS_BAD_CONFIG,
                           "--k %d: federation.mix.weight_max is %g, more than 1/k is wanted",
                           request->k, federation->mix.weight_max);
    }
    if (request->count > most) {
        say("the first %zu of %zu images fit into one picture", most, request->count);
        request->count = most;
    }
    if ((size_t)request->k > request->count) {
        say("%d images in each mix but %zu given: some are mixed with themselves", request->k,
            request->count);
    }
    return STATUS_OK;
}

static enum status view(const struct request *request, const struct config *config,
                        const struct mask *mask)
{
    const struct view_options view_options = {config->federation.input.color, request->k,
                                              config->federation.mix.weight_max, request->seed,
                                              request->budget_min};
    struct view_row *rows = calloc(request->count, sizeof *rows);
    struct image *faces = calloc(request->count, sizeof *faces);
    enum status status = STATUS_OK;
    if (rows == NULL || faces == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "out of memory");
        goto done;
    }
    status = load_faces(faces, request, config->federation.input.size);
    if (status == STATUS_OK) status = show(request, mask, faces, rows, &view_options);
    for (size_t i = 0; i < request->count; i++) {
        image_destroy(&faces[i]);
    }
done:
    free(faces);
    free(rows);
    return status;
}

int command_mask(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "IMAGE...",
        .doc = "Writes one PNG with a row for each image: original, masked, mixed, and the "
               "zero-padded inverse of both. Prints how much each inverse resembles the original."};
    if (argc > 1 && strcmp(argv[1], "learn") == 0) return command_mask_learn(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "export") == 0) return command_mask_export(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        argp_help(&argp, stdout, ARGP_HELP_STD_HELP, command_name);
    }
    if (argc < 2 || strcmp(argv[1], "view") != 0) {
        fputs("usage: fedveil participant mask view IMAGE... --out FILE.png\n"
              "       fedveil participant mask learn CONFIG [--budgets EPSILON | --eigenfaces N] "
              "--out FILE.yaml\n"
              "       fedveil participant mask export CONFIG --out FILE.safetensors\n",
              stderr);
        return EXIT_WRONG_USE;
    }
    struct request request = {.seed = 1};
    argv[1] = command_name;
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_parse(&argp, argc - 1, argv + 1, 0, NULL, &request);
    struct config *config = calloc(1, sizeof *config);
    struct mask *mask = NULL;
    int code = EXIT_FAILED;
    if (config == NULL) return EXIT_FAILED;
    enum status status = load_config(config, &request);
    if (status == STATUS_OK) status = check_request(&request, &config->federation);
    if (status != STATUS_OK) {
        code = EXIT_WRONG_USE;
    } else {
        status = load_mask(&mask, config, &request);
        if (status == STATUS_BAD_CONFIG) code = EXIT_WRONG_USE;
        if (status == STATUS_OK) status = view(&request, config, mask);
    }
    if (status != STATUS_OK) say("%s", status_message());
    mask_destroy(&mask);
    free(config);
    return status == STATUS_OK ? EXIT_DONE : code;
}
