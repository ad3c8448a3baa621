// SPDX-License-Identifier: Apache-2.0
/* fedveil-audit - attacks what was trained, with everything that the threat model grants, and
 * prints what leaks. */
#include "commands.h"
#include "plan.h"
#include "registry.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(FILE *file)
{
    fputs("Usage: fedveil audit COMMAND [ARGUMENT]...\n\n"
          "  run CONFIG        attack what CONFIG names, and write table, page and JSON\n"
          "  measure A B ...   how alike picture A and each of the others are\n"
          "  attacks           list the attacks\n"
          "  config reference  print every key of an audit with its default, range and meaning\n\n"
          "`fedveil audit run --help` lists the options of run; so with measure.\n",
          file);
}

static int print_attacks(void)
{
    for (size_t i = 0; i < registry_count; i++) {
        printf("%-10s  %s\n", registry[i].name, registry[i].what);
    }
    return EXIT_DONE;
}

static int print_reference(int argc, char **argv)
{
    char *text = NULL;
    if (argc != 3 || strcmp(argv[2], "reference") != 0) {
        fputs("Usage: fedveil audit config reference\n", stderr);
        return EXIT_USAGE;
    }
    if (plan_reference(&text) != STATUS_OK) {
        fprintf(stderr, "%s\n", status_message());
        return EXIT_FAILED;
    }
    fputs(text, stdout);
    free(text);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    const char *word = argc < 2 ? "" : argv[1];
    if (strcmp(word, "run") == 0) return command_run(argc - 1, argv + 1);
    if (strcmp(word, "measure") == 0) return command_measure(argc - 1, argv + 1);
    if (strcmp(word, "attacks") == 0) return print_attacks();
    if (strcmp(word, "config") == 0) return print_reference(argc, argv);
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
        fprintf(stderr, "fedveil audit: %s: no such command; `fedveil audit help` lists them\n",
                word);
    }
    return EXIT_USAGE;
}
