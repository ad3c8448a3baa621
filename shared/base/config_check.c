// SPDX-License-Identifier: Apache-2.0
#include "base/config_check_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status config_fault_at(struct config_fault *fault, const char *key, const char *format, ...)
{
    fault->key = key;
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(fault->text, sizeof fault->text, format, arguments) < 0) fault->text[0] = '\0';
    va_end(arguments);
    return STATUS_BAD_CONFIG;
}

static enum status check_ascending(const struct config_numbers *list, const char *key,
                                   struct config_fault *fault)
{
    for (size_t i = 1; i < list->count; i++) {
        if (list->values[i] <= list->values[i - 1]) {
            return config_fault_at(fault, key,
                                   "%d after %d, allowed: each once, in ascending order",
                                   list->values[i], list->values[i - 1]);
        }
    }
    return STATUS_OK;
}

static enum status check_rounds(const struct config_federation *federation,
                                struct config_fault *fault)
{
    const bool all = federation->cohort == 0;
    const int cohort = all ? federation->participants : federation->cohort;
    if (cohort > federation->participants) {
        return config_fault_at(fault, "federation.cohort",
                               "%d are more than federation.participants, allowed: 0 to %d", cohort,
                               federation->participants);
    }
    if (federation->reporters_min > cohort) {
        return config_fault_at(fault, "federation.reporters_min",
                               "%d are more than federation.%s, allowed: 1 to %d",
                               federation->reporters_min, all ? "participants" : "cohort", cohort);
    }
    const int bits = federation->quantise.bits;
    if (bits != 16 && bits != 24 && bits != 32) {
        return config_fault_at(fault, "federation.quantise.bits", "got %d, allowed: 16, 24 or 32",
                               bits);
    }
    return STATUS_OK;
}

/* How many a secure exchange takes. What follows from its graph of neighbours is checked where that
 * is known: neighbours_choose(). */
static enum status check_secure(const struct config_federation *federation,
                                struct config_fault *fault)
{
    if (config_privacy(federation) != PRIVACY_SECURE_SUM) return STATUS_OK;
    const char *count = federation->cohort == 0 ? "federation.participants" : "federation.cohort";
    const int cohort = (int)config_cohort(federation);
    if (cohort < CONFIG_SECURE_MIN) {
        return config_fault_at(fault, "federation.privacy",
                               "secure-sum with %d in a cohort, allowed: at least %d, or "
                               "trusted-coordinator",
                               cohort, CONFIG_SECURE_MIN);
    }
    if (cohort > LIMIT_COHORT_SECURE) {
        return config_fault_at(
            fault, count, "%d with federation.privacy secure-sum, allowed: a cohort of at most %d",
            cohort, LIMIT_COHORT_SECURE);
    }
    if (federation->secure.cohort_min > cohort) {
        return config_fault_at(fault, "federation.secure.cohort_min",
                               "%d are more than %s, allowed: %d to %d",
                               federation->secure.cohort_min, count, CONFIG_SECURE_MIN, cohort);
    }
    return STATUS_OK;
}

/* Whatever lets an image reach the model other than through a gradient of its own is refused. */
static enum status check_dp_sgd(const struct config_federation *federation,
                                struct config_fault *fault)
{
    const struct {
        bool wrong;
        const char *key, *text;
    } rules[] = {
        {federation->network.norm != NORM_GROUP, "federation.network.norm",
         "batch with federation.dp.method dp-sgd, whose gradients are of single images, allowed: "
         "group"},
        {federation->mix.method != MIX_NONE, "federation.mix.method",
         "a mix with federation.dp.method dp-sgd, whose gradients are of single images, allowed: "
         "none"},
        {federation->mix.signs, "federation.mix.signs",
         "true with federation.dp.method dp-sgd, allowed: false"},
        {federation->optimiser.head_epochs > 0, "federation.optimiser.head_epochs",
         "above 0 with federation.dp.method dp-sgd, whose steps train all, allowed: 0"},
        {federation->dp.multiplier <= 0, "federation.dp.multiplier",
         "0 with federation.dp.method dp-sgd is no noise, allowed: above 0, or method none"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].wrong) return config_fault_at(fault, rules[i].key, "%s", rules[i].text);
    }
    return STATUS_OK;
}

/* What the accountant cannot back is refused. How much noise fits the integers is checked where it
 * is known: quantise_check_noise(). */
