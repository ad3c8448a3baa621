// SPDX-License-Identifier: Apache-2.0
/* config - every setting of Fedveil as plain fields, and the one table that describes them.
 *
 * The table in config.c gives each key its YAML name, kind, default, range and help; from it come
 * the reader, --set, the effective config, configs/reference.yaml and the error texts. What all
 * parties must agree on stands in `federation`; its canonical text is hashed and compared when a
 * participant joins. Everything else belongs to one machine. */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/limits.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_privacy { PRIVACY_AUTOMATIC, PRIVACY_TRUSTED_COORDINATOR, PRIVACY_SECURE_SUM };
enum config_dp { DP_NONE, DP_SKELLAM, DP_SGD };
enum config_input { INPUT_BANDS, INPUT_PIXELS };
enum config_color { COLOR_GREY, COLOR_YCBCR, COLOR_RGB };
enum config_layout { LAYOUT_NATIVE, LAYOUT_UP8 };
enum config_mask { MASK_NONE, MASK_PPFR_FD, MASK_LAPLACE, MASK_DCTDP, MASK_EIGENFACES };
enum config_shuffle { SHUFFLE_NONE, SHUFFLE_DEPLOYMENT, SHUFFLE_PER_IMAGE };
enum config_mix { MIX_NONE, MIX_FIXED, MIX_UNIFORM, MIX_MATCHED, MIX_ADAPTIVE };
enum config_order { ORDER_RANDOM, ORDER_FALLING, ORDER_RISING };
enum config_reward { REWARD_LOSS, REWARD_RELATIVE };
enum config_network { NETWORK_IR_SE_18, NETWORK_IR_SE_34, NETWORK_IR_SE_50 };
enum config_norm { NORM_BATCH, NORM_GROUP };
enum config_schedule { SCHEDULE_CONSTANT, SCHEDULE_STEP, SCHEDULE_COSINE };
enum config_noise { NOISE_SYSTEM, NOISE_SEED };
enum config_data { DATA_SYNTHETIC, DATA_FOLDER };

struct config_numbers {
    size_t count;
    int values[LIMIT_LIST];
};

struct config_texts {
    size_t count;
    char values[LIMIT_LIST][LIMIT_NAME];
};

struct config_federation {
    int participants;            // how many take part
    int cohort;                  // how many are chosen for a round; 0: all
    int reporters_min;           // fewest updates that make a round
    int rounds;                  // rounds of the run
    int local_epochs;            // passes over its images that a participant makes in a round
    double deadline_seconds;     // longest time a round waits for updates; 0: no limit
    double join_seconds;         // longest time to wait for participants at the start; 0: no limit
    enum config_privacy privacy; // as written; config_privacy() says what it comes to
    struct config_texts share;   // patterns of tensors that travel, "!" excludes; last match wins

    struct {
        int cohort_min;        // fewest of whom a sum is opened
        double corrupt;        // share of a cohort that may conspire with the coordinator
        double dropout;        // share of a cohort that may be lost during an exchange
        double answer_seconds; // longest wait for answers at a step of the exchange
    } secure;

    struct {
        int bits;       // width of an integer on the wire: 16, 24 or 32
        double range;   // largest update of a tensor, in units of its largest weight
        int weight_max; // images of a participant that count at most
    } quantise;

    struct {
        double learning_rate; // factor of the mean update
        double momentum;      // of the mean updates of earlier rounds
    } server;

    struct {
        enum config_input kind;
        int size;                  // side of the square image in pixels, a multiple of 8
        enum config_color color;   // rgb only with pixels
        enum config_layout layout; // of bands
    } input;

