// SPDX-License-Identifier: Apache-2.0
#include "secure/passphrase.h"

#include "base/files.h"
#include "secure/sodium_ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES };

enum { CTRL_C = 3, CTRL_D = 4, DELETE = 127 };

_Static_assert(PASSPHRASE_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "a salt is a salt");
_Static_assert(PASSPHRASE_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "a tag is a tag");

const struct passphrase_cost passphrase_cost = {crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
                                                crypto_pwhash_argon2id_MEMLIMIT_MODERATE};

static enum status from_file(char passphrase[PASSPHRASE_MAX], const char *file)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum status status = files_read_secret(&bytes, &size, file, PASSPHRASE_MAX);
    if (status != STATUS_OK) return status;
    const size_t length = strcspn((const char *)bytes, "\r\n");
    if (length == 0 || length >= PASSPHRASE_MAX || memchr(bytes, 0, size) != NULL) {
        status = status_fail(STATUS_BAD_INPUT,
                             "%s: its first line must be a passphrase of 1 to %d "
                             "bytes",
                             file, PASSPHRASE_MAX - 1);
    } else {
        memcpy(passphrase, bytes, length);
        passphrase[length] = '\0';
    }
    sodium_memzero(bytes, size);
    free(bytes);
    return status;
}

/* One line of the terminal; what is typed is not shown. */
static enum status ask(char *line, int terminal, const char *prompt)
{
    struct termios shown;
    if (tcgetattr(terminal, &shown) != 0) {
        return status_fail(STATUS_IO, "the terminal cannot hide what is typed: %s",
                           strerror(errno));
    }
    struct termios hidden = shown;
    // Ctrl-C comes as a character, at once: a signal would leave the terminal without echo.
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG | ICANON);
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    size_t used = 0;
    ssize_t got = tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 ? 1 : -1;
    if (got > 0 && write(terminal, prompt, strlen(prompt)) < 0) got = -1;
    while (got > 0 && used < PASSPHRASE_MAX) {
        got = read(terminal, line + used, 1);
        if (got > 0 && (line[used] == CTRL_C || line[used] == CTRL_D)) got = 0;
        if (got <= 0 || line[used] == '\n') break;
        if (line[used] == DELETE || line[used] == '\b') {
            used -= used > 0 ? 1 : 0;
        } else {
            used++;
        }
    }
    if (write(terminal, "\n", 1) < 0) got = -1;
    if (tcsetattr(terminal, TCSAFLUSH, &shown) != 0) got = -1;
    if (got <= 0) return status_fail(STATUS_IO, "no passphrase was typed");
    if (used == 0 || used == PASSPHRASE_MAX) {
        return status_fail(STATUS_BAD_INPUT, "a passphrase has 1 to %d bytes", PASSPHRASE_MAX - 1);
    }
    line[used] = '\0';
    return STATUS_OK;
}

static enum status from_terminal(char passphrase[PASSPHRASE_MAX], const char *what, bool is_new)
{
    char prompt[128], again[PASSPHRASE_MAX];
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) {
        return status_fail(STATUS_BAD_INPUT,
                           "%s needs a passphrase and there is no terminal to "
                           "type it: give a passphrase file",
                           what);
    }
    snprintf(prompt, sizeof prompt, "Passphrase of %.80s: ", what);
    enum status status = ask(passphrase, terminal, prompt);
    if (status == STATUS_OK && is_new) {
        status = ask(again, terminal, "Again: ");
        if (status == STATUS_OK && strcmp(passphrase, again) != 0) {
            status = status_fail(STATUS_BAD_INPUT, "the two passphrases differ");
        }
        sodium_memzero(again, sizeof again);
    }
    close(terminal);
    return status;
}

enum status passphrase_get(char passphrase[PASSPHRASE_MAX], const char *file, const char *what,
                           bool is_new)
{
    sodium_memzero(passphrase, PASSPHRASE_MAX);
    const enum status status =
        file[0] != '\0' ? from_file(passphrase, file) : from_terminal(passphrase, what, is_new);
    if (status != STATUS_OK) passphrase_wipe(passphrase);
    return status;
}

void passphrase_wipe(char passphrase[PASSPHRASE_MAX])
{
    sodium_memzero(passphrase, PASSPHRASE_MAX);
}

static enum status make_key(uint8_t key[KEY_BYTES], const struct passphrase_lock *lock)
{
    const struct passphrase_cost *cost = &lock->cost;
    const uint64_t mib = 1048576;
    if (cost->operations < 1 || cost->operations > 16 || cost->bytes < 8 * mib ||
        cost->bytes > 1024 * mib) {
        return status_fail(STATUS_BAD_INPUT,
                           "Argon2id with %llu passes over %llu bytes, allowed: "
                           "1 to 16 over 8 MiB to 1 GiB",
                           (unsigned long long)cost->operations, (unsigned long long)cost->bytes);
    }
    sodium_ready();
    if (crypto_pwhash_argon2id(key, KEY_BYTES, lock->passphrase, strlen(lock->passphrase),
                               lock->salt, cost->operations, (size_t)cost->bytes,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return status_fail(STATUS_NO_MEMORY,
                           "no memory for the passphrase: Argon2id needs %llu MiB",
                           (unsigned long long)(cost->bytes / mib));
    }
    return STATUS_OK;
}

static const uint8_t no_nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];

enum status passphrase_close(uint8_t *box, const uint8_t *bytes, size_t size,
                             const struct passphrase_lock *lock)
{
    uint8_t key[KEY_BYTES];
    const enum status status = make_key(key, lock);
    if (status == STATUS_OK) {
        crypto_aead_xchacha20poly1305_ietf_encrypt(box, NULL, bytes, size, lock->context,
                                                   lock->context_size, NULL, no_nonce, key);
    }
    sodium_memzero(key, sizeof key);
    return status;
}

enum status passphrase_open(uint8_t *bytes, size_t size, const uint8_t *box,
                            const struct passphrase_lock *lock)
{
    uint8_t key[KEY_BYTES];
    enum status status = make_key(key, lock);
    if (status == STATUS_OK && crypto_aead_xchacha20poly1305_ietf_decrypt(
                                   bytes, NULL, NULL, box, size + PASSPHRASE_TAG_BYTES,
                                   lock->context, lock->context_size, no_nonce, key) != 0) {
        status = status_fail(STATUS_BAD_INPUT, "the passphrase is wrong, or the file was changed");
    }
    sodium_memzero(key, sizeof key);
    return status;
}
