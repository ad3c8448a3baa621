// SPDX-License-Identifier: Apache-2.0
#include "image/portrait.h"

#include "base/random.h"
#include "image/portrait_canvas.h"

#include <stdlib.h>

/* What a person keeps, with its range. */
// clang-format off
#define TRAITS(X)                                                                                  \
    X(FACE_WIDTH, 0.68f, 0.90f) X(FACE_HEIGHT, 0.95f, 1.14f) X(JAW_TAPER, -0.05f, 0.30f)           \
    X(JAW_SQUARE, 0.0f, 0.6f) X(SKIN, 0.0f, 1.0f) X(RUDDY, -0.04f, 0.05f) X(CHIN, 0.0f, 0.3f)      \
    X(HAIR_TONE, 0.0f, 1.0f) X(HAIR_WARM, 0.0f, 1.0f) X(HAIRLINE, 0.58f, 0.88f)                    \
    X(HAIR_VOLUME, 0.02f, 0.24f) X(HAIR_LENGTH, 0.0f, 1.0f) X(HAIR_PART, -0.6f, 0.6f)              \
    X(HAIR_GRAIN, 0.05f, 0.35f) X(HAIR_CURL, 1.0f, 5.0f) X(HAIR_BOW, -0.4f, 0.4f)                  \
    X(HAIR_SQUARE, 0.0f, 0.7f) X(FRINGE, -0.15f, 0.25f) X(BROW_GAP, 0.13f, 0.26f)                  \
    X(BROW_LENGTH, 0.13f, 0.25f) X(BROW_THICK, 0.016f, 0.080f) X(BROW_TURN, -0.28f, 0.28f)         \
    X(BROW_BOW, 0.0f, 1.8f) X(BROW_DARK, 0.45f, 1.0f) X(EYE_X, 0.26f, 0.42f)                       \
    X(EYE_Y, -0.29f, -0.07f) X(EYE_WIDTH, 0.105f, 0.175f) X(EYE_HEIGHT, 0.045f, 0.100f)            \
    X(EYE_TURN, -0.22f, 0.22f) X(LID, 0.3f, 1.0f) X(SOCKET, 0.0f, 0.40f) X(IRIS, 0.0f, 1.0f)       \
    X(BAG, 0.0f, 0.45f) X(NOSE_Y, 0.15f, 0.40f) X(NOSE_WIDTH, 0.09f, 0.20f)                        \
    X(NOSE_BRIDGE, 0.03f, 0.09f) X(NOSTRIL, 0.02f, 0.055f) X(NOSE_EDGE, 0.1f, 0.6f)                \
    X(MOUTH_Y, 0.20f, 0.34f) X(MOUTH_WIDTH, 0.17f, 0.40f) X(LIP_UPPER, 0.02f, 0.075f)              \
    X(LIP_LOWER, 0.03f, 0.095f) X(LIP_TONE, 0.15f, 0.75f) X(MOUTH_BOW, -0.5f, 0.5f)                \
    X(BEARD, -2.0f, 1.0f) X(BEARD_SIZE, 0.25f, 0.60f) X(MOUSTACHE, -2.0f, 1.0f)                    \
    X(FOLD, 0.0f, 0.6f) X(WRINKLE, -0.8f, 0.8f) X(EAR, 0.12f, 0.24f) X(MOLES, 0.0f, 4.0f)          \
    X(FRECKLES, -20.0f, 20.0f)

