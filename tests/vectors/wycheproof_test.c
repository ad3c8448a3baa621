// SPDX-License-Identifier: Apache-2.0
/* The primitives that the secure exchange takes from libsodium, against vectors made by others:
 * Project Wycheproof and the documents named below. X25519 and ChaCha20 go through blinding.h,
 * which adds nothing but a hash; what else is wrapped is given to libsodium itself. */
#include "reference/vector_context.h"
#include "reference/vector_file.h"
#include "secure/blinding.h"

#include <sodium.h>
#include <string.h>

enum { PART_MAX = 1100, PARTS_MAX = 5, X25519 = 518, ED25519 = 210, XCHACHA20 = 306, BLAKE2B = 9 };

struct part {
    uint8_t bytes[PART_MAX];
    size_t size;
};

static struct part parts[PARTS_MAX];
static int x25519_cases, ed25519_cases, xchacha20_cases, blake2b_cases;

static void from_hex(struct part *part, const char *text)
{
    assert_int_equal(sodium_hex2bin(part->bytes, sizeof part->bytes, text, strlen(text), NULL,
                                    &part->size, NULL),
                     0);
    assert_int_equal(2 * part->size, strlen(text));
}

static void read_parts(FILE *file, int count)
{
    for (int i = 0; i < count; i++) {
        char text[2 * PART_MAX + 1];
        assert_int_equal(fscanf(file, " %2200s", text), 1);
        from_hex(&parts[i], strcmp(text, "-") == 0 ? "" : text);
    }
}

static void skip_head(FILE *file)
{
    char line[128];
    int first;
    while ((first = fgetc(file)) == '#') {
        assert_non_null(fgets(line, sizeof line, file));
    }
    ungetc(first, file);
}

/* The seed of a pair is the hash, under the secret in common, of what both know: it is right when
 * the secret is. A secret of zeros, from a key of small order, is refused. */
static void check_x25519(const uint8_t *secret, const uint8_t *peer_public, const uint8_t *common)
{
    const struct exchange_context context = vector_context();
    struct blinding_party self = {.place = 1}, peer = {.place = 2};
    uint8_t seed[BLINDING_SEED_BYTES], right[BLINDING_SEED_BYTES], keys[2 * BLINDING_KEY_BYTES];
    blinding_public_key(self.public_key, secret);
    memcpy(peer.public_key, peer_public, sizeof peer.public_key);
    const enum status status = blinding_pair_seed(seed, &context, secret, &self, &peer);
    if (sodium_is_zero(common, BLINDING_KEY_BYTES)) {
        assert_int_equal(status, STATUS_BAD_MESSAGE);
        assert_true(sodium_is_zero(seed, sizeof seed));
        return;
    }
    assert_int_equal(status, STATUS_OK);
    memcpy(keys, self.public_key, BLINDING_KEY_BYTES);
    memcpy(keys + BLINDING_KEY_BYTES, peer.public_key, BLINDING_KEY_BYTES);
    exchange_hash(right, common, EXCHANGE_PAIR, &context, 1, 2, keys, sizeof keys);
    assert_memory_equal(seed, right, sizeof seed);
}

static void read_x25519(FILE *file)
{
    read_parts(file, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parts[i].size, BLINDING_KEY_BYTES);
    }
    check_x25519(parts[1].bytes, parts[0].bytes, parts[2].bytes);
    x25519_cases++;
}

static void read_ed25519(FILE *file, const char *right)
{
    read_parts(file, 3);
    const struct part *key = &parts[0], *message = &parts[1], *signature = &parts[2];
    assert_int_equal(key->size, EXCHANGE_SIGN_PUBLIC_BYTES);
    ed25519_cases++;
    if (signature->size != EXCHANGE_SIGNATURE_BYTES) { // no record of ours has room for it
        assert_string_equal(right, "invalid");
        return;
    }
    const bool good = crypto_sign_verify_detached(signature->bytes, message->bytes, message->size,
                                                  key->bytes) == 0;
    if (strcmp(right, "valid") == 0) assert_true(good);
    if (strcmp(right, "invalid") == 0 || strcmp(right, "small") == 0) assert_false(good);
}

