// SPDX-License-Identifier: Apache-2.0
/* fedveil-participant - trains on its own images; nothing but updates and figures leaves it. */
#include "commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", command_run, "run CONFIG                take part in a federation until it ends"},
    {"preflight", command_preflight, "preflight CONFIG          check what taking part needs"},
    {"evaluate", command_evaluate, "evaluate --model M ...    verification accuracy of a model"},
    {"mask", command_mask, "mask view IMAGE...        what a mask hides, as a picture"},
    {"mask", command_mask, "mask learn CONFIG         which bands to keep, or budgets of noise"},
    {"mask", command_mask, "mask export CONFIG        masked images for a trainer elsewhere"},
    {"data", command_data, "data synth --out DIR      make synthetic people"},
};

static void print_help(FILE *file)
{
    fputs("Usage: fedveil participant COMMAND [ARGUMENT]...\n\n", file);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(file, "  %s\n", commands[i].help);
    }
    fputs("\n`fedveil participant COMMAND --help` lists the options of a command.\n", file);
}

int main(int argc, char **argv)
{
    const char *word = argc < 2 ? "" : argv[1];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(word, commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("fedveil " FEDVEIL_VERSION);
        return 0;
    }
    if (argc < 2) {
        print_help(stderr);
    } else {
        fprintf(stderr,
                "fedveil participant: %s: no such command; `fedveil participant help` "
                "lists them\n",
                word);
    }
    return 2;
}
