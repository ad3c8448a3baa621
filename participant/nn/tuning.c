// SPDX-License-Identifier: Apache-2.0
#include "nn/tuning.h"
#include "base/files.h"
#include "nn/winograd.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r", head[] = "fedveil tuning 1";

/* Where in a file. */
struct place {
    const char *path;
    size_t line;
};

/* The numbers of a shape: what stands before each, and what it may be. */
enum { HEIGHT, WIDTH, CHANNELS, FILTERS, KERNEL, STRIDE, PAD, NUMBERS };

static const struct {
    const char *before, *name;
    int least, most;
} pieces[NUMBERS] = {
    [HEIGHT] = {"conv ", "height", 1, LIMIT_IMAGE_SIDE},
    [WIDTH] = {"x", "width", 1, LIMIT_IMAGE_SIDE},
    [CHANNELS] = {" ", "channels", 1, LIMIT_CHANNELS},
    [FILTERS] = {" -> ", "filters", 1, LIMIT_CHANNELS},
    [KERNEL] = {" kernel ", "kernel", 1, LIMIT_WINDOW},
    [STRIDE] = {" stride ", "stride", 1, LIMIT_WINDOW},
    [PAD] = {" pad ", "pad", 0, LIMIT_WINDOW},
};

/* Moves on over a text, in which a blank means one or more of them; false when it is not there. */
static bool skip(const char **at, const char *text)
{
    const char *now = *at;
    for (; *text != '\0'; text++) {
        const size_t length = *text == ' ' ? strspn(now, blanks) : *now == *text;
        if (length == 0) return false;
        now += length;
    }
    *at = now;
    return true;
}

/* Moves on over a number of at most nine digits. */
static bool take(int *number, const char **at)
{
    const size_t digits = strspn(*at, "0123456789");
    if (digits == 0 || digits > 9) return false;
    *number = 0;
    for (size_t i = 0; i < digits; i++) {
        *number = 10 * *number + (*at)[i] - '0';
    }
    *at += digits;
    return true;
}

static enum status wrong_form(const struct place *place)
{
    return status_fail(STATUS_BAD_CONFIG,
                       "%s:%zu: allowed is a line \"conv HEIGHTxWIDTH CHANNELS -> FILTERS kernel K "
                       "stride S pad P: PLAN\", where PLAN is \"unrolled\" or \"winograd TILES\"",
                       place->path, place->line);
}

static enum status wrong_number(const struct place *place, const char *name, int number, int least,
                                int most)
{
    return status_fail(STATUS_BAD_CONFIG, "%s:%zu: %s: got %d, allowed: %d to %d", place->path,
                       place->line, name, number, least, most);
}

static enum status parse_shape(struct conv *conv, const char **at, const struct place *place)
{
    int n[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) {
        if (!skip(at, pieces[i].before) || !take(&n[i], at)) return wrong_form(place);
        if (n[i] < pieces[i].least || n[i] > pieces[i].most) {
            return wrong_number(place, pieces[i].name, n[i], pieces[i].least, pieces[i].most);
        }
    }
    const int height = n[HEIGHT] + 2 * n[PAD], width = n[WIDTH] + 2 * n[PAD];
    const int least = height < width ? height : width;
    if (n[KERNEL] > least) return wrong_number(place, "kernel", n[KERNEL], 1, least);
    conv->in = (struct net_shape){n[HEIGHT], n[WIDTH], n[CHANNELS]};
    conv->out = (struct net_shape){(height - n[KERNEL]) / n[STRIDE] + 1,
                                   (width - n[KERNEL]) / n[STRIDE] + 1, n[FILTERS]};
    conv->window = (struct net_window){n[KERNEL], n[STRIDE], n[PAD]};
    return STATUS_OK;
}

static enum status parse_plan(struct conv *conv, const char **at, const struct place *place)
{
    int tiles = 1;
    conv->plan.algorithm = CONV_UNROLLED;
    if (!skip(at, "unrolled")) {
        if (!skip(at, "winograd ") || !take(&tiles, at)) return wrong_form(place);
        conv->plan.algorithm = CONV_WINOGRAD;
    }
    if (**at != '\0') return wrong_form(place);
    if (tiles < 1 || tiles > LIMIT_TILES) {
        return wrong_number(place, "tiles", tiles, 1, LIMIT_TILES);
    }
    conv->plan.tiles = (size_t)tiles;
    if (conv->plan.algorithm == CONV_WINOGRAD && !winograd_fits(conv)) {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s:%zu: winograd does not fit this window and map; allowed here: "
                           "unrolled",
                           place->path, place->line);
    }
    return STATUS_OK;
}

bool tuning_same(const struct conv *a, const struct conv *b)
{
    return a->in.height == b->in.height && a->in.width == b->in.width &&
           a->in.channels == b->in.channels && a->out.channels == b->out.channels &&
           a->window.kernel == b->window.kernel && a->window.stride == b->window.stride &&
           a->window.pad == b->window.pad;
}

/* The place of a shape in the list, or the number of all. */
static size_t place_of(const struct tuning *tuning, const struct conv *conv)
{
    size_t i = 0;
    while (i < tuning->count && !tuning_same(&tuning->convs[i], conv)) {
        i++;
    }
    return i;
}

bool tuning_find(struct conv_plan *plan, const struct tuning *tuning, const struct conv *conv)
{
    const size_t i = place_of(tuning, conv);
    if (i == tuning->count) return false;
    *plan = tuning->convs[i].plan;
    return true;
}

