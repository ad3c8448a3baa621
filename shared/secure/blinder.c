// SPDX-License-Identifier: Apache-2.0
#include "secure/blinder.h"

enum status blinder_create(struct blinder **blinder, const struct blinder_options *options)
{
    (void)blinder;
    (void)options;
    return status_fail(STATUS_REFUSED, "blinder_create: not there yet");
}

void blinder_destroy(struct blinder **blinder)
{
    (void)blinder;
}

enum status blinder_keys(struct blinder *blinder, uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)blinder;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "blinder_keys: not there yet");
}

enum status blinder_take_board(struct blinder *blinder, const uint8_t *payload, size_t size,
                               uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)blinder;
    (void)payload;
    (void)size;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "blinder_take_board: not there yet");
}

enum status blinder_take_parcels(struct blinder *blinder, const uint8_t *payload, size_t size,
                                 uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)blinder;
    (void)payload;
    (void)size;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "blinder_take_parcels: not there yet");
}

enum status blinder_take_complaint(struct blinder *blinder, const uint8_t *payload, size_t size,
                                   uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)blinder;
    (void)payload;
    (void)size;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "blinder_take_complaint: not there yet");
}

enum status blinder_take_opening(struct blinder *blinder, const uint8_t *payload, size_t size)
{
    (void)blinder;
    (void)payload;
    (void)size;
    return status_fail(STATUS_REFUSED, "blinder_take_opening: not there yet");
}

bool blinder_ready(const struct blinder *blinder)
{
    (void)blinder;
    return false;
}

enum status blinder_blind(struct blinder *blinder, uint8_t *update, size_t words, int bits,
                          uint8_t *metrics, size_t metric_words)
{
    (void)blinder;
    (void)update;
    (void)words;
    (void)bits;
    (void)metrics;
    (void)metric_words;
    return status_fail(STATUS_REFUSED, "blinder_blind: not there yet");
}

enum status blinder_take_counted(struct blinder *blinder, const uint8_t *payload, size_t size,
                                 uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)blinder;
    (void)payload;
    (void)size;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "blinder_take_counted: not there yet");
}

enum status blinder_take_signatures(struct blinder *blinder, const uint8_t *payload, size_t size)
{
    (void)blinder;
    (void)payload;
    (void)size;
    return status_fail(STATUS_REFUSED, "blinder_take_signatures: not there yet");
}

void blinder_counted(const struct blinder *blinder, const uint32_t **places, size_t *count)
{
    (void)blinder;
    (void)places;
    (void)count;
}

enum status blinder_release(struct blinder *blinder, uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)blinder;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "blinder_release: not there yet");
}