    struct {
        enum config_mask method;
        int bands;                       // first so many bands in zig-zag order, DC among them
        struct config_numbers band_list; // or these (8u+v, per component 64 more); overrides bands
        bool drop_dc;
        bool drop_signs;
        int shifts;     // with drop_signs: places of the grid of blocks along an axis
        int pool;       // with drop_signs: side of the cells of blocks with one mean; 1: none
        bool normalise; // z-score per image and channel, also without a mask
        enum config_shuffle shuffle;   // of ppfr-fd
        double epsilon;                // privacy budget of one coefficient of one image
        double clip;                   // coefficients are cut to +-clip first; 0: their range
        struct config_numbers budgets; // of dctdp: share of epsilon of each channel, in thousandths
    } mask;

    struct {
        enum config_mix method;
        struct config_numbers k;      // candidates; `fixed` uses the first
        double weight_max;            // largest weight of one image in a mix
        struct config_numbers shares; // of `matched`: how often each k is drawn, relatively
        enum config_order order;      // of `matched`: when each k has its share of the run
        bool signs;                   // random sign of each element of a mix (InstaHide)
    } mix;

    struct {
        enum config_network kind;
        double width;                  // multiplies the channels 64, 128, 256, 512
        struct config_numbers strides; // of the four stages; empty: fitted to the input
        int embedding;
        double dropout;
        enum config_norm norm; // of the recogniser; the policy's are always of the batch
    } network;

    struct {
        double scale;  // s of ArcFace
        double margin; // m of ArcFace, radians
    } loss;

    struct {
        int batch;
        double learning_rate;
        double momentum;
        double weight_decay;
        enum config_schedule schedule;
        double warmup_epochs;
        int head_epochs;                  // of each round, first, in which only the head trains
        struct config_numbers milestones; // epochs at which `step` multiplies by decay
        double decay;
        double clip_norm;   // largest norm of a gradient; 0: no limit
        bool keep_momentum; // across rounds
        bool flip;          // random horizontal flips
    } optimiser;

    struct {
        double width; // of ResNet18
        double learning_rate;
        double momentum;
        enum config_reward reward;
        double reward_a;      // a of equation (5)
        double reward_b;      // b of equation (5)
        bool baseline;        // subtract a running mean of the reward
        double entropy;       // weight of the entropy of p(k)
        double k_mean;        // what E[k] is held at; 0: free
        double k_mean_end;    // to what it moves over the run; 0: it stays
        int draw_every;       // recogniser steps for which one p(k) serves
        int recogniser_steps; // steps of a recogniser phase
        int policy_steps;     // steps of a policy phase
    } policy;

    struct {
        enum config_dp method;
        double clip;        // longest update of a participant, or gradient of an image
        double multiplier;  // standard deviation of the noise on the sum by clip
        double delta;       // at which epsilon is stated
        double sample_rate; // of dp-sgd: probability that a step takes an image
    } dp;
};

struct config {
    uint64_t seed;
    int threads;             // of one process; 0: all cores
    int log_level;           // 0 errors .. 3 debug
    char tuning[LIMIT_PATH]; // file of measured plans of convolutions; empty: none
    struct config_federation federation;

    struct {
        enum config_data kind;
        char train[LIMIT_PATH]; // folder of identities
        int people;             // synthetic: people made; folder: people used, 0: all
        int images;             // synthetic: images of a person; folder: most used, 0: all
        int holdout;            // images of each person held back for identification
        double skew;            // 0: even; else part sizes fall as exp(-skew * rank)
        int split_count;        // this folder is shared out over so many participants ...
        int split_index;        // ... and this participant gets that part
        char test[LIMIT_PATH];  // folder of identities for verification; empty: none
        char pairs[LIMIT_PATH]; // pairs.txt over `test`
        int test_people;        // synthetic: unseen people
        int test_pairs;         // synthetic: pairs of them
        uint64_t synthetic_seed;
        int memory;             // MiB for the bands of all images of this participant
        char cache[LIMIT_PATH]; // folder of a file for those that need more
    } data;