static enum status check_dp(const struct config_federation *federation, struct config_fault *fault)
{
    if (federation->dp.method == DP_NONE) return STATUS_OK;
    if (federation->dp.method == DP_SGD) return check_dp_sgd(federation, fault);
    if (config_privacy(federation) != PRIVACY_SECURE_SUM) {
        return config_fault_at(
            fault, "federation.dp.method", "%s",
            "skellam without federation.privacy secure-sum, where the coordinator would "
            "see single updates with a part of the noise, allowed: none, or secure-sum");
    }
    if (federation->dp.multiplier <= 0) {
        return config_fault_at(
            fault, "federation.dp.multiplier", "%s",
            "0 with federation.dp.method skellam is no noise, allowed: above 0, or "
            "method none");
    }
    if (config_honest(federation) < 1) {
        return config_fault_at(
            fault, "federation.secure.cohort_min",
            "%d may all be corrupt (federation.secure.corrupt %g of %zu), and none would "
            "be sure to add noise, allowed with skellam: at least %zu",
            federation->secure.cohort_min, federation->secure.corrupt, config_cohort(federation),
            config_corrupt(federation) + 1);
    }
    return STATUS_OK;
}

/* The class head is a list of face templates: a pattern that names it is refused here, although it
 * never stands in the model that travels. */
static enum status check_share(const struct config_texts *share, struct config_fault *fault)
{
    static const char key[] = "federation.share";
    size_t shared = 0;
    for (size_t i = 0; i < share->count; i++) {
        const char *pattern = share->values[i];
        if (pattern[0] == '!') continue;
        shared++;
        if (pattern[0] == '\0') {
            return config_fault_at(fault, key,
                                   "an empty pattern, allowed: patterns such as \"backbone.*\"");
        }
        if (strstr(pattern, "head") != NULL) {
            return config_fault_at(fault, key,
                                   "\"%s\" names the class head, which never travels; allowed: "
                                   "patterns of the backbone and the policy",
                                   pattern);
        }
    }
    if (shared == 0 && share->count > 0) {
        return config_fault_at(
            fault, key,
            "only exclusions, allowed: at least one pattern such as \"backbone.*\", or "
            "an empty list, with which nothing travels");
    }
    return STATUS_OK;
}

static enum status check_shares(const struct config_federation *federation,
                                struct config_fault *fault)
{
    static const char key[] = "federation.mix.shares";
    const struct config_numbers *shares = &federation->mix.shares;
    if (federation->mix.method != MIX_MATCHED) return STATUS_OK;
    long sum = 0;
    for (size_t i = 0; i < shares->count; i++) {
        sum += shares->values[i];
    }
    if (shares->count != federation->mix.k.count) {
        return config_fault_at(fault, key, "%zu for %zu of federation.mix.k, allowed: one for each",
                               shares->count, federation->mix.k.count);
    }
    if (sum == 0) return config_fault_at(fault, key, "all 0, allowed: at least one above");
    return STATUS_OK;
}

static enum status check_mix(const struct config_federation *federation, struct config_fault *fault)
{
    const struct config_numbers *k = &federation->mix.k;
    const enum status status = check_ascending(k, "federation.mix.k", fault);
    if (status != STATUS_OK || federation->mix.method == MIX_NONE) return status;
    if (k->count == 0) {
        return config_fault_at(fault, "federation.mix.k",
                               "empty with federation.mix.method %s, allowed: at least one number",
                               config_word("federation.mix.method", (int)federation->mix.method));
    }
    const double mean = federation->policy.k_mean;
    if (mean > 0 && (mean < k->values[0] || mean > k->values[k->count - 1])) {
        return config_fault_at(fault, "federation.policy.k_mean",
                               "%g is outside federation.mix.k, allowed: 0, or %d to %d", mean,
                               k->values[0], k->values[k->count - 1]);
    }
    const double end = federation->policy.k_mean_end;
    if (end > 0 && (!(mean > 0) || end < k->values[0] || end > k->values[k->count - 1])) {
        return config_fault_at(fault, "federation.policy.k_mean_end",
                               "%g, allowed: 0, or %d to %d with federation.policy.k_mean", end,
                               k->values[0], k->values[k->count - 1]);
    }
    if (mean > 0 && federation->policy.reward != REWARD_RELATIVE) {
        return config_fault_at(
            fault, "federation.policy.k_mean",
            "%g with federation.policy.reward loss, allowed: 0, or reward relative", mean);
    }
    const size_t used = federation->mix.method == MIX_FIXED ? 1 : k->count;
    for (size_t i = 0; i < used; i++) {
        const int images = k->values[i];
        if (images > federation->optimiser.batch) {
            return config_fault_at(
                fault, "federation.mix.k",
                "%d of a batch of %d federation.optimiser.batch, allowed: at most %d", images,
                federation->optimiser.batch, federation->optimiser.batch);
        }
        if (images > 1 && !(federation->mix.weight_max > 1.0 / images)) {
            return config_fault_at(
                fault, "federation.mix.weight_max",
                "%g leaves no weights for %d of federation.mix.k, allowed: above 1/%d",
                federation->mix.weight_max, images, images);
        }
    }
    return check_shares(federation, fault);
}

