// SPDX-License-Identifier: Apache-2.0
#include "base/config_table.h"

#include "base/config.h"

#define WORDS(name) static const char *const name[]
WORDS(privacy_words) = {[PRIVACY_AUTOMATIC] = "automatic",
                        [PRIVACY_TRUSTED_COORDINATOR] = "trusted-coordinator",
                        [PRIVACY_SECURE_SUM] = "secure-sum",
                        NULL};
WORDS(dp_words) = {[DP_NONE] = "none", [DP_SKELLAM] = "skellam", [DP_SGD] = "dp-sgd", NULL};
WORDS(input_words) = {[INPUT_BANDS] = "bands", [INPUT_PIXELS] = "pixels", NULL};
WORDS(color_words) = {[COLOR_GREY] = "grey", [COLOR_YCBCR] = "ycbcr", [COLOR_RGB] = "rgb", NULL};
WORDS(layout_words) = {[LAYOUT_NATIVE] = "native", [LAYOUT_UP8] = "up8", NULL};
WORDS(mask_words) = {
    [MASK_NONE] = "none",   [MASK_PPFR_FD] = "ppfr-fd",       [MASK_LAPLACE] = "laplace",
    [MASK_DCTDP] = "dctdp", [MASK_EIGENFACES] = "eigenfaces", NULL};
WORDS(shuffle_words) = {[SHUFFLE_NONE] = "none",
                        [SHUFFLE_DEPLOYMENT] = "deployment",
                        [SHUFFLE_PER_IMAGE] = "per-image",
                        NULL};
WORDS(mix_words) = {
    [MIX_NONE] = "none",       [MIX_FIXED] = "fixed",       [MIX_UNIFORM] = "uniform",
    [MIX_MATCHED] = "matched", [MIX_ADAPTIVE] = "adaptive", NULL};
WORDS(order_words) = {
    [ORDER_RANDOM] = "random", [ORDER_FALLING] = "falling", [ORDER_RISING] = "rising", NULL};
WORDS(reward_words) = {[REWARD_LOSS] = "loss", [REWARD_RELATIVE] = "relative", NULL};
WORDS(network_words) = {[NETWORK_IR_SE_18] = "ir_se_18",
                        [NETWORK_IR_SE_34] = "ir_se_34",
                        [NETWORK_IR_SE_50] = "ir_se_50",
                        NULL};
WORDS(norm_words) = {[NORM_BATCH] = "batch", [NORM_GROUP] = "group", NULL};
WORDS(schedule_words) = {
    [SCHEDULE_CONSTANT] = "constant", [SCHEDULE_STEP] = "step", [SCHEDULE_COSINE] = "cosine", NULL};
WORDS(noise_words) = {[NOISE_SYSTEM] = "system", [NOISE_SEED] = "seed", NULL};
WORDS(data_words) = {[DATA_SYNTHETIC] = "synthetic", [DATA_FOLDER] = "folder", NULL};

// A row's key is the name of its field, and a field of another type than its row does not compile.
#define AT(field, type) _Generic(((struct config *)0)->field, type : offsetof(struct config, field))
#define SIZE(field)     sizeof(((struct config *)0)->field)