/* What changes from one picture of a person to the next. */
#define CHANGES(X)                                                                                 \
    X(YAW, -0.30f, 0.30f) X(PITCH, -0.18f, 0.18f) X(ROLL, -0.09f, 0.09f) X(MOVE_X, -1.8f, 1.8f)    \
    X(MOVE_Y, -1.8f, 1.8f) X(SCALE, 44.5f, 48.0f) X(LIGHT_X, -0.9f, 0.9f) X(LIGHT_Y, -0.7f, 0.3f)  \
    X(LIGHT_FRONT, 0.2f, 0.8f) X(AMBIENT, 0.30f, 0.65f) X(SHADOW, -0.9f, 0.6f)                     \
    X(SHADOW_TURN, -1.5f, 1.5f) X(SHADOW_PLACE, -0.5f, 0.8f) X(SMILE, -0.25f, 0.9f)                \
    X(OPEN, -0.10f, 0.09f) X(RAISE, -0.02f, 0.05f) X(BLINK, 0.55f, 1.05f)                          \
    X(GAZE, -0.045f, 0.045f) X(GLASSES, 0.0f, 1.0f) X(GLASS, 0.03f, 0.05f) X(COVER, 0.0f, 1.0f)    \
    X(COVER_X, -0.6f, 0.6f) X(COVER_Y, -0.1f, 0.1f) X(BLUR, 0.0f, 0.6f) X(GAIN, 0.75f, 1.25f)      \
    X(OFFSET, -0.06f, 0.12f) X(WARMTH, -0.12f, 0.12f) X(NOISE, 0.005f, 0.05f)
// clang-format on

enum trait {
#define NAME(name, low, high) name,
    TRAITS(NAME) TRAIT_COUNT
};
enum change { CHANGES(NAME) CHANGE_COUNT };
#undef NAME

#define RANGE(name, low, high) {low, high},
static const float trait_ranges[TRAIT_COUNT][2] = {TRAITS(RANGE)};
static const float change_ranges[CHANGE_COUNT][2] = {CHANGES(RANGE)};
#undef RANGE

#define BALD 0.08f // of HAIR_LENGTH

struct sitter {
    float p[TRAIT_COUNT];  // the person
    float q[CHANGE_COUNT]; // the picture
    float skin[3], shadow[3], hair[3], lips[3];
    struct random person; // places of marks on the skin
    struct random random;
    struct canvas canvas;
};

static float between(struct random *random, float low, float high)
{
    return low + (high - low) * random_uniform(random);
}

static void draw(float *values, const float (*ranges)[2], int count, struct random *random)
{
    for (int i = 0; i < count; i++) {
        values[i] = between(random, ranges[i][0], ranges[i][1]);
    }
}

static void draw_colour(float colour[3], struct random *random, float low, float high)
{
    const float light = between(random, low, high);
    for (int c = 0; c < 3; c++) {
        colour[c] = light * between(random, 0.7f, 1.3f);
    }
}

static const float black[3] = {0.05f, 0.04f, 0.04f};
static const float white[3] = {0.92f, 0.91f, 0.88f};

static void choose_colours(struct sitter *sitter)
{
    static const float fair[3] = {0.95f, 0.77f, 0.66f}, dark[3] = {0.38f, 0.25f, 0.18f};
    static const float pale[3] = {0.85f, 0.75f, 0.55f}, red[3] = {0.72f, 0.28f, 0.28f};
    const float *p = sitter->p;
    const float tone = p[HAIR_TONE] * p[HAIR_TONE];
    for (int c = 0; c < 3; c++) {
        sitter->skin[c] = dark[c] + p[SKIN] * (fair[c] - dark[c]);
        sitter->hair[c] = black[c] + tone * (pale[c] - black[c]);
        sitter->lips[c] =
            sitter->skin[c] + p[LIP_TONE] * (red[c] * (0.4f + 0.6f * p[SKIN]) - sitter->skin[c]);
    }
    sitter->skin[0] += p[RUDDY];
    for (int c = 0; c < 3; c++) {
        sitter->shadow[c] = 0.5f * sitter->skin[c];
    }
    sitter->hair[0] += 0.3f * p[HAIR_WARM] * (1 - tone) * p[HAIR_TONE];
}

/* Paints in the plane of the picture, and on the turned head. */
#define PAINT(colour, ...)                                                                         \
    portrait_canvas_paint(&sitter->canvas, &(const struct canvas_brush){__VA_ARGS__}, colour)
#define MARK(colour, ...) PAINT(colour, .on_head = true, __VA_ARGS__)

