// SPDX-License-Identifier: Apache-2.0
/* fedveil sim config reference - from here comes configs/reference.yaml. */
#include "commands.h"

#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_config(int argc, char **argv)
{
    char *text = NULL;
    if (argc != 2 || strcmp(argv[1], "reference") != 0) {
        fputs("usage: fedveil sim config reference\n", stderr);
        return EXIT_USAGE;
    }
    if (config_reference(&text) != STATUS_OK) {
        fprintf(stderr, "fedveil sim config: %s\n", status_message());
        return EXIT_FAILED;
    }
    fputs(text, stdout);
    free(text);
    if (fflush(stdout) == 0) return EXIT_DONE;
    perror("fedveil sim config: standard output");
    return EXIT_FAILED;
}