static enum status check_training(const struct config_federation *federation,
                                  struct config_fault *fault)
{
    const size_t strides = federation->network.strides.count;
    if (strides != 0 && strides != 4) {
        return config_fault_at(fault, "federation.network.strides",
                               "%zu entries, allowed: none, or 4 of 1 or 2", strides);
    }
    return check_ascending(&federation->optimiser.milestones, "federation.optimiser.milestones",
                           fault);
}

static enum status check_data(const struct config *config, struct config_fault *fault)
{
    if (config->data.kind == DATA_SYNTHETIC && config->data.people == 0) {
        return config_fault_at(fault, "data.people",
                               "0 with data.kind synthetic, allowed: at least 1");
    }
    if (config->data.kind == DATA_SYNTHETIC && config->data.images == 0) {
        return config_fault_at(fault, "data.images",
                               "0 with data.kind synthetic, allowed: at least 1");
    }
    if (config->data.images > 0 && config->data.holdout >= config->data.images) {
        return config_fault_at(fault, "data.holdout", "%d of %d data.images, allowed: at most %d",
                               config->data.holdout, config->data.images, config->data.images - 1);
    }
    if (config->data.split_index >= config->data.split_count) {
        return config_fault_at(fault, "data.split_index",
                               "%d is not below data.split_count, allowed: 0 to %d",
                               config->data.split_index, config->data.split_count - 1);
    }
    if (config->data.pairs[0] != '\0' && config->data.test[0] == '\0') {
        return config_fault_at(fault, "data.pairs",
                               "given without data.test, allowed: both or none");
    }
    return STATUS_OK;
}

/* A name becomes the name of folders and logs. */
static enum status check_name(const char *name, struct config_fault *fault)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (name[0] == '.' || name[0] == '-' || name[strspn(name, letters)] != '\0') {
        return config_fault_at(
            fault, "participant.name",
            "\"%s\", allowed: letters, digits, and after the first one also . _ -", name);
    }
    return STATUS_OK;
}

static enum status check_endpoint(const char *endpoint, const char *key, struct config_fault *fault)
{
    static const char scheme[] = "tcp://";
    const bool tcp = strncmp(endpoint, scheme, sizeof scheme - 1) == 0;
    const char *port = strrchr(endpoint, ':');
    if (endpoint[0] == '\0') return STATUS_OK;
    if (!tcp || port < endpoint + sizeof scheme || port[1] == '\0') {
        return config_fault_at(fault, key, "\"%.100s\", allowed: tcp://HOST:PORT", endpoint);
    }
    return STATUS_OK;
}

enum status config_check_relations(const struct config *config, struct config_fault *fault)
{
    const struct config_federation *federation = &config->federation;
    enum status status = check_rounds(federation, fault);
    if (status == STATUS_OK) status = check_secure(federation, fault);
    if (status == STATUS_OK) status = check_dp(federation, fault);
    if (status == STATUS_OK) status = check_share(&federation->share, fault);
    if (status == STATUS_OK) status = config_check_mask(federation, fault);
    if (status == STATUS_OK) status = check_mix(federation, fault);
    if (status == STATUS_OK) status = check_training(federation, fault);
    if (status == STATUS_OK) status = check_data(config, fault);
    if (status == STATUS_OK) status = check_name(config->participant.name, fault);
    if (status == STATUS_OK) {
        status = check_endpoint(config->participant.coordinator, "participant.coordinator", fault);
    }
    if (status == STATUS_OK) {
        status = check_endpoint(config->coordinator.listen, "coordinator.listen", fault);
    }
    return status;
}

enum status config_check(const struct config *config)
{
    struct config_fault fault;
    if (config_check_relations(config, &fault) == STATUS_OK) return STATUS_OK;
    return status_fail(STATUS_BAD_CONFIG, "%s: %s", fault.key, fault.text);
}