static void paint_background(struct sitter *sitter)
{
    struct random *random = &sitter->random;
    float colour[3];
    draw_colour(colour, random, 0.1f, 0.9f);
    PAINT(colour, .a = 9, .b = 9, .unlit = true);
    for (int i = 0; i < 7; i++) {
        draw_colour(colour, random, 0.05f, 0.95f);
        struct canvas_brush brush = {.unlit = true, .clear = 0.2f};
        brush.x = between(random, -1.5f, 1.5f);
        brush.y = between(random, -1.5f, 1.5f);
        brush.a = between(random, 0.2f, 1.2f);
        brush.b = between(random, 0.2f, 1.2f);
        brush.turn = between(random, -1.5f, 1.5f);
        brush.square = between(random, 0, 1);
        brush.soft = between(random, 0, 0.6f);
        brush.grain = between(random, -0.3f, 0.3f);
        brush.grain_x = between(random, 0, 4);
        portrait_canvas_paint(&sitter->canvas, &brush, colour);
    }
}

static void paint_clothes(struct sitter *sitter)
{
    struct random *random = &sitter->random;
    float colour[3];
    draw_colour(colour, random, 0.1f, 0.9f);
    PAINT(sitter->skin, .y = 1.15f, .a = 0.36f, .b = 0.55f, .square = 0.8f, .soft = 0.05f);
    PAINT(colour, .y = 1.75f, .a = 1.3f, .b = 0.5f, .bow = 0.15f, .square = 0.5f, .grain = 0.12f,
          .grain_x = between(random, 0, 5), .grain_y = 2);
}

static void paint_hair_behind(struct sitter *sitter)
{
    const float *p = sitter->p;
    if (p[HAIR_LENGTH] < 0.5f) return;
    PAINT(sitter->hair, .y = p[HAIR_LENGTH] - 0.3f, .a = p[FACE_WIDTH] + p[HAIR_VOLUME] + 0.04f,
          .b = p[FACE_HEIGHT] + 0.1f, .square = 0.4f, .taper = -0.12f, .grain = p[HAIR_GRAIN],
          .grain_x = p[HAIR_CURL], .grain_y = 0.4f);
}

static void paint_head(struct sitter *sitter)
{
    const float *p = sitter->p;
    const float width = p[FACE_WIDTH], height = p[FACE_HEIGHT], volume = p[HAIR_VOLUME];
    const bool bald = p[HAIR_LENGTH] < BALD;
    PAINT(sitter->shadow, .y = 0.15f, .a = width * 0.8f, .b = height, .clear = 0.4f, .soft = 0.12f);
    PAINT(sitter->skin, .a = width, .b = height, .taper = p[JAW_TAPER], .square = p[JAW_SQUARE]);
    for (int side = -1; side <= 1; side += 2) {
        const float x = (float)side * width;
        PAINT(sitter->skin, .x = x, .y = 0.02f, .a = 0.5f * p[EAR], .b = p[EAR]);
        PAINT(sitter->shadow, .x = x, .y = 0.02f, .a = 0.25f * p[EAR], .b = 0.6f * p[EAR],
              .clear = 0.5f);
    }
    // The cap of hair, and on it the face, whose upper edge is the hairline.
    const float middle = p[HAIR_LENGTH] < 0.4f ? -0.5f : -0.35f;
    PAINT(sitter->hair, .y = middle, .a = width + volume, .b = height + middle + volume,
          .clear = bald ? 1 : 0, .square = 0.2f, .grain = p[HAIR_GRAIN], .grain_x = p[HAIR_CURL],
          .grain_y = 1);
    const float top = -p[HAIRLINE], half = 0.5f * (height - top);
    MARK(sitter->skin, .y = top + half, .a = width * 0.93f, .b = half, .taper = p[JAW_TAPER],
         .square = p[HAIR_SQUARE], .bow = -p[HAIR_BOW]);
    MARK(sitter->shadow, .y = height - 0.16f, .a = 0.13f, .b = 0.03f, .bow = -1.5f, .soft = 0.05f,
         .clear = 1 - p[CHIN]);
}

