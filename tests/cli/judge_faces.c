// SPDX-License-Identifier: Apache-2.0
/* judge_faces JUDGE NAME=IMAGES: the judge in folder JUDGE verifies the pairs of a test set, see
 * testset.h. Prints the accuracy and its deviation in percent, and how many faces a second. */
#include "base/clock.h"
#include "measures/judge.h"
#include "train/embed.h"
#include "train/testset.h"

#include <stdio.h>
#include <stdlib.h>

static enum status judge_all(const char *folder, const char *text)
{
    struct testset_source source;
    struct testset set = {.images = NULL};
    struct judge *judge = NULL;
    float *embeddings = NULL;
    double start = 0, seconds = 0;
    struct evaluate_result result;
    enum status status = testset_parse(&source, text);
    if (status == STATUS_OK) status = testset_load(&set, &source, JUDGE_SIDE, 3, 1);
    if (status == STATUS_OK) status = judge_open(&judge, folder);
    if (status != STATUS_OK) goto done;
    embeddings = calloc(set.images->count, judge_size(judge) * sizeof *embeddings);
    if (embeddings == NULL) {
        status = status_fail(STATUS_NO_MEMORY, "no memory for embeddings");
        goto done;
    }
    start = clock_now_seconds();
    status = judge_embed(judge, embeddings, set.images->pixels, set.images->count, JUDGE_SIDE, 3);
    seconds = clock_now_seconds() - start;
    if (status == STATUS_OK)
        status = embed_verify(&result, embeddings, judge_size(judge), set.pairs);
    if (status == STATUS_OK) {
        printf("pairs %zu accuracy %.3f deviation %.3f faces_per_s %.1f\n", set.pairs->count,
               100 * result.accuracy, 100 * result.deviation, (double)set.images->count / seconds);
    }
done:
    free(embeddings);
    judge_close(&judge);
    testset_destroy(&set);
    return status;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: judge_faces JUDGE NAME=IMAGES\n");
        return 2;
    }
    if (judge_all(arguments[1], arguments[2]) == STATUS_OK) return 0;
    fprintf(stderr, "%s\n", status_message());
    return 1;
}
