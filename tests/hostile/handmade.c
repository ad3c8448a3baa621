// SPDX-License-Identifier: Apache-2.0
#include "hostile/handmade.h"

#include "wire/transport_zmq.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    KEY = crypto_box_PUBLICKEYBYTES,
    MAC = crypto_box_MACBYTES,
    COOKIE = 96,
    GREETING = 64,
    COMMAND = 0x04, // flags of a frame
    LONG = 0x02,
    PATIENCE_S = 5,
};

struct keys {
    uint8_t server[KEY], own[KEY], own_secret[KEY];                   // long-term
    uint8_t short_server[KEY], short_own[KEY], short_own_secret[KEY]; // of this connection
    uint8_t cookie[COOKIE];
};

static bool send_all(const struct handmade *member, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = send(member->descriptor, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool receive_all(const struct handmade *member, uint8_t *bytes, size_t size)
{
    return recv(member->descriptor, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

/* The next command of the other side, at most 255 bytes. */
static bool receive_command(const struct handmade *member, uint8_t *body, size_t size)
{
    uint8_t head[2];
    return receive_all(member, head, sizeof head) && head[0] == COMMAND && head[1] >= size &&
           receive_all(member, body, head[1]);
}

static void nonce_of(uint8_t nonce[crypto_box_NONCEBYTES], const char *prefix, uint64_t number)
{
    memcpy(nonce, prefix, 16);
    for (int i = 0; i < 8; i++) {
        nonce[16 + i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

static bool greet(const struct handmade *member)
{
    uint8_t ours[GREETING] = {0xff, [8] = 0, [9] = 0x7f, [10] = 3, [11] = 1};
    uint8_t theirs[GREETING];
    memcpy(ours + 12, "CURVE", 5);
    return send_all(member, ours, sizeof ours) && receive_all(member, theirs, sizeof theirs);
}

/* HELLO, answered by WELCOME with a short-term key and a cookie. */
static bool say_hello(struct handmade *member, struct keys *keys)
{
    uint8_t hello[2 + 200] = {COMMAND, 200};
    uint8_t welcome[255], nonce[crypto_box_NONCEBYTES], plain[KEY + COOKIE];
    static const uint8_t zeros[64];
    memcpy(hello + 2, "\005HELLO\001", 8); // and version 1.0
    memcpy(hello + 2 + 80, keys->short_own, KEY);
    nonce_of(nonce, "CurveZMQHELLO---", ++member->nonce);
    memcpy(hello + 2 + 112, nonce + 16, 8);
    if (crypto_box_easy(hello + 2 + 120, zeros, sizeof zeros, nonce, keys->server,
                        keys->short_own_secret) != 0 ||
        !send_all(member, hello, sizeof hello) || !receive_command(member, welcome, 168)) {
        return false;
    }
    memcpy(nonce, "WELCOME-", 8);
    memcpy(nonce + 8, welcome + 8, 16);
    if (crypto_box_open_easy(plain, welcome + 24, 144, nonce, keys->server,
                             keys->short_own_secret) != 0) {
        return false;
    }
    memcpy(keys->short_server, plain, KEY);
    memcpy(keys->cookie, plain + KEY, COOKIE);
    return true;
}

static size_t put_property(uint8_t *at, const char *name, const void *value, uint8_t size)
{
    const size_t length = strlen(name);
    at[0] = (uint8_t)length;
    memcpy(at + 1, name, length);
    memset(at + 1 + length, 0, 3);
    at[1 + length + 3] = size;
    memcpy(at + 1 + length + 4, value, size);
    return length + 5 + size;
}

/* INITIATE proves the long-term key; READY is the answer to one that is admitted. */
static bool initiate(struct handmade *member, const struct keys *keys)
{
    uint8_t plain[KEY + 16 + KEY + KEY + MAC + 128], vouch[2 * KEY], route[16], ready[255];
    uint8_t nonce[crypto_box_NONCEBYTES], command[512] = {COMMAND};
    size_t size = KEY + 16 + 2 * KEY + MAC;
    memcpy(plain, keys->own, KEY);
    randombytes_buf(plain + KEY, 16);
    memcpy(nonce, "VOUCH---", 8);
    memcpy(nonce + 8, plain + KEY, 16);
    memcpy(vouch, keys->short_own, KEY);
    memcpy(vouch + KEY, keys->server, KEY);
    if (crypto_box_easy(plain + KEY + 16, vouch, sizeof vouch, nonce, keys->short_server,
                        keys->own_secret) != 0) {
        return false;
    }
    randombytes_buf(route, sizeof route);
    route[0] |= 1;
    size += put_property(plain + size, "Socket-Type", "DEALER", 6);
    size += put_property(plain + size, "Identity", route, sizeof route);
    const size_t body = 9 + COOKIE + 8 + MAC + size;
    uint8_t *at = command;
    *at++ = COMMAND | LONG;
    for (int i = 7; i >= 0; i--) {
        *at++ = (uint8_t)((uint64_t)body >> (8 * i));
    }
    memcpy(at, "\010INITIATE", 9);
    memcpy(at + 9, keys->cookie, COOKIE);
    nonce_of(nonce, "CurveZMQINITIATE", ++member->nonce);
    memcpy(at + 9 + COOKIE, nonce + 16, 8);
    if (crypto_box_easy(at + 9 + COOKIE + 8, plain, size, nonce, keys->short_server,
                        keys->short_own_secret) != 0) {
        return false;
    }
    return send_all(member, command, 9 + body) && receive_command(member, ready, 6) &&
           memcmp(ready, "\005READY", 6) == 0 &&
           crypto_box_beforenm(member->shared, keys->short_server, keys->short_own_secret) == 0;
}

bool handmade_open(struct handmade *member, const char *endpoint, const struct identity *identity,
                   const char coordinator_key[IDENTITY_KEY_TEXT])
{
    struct keys keys;
    unsigned port = 0;
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    memset(member, 0, sizeof *member);
    if (sodium_init() < 0 || sscanf(endpoint, "tcp://127.0.0.1:%u", &port) != 1 ||
        zmq_z85_decode(keys.server, coordinator_key) == NULL ||
        zmq_z85_decode(keys.own, identity->public_key) == NULL ||
        zmq_z85_decode(keys.own_secret, identity->secret_key) == NULL ||
        crypto_box_keypair(keys.short_own, keys.short_own_secret) != 0) {
        return false;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    member->descriptor = socket(AF_INET, SOCK_STREAM, 0);
    if (member->descriptor < 0) return false;
    setsockopt(member->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(member->descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
        greet(member) && say_hello(member, &keys) && initiate(member, &keys)) {
        return true;
    }
    handmade_close(member);
    return false;
}

void handmade_close(struct handmade *member)
{
    if (member->descriptor >= 0) close(member->descriptor);
    member->descriptor = -1;
}

bool handmade_send(struct handmade *member, const void *bytes, size_t size, bool more)
{
    static uint8_t plain[1 + HANDMADE_PART];
    uint8_t nonce[crypto_box_NONCEBYTES];
    uint8_t *at = member->frame;
    const size_t body = 8 + 8 + MAC + 1 + size;
    if (size > HANDMADE_PART) return false;
    plain[0] = more ? 1 : 0;
    memcpy(plain + 1, bytes, size);
    *at++ = LONG;
    for (int i = 7; i >= 0; i--) {
        *at++ = (uint8_t)((uint64_t)body >> (8 * i));
    }
    memcpy(at, "\007MESSAGE", 8);
    nonce_of(nonce, "CurveZMQMESSAGEC", ++member->nonce);
    memcpy(at + 8, nonce + 16, 8);
    return crypto_box_easy_afternm(at + 16, plain, 1 + size, nonce, member->shared) == 0 &&
           send_all(member, member->frame, 9 + body);
}