static void paint_skin(struct sitter *sitter)
{
    const float *p = sitter->p;
    const float mouth = p[NOSE_Y] + p[MOUTH_Y];
    for (int side = -1; side <= 1; side += 2) {
        MARK(sitter->shadow, .x = (float)side * (0.6f * p[MOUTH_WIDTH] + 0.15f), .y = mouth - 0.12f,
             .a = 0.2f, .b = 0.012f, .turn = (float)side * 1.0f, .soft = 0.05f,
             .clear = 1 - p[FOLD]);
    }
    for (int i = 1; i <= 2 && p[WRINKLE] > 0; i++) {
        MARK(sitter->shadow, .y = p[EYE_Y] - p[BROW_GAP] - 0.09f * (float)i, .a = 0.34f, .b = 0.01f,
             .bow = 0.2f, .soft = 0.04f, .clear = 1 - p[WRINKLE]);
    }
    const int moles = (int)p[MOLES], freckles = (int)p[FRECKLES];
    for (int i = 0; i < moles + (freckles > 0 ? freckles : 0); i++) {
        struct canvas_brush brush = {.on_head = true, .clear = i < moles ? 0.2f : 0.6f};
        brush.a = brush.b = i < moles ? 0.035f : 0.022f;
        brush.x = between(&sitter->person, -0.55f, 0.55f);
        brush.y = between(&sitter->person, -0.05f, i < moles ? 0.8f : 0.35f);
        portrait_canvas_paint(&sitter->canvas, &brush, sitter->shadow);
    }
}

static void paint_fringe(struct sitter *sitter)
{
    const float *p = sitter->p;
    if (p[HAIR_LENGTH] < BALD || p[FRINGE] < 0) return;
    MARK(sitter->hair, .x = 0.5f * p[HAIR_PART], .y = -p[HAIRLINE], .a = 0.45f * p[FACE_WIDTH],
         .b = p[FRINGE], .turn = 0.5f * p[HAIR_PART], .bow = 0.3f, .grain = p[HAIR_GRAIN],
         .grain_x = p[HAIR_CURL], .grain_y = 1);
}

static void paint_eye(struct sitter *sitter, float side)
{
    const float *p = sitter->p, *q = sitter->q;
    const float x = side * p[EYE_X], y = p[EYE_Y], a = p[EYE_WIDTH];
    const float b = p[EYE_HEIGHT] * q[BLINK];
    const float iris[3] = {0.15f + 0.2f * p[IRIS], 0.12f + 0.35f * p[IRIS], 0.1f + 0.45f * p[IRIS]};
    const float turn = -side * p[EYE_TURN];
    MARK(black, .x = x, .y = y - 0.03f, .a = 1.5f * a, .b = 0.16f, .soft = 0.16f,
         .clear = 1 - p[SOCKET]);
    MARK(black, .x = x, .y = y + b + 0.06f, .a = a, .b = 0.012f, .bow = -1, .soft = 0.04f,
         .clear = 1 - p[BAG]);
    MARK(white, .x = x, .y = y, .a = a, .b = b, .turn = turn, .bow = 0.6f);
    const float ball = 0.075f < b ? 0.075f : b;
    MARK(iris, .x = x + q[GAZE], .y = y, .a = 0.07f, .b = ball);
    MARK(black, .x = x + q[GAZE], .y = y, .a = 0.034f, .b = 0.5f * ball);
    MARK(black, .x = x, .y = y - b, .a = a + 0.02f, .b = 0.014f + 0.016f * p[LID], .turn = turn,
         .bow = 0.35f * p[EYE_HEIGHT] / (a * a), .clear = 1 - p[LID]);
    MARK(sitter->hair, .x = x * 1.02f, .y = y - p[BROW_GAP] - q[RAISE], .a = p[BROW_LENGTH],
         .b = p[BROW_THICK], .turn = side * p[BROW_TURN], .bow = p[BROW_BOW], .taper = 0.2f,
         .clear = 1 - p[BROW_DARK], .square = 0.4f);
}

