// SPDX-License-Identifier: Apache-2.0
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "fakes/federation.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 20000, STEP_MS = 20 };

void federation_open(struct federation *federation)
{
    memset(federation, 0, sizeof *federation);
    identity_generate(&federation->coordinator);
    identity_generate(&federation->stranger);
    for (size_t i = 0; i < FEDERATION_MEMBERS; i++) {
        struct roster_entry *entry = &federation->entry[i];
        identity_generate(&federation->member[i]);
        snprintf(entry->name, sizeof entry->name, "member-%zu", i);
        memcpy(entry->public_key, federation->member[i].public_key, sizeof entry->public_key);
        memcpy(entry->sign_key, federation->member[i].sign_public, sizeof entry->sign_key);
    }
    federation->roster = (struct roster){.count = FEDERATION_MEMBERS, .entries = federation->entry};
    const enum status status = hub_open(&federation->hub, "tcp://127.0.0.1:*",
                                        &federation->coordinator, &federation->roster);
    if (status != STATUS_OK) fail_msg("hub_open: %s", status_message());
}

void federation_close(struct federation *federation)
{
    hub_close(&federation->hub, 0);
}

struct link *federation_link(const struct federation *federation, const struct identity *identity)
{
    struct link *link = NULL;
    const enum status status = link_open(&link, hub_endpoint(federation->hub), identity,
                                         federation->coordinator.public_key);
    if (status != STATUS_OK) fail_msg("link_open: %s", status_message());
    return link;
}

static bool is_text(const uint8_t *bytes, size_t size, const char *text)
{
    return size == strlen(text) && memcmp(bytes, text, size) == 0;
}

bool federation_reaches_hub(const struct federation *federation, struct link *link,
                            const char *text, size_t peer)
{
    const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
    bool sent = false;
    while (clock_now_ms() < until_ms) {
        const uint8_t *bytes = NULL;
        size_t size = 0, from = SIZE_MAX;
        if (!sent) sent = link_send(link, (const uint8_t *)text, strlen(text)) == STATUS_OK;
        const enum status status = hub_receive(federation->hub, &from, &bytes, &size, STEP_MS);
        if (status == STATUS_OK && from == peer && is_text(bytes, size, text)) return true;
        if (status != STATUS_OK && status != STATUS_TIMEOUT) return false;
    }
    return false;
}

bool federation_reaches_link(const struct federation *federation, struct link *link,
                             const char *text, size_t peer)
{
    const uint64_t until_ms = clock_now_ms() + PATIENCE_MS;
    bool sent = false;
    while (clock_now_ms() < until_ms) {
        const uint8_t *bytes = NULL;
        size_t size = 0;
        if (!sent) {
            sent =
                hub_send(federation->hub, peer, (const uint8_t *)text, strlen(text)) == STATUS_OK;
        }
        const enum status status = link_receive(link, &bytes, &size, STEP_MS);
        if (status == STATUS_OK && is_text(bytes, size, text)) return true;
        if (status != STATUS_OK && status != STATUS_TIMEOUT) return false;
    }
    return false;
}
