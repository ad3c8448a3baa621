// SPDX-License-Identifier: Apache-2.0
/* fedveil - starts the program of a party: `fedveil sim run X` runs `fedveil-sim run X`, found
 * beside this program. Nothing else happens here, so that each party's program can be audited on
 * its own. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FEDVEIL_VERSION
#define FEDVEIL_VERSION "unknown"
#endif

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct party {
    const char *name;
    const char *purpose;
    int optional; // named in the help only when its program is there
};

static const struct party parties[] = {
    {"participant", "holds faces: trains, masks, evaluates", 0},
    {"coordinator", "adds updates: runs a federation, never sees a face", 0},
    {"sim", "runs a whole federation on this machine", 0},
    {"keys", "makes the keys that parties know each other by", 0},
    {"audit", "attacks the result and prints what leaks", 1},
    {"bench", "measures speed and memory", 1},
};

enum { PARTIES = sizeof parties / sizeof parties[0] };

/* The path of a party's program, beside this one; returns 0 when it is too long or unknown. */
static int find_program(char path[PATH_MAX], const char *party)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) return 0;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    if (slash == NULL) return 0;
    *slash = '\0';
    const int size = snprintf(path, PATH_MAX, "%s/fedveil-%s", self, party);
    return size > 0 && size < PATH_MAX;
}

static void print_help(FILE *file)
{
    char path[PATH_MAX];
    fputs("Usage: fedveil PARTY COMMAND [ARGUMENT]...\n\n", file);
    for (int i = 0; i < PARTIES; i++) {
        const int there = find_program(path, parties[i].name) && access(path, X_OK) == 0;
        if (parties[i].optional && !there) continue;
        fprintf(file, "  %-12s  %s%s\n", parties[i].name, parties[i].purpose,
                there ? "" : " (not installed)");
    }
    fputs("\n`fedveil PARTY --help` lists a party's commands, `fedveil --version` the version.\n",
          file);
}

static const struct party *find_party(const char *name)
{
    for (int i = 0; i < PARTIES; i++) {
        if (strcmp(parties[i].name, name) == 0) return &parties[i];
    }
    return NULL;
}

static int run(const struct party *party, char **arguments)
{
    char path[PATH_MAX], name[64];
    if (!find_program(path, party->name)) {
        fprintf(stderr, "fedveil: /proc/self/exe: where this program lies cannot be found\n");
        return EXIT_FAILED;
    }
    // Help and errors of the party then read as the command that was typed.
    snprintf(name, sizeof name, "fedveil %s", party->name);
    arguments[0] = name;
    // Threads that wait for each other spin for so long, unless the user knows better: a core that
    // another process wants is lost to both while a thread spins on it.
    (void)setenv("GOMP_SPINCOUNT", "5000", 0);
    execv(path, arguments);
    fprintf(stderr, "fedveil: %s: %s\n", path, strerror(errno));
    return EXIT_FAILED;
}

int main(int count, char **arguments)
{
    if (count < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *word = arguments[1];
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("fedveil " FEDVEIL_VERSION);
        return EXIT_DONE;
    }
    const struct party *party = find_party(word);
    if (party == NULL) {
        fprintf(stderr, "fedveil: %s: no such party; `fedveil help` lists them\n", word);
        return EXIT_USAGE;
    }
    return run(party, arguments + 1);
}