static void paint_nose(struct sitter *sitter)
{
    const float *p = sitter->p, *q = sitter->q;
    // The tip stands out of the face, so a turn moves it further.
    const float x = 0.3f * q[YAW], y = p[NOSE_Y] + 0.15f * q[PITCH];
    const float length = 0.5f * (y - p[EYE_Y]);
    const float side = q[LIGHT_X] > 0 ? -1.0f : 1.0f;
    float shine[3];
    for (int c = 0; c < 3; c++) {
        shine[c] = 1.2f * sitter->skin[c];
    }
    MARK(sitter->shadow, .x = 0.5f * x + side * p[NOSE_BRIDGE] * 1.3f, .y = y - length,
         .a = 0.6f * p[NOSE_BRIDGE], .b = length, .soft = 0.08f, .taper = -0.4f,
         .clear = 1 - p[NOSE_EDGE]);
    MARK(shine, .x = 0.6f * x, .y = y - 0.9f * length, .a = p[NOSE_BRIDGE], .b = length,
         .soft = 0.07f, .clear = 0.3f);
    MARK(shine, .x = x, .y = y - 0.04f, .a = 0.6f * p[NOSE_WIDTH], .b = 0.08f, .soft = 0.06f,
         .clear = 0.2f);
    for (int i = -1; i <= 1; i += 2) {
        MARK(black, .x = x + 0.55f * (float)i * p[NOSE_WIDTH], .y = y + 0.02f,
             .a = 1.2f * p[NOSTRIL], .b = 0.6f * p[NOSTRIL], .turn = (float)i * 0.4f, .soft = 0.03f,
             .clear = 0.2f);
        MARK(sitter->shadow, .x = x + (float)i * p[NOSE_WIDTH], .y = y - 0.02f, .a = 0.018f,
             .b = 0.06f, .turn = -(float)i * 0.3f, .soft = 0.03f, .clear = 0.7f - p[NOSE_EDGE]);
    }
}

static void paint_mouth(struct sitter *sitter)
{
    const float *p = sitter->p, *q = sitter->q;
    const float y = p[NOSE_Y] + p[MOUTH_Y], open = q[OPEN] > 0 ? q[OPEN] : 0;
    const float a = p[MOUTH_WIDTH] * (1 + 0.15f * q[SMILE]);
    const float bow = p[MOUTH_BOW] - 0.9f * q[SMILE];
    float upper[3];
    for (int c = 0; c < 3; c++) {
        upper[c] = 0.85f * sitter->lips[c];
    }
    if (p[MOUSTACHE] > 0) {
        MARK(sitter->hair, .y = y - p[LIP_UPPER] - 0.06f, .a = a, .b = 0.04f + 0.04f * p[MOUSTACHE],
             .bow = 0.9f, .soft = 0.04f, .clear = 0.5f - 0.5f * p[MOUSTACHE], .grain = 0.2f,
             .grain_x = 11);
    }
    if (p[BEARD] > 0) {
        MARK(sitter->hair, .y = p[FACE_HEIGHT] - 0.5f * p[BEARD_SIZE], .a = p[BEARD_SIZE] + 0.1f,
             .b = 0.5f * p[BEARD_SIZE] + 0.1f, .square = 0.5f, .bow = -0.5f, .soft = 0.08f,
             .clear = 0.6f - 0.6f * p[BEARD], .grain = 0.2f, .grain_x = 10, .grain_y = 1);
    }
    MARK(upper, .y = y - open - 0.5f * p[LIP_UPPER], .a = a, .b = p[LIP_UPPER], .bow = bow);
    MARK(sitter->lips, .y = y + open + 0.5f * p[LIP_LOWER], .a = 0.85f * a, .b = p[LIP_LOWER],
         .bow = bow - 0.3f);
    MARK(black, .y = y, .a = 0.95f * a, .b = 0.014f + open, .bow = bow, .clear = 0.1f);
    if (open > 0.03f) {
        MARK(white, .y = y - 0.4f * open, .a = 0.7f * a, .b = 0.4f * open, .bow = bow);
    }
}

