// SPDX-License-Identifier: Apache-2.0
#include "secure/unblinder.h"

enum status unblinder_create(struct unblinder **unblinder, const struct unblinder_options *options)
{
    (void)unblinder;
    (void)options;
    return status_fail(STATUS_REFUSED, "unblinder_create: not there yet");
}

void unblinder_destroy(struct unblinder **unblinder)
{
    (void)unblinder;
}

bool unblinder_has(const struct unblinder *unblinder, enum exchange_step step, uint32_t place)
{
    (void)unblinder;
    (void)step;
    (void)place;
    return false;
}

bool unblinder_is_member(const struct unblinder *unblinder, uint32_t place)
{
    (void)unblinder;
    (void)place;
    return false;
}

bool unblinder_may_count(const struct unblinder *unblinder, uint32_t place)
{
    (void)unblinder;
    (void)place;
    return false;
}

enum status unblinder_take_keys(struct unblinder *unblinder, uint32_t place, const uint8_t *payload,
                                size_t size)
{
    (void)unblinder;
    (void)place;
    (void)payload;
    (void)size;
    return status_fail(STATUS_REFUSED, "unblinder_take_keys: not there yet");
}

enum status unblinder_board(struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)unblinder;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "unblinder_board: not there yet");
}

const struct neighbours_plan *unblinder_plan(const struct unblinder *unblinder)
{
    (void)unblinder;
    return NULL;
}

enum status unblinder_take_shares(struct unblinder *unblinder, uint32_t place,
                                  const uint8_t *payload, size_t size)
{
    (void)unblinder;
    (void)place;
    (void)payload;
    (void)size;
    return status_fail(STATUS_REFUSED, "unblinder_take_shares: not there yet");
}

enum status unblinder_close_shares(struct unblinder *unblinder)
{
    (void)unblinder;
    return status_fail(STATUS_REFUSED, "unblinder_close_shares: not there yet");
}

enum status unblinder_parcels(const struct unblinder *unblinder, uint32_t place, uint8_t **out,
                              size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)unblinder;
    (void)place;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "unblinder_parcels: not there yet");
}

enum status unblinder_take_complaint(struct unblinder *unblinder, uint32_t place,
                                     const uint8_t *payload, size_t size, const uint32_t **makers,
                                     size_t *count)
{
    (void)unblinder;
    (void)place;
    (void)payload;
    (void)size;
    (void)makers;
    (void)count;
    return status_fail(STATUS_REFUSED, "unblinder_take_complaint: not there yet");
}

enum status unblinder_complaint(const struct unblinder *unblinder, uint32_t maker, uint32_t holder,
                                uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)unblinder;
    (void)maker;
    (void)holder;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "unblinder_complaint: not there yet");
}

enum status unblinder_take_opening(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size, uint32_t *holder)
{
    (void)unblinder;
    (void)place;
    (void)payload;
    (void)size;
    (void)holder;
    return status_fail(STATUS_REFUSED, "unblinder_take_opening: not there yet");
}

enum status unblinder_counted(struct unblinder *unblinder, const uint32_t *places, size_t count,
                              uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)unblinder;
    (void)places;
    (void)count;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "unblinder_counted: not there yet");
}

enum status unblinder_take_signature(struct unblinder *unblinder, uint32_t place,
                                     const uint8_t *payload, size_t size)
{
    (void)unblinder;
    (void)place;
    (void)payload;
    (void)size;
    return status_fail(STATUS_REFUSED, "unblinder_take_signature: not there yet");
}

bool unblinder_has_quorum(const struct unblinder *unblinder)
{
    (void)unblinder;
    return false;
}

enum status unblinder_signatures(struct unblinder *unblinder, uint8_t **out, size_t *out_size)
{
    *out = NULL;
    *out_size = 0;
    (void)unblinder;
    (void)out;
    (void)out_size;
    return status_fail(STATUS_REFUSED, "unblinder_signatures: not there yet");
}

enum status unblinder_take_release(struct unblinder *unblinder, uint32_t place,
                                   const uint8_t *payload, size_t size)
{
    (void)unblinder;
    (void)place;
    (void)payload;
    (void)size;
    return status_fail(STATUS_REFUSED, "unblinder_take_release: not there yet");
}

bool unblinder_can_open(const struct unblinder *unblinder)
{
    (void)unblinder;
    return false;
}

enum status unblinder_open(struct unblinder *unblinder, uint32_t *culprit)
{
    (void)unblinder;
    (void)culprit;
    return status_fail(STATUS_REFUSED, "unblinder_open: not there yet");
}

void unblinder_remove(const struct unblinder *unblinder, const struct blinding_words *sum)
{
    (void)unblinder;
    (void)sum;
}