static void read_xchacha20(FILE *file, const char *right)
{
    read_parts(file, 5);
    const struct part *key = &parts[0], *nonce = &parts[1], *data = &parts[2], *message = &parts[3];
    const struct part *sealed = &parts[4];
    uint8_t bytes[PART_MAX + crypto_aead_xchacha20poly1305_ietf_ABYTES];
    unsigned long long size = 0;
    assert_int_equal(key->size, crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    assert_int_equal(nonce->size, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
    const int result = crypto_aead_xchacha20poly1305_ietf_decrypt(
        bytes, &size, NULL, sealed->bytes, sealed->size, data->bytes, data->size, nonce->bytes,
        key->bytes);
    xchacha20_cases++;
    if (strcmp(right, "valid") != 0) {
        assert_string_equal(right, "invalid");
        assert_int_equal(result, -1);
        return;
    }
    assert_int_equal(result, 0);
    assert_int_equal(size, message->size);
    assert_memory_equal(bytes, message->bytes, message->size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes, &size, message->bytes, message->size,
                                               data->bytes, data->size, NULL, nonce->bytes,
                                               key->bytes);
    assert_int_equal(size, sealed->size);
    assert_memory_equal(bytes, sealed->bytes, sealed->size);
}

static void read_blake2b(FILE *file)
{
    uint8_t hash[64];
    read_parts(file, 3);
    assert_int_equal(parts[2].size, sizeof hash);
    assert_int_equal(crypto_generichash(hash, sizeof hash, parts[1].bytes, parts[1].size,
                                        parts[0].bytes, parts[0].size),
                     0);
    assert_memory_equal(hash, parts[2].bytes, sizeof hash);
    blake2b_cases++;
}

static void read_case(FILE *file)
{
    char primitive[16], right[16];
    assert_int_equal(fscanf(file, " %15s %15s", primitive, right), 2);
    if (strcmp(primitive, "x25519") == 0) {
        read_x25519(file);
    } else if (strcmp(primitive, "ed25519") == 0) {
        read_ed25519(file, right);
    } else if (strcmp(primitive, "xchacha20") == 0) {
        read_xchacha20(file, right);
    } else {
        assert_string_equal(primitive, "blake2b");
        read_blake2b(file);
    }
}

static void every_case_is_as_its_makers_say(void **state)
{
    (void)state;
    vector_file_each("wycheproof.txt", skip_head, read_case,
                     X25519 + ED25519 + XCHACHA20 + BLAKE2B);
    assert_int_equal(x25519_cases, X25519);
    assert_int_equal(ed25519_cases, ED25519);
    assert_int_equal(xchacha20_cases, XCHACHA20);
    assert_int_equal(blake2b_cases, BLAKE2B);
}

/* RFC 7748, section 5.2: u and k, 1000 times over. */
static void x25519_is_that_of_rfc_7748_after_many_times(void **state)
{
    (void)state;
    struct part once, last;
    uint8_t k[32] = {9}, u[32] = {9}, next[32];
    from_hex(&once, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    from_hex(&last, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(crypto_scalarmult(next, k, u), 0);
        memcpy(u, k, sizeof u);
        memcpy(k, next, sizeof k);
        if (i == 0) assert_memory_equal(k, once.bytes, sizeof k);
    }
    assert_memory_equal(k, last.bytes, sizeof k);
}

/* RFC 7748, section 6.1. */
static void keys_of_a_pair_are_those_of_rfc_7748(void **state)
{
    (void)state;
    struct part secret[2], shown[2], common;
    uint8_t found[BLINDING_KEY_BYTES];
    from_hex(&secret[0], "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    from_hex(&shown[0], "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    from_hex(&secret[1], "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    from_hex(&shown[1], "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    from_hex(&common, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    for (int i = 0; i < 2; i++) {
        blinding_public_key(found, secret[i].bytes);
        assert_memory_equal(found, shown[i].bytes, sizeof found);
        check_x25519(secret[i].bytes, shown[1 - i].bytes, common.bytes);
    }
}

/* RFC 8439, appendix A.1, whose nonces of zeros are ours for the update; from
 * draft-strombergson-chacha-test-vectors-01, 20 rounds, 256 bits: TC2, and TC3 with the nonce that
 * is ours for metrics. */
static const struct {
    uint8_t key[BLINDING_SEED_BYTES];
    enum blinding_vector vector;
    size_t block;
    const char *stream;
} keystreams[] = {
    {{0},
     BLINDING_UPDATE,
     0,
     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
     "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
    {{0},
     BLINDING_UPDATE,
     1,
     "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
     "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
    {{[31] = 1},
     BLINDING_UPDATE,
     1,
     "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
     "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
    {{[1] = 0xff},
     BLINDING_UPDATE,
     2,
     "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
     "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
    {{[0] = 1},
     BLINDING_UPDATE,
     0,
     "c5d30a7ce1ec119378c84f487d775a8542f13ece238a9455e8229e888de85bbd"
     "29eb63d0a17a5b999b52da22be4023eb07620a54f6fa6ad8737b71eb0464dac0"},
    {{0},
     BLINDING_METRICS,
     0,
     "ef3fdfd6c61578fbf5cf35bd3dd33b8009631634d21e42ac33960bd138e50d32"
     "111e4caf237ee53ca8ad6426194a88545ddc497a0b466e7d6bbdb0041b2f586b"},
    {{0},
     BLINDING_METRICS,
     1,
     "5305e5e44aff19b235936144675efbe4409eb7e8e5f1430f5f5836aeb49bb532"
     "8b017c4b9dc11f8a03863fa803dc71d5726b2b6b31aa32708afe5af1d6b69058"},
};

/* Zeros to which a keystream is added are the keystream. */
static void blinds_are_the_keystream_of_chacha20(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keystreams / sizeof keystreams[0]; i++) {
        for (int bits = 16; bits <= 64; bits *= 2) {
            uint8_t bytes[64] = {0};
            struct part stream;
            const size_t words = sizeof bytes * 8 / (size_t)bits;
            from_hex(&stream, keystreams[i].stream);
            blinding_add(&(struct blinding_words){.bytes = bytes,
                                                  .first = keystreams[i].block * words,
                                                  .count = words,
                                                  .bits = bits,
                                                  .vector = keystreams[i].vector},
                         keystreams[i].key);
            assert_memory_equal(bytes, stream.bytes, sizeof bytes);
        }
    }
}

/* Of the reference implementation, phc-winner-argon2, src/test.c; RFC 9106's own vector has a key
 * and data, which cannot be said to libsodium. */
static void argon2id_is_that_of_its_authors(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
    };
    for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
        assert_int_equal(crypto_pwhash_argon2id_str_verify(hashes[i], "password", 8), 0);
        assert_int_equal(crypto_pwhash_argon2id_str_verify(hashes[i], "Password", 8), -1);
    }
}

static int start(void **state)
{
    (void)state;
    return sodium_init() >= 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_as_its_makers_say),
        cmocka_unit_test(x25519_is_that_of_rfc_7748_after_many_times),
        cmocka_unit_test(keys_of_a_pair_are_those_of_rfc_7748),
        cmocka_unit_test(blinds_are_the_keystream_of_chacha20),
        cmocka_unit_test(argon2id_is_that_of_its_authors),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