static void paint_covers(struct sitter *sitter)
{
    const float *p = sitter->p, *q = sitter->q;
    float colour[3];
    draw_colour(colour, &sitter->random, 0.05f, 0.8f);
    if (q[GLASSES] < 0.12f) {
        for (int side = -1; side <= 1; side += 2) {
            MARK(black, .x = (float)side * 0.34f, .y = p[EYE_Y] + 0.02f, .a = 0.24f, .b = 0.18f,
                 .square = 0.5f, .ring = q[GLASS]);
        }
        MARK(black, .y = p[EYE_Y], .a = 0.1f, .b = 0.5f * q[GLASS]);
    }
    if (q[COVER] < 0.04f) { // a hat
        PAINT(colour, .y = -1.05f, .a = p[FACE_WIDTH] + 0.25f, .b = 0.5f, .square = 0.6f);
        PAINT(colour, .y = -0.62f + q[COVER_Y], .a = p[FACE_WIDTH] + 0.4f, .b = 0.07f,
              .bow = -0.1f);
    } else if (q[COVER] < 0.07f) { // a scarf
        PAINT(colour, .y = 1.12f + q[COVER_Y], .a = 1.0f, .b = 0.42f, .square = 0.5f, .bow = -0.1f,
              .grain = 0.3f, .grain_x = 1, .grain_y = 4);
    } else if (q[COVER] < 0.11f) { // a hand
        for (int i = 0; i < 4; i++) {
            PAINT(sitter->skin, .x = q[COVER_X] + 0.15f * (float)i,
                  .y = 0.75f + q[COVER_Y] - 0.05f * (float)(i % 3), .a = 0.075f, .b = 0.45f,
                  .turn = q[COVER_X]);
        }
    }
}

static void start(struct sitter *sitter)
{
    const float *p = sitter->p, *q = sitter->q;
    const struct canvas_view view = {
        .scale = q[SCALE],
        .x = q[MOVE_X],
        .y = q[MOVE_Y] + 4,
        .roll = q[ROLL],
        .yaw = q[YAW],
        .pitch = q[PITCH],
        .width = p[FACE_WIDTH] + 0.02f,
        .height = p[FACE_HEIGHT] + 0.05f,
        .light = {q[LIGHT_X], q[LIGHT_Y], q[LIGHT_FRONT]},
        .ambient = q[AMBIENT],
        .shadow = q[SHADOW] > 0 ? q[SHADOW] : 0,
        .shadow_turn = q[SHADOW_TURN],
        .shadow_place = q[SHADOW_PLACE],
    };
    portrait_canvas_start(&sitter->canvas, &view);
}

static void finish(struct sitter *sitter, uint8_t *pixels)
{
    const float *q = sitter->q;
    const struct canvas_finish finish = {
        .blur = q[BLUR],
        .gain = q[GAIN],
        .offset = q[OFFSET],
        .warmth = q[WARMTH],
        .noise = q[NOISE],
    };
    portrait_canvas_finish(&sitter->canvas, pixels, &finish, &sitter->random);
}

enum status portrait_paint(struct image *image, uint64_t seed, uint32_t person, uint32_t shot)
{
    *image = (struct image){0};
    if (person > RANDOM_PARTICIPANT_MAX) {
        return status_fail(STATUS_BAD_INPUT, "synthetic person %u: allowed are 0 to %u",
                           (unsigned)person, RANDOM_PARTICIPANT_MAX);
    }
    struct sitter *sitter = malloc(sizeof *sitter);
    if (sitter == NULL) return status_fail(STATUS_NO_MEMORY, "no memory to paint a portrait");
    enum status status = image_create(image, PORTRAIT_SIDE, PORTRAIT_SIDE, 3);
    if (status != STATUS_OK) goto done;
    random_start(&sitter->person, seed, person, RANDOM_PORTRAIT, 0, 0);
    random_start(&sitter->random, seed, person, RANDOM_PORTRAIT, 1, shot);
    draw(sitter->p, trait_ranges, TRAIT_COUNT, &sitter->person);
    draw(sitter->q, change_ranges, CHANGE_COUNT, &sitter->random);
    choose_colours(sitter);
    start(sitter);
    paint_background(sitter);
    paint_hair_behind(sitter);
    paint_clothes(sitter);
    paint_head(sitter);
    paint_skin(sitter);
    paint_fringe(sitter);
    paint_eye(sitter, -1);
    paint_eye(sitter, 1);
    paint_nose(sitter);
    paint_mouth(sitter);
    paint_covers(sitter);
    finish(sitter, image->pixels);
done:
    free(sitter);
    return status;
}
