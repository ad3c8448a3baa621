// SPDX-License-Identifier: Apache-2.0
/* fedveil-sim - runs a whole federation on this machine: a coordinator and its participants as
 * processes that speak over real encrypted sockets. */
#include "commands.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

static void print_help(FILE *file)
{
    fputs(
        "Usage: fedveil sim COMMAND [ARGUMENT]...\n\n"
        "  run CONFIG        run a federation on this machine, from the first round to the report\n"
        "  compare CONFIG    train several methods with several seeds, and print one table\n"
        "  config reference  print every key of a config with its default, range and meaning\n\n"
        "`fedveil sim run --help` lists the options of run; so with compare.\n",
        file);
}

int main(int argc, char **argv)
{
    const char *word = argc < 2 ? "" : argv[1];
    if (strcmp(word, "run") == 0) return command_run(argc - 1, argv + 1);
    if (strcmp(word, "compare") == 0) return command_compare(argc - 1, argv + 1);
    if (strcmp(word, "config") == 0) return command_config(argc - 1, argv + 1);
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("fedveil %s\n", version_text());
        return EXIT_DONE;
    }
    if (argc < 2) {
        print_help(stderr);
    } else {
        fprintf(stderr, "fedveil sim: %s: no such command; `fedveil sim help` lists them\n", word);
    }
    return EXIT_USAGE;
}