// clang-format off
#define BOOL(field, initial, help)                                                                 \
    {#field, SETTINGS_BOOL, AT(field, bool), 0, initial, 0, 1, NULL, help}
#define INT(field, initial, min, max, help)                                                        \
    {#field, SETTINGS_INT, AT(field, int), 0, initial, min, max, NULL, help}
#define UINT64(field, initial, help)                                                               \
    {#field, SETTINGS_UINT64, AT(field, uint64_t), 0, initial, 0, 0, NULL, help}
#define DOUBLE(field, initial, min, max, help)                                                     \
    {#field, SETTINGS_DOUBLE, AT(field, double), 0, initial, min, max, NULL, help}
#define TEXT(field, initial, help)                                                                 \
    {#field, SETTINGS_TEXT, AT(field, char *), SIZE(field), initial, 0, 0, NULL, help}
#define PATH(field, help)                                                                          \
    {#field, SETTINGS_PATH, AT(field, char *), SIZE(field), "", 0, 0, NULL, help}
#define WORD(field, type, words, initial, help)                                                    \
    {#field, SETTINGS_WORD, AT(field, type), 0, initial, 0, 0, words, help}
#define NUMBERS(field, initial, count_max, min, max, help)                                         \
    {#field, SETTINGS_NUMBERS, AT(field, struct config_numbers), count_max, initial, min, max,     \
     NULL, help}
#define TEXTS(field, initial, count_max, help)                                                     \
    {#field, SETTINGS_TEXTS, AT(field, struct config_texts), count_max, initial, 0, 0, NULL, help}

static const struct settings_row rows[] = {
    UINT64(seed, "1",
        "Seed of all that is repeatable: initial weights, data order, mixing, policy and "
        "rounding; never of keys."),
    INT(threads, "0", 0, 1024,
        "Threads of one process; 0: as many as cores."),
    INT(log_level, "2", 0, 3,
        "What is logged: 0 errors, 1 also warnings, 2 also events, 3 also details."),
    PATH(tuning,
        "File of `fedveil bench tune` that says how each convolution is computed; empty: as a "
        "model of the cost says. The same bits of a result need the same file."),

    INT(federation.participants, "4", 1, LIMIT_PARTICIPANTS,
        "Participants of the federation; the run starts when all have joined."),
    INT(federation.cohort, "0", 0, LIMIT_PARTICIPANTS,
        "Participants chosen for each round; 0: all."),
    INT(federation.reporters_min, "1", 1, LIMIT_PARTICIPANTS,
        "Fewest updates that make a round; with fewer at the deadline the round is tried again, "
        "at most three times."),
    INT(federation.rounds, "8", 1, 1000000,
        "Rounds of the run; the learning-rate schedule spans all of them."),
    INT(federation.local_epochs, "1", 1, 1000,
        "Passes over its own images that a participant makes in a round."),
    DOUBLE(federation.deadline_seconds, "0", 0, 1e7,
        "Longest time that a round waits for updates; 0: no limit."),
    DOUBLE(federation.join_seconds, "0", 0, 1e7,
        "Longest time to wait for participants at the start; 0: no limit."),
    WORD(federation.privacy, enum config_privacy, privacy_words, "automatic",
        "Who may see a single update: trusted-coordinator, the coordinator does; secure-sum, "
        "nobody does, the coordinator opens their sum only; automatic, secure-sum with a cohort of "
        "at least 3, else trusted-coordinator."),
    TEXTS(federation.share, "[backbone.*]", LIMIT_LIST,
        "Patterns of the tensors that travel, with * and ?; a pattern that begins with ! "
        "excludes, and the last one that matches decides; add \"!*.running_*\" to keep the "
        "statistics of batch normalisation local, \"!*.norm*\" its weights too, \"policy.*\" to "
        "share the policy; [], nothing travels and each keeps its own model; the class head never "
        "travels."),

    INT(federation.secure.cohort_min, "3", CONFIG_SECURE_MIN, LIMIT_COHORT_SECURE,
        "Of secure-sum: fewest participants of whom a sum is opened; with fewer, or without a "
        "quorum of the cohort, the round is tried again."),
    DOUBLE(federation.secure.corrupt, "0.33", 0, 0.9,
        "Of secure-sum: share of a cohort that may conspire with the coordinator without opening a "
        "single update; a quorum is more than half of the cohort and of these together."),
    DOUBLE(federation.secure.dropout, "0.1", 0, 0.9,
        "Of secure-sum: share of a cohort that may be lost during an exchange that still ends."),
    DOUBLE(federation.secure.answer_seconds, "60", 1, 1e7,
        "Of secure-sum: longest time that a step of the exchange waits for answers."),

    INT(federation.quantise.bits, "32", 16, 32,
        "Width of an integer of an update: 16, 24 or 32."),
    DOUBLE(federation.quantise.range, "8", 1e-3, 1e6,
        "Largest update of a tensor that is not cut, in units of its largest weight."),
    INT(federation.quantise.weight_max, "10000", 1, 1000000000,
        "Images of a participant that count at most: its weight in the mean."),

    DOUBLE(federation.server.learning_rate, "1", 0, 100,
        "Factor by which the coordinator multiplies the mean update of the weights."),
    DOUBLE(federation.server.momentum, "0", 0, 0.9999,
        "Share of the last step that the coordinator adds to the mean update of the weights."),

    WORD(federation.input.kind, enum config_input, input_words, "bands",
        "What the network sees: bands, maps of DCT coefficients; pixels, the image itself, of "
        "which only eigenfaces are a mask."),
    INT(federation.input.size, "112", 8, 1024,
        "Side in pixels to which images are resized; with bands a multiple of 8."),
    WORD(federation.input.color, enum config_color, color_words, "grey",
        "Components of an image; rgb only with pixels, ycbcr only with bands."),
    WORD(federation.input.layout, enum config_layout, layout_words, "native",
        "Of bands: native, maps of size/8, one value a block; up8, maps of the full size, as if "
        "the image were enlarged 8 times first."),

    WORD(federation.mask.method, enum config_mask, mask_words, "ppfr-fd",
        "How images are masked: none, bands are only selected; ppfr-fd, shuffled, mixed with their "
        "neighbours and shuffled again; laplace, noise on each coefficient; dctdp, the same with "
        "a budget for each band; eigenfaces, noise on the coefficients of participant.eigenfaces, "
        "the image rebuilt from them, also of pixels."),
    INT(federation.mask.bands, "36", 1, 64,
        "Bands of each component that are kept, the first ones in zig-zag order, DC among them."),
    NUMBERS(federation.mask.band_list, "[]", LIMIT_LIST, 0, LIMIT_BANDS - 1,
        "Bands that are kept instead of the first ones: 8u+v for vertical frequency u and "
        "horizontal v; 64 more for Cb, 128 more for Cr."),
    BOOL(federation.mask.drop_dc, "true",
        "Whether the mean of each block (DC, band 0) is left out."),
    BOOL(federation.mask.drop_signs, "false",
        "Whether only the size of each coefficient is kept: a face is harder to recover from that. "
        "With none and ppfr-fd of bands."),
    INT(federation.mask.shifts, "1", 1, 4,
        "With drop_signs: sizes are averaged over so many places of the grid of blocks along each "
        "axis, 1, 2 or 4: a face that moves by a pixel then changes little, which helps accuracy."),
    INT(federation.mask.pool, "1", 1, 64,
        "With drop_signs: sizes are averaged over cells of so many by so many blocks; 1: they are "
        "not. Divides the blocks of a side."),
    BOOL(federation.mask.normalise, "true",
        "Whether each channel of each image gets mean 0 and deviation 1."),
    WORD(federation.mask.shuffle, enum config_shuffle, shuffle_words, "deployment",
        "Order of channels of ppfr-fd: none; deployment, from the mask key; per-image, drawn for "
        "each image, for study."),
    DOUBLE(federation.mask.epsilon, "3", 1e-6, 1e9,
        "Of laplace, dctdp and eigenfaces: privacy budget of each single coefficient of an image; "
        "of dctdp the mean over bands. A whole image spends the sum over its coefficients."),
    DOUBLE(federation.mask.clip, "0", 0, 1e6,
        "Of laplace and dctdp: coefficients are cut to this size either way before noise, which "
        "bounds their sensitivity; 0: all that an image can have."),
    NUMBERS(federation.mask.budgets, "[]", LIMIT_LIST, 1, 1000000,
        "Of dctdp: budget of each channel in thousandths of epsilon; their mean is 1000."),

    WORD(federation.mix.method, enum config_mix, mix_words, "adaptive",
        "How many images are mixed into one: none, 1; fixed, the first k of the list; uniform, a "
        "random k of the list; matched, a random k by mix.shares; adaptive, the policy chooses "
        "from the list."),
    NUMBERS(federation.mix.k, "[2, 3, 4, 5]", LIMIT_CHOICES, 1, LIMIT_MIX,
        "Numbers of images to choose from, ascending."),
    DOUBLE(federation.mix.weight_max, "0.55", 0.05, 1,
        "Largest weight of one image in a mix; above 1/k for each k > 1."),
    NUMBERS(federation.mix.shares, "[]", LIMIT_CHOICES, 0, 1000000,
        "Of matched: how often each k of the list is drawn, in relation to the others."),
    WORD(federation.mix.order, enum config_order, order_words, "random",
        "Of matched: when each k has its share of the steps: random, a draw in each step; falling, "
        "the largest k first and the smallest last in the run; rising, the other way."),
    BOOL(federation.mix.signs, "false",
        "Whether each element of what the network sees gets a random sign, as InstaHide does, in "
        "training and in verification."),

    WORD(federation.network.kind, enum config_network, network_words, "ir_se_18",
        "The recogniser: improved ResNet with squeeze-excite, of 18, 34 or 50 layers."),
    DOUBLE(federation.network.width, "0.5", 0.0625, 4,
        "Multiplies the channels 64, 128, 256 and 512 of the four stages."),
    NUMBERS(federation.network.strides, "[]", 4, 1, 2,
        "Strides of the four stages; empty: fitted to the input."),
    INT(federation.network.embedding, "512", 8, 4096,
        "Numbers of an embedding."),
    DOUBLE(federation.network.dropout, "0.4", 0, 0.95,
        "Share of the features that are dropped before the embedding in training."),
    WORD(federation.network.norm, enum config_norm, norm_words, "batch",
        "What the recogniser normalises over: batch, each channel over the images of a step; "
        "group, each image over 16 channels or fewer, without statistics of the batch."),

    DOUBLE(federation.loss.scale, "32", 0.1, 1000,
        "Scale s of ArcFace."),
    DOUBLE(federation.loss.margin, "0.3", 0, 1.5,
        "Angular margin m of ArcFace in radians."),

    INT(federation.optimiser.batch, "64", 2, 65536,
        "Images of one step."),
    DOUBLE(federation.optimiser.learning_rate, "0.05", 0, 100,
        "Learning rate after warm-up."),
    DOUBLE(federation.optimiser.momentum, "0.9", 0, 0.9999,
        "Momentum of SGD."),
    DOUBLE(federation.optimiser.weight_decay, "5e-4", 0, 1,
        "Weight decay of SGD."),
    WORD(federation.optimiser.schedule, enum config_schedule, schedule_words, "cosine",
        "Course of the learning rate over all rounds: constant; step, times decay at each "
        "milestone; cosine, down to 0."),
    DOUBLE(federation.optimiser.warmup_epochs, "0", 0, 1000,
        "Epochs in which the learning rate rises from 0."),
    INT(federation.optimiser.head_epochs, "0", 0, 1000,
        "Passes at the start of each round, before those of federation.local_epochs, in which only "
        "the class head trains and the rest stands still."),
    NUMBERS(federation.optimiser.milestones, "[]", LIMIT_LIST, 1, 1000000,
        "Epochs of the schedule step, ascending, counted over all rounds."),
    DOUBLE(federation.optimiser.decay, "0.1", 0, 1,
        "Factor of the schedule step."),
    DOUBLE(federation.optimiser.clip_norm, "5", 0, 1e6,
        "Largest norm of a gradient, which is scaled down to it; 0: no limit."),
    BOOL(federation.optimiser.keep_momentum, "true",
        "Whether a participant keeps its momentum from round to round."),
    BOOL(federation.optimiser.flip, "true",
        "Whether images are mirrored at random in training."),

    DOUBLE(federation.policy.width, "0.25", 0.0625, 4,
        "Multiplies the channels of the policy's ResNet18."),
    DOUBLE(federation.policy.learning_rate, "0.01", 0, 100,
        "Learning rate of the policy."),
    DOUBLE(federation.policy.momentum, "0.9", 0, 0.9999,
        "Momentum of the policy's SGD."),
    WORD(federation.policy.reward, enum config_reward, reward_words, "loss",
        "Reward of the policy: loss, a L1 + b L2, the paper's; relative, that loss beside its "
        "running mean at the same k."),
    DOUBLE(federation.policy.reward_a, "1", 0, 1000,
        "Weight a of the loss before the trial step in the reward."),
    DOUBLE(federation.policy.reward_b, "1", 0, 1000,
        "Weight b of the loss after the trial step in the reward."),
    BOOL(federation.policy.baseline, "false",
        "Whether a running mean is subtracted from the reward; not in the paper."),
    DOUBLE(federation.policy.entropy, "0", 0, 1000,
        "Weight of the entropy of the choice in the policy's objective; not in the paper."),
    DOUBLE(federation.policy.k_mean, "0", 0, LIMIT_MIX,
        "Mean of k at which the policy is held, between the ends of federation.mix.k, with "
        "federation.policy.reward relative; 0: free."),
    DOUBLE(federation.policy.k_mean_end, "0", 0, LIMIT_MIX,
        "Mean of k at the end of the run, to which federation.policy.k_mean moves in a line; 0: it "
        "stays."),
    INT(federation.policy.draw_every, "1", 1, 1000000,
        "Steps of a recogniser phase for which one p(k) serves; k is drawn anew in each."),
    INT(federation.policy.recogniser_steps, "8", 1, 1000000,
        "Steps of a phase that trains the recogniser, counted over all rounds."),
    INT(federation.policy.policy_steps, "1", 1, 1000000,
        "Steps of a phase that trains the policy."),

    WORD(federation.dp.method, enum config_dp, dp_words, "none",
        "Differential privacy: none; skellam, of a whole participant: updates are cut to dp.clip "
        "and their sum carries noise, only with secure-sum; dp-sgd, of an image: the gradient of "
        "each is cut to dp.clip and their sum carries noise, only with network.norm group and "
        "without a mix."),
    DOUBLE(federation.dp.clip, "1", 1e-9, 1e9,
        "Of skellam: longest update (L2 norm over all that travels) of a participant of "
        "federation.quantise.weight_max images; a longer one is scaled down to it. Of dp-sgd: "
        "longest gradient of an image."),
    DOUBLE(federation.dp.multiplier, "1", 0, 1e4,
        "Standard deviation of the noise in units of the clip, of skellam on the sum of updates, "
        "of dp-sgd on the sum of gradients in each step."),
    DOUBLE(federation.dp.delta, "1e-5", 1e-15, 0.5,
        "Probability at which epsilon may not hold; below 1 / federation.participants, with dp-sgd "
        "below 1 / the participant's images."),
    DOUBLE(federation.dp.sample_rate, "0.01", 1e-6, 1,
        "Of dp-sgd: probability with which a step takes an image, each alone; a round has "
        "federation.local_epochs / sample_rate steps, rounded up, whatever optimiser.batch is."),

    WORD(data.kind, enum config_data, data_words, "synthetic",
        "Training images: synthetic, portraits of people who do not exist; folder, those of "
        "data.train."),
    PATH(data.train,
        "Folder of identities to train on, FOLDER/PERSON/IMAGE (JPEG, PNG, PGM, PPM), or FILE.rec "
        "with FILE.idx beside it, as InsightFace and im2rec pack them."),
    INT(data.people, "100", 0, 8000000,
        "Synthetic: people made, for all participants together; folder: people used at most, 0: "
        "all."),
    INT(data.images, "20", 0, 65536,
        "Synthetic: images of each person; folder: images of a person used at most, 0: all."),
    INT(data.holdout, "0", 0, 65535,
        "Images of each person that are held back from training to test identification."),
    DOUBLE(data.skew, "0", 0, 100,
        "How unevenly people are shared out: 0 even; part sizes fall as exp(-skew * rank)."),
    INT(data.split_count, "1", 1, LIMIT_PARTICIPANTS,
        "Participants over which the people of this machine's data are shared out."),
    INT(data.split_index, "0", 0, LIMIT_PARTICIPANTS - 1,
        "Which of these parts this participant gets, counted from 0."),
    PATH(data.test,
        "Folder of identities for verification; empty: synthetic people, or none with data.kind "
        "folder."),
    PATH(data.pairs,
        "Pairs to verify in data.test, in the format of LFW's pairs.txt."),
    INT(data.test_people, "60", 2, 8000000,
        "Synthetic: unseen people for verification."),
    INT(data.test_pairs, "600", 20, 1000000,
        "Synthetic: pairs of unseen people, half of them of the same person."),
    UINT64(data.synthetic_seed, "1",
        "Seed of the synthetic people."),
    INT(data.memory, "1024", 0, LIMIT_MEMORY,
        "Memory in MiB for the bands of all images of a participant; those of images that need "
        "more go to a file in data.cache."),
    PATH(data.cache,
        "Folder of that file, which has no name and is gone when the participant ends; empty: the "
        "participant's own folder."),

    TEXT(participant.name, "",
        "Name of this participant in the roster and in logs."),
    TEXT(participant.coordinator, "",
        "Where the coordinator listens, tcp://HOST:PORT."),
    PATH(participant.secret_key,
        "File with this participant's own keys, mode 0600."),
    PATH(participant.passphrase_file,
        "File whose first line is the passphrase of participant.secret_key, mode 0600; empty: it "
        "is asked for at the terminal, where the keys have one."),
    PATH(participant.roster,
        "Who takes part: the signed list that `fedveil keys roster` makes and `fedveil keys "
        "accept` has accepted."),
    PATH(participant.mask_key,
        "File with the mask key of the deployment, mode 0600; the coordinator never gets it."),
    PATH(participant.eigenfaces,
        "File that fedveil participant mask learn --eigenfaces makes, the same at all "
        "participants: what federation.mask.method eigenfaces describes an image by."),
    WORD(participant.noise, enum config_noise, noise_words, "system",
        "Where the noise of a mask comes from: system, fresh at each start, so "
        "that no run repeats; seed, for study: who knows the seed can subtract it."),
    DOUBLE(participant.wait_seconds, "60", 1, 1e7,
        "Longest silence of the coordinator that is waited out."),
    BOOL(participant.evaluate, "true",
        "Whether this participant verifies each published model."),

    TEXT(coordinator.listen, "tcp://127.0.0.1:*",
        "Where the coordinator listens, tcp://ADDRESS:PORT; port *: any free one."),
    PATH(coordinator.secret_key,
        "File with the coordinator's keys, mode 0600."),
    PATH(coordinator.passphrase_file,
        "File whose first line is the passphrase of coordinator.secret_key, as above."),
    PATH(coordinator.roster,
        "Who may take part: the signed list that `fedveil keys roster` makes."),
    INT(coordinator.models_kept, "3", 1, 1000000,
        "Newest models that are kept on disk; the final one is always kept."),
    INT(coordinator.memory_mib, "0", 0, 1024 * 1024,
        "Most memory in MiB, above which the coordinator gives the run up for another start to go "
        "on with; 0: 256, 6 for each participant of the roster, and eight models."),

    INT(sim.slots, "0", 0, LIMIT_PARTICIPANTS,
        "Participants that train at once; 0: as many as cores."),
};
// clang-format on

_Static_assert(sizeof rows / sizeof rows[0] <= SETTINGS_ROWS_MAX,
               "the reader has room for all rows");

const struct settings_table config_table = {rows, sizeof rows / sizeof rows[0]};
