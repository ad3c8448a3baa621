// SPDX-License-Identifier: Apache-2.0
/* fedveil keys - makes the keys that parties know each other by, rosters and kits. */
#include "command_keys.h"

#include "base/limits.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USE = 2 };

/* What options a command takes, one bit each; bit i is options[i]. */
enum {
    OPTION_PASSPHRASE = 1 << 0,
    OPTION_PASSPHRASE_FILE = 1 << 1,
    OPTION_KEY = 1 << 2,
    OPTION_COORDINATOR = 1 << 3,
    OPTION_FINGERPRINT = 1 << 4,
    OPTION_CONFIG = 1 << 5,
    OPTION_MASK_KEY = 1 << 6,
    OPTION_OUT = 1 << 7,
};

enum { OPTION_BASE = 256, OPTIONS = 8 }; // option i has the key OPTION_BASE + i

static const struct argp_option options[OPTIONS + 1] = {
    {"passphrase", OPTION_BASE, NULL, 0, "lock the new key; the passphrase is asked for", 0},
    {"passphrase-file", OPTION_BASE + 1, "FILE", 0,
     "take the passphrase of the key from the first line of a file (mode 0600)", 0},
    {"key", OPTION_BASE + 2, "KEYFILE", 0, "own key file", 0},
    {"coordinator", OPTION_BASE + 3, "PUBFILE", 0, "public keys of the coordinator", 0},
    {"fingerprint", OPTION_BASE + 4, "DIGITS", 0,
     "what the organiser read out, at least 16 hexadecimal digits", 0},
    {"config", OPTION_BASE + 5, "FILE", 0, "config to pack", 0},
    {"mask-key", OPTION_BASE + 6, "FILE", 0, "mask key to pack; not for the coordinator", 0},
    {"out", OPTION_BASE + 7, "PATH", 0, "the file or folder to make", 0},
    {0},
};

/* What stands behind the name of a command. STATUS_BAD_CONFIG is wrong use. */
struct verb {
    const char *name, *arguments, *help;
    int least, most; // arguments
    unsigned options;
    enum status (*run)(const struct keys_request *request);
};

static const struct verb verbs[] = {
    {"init", "PATH",
     "Makes the keys of one party: PATH with the secrets, only for its owner to read, and PATH.pub "
     "to give away. Prints the public keys and their fingerprint.",
     1, 1, OPTION_PASSPHRASE | OPTION_PASSPHRASE_FILE, command_keys_init},
    {"mask-key", "PATH",
     "Makes the mask key of a deployment. Every participant needs the same one; the coordinator "
     "must never get it.",
     1, 1, 0, command_keys_mask_key},
    {"show", "PATH",
     "Prints public keys, or who signed a roster, with the fingerprint, to be compared by "
     "telephone. PATH is a file of public keys, a key file or a roster.",
     1, 1, 0, command_keys_show},
    {"roster", "OUT NAME=PUBFILE...",
     "Writes the signed list of who takes part: the coordinator, and one participant for each "
     "NAME=PUBFILE, in this order. --key is that of one of them, the organiser.",
     2, 1 + LIMIT_PARTICIPANTS, OPTION_KEY | OPTION_PASSPHRASE_FILE | OPTION_COORDINATOR,
     command_keys_roster},
    {"accept", "ROSTER",
     "Accepts a roster for a key, when its fingerprint begins with what the organiser read out. "
     "Only the roster that was accepted last is used.",
     1, 1, OPTION_KEY | OPTION_FINGERPRINT, command_keys_accept},
    {"kit", "ROSTER NAME",
     "Packs what the party NAME of the roster needs: the roster, and a config and mask key where "
     "given. Only NAME can open it. --key is that of the roster's organiser.",
     2, 2, OPTION_KEY | OPTION_PASSPHRASE_FILE | OPTION_CONFIG | OPTION_MASK_KEY | OPTION_OUT,
     command_keys_kit},
    {"open", "KIT", "Opens a kit into a new folder.", 1, 1,
     OPTION_KEY | OPTION_PASSPHRASE_FILE | OPTION_OUT, command_keys_open},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

/* The arguments of a command. */
struct request {
    const struct verb *verb;
    struct keys_request keys;
    char **arguments;
    int count;
};

static void take_option(struct keys_request *keys, int option, const char *text)
{
    const char **const texts[OPTIONS] = {[1] = &keys->passphrase_file,
                                         [2] = &keys->key,
                                         [3] = &keys->coordinator,
                                         [4] = &keys->fingerprint,
                                         [5] = &keys->config,
                                         [6] = &keys->mask_key,
                                         [7] = &keys->out};
    if (option == 0) keys->passphrase = true;
    if (option > 0) *texts[option] = text;
}

static error_t parse_verb(int key, char *text, struct argp_state *state)
{
    struct request *request = state->input;
    const int option = key - OPTION_BASE;
    if (option >= 0 && option < OPTIONS) {
        if ((request->verb->options >> option & 1u) == 0) {
            argp_error(state, "--%s does not belong to this command", options[option].name);
        }
        take_option(&request->keys, option, text);
        return 0;
    }
    switch (key) {
    case ARGP_KEY_ARGS:
        request->keys.arguments = state->argv + state->next;
        request->keys.count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (request->keys.count < request->verb->least ||
            request->keys.count > request->verb->most) {
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
            argp_error(state,
                       "%s: no such command, allowed are init, mask-key, show, roster, accept, "
                       "kit and open",
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
    const struct argp argp = {.options = options,
                              .parser = parse_verb,
                              .args_doc = request->verb->arguments,
                              .doc = request->verb->help};
    argp_parse(&argp, request->count, request->arguments, 0, NULL, request);
    const enum status status = request->verb->run(&request->keys);
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
        .doc = "Makes the keys that parties know each other by, rosters and kits. Nothing is "
               "ever replaced.\v"
               "Commands:\n"
               "  init PATH                   keys of a party: PATH and PATH.pub\n"
               "  mask-key PATH               mask key of a deployment\n"
               "  show PATH                   public keys or roster with fingerprint, to compare\n"
               "  roster OUT NAME=PUBFILE...  signed list of who takes part\n"
               "  accept ROSTER               accept it, once the fingerprint was compared\n"
               "  kit ROSTER NAME             pack what a party needs, sealed to its key\n"
               "  open KIT                    open a kit\n"
               "\n"
               "`COMMAND --help` tells more.",
    };
    argp_err_exit_status = EXIT_WRONG_USE;
    argp_program_version = "fedveil " FEDVEIL_VERSION;
    struct request request = {0};
    argp_parse(&argp, count, arguments, ARGP_IN_ORDER, NULL, &request);
    return run(arguments[0], &request);
}
