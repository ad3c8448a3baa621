// SPDX-License-Identifier: Apache-2.0
#include "health.h"
#include "report/markup.h"
#include "report/report_private.h"
#include "secure/guarantee.h"

#include <math.h>

/* One figure: its name, the figure, and a line that says more. */
static void tile(FILE *out, const char *name, const char *figure, const char *more)
{
    fprintf(out, "<div class=\"tile\"><dt>%s</dt><dd>", name);
    markup_text(out, figure);
    fputs("</dd><p>", out);
    markup_text(out, more);
    fputs("</p></div>\n", out);
}

static void tiles_of_verification(FILE *out, const struct report_facts *facts)
{
    const struct store_evaluation *newest = NULL;
    char figure[MARKUP_QUANTITY], more[160];
    if (report_newest(facts, &newest) == 0) {
        tile(out, "Verification accuracy", "–", "no participant held pairs to verify");
        return;
    }
    const struct report_verified mean = report_verified(facts, newest->model_round);
    markup_percent(figure, mean.accuracy);
    if (mean.count == 1) {
        snprintf(more, sizeof more, "± %.1f over %zu folds · model of round %u",
                 mean.deviation * 100, newest->folds, (unsigned)newest->model_round);
    } else {
        snprintf(more, sizeof more, "mean of %zu participants · model of round %u", mean.count,
                 (unsigned)newest->model_round);
    }
    tile(out, "Verification accuracy", figure, more);
    markup_percent(figure, mean.tar);
    tile(out, "True accepts", figure, "at a false-accept rate of 1 in 1000");
    if (mean.identified == 0) return;
    markup_percent(figure, mean.identification);
    tile(out, "Identification", figure, "held-back images of the training people");
}

static void tiles_of_work(FILE *out, const struct report_facts *facts)
{
    double seconds = 0, train = 0, mask = 0, up = 0, down = 0, images = 0;
    for (size_t r = 0; r < facts->round_count; r++) {
        const struct store_round *round = &facts->rounds[r];
        seconds += round->seconds;
        up += (double)round->bytes_up;
        down += (double)round->bytes_down;
        struct store_totals totals;
        store_total(&totals, round);
        train += totals.train_seconds;
        mask += totals.mask_seconds;
        images += (double)totals.images;
    }
    char figure[MARKUP_QUANTITY], part[MARKUP_QUANTITY], more[160];
    snprintf(figure, sizeof figure, "%zu of %d", facts->round_count,
             facts->config.federation.rounds);
    markup_duration(part, seconds / fmax(1, (double)facts->round_count));
    snprintf(more, sizeof more, facts->round_count == 0 ? "none was completed" : "%s each", part);
    tile(out, "Rounds", figure, more);
    markup_duration(figure, seconds);
    if (train > 0) {
        snprintf(more, sizeof more, "%.3g images/s at a participant, masking %.2g ms/image",
                 images / train, images > 0 ? 1000 * mask / images : 0);
    } else {
        snprintf(more, sizeof more, "all rounds together");
    }
    tile(out, "Time", figure, more);
    markup_bytes(figure, up + down);
    markup_bytes(part, up);
    int used = snprintf(more, sizeof more, "%s of updates, ", part);
    markup_bytes(part, down);
    snprintf(more + used, sizeof more - (size_t)used, "%s of models", part);
    tile(out, "Traffic", figure, more);
}

static void badge(FILE *out, const struct report_facts *facts)
{
    if (!facts->ended) {
        fputs("<span class=\"badge open\">not ended</span>", out);
    } else if (facts->success) {
        fputs("<span class=\"badge good\">done</span>", out);
    } else {
        fputs("<span class=\"badge bad\">failed</span>", out);
    }
}

static void write_choices(FILE *out, const struct config_numbers *numbers)
{
    for (size_t i = 0; i < numbers->count; i++) {
        fprintf(out, "%s%d", i == 0 ? "" : ", ", numbers->values[i]);
    }
}

/* What was trained, in one line. */
static void summary(FILE *out, const struct report_facts *facts)
{
    const struct config_federation *f = &facts->config.federation;
    fprintf(out, "<p class=\"summary\">%d participant%s · ", f->participants,
            f->participants == 1 ? "" : "s");
    markup_text(out, config_word("federation.privacy", (int)config_privacy(f)));
    fputs(" · ", out);
    markup_text(out, config_word("federation.network.kind", (int)f->network.kind));
    fprintf(out, " at width %.3g · ", f->network.width);
    if (f->input.kind == INPUT_PIXELS) {
        fprintf(out, "%d × %d pixels, ", f->input.size, f->input.size);
        markup_text(out, config_word("federation.input.color", (int)f->input.color));
        fputs(", without a mask", out);
    } else {
        fputs("frequency bands, ", out);
        markup_text(out, config_word("federation.input.layout", (int)f->input.layout));
        if (f->mask.method == MASK_NONE) {
            fputs(", without a mask", out);
        } else {
            fputs(", mask ", out);
            markup_text(out, config_word("federation.mask.method", (int)f->mask.method));
        }
    }
    if (f->mix.method == MIX_NONE) {
        fputs(" · no mixing</p>\n", out);
        return;
    }
    fputs(" · ", out);
    markup_text(out, config_word("federation.mix.method", (int)f->mix.method));
    fputs(" mixing of ", out);
    write_choices(out, &f->mix.k);
    fputs(" images</p>\n", out);
}

static void notice(FILE *out, const char *text)
{
    fputs("<p class=\"notice bad\">Look at this: ", out);
    markup_text(out, text);
    fputs(".</p>\n", out);
}

static void privacy(FILE *out, const struct report_facts *facts)
{
    struct guarantee guarantee;
    guarantee_state(&guarantee, &facts->config.federation);
    fputs("<p class=\"summary\">", out);
    markup_text(out, guarantee.text);
    fputs("</p>\n", out);
    if (guarantee.warning[0] != '\0') notice(out, guarantee.warning);
}

void report_head(FILE *out, const struct report_facts *facts)
{
    fputs("<header>\n<p class=\"brand\">Fedveil · report of a run</p>\n<h1>", out);
    markup_text(out, facts->name);
    fputs(" ", out);
    badge(out, facts);
    fputs("</h1>\n", out);
    summary(out, facts);
    privacy(out, facts);
    if (facts->ended && !facts->success) {
        fputs("<p class=\"notice bad\"><strong>The run failed.</strong> ", out);
        markup_text(out, facts->reason[0] == '\0' ? "No reason is known." : facts->reason);
        fputs("</p>\n", out);
    }
    if (!facts->ended) {
        fputs("<p class=\"notice open\">The journal has no end of this run: it was still going on"
              " when this page was written, or it was cut off.</p>\n",
              out);
    }
    struct health health;
    health_judge(&health, facts->rounds, facts->round_count, facts->config.federation.rounds);
    if (health.diverged) notice(out, HEALTH_DIVERGED);
    if (health.collapsed) notice(out, HEALTH_COLLAPSED);
    fputs("</header>\n<dl class=\"tiles\">\n", out);
    tiles_of_verification(out, facts);
    tiles_of_work(out, facts);
    fputs("</dl>\n", out);
}
