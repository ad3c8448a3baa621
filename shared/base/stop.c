// SPDX-License-Identifier: Apache-2.0
#include "base/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* Written by handlers and read by every thread; a lock-free atomic may be both. */
static atomic_int requested;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "signal handlers may only touch lock-free atomics");

static void take_signal(int number)
{
    (void)number;
    stop_request();
}

void stop_install(void)
{
    // Without SA_RESTART a wait ends at once; with SA_RESETHAND the next signal ends the program.
    struct sigaction action = {.sa_handler = take_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    // A closed terminal ends a run in order, unless nohup asked to ignore it.
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
    // A reader that goes away (`... | head`) must not end a run: writing then fails instead.
    signal(SIGPIPE, SIG_IGN);
}

void stop_request(void)
{
    atomic_store(&requested, 1);
}

bool stop_requested(void)
{
    return atomic_load(&requested) != 0;
}
