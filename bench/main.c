// SPDX-License-Identifier: Apache-2.0
/* fedveil-bench - measures what the product costs: time, rate, memory. It runs the product's own
 * code, and no figure of it decides over anything. */
#include "commands.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum status (*run)(int argc, char **argv);
    const char *purpose;
} commands[] = {
    {"train", command_train, "steps of training a recogniser: images a second, memory"},
    {"embed", command_train, "embeddings by a recogniser: images a second, memory"},
    {"generate", command_generate, "steps of training the audit's generators: steps a second"},
    {"conv", command_conv, "single convolutions: forward and both gradients"},
    {"mask", command_prepare, "bands and mask of an image"},
    {"mix", command_prepare, "mixes of a batch, k = 2 to 10"},
    {"decode", command_prepare, "JPEG files to 112x112 pixels"},
    {"scale", command_scale, "rate against batch, threads and width, beside the peak"},
    {"tune", command_tune, "the fastest plan of each convolution, into a file"},
    {"blind", command_blind, "an update hidden by a participant, beside ChaCha20 alone"},
    {"unblind", command_blind, "a sum opened by the coordinator"},
    {"traffic", command_traffic, "the transport, and what the coordinator holds"},
    {"exchange", command_exchange, "one attempt of the secure exchange, step by step"},
    {"peak", command_peak, "what the machine can do at most"},
};

static void print_help(FILE *file)
{
    fputs("Usage: fedveil bench COMMAND [OPTION]...\n\n", file);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(file, "  %-8s  %s\n", commands[i].name, commands[i].purpose);
    }
    fputs("\n`fedveil bench COMMAND --help` lists the options of a command.\n", file);
}

/* Runs a command under the name that people type. */
static int run(enum status (*command)(int argc, char **argv), int argc, char **argv)
{
    static char name[64];
    snprintf(name, sizeof name, "fedveil bench %s", argv[0]);
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    enum status status = command(argc, argv);
    if (status == STATUS_OK && (fflush(stdout) != 0 || ferror(stdout))) {
        status = status_fail(STATUS_IO, "cannot write to standard output");
    }
    if (status == STATUS_OK) return EXIT_DONE;
    fprintf(stderr, "%s: %s\n", name, status_message());
    return EXIT_FAILED;
}

int main(int argc, char **argv)
{
    const char *word = argc < 2 ? "" : argv[1];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(word, commands[i].name) == 0) return run(commands[i].run, argc - 1, argv + 1);
    }
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
        fprintf(stderr, "fedveil bench: %s: no such command; `fedveil bench help` lists them\n",
                word);
    }
    return EXIT_USAGE;
}
