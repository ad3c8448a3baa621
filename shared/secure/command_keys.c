// SPDX-License-Identifier: Apache-2.0
/* fedveil keys - makes the keys that parties know each other by, and the roster. */
#include "base/files.h"
#include "secure/digest.h"
#include "secure/identity.h"
#include "secure/z85.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

enum { FINGERPRINT_GROUPS = 8 }; // of four hexadecimal digits: 128 bits

/* What stands behind the name of a command. STATUS_BAD_CONFIG is wrong use. */
struct verb {
    const char *name, *arguments, *help;
    int least, most; // arguments
    enum status (*run)(char **arguments, int count);
};

/* A key as people compare it: its text, and the beginning of its digest. */
static void print_key(const char public_key[IDENTITY_KEY_TEXT])
{
    uint8_t bytes[IDENTITY_KEY_BYTES] = {0}, digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    z85_decode(bytes, sizeof bytes, public_key);
    digest_compute(digest, bytes, sizeof bytes);
    digest_hex(hex, digest);
    printf("public key   %s\nfingerprint ", public_key);
    for (int i = 0; i < FINGERPRINT_GROUPS; i++) {
        printf(" %.4s", hex + 4 * i);
    }
    putchar('\n');
}

static enum status init(char **arguments, int count)
{
    (void)count;
    struct identity identity;
    identity_generate(&identity);
    const enum status status = identity_save(&identity, arguments[0]);
    if (status == STATUS_OK) {
        print_key(identity.public_key);
        printf("%s is secret and stays on this machine; %s.pub is for the other side.\n",
               arguments[0], arguments[0]);
    }
    identity_wipe(&identity);
    return status;
}

static enum status mask_key(char **arguments, int count)
{
    (void)count;
    const enum status status = identity_make_mask_key(arguments[0]);
    if (status == STATUS_OK) {
        printf("%s is secret: every participant needs it, the coordinator must never get it.\n",
               arguments[0]);
    }
    return status;
}

static enum status show(char **arguments, int count)
{
    (void)count;
    char public_key[IDENTITY_KEY_TEXT], why[STATUS_MESSAGE_MAX];
    const enum status status = identity_load_public(public_key, arguments[0]);
    if (status != STATUS_OK) {
        snprintf(why, sizeof why, "%s", status_message());
        struct identity identity; // of this machine, perhaps
        if (identity_load(&identity, arguments[0]) != STATUS_OK) {
            return status_fail(status, "%s", why);
        }
        memcpy(public_key, identity.public_key, sizeof public_key);
        identity_wipe(&identity);
    }
    print_key(public_key);
    return STATUS_OK;
}

/* Reads "NAME=PUBFILE" into an entry. */
static enum status read_entry(struct roster_entry *entry, const char *argument)
{
    const char *path = strchr(argument, '=');
    const size_t length = path == NULL ? 0 : (size_t)(path - argument);
    if (length == 0 || length >= LIMIT_NAME || path[1] == '\0') {
        return status_fail(STATUS_BAD_CONFIG,
                           "%s: allowed is NAME=PUBFILE, NAME of 1 to %d characters", argument,
                           LIMIT_NAME - 1);
    }
    memcpy(entry->name, argument, length);
    return identity_load_public(entry->public_key, path + 1);
}

static enum status make_roster(char **arguments, int count)
{
    const char *path = arguments[0];
    if (files_exists(path)) {
        return status_fail(STATUS_IO, "%s: exists and is not replaced; move it away first", path);
    }
    struct roster roster = {.entries = calloc((size_t)count, sizeof *roster.entries)};
    if (roster.entries == NULL) return status_fail(STATUS_NO_MEMORY, "%s: no memory", path);
    enum status status = STATUS_OK;
    for (int i = 1; i < count && status == STATUS_OK; i++) {
        status = read_entry(&roster.entries[roster.count++], arguments[i]);
    }
    if (status == STATUS_OK) status = roster_save(&roster, path);
    if (status == STATUS_OK) printf("%s: %zu participants\n", path, roster.count);
    roster_destroy(&roster);
    return status;
}

static const struct verb verbs[] = {
    {"init", "PATH",
     "Makes a key pair for one party: PATH with the secret, only for its owner to read, and "
     "PATH.pub "
     "to give away. Prints the public key and its fingerprint.",
     1, 1, init},
    {"mask-key", "PATH",
     "Makes the mask key of a deployment. Every participant needs the same one; the coordinator "
     "must "
     "never get it.",
     1, 1, mask_key},
    {"show", "PATH",
     "Prints a public key and its fingerprint, to be compared by telephone. PATH is a public key "
     "file or a key file.",
     1, 1, show},
    {"roster", "OUT NAME=PUBFILE...",
     "Writes the coordinator's list of who may take part, one participant for each NAME=PUBFILE, "
     "in "
     "this order.",
     2, 1 + LIMIT_PARTICIPANTS, make_roster},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

/* The arguments of a command; the command hears of options only --help and --usage. */
struct request {
    const struct verb *verb;
    char **arguments;
    int count;
};

static error_t parse_verb(int key, char *text, struct argp_state *state)
{
    (void)text;
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_ARGS:
        request->arguments = state->argv + state->next;
        request->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (request->count < request->verb->least || request->count > request->verb->most) {
            argp_usage(state);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Takes the first argument as the command and leaves the rest to it. */
static error_t parse_program(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        for (int i = 0; i < VERBS; i++) {
            if (strcmp(text, verbs[i].name) == 0) request->verb = &verbs[i];
        }
        if (request->verb == NULL) {
            argp_error(state, "%s: no such command, allowed are init, mask-key, show and roster",
                       text);
        }
        request->arguments = state->argv + state->next - 1;
        request->count = state->argc - state->next + 1;
        state->next = state->argc;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(const char *program, struct request *request)
{
    char name[256];
    snprintf(name, sizeof name, "%s %s", program, request->verb->name);
    request->arguments[0] = name; // so that help and errors read as the command that was typed
    const struct argp argp = {
        .parser = parse_verb, .args_doc = request->verb->arguments, .doc = request->verb->help};
    const int count = request->count;
    request->count = 0;
    argp_parse(&argp, count, request->arguments, 0, NULL, request);
    const enum status status = request->verb->run(request->arguments, request->count);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", name, status_message());
        return status == STATUS_BAD_CONFIG ? EXIT_WRONG_USE : EXIT_FAILED;
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "%s: standard output cannot be written\n", name);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

int main(int count, char **arguments)
{
    const struct argp argp = {
        .parser = parse_program,
        .args_doc = "COMMAND [ARGUMENT]...",
        .doc = "Makes the keys that parties know each other by. Nothing is ever replaced.\v"
               "Commands:\n"
               "  init PATH                   key pair of a party: PATH and PATH.pub\n"
               "  mask-key PATH               mask key of a deployment\n"
               "  show PATH                   public key and its fingerprint, to compare\n"
               "  roster OUT NAME=PUBFILE...  the coordinator's list of who may take part\n"
               "\n"
               "`COMMAND --help` tells more.",
    };
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_program_version = "fedveil " FEDVEIL_VERSION;
    struct request request = {0};
    argp_parse(&argp, count, arguments, ARGP_IN_ORDER, NULL, &request);
    return run(arguments[0], &request);
}
