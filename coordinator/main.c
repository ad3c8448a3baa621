// SPDX-License-Identifier: Apache-2.0
/* fedveil-coordinator - leads a federation. It never links images, frequencies or networks: it
 * adds integers. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

static void print_help(FILE *file)
{
    fputs("Usage: fedveil coordinator COMMAND [ARGUMENT]...\n\n"
          "  run CONFIG  lead a federation, from the first round to the report\n\n"
          "`fedveil coordinator run --help` lists the options of run.\n",
          file);
}

int main(int argc, char **argv)
{
    const char *word = argc < 2 ? "" : argv[1];
    if (strcmp(word, "run") == 0) return command_run(argc - 1, argv + 1);
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("fedveil " FEDVEIL_VERSION);
        return EXIT_DONE;
    }
    if (argc < 2) {
        print_help(stderr);
    } else {
        fprintf(stderr,
                "fedveil coordinator: %s: no such command; `fedveil coordinator help` "
                "lists them\n",
                word);
    }
    return EXIT_WRONG_USE;
}
