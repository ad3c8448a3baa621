// SPDX-License-Identifier: Apache-2.0
/* fedveil audit measure - how alike pictures are, by every measure that there are weights for. */
#include "commands.h"

#include "base/json.h"
#include "base/log.h"
#include "image/image.h"
#include "measures/judge.h"
#include "measures/lpips.h"
#include "measures/similarity.h"

#include <argp.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { PICTURES_MAX = 256 };

static char command_name[] = "fedveil audit measure";

struct request {
    const char *lpips_path, *judge_path, *pictures[PICTURES_MAX];
    size_t count;
    bool json;
};

struct instruments {
    struct lpips *lpips;
    struct judge *judge;
    float *first; // the judge's embedding of the first picture
};

struct likeness {
    double ssim, psnr, lpips, cosine;
};

static const struct argp_option options[] = {
    {"lpips", 'l', "PATH", 0, "weights of LPIPS, PATH.tsv and PATH.f32 (LPIPS is not measured)", 0},
    {"judge", 'g', "DIR", 0, "folder of a face network: cosine of its embeddings (none)", 0},
    {"json", 'j', NULL, 0, "print one JSON object for each picture", 0},
    {0},
};

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'l':
        request->lpips_path = text;
        break;
    case 'g':
        request->judge_path = text;
        break;
    case 'j':
        request->json = true;
        break;
    case ARGP_KEY_ARG:
        if (request->count == PICTURES_MAX) argp_error(state, "at most %d pictures", PICTURES_MAX);
        request->pictures[request->count++] = text;
        break;
    case ARGP_KEY_END:
        if (request->count < 2) argp_error(state, "two pictures or more are wanted");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static enum status prepare(struct instruments *tools, const struct request *request,
                           const struct image *first)
{
    enum status status = STATUS_OK;
    if (request->lpips_path != NULL) status = lpips_open(&tools->lpips, request->lpips_path);
    if (status == STATUS_OK && request->judge_path != NULL) {
        status = judge_open(&tools->judge, request->judge_path);
        if (status != STATUS_OK) return status;
        tools->first = calloc(judge_size(tools->judge), sizeof *tools->first);
        if (tools->first == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory");
        status = judge_embed(tools->judge, tools->first, first->pixels, 1, first->width,
                             first->channels);
    }
    return status;
}

static enum status find_cosine(double *cosine, const struct instruments *tools,
                               const struct image *second)
{
    const size_t size = judge_size(tools->judge);
    float *embedding = calloc(size, sizeof *embedding);
    if (embedding == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory");
    const enum status status =
        judge_embed(tools->judge, embedding, second->pixels, 1, second->width, second->channels);
    *cosine = 0;
    for (size_t i = 0; i < size; i++) {
        *cosine += (double)embedding[i] * (double)tools->first[i];
    }
    free(embedding);
    return status;
}

/* The second picture becomes a square of the first one's side and channels. */
static enum status compare(struct likeness *likeness, const struct instruments *tools,
                           const struct image *first, const char *path)
{
    struct image read = {0}, second = {0};
    *likeness = (struct likeness){.lpips = (double)NAN, .cosine = (double)NAN};
    enum status status = image_read(&read, path);
    if (status == STATUS_OK) status = image_square(&second, &read, first->width, first->channels);
    if (status == STATUS_OK) {
        const size_t values = (size_t)first->width * (size_t)first->width * (size_t)first->channels;
        likeness->ssim =
            similarity_ssim(first->pixels, second.pixels, first->width, first->channels);
        likeness->psnr = similarity_psnr(first->pixels, second.pixels, values);
        if (tools->lpips != NULL) {
            status = lpips_distance(tools->lpips, &likeness->lpips, first->pixels, second.pixels, 1,
                                    first->width, first->channels);
        }
    }
    if (status == STATUS_OK && tools->judge != NULL) {
        status = find_cosine(&likeness->cosine, tools, &second);
    }
    image_destroy(&read);
    image_destroy(&second);
    return status;
}

static void put(const char *name, double value, bool json)
{
    if (json) {
        printf(", \"%s\": ", name);
        json_number(stdout, value);
    } else if (isfinite(value) || isinf(value)) {
        printf("  %s %.4f", name, value);
    }
}

static void print(const char *path, const struct likeness *likeness,
                  const struct instruments *tools, bool json)
{
    fputs(json ? "{\"picture\": " : "", stdout);
    if (json) {
        json_text(stdout, path);
    } else {
        fputs(path, stdout);
    }
    put("ssim", likeness->ssim, json);
    put("psnr", likeness->psnr, json);
    put("lpips", likeness->lpips, json);
    put("cosine", likeness->cosine, json);
    if (tools->lpips == NULL && !json) fputs("  LPIPS not measured", stdout);
    puts(json ? "}" : "");
}

int command_measure(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "PICTURE PICTURE...",
        .doc = "Compares the first picture with each of the others: SSIM, PSNR, and LPIPS and the "
               "cosine of a judge where their weights are given. Pictures are centre squares of "
               "the first one's side."};
    struct request request = {0};
    struct instruments tools = {0};
    struct image read = {0}, first = {0};
    argv[0] = command_name;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &request);
    log_start("audit", LOG_INFO);
    enum status status = image_read(&read, request.pictures[0]);
    if (status == STATUS_OK) {
        const int side = read.width < read.height ? read.width : read.height;
        status = image_square(&first, &read, side, read.channels);
    }
    if (status == STATUS_OK) status = prepare(&tools, &request, &first);
    for (size_t i = 1; i < request.count && status == STATUS_OK; i++) {
        struct likeness likeness;
        status = compare(&likeness, &tools, &first, request.pictures[i]);
        if (status == STATUS_OK) print(request.pictures[i], &likeness, &tools, request.json);
    }
    if (status != STATUS_OK) fprintf(stderr, "%s: %s\n", command_name, status_message());
    free(tools.first);
    judge_close(&tools.judge);
    lpips_close(&tools.lpips);
    image_destroy(&read);
    image_destroy(&first);
    return status == STATUS_OK ? EXIT_DONE : EXIT_FAILED;
}