enum status tuning_add(struct tuning *tuning, const struct conv *conv)
{
    assert(conv->plan.tiles > 0 && place_of(tuning, conv) == tuning->count);
    assert(conv->plan.algorithm != CONV_WINOGRAD || winograd_fits(conv));
    if (tuning->count == LIMIT_TUNING) {
        return status_fail(STATUS_FULL, "at most %d convolutions are tuned", LIMIT_TUNING);
    }
    if (tuning->convs == NULL) tuning->convs = calloc(LIMIT_TUNING, sizeof *tuning->convs);
    if (tuning->convs == NULL) return status_fail(STATUS_NO_MEMORY, "out of memory for a tuning");
    tuning->convs[tuning->count] = *conv;
    tuning->convs[tuning->count++].images = 0;
    return STATUS_OK;
}

/* Reads a line without its remark; lines[i] is where entry i stands. */
static enum status parse_line(struct tuning *tuning, size_t *lines, const char *line,
                              const struct place *place)
{
    struct conv conv = {.images = 0};
    enum status status = parse_shape(&conv, &line, place);
    if (status == STATUS_OK && !skip(&line, ": ")) status = wrong_form(place);
    if (status == STATUS_OK) status = parse_plan(&conv, &line, place);
    if (status != STATUS_OK) return status;
    const size_t there = place_of(tuning, &conv);
    if (there < tuning->count) {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s:%zu: this convolution stands in line %zu already; allowed: once",
                           place->path, place->line, lines[there]);
    }
    if (tuning->count == LIMIT_TUNING) {
        return status_fail(STATUS_BAD_CONFIG, "%s:%zu: one convolution too many, allowed: %d",
                           place->path, place->line, LIMIT_TUNING);
    }
    lines[tuning->count] = place->line;
    return tuning_add(tuning, &conv);
}

/* Cuts a line's remark and the blanks before it; returns where its first word is. */
static char *trim(char *line)
{
    size_t length = strcspn(line, "#");
    while (length > 0 && strchr(blanks, line[length - 1]) != NULL) {
        length--;
    }
    line[length] = '\0';
    return line + strspn(line, blanks);
}

static enum status parse(struct tuning *tuning, char *text, const char *path)
{
    size_t lines[LIMIT_TUNING];
    struct place place = {path, 1};
    for (char *line = text; line != NULL; place.line++) {
        char *end = strchr(line, '\n');
        if (end != NULL) *end = '\0';
        const char *words = trim(line);
        enum status status = STATUS_OK;
        if (place.line == 1 && strcmp(words, head) != 0) {
            status =
                status_fail(STATUS_BAD_CONFIG, "%s:1: the first line is not \"%s\"", path, head);
        } else if (place.line > 1 && words[0] != '\0') {
            status = parse_line(tuning, lines, words, &place);
        }
        if (status != STATUS_OK) return status;
        line = end == NULL ? NULL : end + 1;
    }
    return STATUS_OK;
}

enum status tuning_read(struct tuning *tuning, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *tuning = (struct tuning){.count = 0};
    if (path[0] == '\0') return STATUS_OK;
    enum status status = files_read(&bytes, &size, path, LIMIT_FILE_TUNING);
    if (status != STATUS_OK) {
        // A path that leads nowhere is a wrong setting.
        return status == STATUS_NO_MEMORY ? status
                                          : status_fail(STATUS_BAD_CONFIG, "%s", status_message());
    }
    if (memchr(bytes, 0, size) != NULL) {
        status = status_fail(STATUS_BAD_CONFIG, "%s: no text, it holds a zero byte", path);
    } else {
        status = parse(tuning, (char *)bytes, path);
    }
    free(bytes);
    if (status != STATUS_OK) tuning_destroy(tuning);
    return status;
}

enum status tuning_check(const char *path)
{
    struct tuning tuning;
    const enum status status = tuning_read(&tuning, path);
    tuning_destroy(&tuning);
    return status;
}

void tuning_tell_shape(char text[TUNING_TEXT], const struct conv *conv)
{
    snprintf(text, TUNING_TEXT, "conv %dx%d %d -> %d kernel %d stride %d pad %d", conv->in.height,
             conv->in.width, conv->in.channels, conv->out.channels, conv->window.kernel,
             conv->window.stride, conv->window.pad);
}

void tuning_tell_plan(char text[TUNING_TEXT], struct conv_plan plan)
{
    if (plan.algorithm == CONV_UNROLLED) {
        snprintf(text, TUNING_TEXT, "unrolled");
    } else {
        snprintf(text, TUNING_TEXT, "winograd %zu", plan.tiles);
    }
}

enum status tuning_write(const char *path, const struct tuning *tuning, const char *remark)
{
    const size_t size = sizeof head + (remark == NULL ? 0 : strlen(remark) + sizeof "# \n") +
                        tuning->count * 2 * TUNING_TEXT + 1;
    char *text = malloc(size);
    if (text == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    size_t length = (size_t)snprintf(text, size, "%s\n", head);
    if (remark != NULL) length += (size_t)snprintf(text + length, size - length, "# %s\n", remark);
    for (size_t i = 0; i < tuning->count; i++) {
        char shape[TUNING_TEXT], plan[TUNING_TEXT];
        tuning_tell_shape(shape, &tuning->convs[i]);
        tuning_tell_plan(plan, tuning->convs[i].plan);
        length += (size_t)snprintf(text + length, size - length, "%s: %s\n", shape, plan);
    }
    assert(length < size);
    const enum status status = files_write(path, text, length);
    free(text);
    return status;
}

void tuning_destroy(struct tuning *tuning)
{
    free(tuning->convs);
    *tuning = (struct tuning){.count = 0};
}
