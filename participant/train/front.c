// SPDX-License-Identifier: Apache-2.0
#include "train/front.h"

#include <math.h>
#include <string.h>

#define TINY 1e-5 // as mask.h has it

/* How one map of an image is centred and scaled. */
struct scale {
    double mean, deviation, factor; // factor: 1 / (deviation + TINY)
};

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

double front_weight(const struct front *front, size_t channel)
{
    if (front->epsilon <= 0) return sigmoid(front->parameter[channel]);
    double largest = front->parameter[0], sum = 0;
    for (size_t c = 1; c < front->channels; c++) {
        largest = fmax(largest, front->parameter[c]);
    }
    for (size_t c = 0; c < front->channels; c++) {
        sum += exp(front->parameter[c] - largest);
    }
    return (double)front->channels * exp(front->parameter[channel] - largest) / sum;
}

/* One value before the z-score; `spread` is the scale of the noise, 0 with gates. */
static double value_at(const struct front *front, size_t channel, double spread, const float *raw,
                       const float *noise, size_t at)
{
    if (front->epsilon <= 0) return (double)raw[at];
    const double bound = front->sensitivity[channel] / 2;
    return fmin(fmax((double)raw[at], -bound), bound) + spread * (double)noise[at];
}

static double spread_of(const struct front *front, size_t channel, double weight)
{
    if (front->epsilon <= 0) return 0;
    return front->sensitivity[channel] / (front->epsilon * weight);
}

static struct scale measure(const struct front *front, size_t channel, double spread,
                            const float *raw, const float *noise)
{
    struct scale scale = {0, 1, 1};
    if (!front->normalise) return scale;
    const double count = (double)front->places;
    double squares = 0;
    for (size_t p = 0; p < front->places; p++) {
        scale.mean += value_at(front, channel, spread, raw, noise, p * front->channels + channel);
    }
    scale.mean /= count;
    for (size_t p = 0; p < front->places; p++) {
        const double value =
            value_at(front, channel, spread, raw, noise, p * front->channels + channel);
        squares += (value - scale.mean) * (value - scale.mean);
    }
    scale.deviation = sqrt(squares / count);
    scale.factor = 1 / (scale.deviation + TINY);
    return scale;
}

void front_forward(const struct front *front, float *out, const float *raw, const float *noise,
                   size_t images)
{
    const size_t values = front->channels * front->places;
    for (size_t c = 0; c < front->channels; c++) {
        const double weight = front_weight(front, c), spread = spread_of(front, c, weight);
        const double gate = front->epsilon > 0 ? 1 : weight;
        for (size_t i = 0; i < images; i++) {
            const float *x = raw + i * values, *n = noise == NULL ? NULL : noise + i * values;
            const struct scale scale = measure(front, c, spread, x, n);
            for (size_t p = 0; p < front->places; p++) {
                const size_t at = p * front->channels + c;
                const double value = value_at(front, c, spread, x, n, at);
                out[i * values + at] = (float)(gate * (value - scale.mean) * scale.factor);
            }
        }
    }
}

/* Sum over one map of the gradient to its gate. */
static double gate_gradient(const struct front *front, size_t channel, struct scale scale,
                            const float *raw, const float *out_gradient)
{
    double sum = 0;
    for (size_t p = 0; p < front->places; p++) {
        const size_t at = p * front->channels + channel;
        sum += (double)out_gradient[at] * ((double)raw[at] - scale.mean) * scale.factor;
    }
    return sum;
}

/* Sum over one map of the gradient to the scale of its noise, through the z-score
 * y = d / (s + TINY), d = u - mean, s = sqrt(mean d^2):
 * dL/du_i = (g_i - mean g) / (s + TINY) - d_i mean(g d) / (s (s + TINY)^2). */
static double spread_gradient(const struct front *front, size_t channel, double spread,
                              struct scale scale, const float *const in[3])
{
    const float *raw = in[0], *noise = in[1], *g = in[2];
    double mean = 0, product = 0, sum = 0;
    for (size_t p = 0; front->normalise && p < front->places; p++) {
        const size_t at = p * front->channels + channel;
        const double value = value_at(front, channel, spread, raw, noise, at);
        mean += (double)g[at] / (double)front->places;
        product += (double)g[at] * (value - scale.mean) / (double)front->places;
    }
    const double along =
        scale.deviation > 0 ? product * scale.factor * scale.factor / scale.deviation : 0;
    for (size_t p = 0; p < front->places; p++) {
        const size_t at = p * front->channels + channel;
        const double value = value_at(front, channel, spread, raw, noise, at);
        const double to_value =
            ((double)g[at] - mean) * scale.factor - along * (value - scale.mean);
        sum += to_value * (double)noise[at];
    }
    return sum;
}

void front_backward(const struct front *front, double gradient[LIMIT_BANDS], const float *raw,
                    const float *noise, const float *out_gradient, size_t images)
{
    const size_t values = front->channels * front->places;
    double weights[LIMIT_BANDS], along = 0;
    memset(gradient, 0, LIMIT_BANDS * sizeof *gradient);
    for (size_t c = 0; c < front->channels; c++) {
        const double weight = front_weight(front, c), spread = spread_of(front, c, weight);
        weights[c] = weight;
        for (size_t i = 0; i < images; i++) {
            const float *x = raw + i * values, *n = noise == NULL ? NULL : noise + i * values;
            const float *const in[3] = {x, n, out_gradient + i * values};
            const struct scale scale = measure(front, c, spread, x, n);
            gradient[c] += front->epsilon > 0 ? spread_gradient(front, c, spread, scale, in)
                                              : gate_gradient(front, c, scale, x, in[2]);
        }
        // To the weight: of the noise's scale D / (epsilon w), or with the penalty.
        if (front->epsilon > 0) gradient[c] *= -spread / weight;
        if (front->epsilon <= 0) gradient[c] += front->penalty * front->content[c];
        along += weight * gradient[c];
    }
    for (size_t c = 0; c < front->channels; c++) {
        if (front->epsilon > 0) {
            gradient[c] = weights[c] * (gradient[c] - along / (double)front->channels);
        } else {
            gradient[c] *= weights[c] * (1 - weights[c]);
        }
    }
}

double front_penalty(const struct front *front)
{
    double sum = 0;
    if (front->epsilon > 0) return 0;
    for (size_t c = 0; c < front->channels; c++) {
        sum += front_weight(front, c) * front->content[c];
    }
    return front->penalty * sum;
}

void front_step(struct front *front, const double gradient[LIMIT_BANDS], double rate)
{
    const double keep_first = 0.9, keep_second = 0.999;
    front->steps++;
    for (size_t c = 0; c < front->channels; c++) {
        front->first[c] = keep_first * front->first[c] + (1 - keep_first) * gradient[c];
        front->second[c] =
            keep_second * front->second[c] + (1 - keep_second) * gradient[c] * gradient[c];
        const double first = front->first[c] / (1 - pow(keep_first, front->steps));
        const double second = front->second[c] / (1 - pow(keep_second, front->steps));
        front->parameter[c] -= rate * first / (sqrt(second) + 1e-12);
    }
}