    struct {
        char name[LIMIT_NAME];
        char coordinator[LIMIT_PATH];     // endpoint, tcp://HOST:PORT
        char secret_key[LIMIT_PATH];      // own key file
        char passphrase_file[LIMIT_PATH]; // of it; empty: asked for, where it has one
        char roster[LIMIT_PATH];          // signed list of who takes part
        char mask_key[LIMIT_PATH];        // of the deployment
        char eigenfaces[LIMIT_PATH];      // file of the deployment, of that mask
        enum config_noise noise;          // where the noise of a mask comes from
        double wait_seconds;              // longest silence of the coordinator that is waited out
        bool evaluate;                    // verify each published model on data.pairs
    } participant;

    struct {
        char listen[LIMIT_PATH]; // endpoint, tcp://ADDRESS:PORT; port 0 or *: any free one
        char secret_key[LIMIT_PATH];
        char passphrase_file[LIMIT_PATH];
        char roster[LIMIT_PATH]; // signed list of who takes part
        int models_kept;         // newest models kept on disk; the final one always
        int memory_mib;          // most that the coordinator may take; 0: by the size of the model
    } coordinator;

    struct {
        int slots; // participants that train at once; 0: as many as cores
    } sim;
};

/* Fills `config` with the defaults. */
void config_defaults(struct config *config);

/* Reads a YAML file over the defaults, then checks ranges and relations. A failure reads
 * "file:line: key: what is wrong, what is allowed". */
enum status config_load(struct config *config, const char *path) CHECKED;

/* Reads a YAML file over what `config` has. Call config_check() at the end. */
enum status config_load_over(struct config *config, const char *path) CHECKED;

/* Applies one "key=value" (as --set gives it); lists as [a, b]. Call config_check() at the end. */
enum status config_set(struct config *config, const char *assignment) CHECKED;

/* The same for an assignment that stands on a line of a file. */
enum status config_set_at(struct config *config, const char *origin, int line,
                          const char *assignment) CHECKED;

/* Checks the relations between keys; names the keys at fault. */
enum status config_check(const struct config *config) CHECKED;

/* Fewest in a cohort for which `automatic` means secure-sum: of two, each knows the other's part of
 * a sum. */
enum { CONFIG_SECURE_MIN = 3 };

/* The size of a cohort when all are there: the smaller of participants and cohort (0: all). */
size_t config_cohort(const struct config_federation *federation);

/* Fewest updates that make a round: reporters_min, with secure-sum at least secure.cohort_min and
 * the quorum of the cohort. */
size_t config_reporters(const struct config_federation *federation);

/* What federation.privacy comes to: never PRIVACY_AUTOMATIC, which is secure-sum with a cohort of
 * at least CONFIG_SECURE_MIN, else trusted-coordinator. */
enum config_privacy config_privacy(const struct config_federation *federation);

/* The least q with 2q > cohort + corrupt: of any two lists with q signatures each, an honest
 * participant has signed both. */
size_t config_quorum(size_t cohort, size_t corrupt);

/* How many of a cohort may conspire with the coordinator, and how many of the fewest of whom a sum
 * is opened do not: cohort_min less those, at least 0. */
size_t config_corrupt(const struct config_federation *federation);
size_t config_honest(const struct config_federation *federation);

/* STATUS_BAD_CONFIG unless a value is given; `what` says what it must be. */
enum status config_require(const char *key, const char *value, const char *what) CHECKED;

/* STATUS_BAD_CONFIG when a path that is given leads nowhere: a wrong config, no failed run. */
enum status config_check_path(const char *key, const char *path) CHECKED;

/* The text of the effective config as YAML, every key; *text is the caller's to free. */
enum status config_write(const struct config *config, char **text) CHECKED;

/* The canonical text of the federation section, one "key=value" a line in the table's order: what
 * is hashed and compared. *text is the caller's to free. */
enum status config_canonical(const struct config *config, char **text) CHECKED;

/* configs/reference.yaml: every key with default, range and meaning. The caller frees *text. */
enum status config_reference(char **text) CHECKED;

/* Name of an enumerated value as it is written in YAML, for example "ppfr-fd" for
 * config_word("federation.mask.method", MASK_PPFR_FD); "?" when there is none. */
const char *config_word(const char *key, int value);

#endif
