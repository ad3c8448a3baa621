// SPDX-License-Identifier: Apache-2.0
/* endless ENDPOINT COORDINATOR.pub KEY: a member whose one message never ends, until it is cut
 * off. */
#include "hostile/handmade.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    static struct handmade member; // these are large
    static uint8_t part[HANDMADE_PART];
    struct identity identity;
    struct identity_public coordinator;
    unsigned sent = 0;
    if (argc != 4 || identity_load_public(&coordinator, argv[2]) != STATUS_OK ||
        identity_load(&identity, argv[3], "") != STATUS_OK ||
        !handmade_open(&member, argv[1], &identity, coordinator.public_key)) {
        fprintf(stderr, "endless: not connected: %s\n", status_message());
        return 1;
    }
    while (handmade_send(&member, part, sizeof part, true)) {
        sent++;
    }
    printf("cut off after %u parts\n", sent);
    handmade_close(&member);
    return 0;
}
