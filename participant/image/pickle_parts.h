// SPDX-License-Identifier: Apache-2.0
/* pickle_parts - the machine that pickle.c is made of. Private. */
#ifndef IMAGE_PICKLE_PARTS_H
#define IMAGE_PICKLE_PARTS_H

#include "image/pickle.h"

#include <stdbool.h>

enum {
    PICKLE_VALUES_MAX = 1 << 22, // 4 million: ten times what a set of 300,000 pictures needs
    PICKLE_ITEMS_MAX = 1 << 24,
    PICKLE_STACK_MAX = 1 << 22,
    PICKLE_MEMO_MAX = 1 << 22
};

#define PICKLE_MARK UINT32_MAX // on the stack: where items begin; in the memo: nothing is here

/* An instruction is at bytes[at]; next is the first byte after what has been read of it. */
struct pickle_machine {
    struct pickle *pickle;
    const uint8_t *bytes;
    size_t size, at, next;
    const char *name;
    uint32_t *stack, *memo;
    size_t depth, memo_count;
    size_t stack_room, memo_room, value_room, item_room;
};

/* Fails with a sentence that names the file and the instruction's place. */
enum status pickle_fail(const struct pickle_machine *machine, const char *reason) CHECKED;

/* Pushes a new value. */
enum status pickle_push(struct pickle_machine *machine, struct pickle_value value) CHECKED;

/* Takes the upper value; it stays in the pickle. A mark is none. */
enum status pickle_pop(struct pickle_machine *machine, uint32_t *index) CHECKED;

/* Pushes a value that there is, or a mark. */
enum status pickle_stack_push(struct pickle_machine *machine, uint32_t index) CHECKED;

/* Makes a tuple of the `count` upper values, after which `below` entries of the stack remain. */
enum status pickle_stack_tuple(struct pickle_machine *machine, size_t count, size_t below) CHECKED;

/* Adds the upper value to the list below it. */
enum status pickle_stack_append(struct pickle_machine *machine) CHECKED;

/* What stands above the upper mark becomes a tuple, or items of the list below the mark. */
enum status pickle_stack_collect(struct pickle_machine *machine, bool tuple) CHECKED;

/* The memo: keeps the upper value, or pushes a kept one. */
enum status pickle_stack_remember(struct pickle_machine *machine, uint64_t place) CHECKED;
enum status pickle_stack_recall(struct pickle_machine *machine, uint64_t place) CHECKED;

/* The callable MODULE NAME of the two texts, pushed. */
enum status pickle_build_name(struct pickle_machine *machine, const struct pickle_value *module,
                              const struct pickle_value *name) CHECKED;

/* What a callable makes of a tuple of arguments, pushed; both are taken. */
enum status pickle_build_call(struct pickle_machine *machine) CHECKED;

/* Gives the upper value, which is taken, to the value below as its state. */
enum status pickle_build_state(struct pickle_machine *machine) CHECKED;

#endif
