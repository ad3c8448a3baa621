// SPDX-License-Identifier: Apache-2.0
#include "plan_private.h"

static const char *const overlap_words[] = {
    [PLAN_OVERLAP_REFUSE] = "refuse", [PLAN_OVERLAP_ALLOW] = "allow", NULL};

static const char *const identity_words[] = {[ATTACK_IDENTITY_AUTO] = "auto",
                                             [ATTACK_IDENTITY_CLASS] = "class",
                                             [ATTACK_IDENTITY_TEMPLATE] = "template",
                                             [ATTACK_IDENTITY_STATISTICS] = "statistics",
                                             NULL};

#define AT(field)   offsetof(struct plan, field)
#define SIZE(field) sizeof(((struct plan *)0)->field)

#define BOOL(field, key, initial, help)                                                            \
    {                                                                                              \
        key, SETTINGS_BOOL, AT(field), 0, initial, 0, 0, NULL, help                                \
    }
#define INT(field, key, initial, min, max, help)                                                   \
    {                                                                                              \
        key, SETTINGS_INT, AT(field), 0, initial, min, max, NULL, help                             \
    }
#define UINT64(field, key, initial, help)                                                          \
    {                                                                                              \
        key, SETTINGS_UINT64, AT(field), 0, initial, 0, 0, NULL, help                              \
    }
#define DOUBLE(field, key, initial, min, max, help)                                                \
    {                                                                                              \
        key, SETTINGS_DOUBLE, AT(field), 0, initial, min, max, NULL, help                          \
    }
#define TEXT(field, key, help)                                                                     \
    {                                                                                              \
        key, SETTINGS_TEXT, AT(field), SIZE(field), "", 0, 0, NULL, help                           \
    }
#define PATH(field, key, help)                                                                     \
    {                                                                                              \
        key, SETTINGS_PATH, AT(field), SIZE(field), "", 0, 0, NULL, help                           \
    }
#define WORD(field, key, words, initial, help)                                                     \
    {                                                                                              \
        key, SETTINGS_WORD, AT(field), 0, initial, 0, 0, words, help                               \
    }
#define TEXTS(field, key, initial, help)                                                           \
    {                                                                                              \
        key, SETTINGS_TEXTS, AT(field), LIMIT_LIST, initial, 0, 0, NULL, help                      \
    }

// clang-format off
static const struct settings_row rows[] = {
    UINT64(seed, "seed", "1", "Of everything that an attack draws."),
    INT(threads, "threads", "0", 0, 1024, "Threads; 0: all cores."),
    INT(size, "size", "112", 16, 512, "Side in pixels of every face; each defence takes them at "
        "its own size."),
    PATH(comparison, "comparison", "Folder that `fedveil sim compare --out` left, for defences "
         "that name a method; empty with train: OUT/models."),
    UINT64(comparison_seed, "comparison_seed", "1", "Seed whose models of it are attacked."),
    PATH(train, "train", "File of `fedveil sim compare`, beside this one: what is missing in the "
         "comparison is trained first; empty: nothing is trained."),
    PATH(train_test, "train_test", "NAME=SPEC, pairs that models are verified on, as `sim compare "
         "--test` takes it; empty: those of the file."),
    TEXT(train_profile, "train_profile", "Profile of that file; empty: its first one."),
    TEXT(f1, "f1", "The defence whose network judges as F1, trained on plain pixels; empty: none."),
    TEXT(test, "test", "Test set of the comparison whose accuracies are shown; empty: its first."),
    PATH(lpips, "lpips", "PATH of PATH.tsv and PATH.f32, the weights of LPIPS; empty: LPIPS is not "
         "measured."),
    PATH(judge, "judge", "Folder of a face network that judges, see docs/AUDIT.md; empty: "
         "nothing is judged."),
    TEXTS(attacks, "attacks", "[]", "Attacks by name, see `fedveil audit attacks`; empty: all."),

    PATH(known.folder, "known.folder", "The attacker's faces, FOLDER/PERSON/IMAGE or FILE.rec; "
         "empty: synthetic people."),
    UINT64(known.synthetic_seed, "known.synthetic_seed", "1", "Of synthetic people."),
    INT(known.skip, "known.skip", "0", 0, 8000000, "People passed over first, by name."),
    INT(known.people, "known.people", "0", 0, 8000000, "People at most; 0: all."),
    INT(known.images, "known.images", "0", 0, 65536, "Images of a person at most; 0: all."),
    INT(known_max, "known.images_max", "0", 0, 10000000, "Images in all at most, a sample over all "
        "people; 0: all."),

    PATH(victims.folder, "victims.folder", "The victims' faces; empty: synthetic people."),
    UINT64(victims.synthetic_seed, "victims.synthetic_seed", "1", "Of synthetic people."),
    INT(victims.skip, "victims.skip", "0", 0, 8000000, "People passed over first, by name."),
    INT(victims.people, "victims.people", "20", 0, 8000000, "People at most; 0: all."),
    INT(victims.images, "victims.images", "0", 0, 65536, "Images of a person at most; 0: all."),
    BOOL(trained, "victims.trained", "true", "Whether they are people of the training, in its "
         "order: person N is class N of the model's head."),
    INT(victims_min, "victims.people_min", "5", 2, 8000000, "Fewest people that are a measurement: "
        "with fewer the audit is refused."),

    INT(nonmembers_skip, "nonmembers.skip", "0", 0, 8000000, "First people of the victims' faces, "
        "by name, beyond whom are others that no model was trained on: updates tells the trained "
        "from them; 0: there are none, and it tells them from the attacker's people, who differ "
        "from them by more than the training."),
    INT(nonmembers_people, "nonmembers.people", "20", 1, 8000000, "Such people at most."),

    WORD(overlap, "overlap.when", overlap_words, "refuse", "What is done where the attacker's "
         "people are victims: refuse, or allow and say so."),
    DOUBLE(overlap_cosine, "overlap.cosine", "0.55", 0, 1, "Cosine of the judge's mean embeddings "
           "from which on two people are one."),

    BOOL(budget.quick, "budget.quick", "false", "Whether the attacks stop long before they could "
         "do more; the report says so."),
    INT(budget.steps, "budget.steps", "5000", 1, 100000000, "Steps of each model that an attack "
        "trains."),
    INT(budget.batch, "budget.batch", "16", 1, 4096, "Images of a step."),
    INT(budget.starts, "budget.starts", "5", 1, 1000, "Starts of an inversion, of which the best "
        "counts."),

    WORD(gmi.identity, "gmi.identity", identity_words, "auto", "By what gmi seeks faces: class "
         "weights, the victims' mean templates, or statistics of the network's last batch norm, "
         "which need neither but choose no person; auto: class weights where the attacker has "
         "them, else templates."),
};
// clang-format on

const struct settings_table plan_table = {rows, sizeof rows / sizeof rows[0]};
