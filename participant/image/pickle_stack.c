// SPDX-License-Identifier: Apache-2.0
#include "image/pickle_parts.h"

#include "base/sizes.h"

#include <stdlib.h>
#include <string.h>

enum status pickle_fail(const struct pickle_machine *machine, const char *reason)
{
    return status_fail(STATUS_BAD_INPUT, "%s: byte %zu: %s", machine->name, machine->at, reason);
}

/* Makes room for `count` elements, at least doubling; more than `most` is refused. */
static enum status make_room(const struct pickle_machine *machine, void **list, size_t *room,
                             size_t count, size_t each, size_t most)
{
    if (count <= *room) return STATUS_OK;
    if (count > most) return pickle_fail(machine, "too many values");
    const size_t wanted = sizes_least(sizes_most(count, 2 * *room + 64), most);
    void *grown = realloc(*list, wanted * each);
    if (grown == NULL) {
        return status_fail(STATUS_NO_MEMORY, "%s: no memory for its values", machine->name);
    }
    *list = grown;
    *room = wanted;
    return STATUS_OK;
}

enum status pickle_stack_push(struct pickle_machine *machine, uint32_t index)
{
    void *stack = machine->stack;
    const enum status status = make_room(machine, &stack, &machine->stack_room, machine->depth + 1,
                                         sizeof *machine->stack, PICKLE_STACK_MAX);
    machine->stack = stack;
    if (status == STATUS_OK) machine->stack[machine->depth++] = index;
    return status;
}

enum status pickle_push(struct pickle_machine *machine, struct pickle_value value)
{
    struct pickle *pickle = machine->pickle;
    void *values = pickle->values;
    const enum status status = make_room(machine, &values, &machine->value_room, pickle->count + 1,
                                         sizeof *pickle->values, PICKLE_VALUES_MAX);
    pickle->values = values;
    if (status != STATUS_OK) return status;
    value.at = machine->at;
    pickle->values[pickle->count++] = value;
    return pickle_stack_push(machine, (uint32_t)(pickle->count - 1));
}

enum status pickle_pop(struct pickle_machine *machine, uint32_t *index)
{
    if (machine->depth == 0 || machine->stack[machine->depth - 1] == PICKLE_MARK) {
        return pickle_fail(machine, "an instruction without its values");
    }
    *index = machine->stack[--machine->depth];
    return STATUS_OK;
}

/* Reserves `count` places of items, which begin at *first. */
static enum status reserve_items(struct pickle_machine *machine, size_t count, size_t *first)
{
    struct pickle *pickle = machine->pickle;
    void *items = pickle->items;
    const enum status status =
        make_room(machine, &items, &machine->item_room, pickle->item_count + count,
                  sizeof *pickle->items, PICKLE_ITEMS_MAX);
    pickle->items = items;
    *first = pickle->item_count;
    if (status == STATUS_OK) pickle->item_count += count;
    return status;
}

enum status pickle_stack_tuple(struct pickle_machine *machine, size_t count, size_t below)
{
    size_t first = 0;
    if (machine->depth < count) return pickle_fail(machine, "an instruction without its values");
    const size_t from = machine->depth - count;
    for (size_t i = 0; i < count; i++) {
        if (machine->stack[from + i] == PICKLE_MARK) {
            return pickle_fail(machine, "an instruction across a mark");
        }
    }
    const enum status status = reserve_items(machine, count, &first);
    if (status != STATUS_OK) return status;
    for (size_t i = 0; i < count; i++) {
        machine->pickle->items[first + i] = machine->stack[from + i];
    }
    machine->depth = below;
    return pickle_push(machine,
                       (struct pickle_value){PICKLE_TUPLE, .first = first, .count = count});
}

/* Adds the `count` upper values to the list that is `below` entries up the stack. */
static enum status append(struct pickle_machine *machine, size_t count, size_t list_at)
{
    struct pickle *pickle = machine->pickle;
    const uint32_t index = machine->stack[list_at];
    const uint32_t *upper = machine->stack + machine->depth - count;
    if (index == PICKLE_MARK || pickle->values[index].kind != PICKLE_LIST) {
        return pickle_fail(machine, "items are added to what is no list");
    }
    struct pickle_value *list = &pickle->values[index];
    if (list->count + count > list->room) {
        size_t first = 0;
        const size_t room = sizes_most(2 * list->room, list->count + count);
        const enum status status = reserve_items(machine, room, &first);
        if (status != STATUS_OK) return status;
        if (list->count > 0) {
            memcpy(pickle->items + first, pickle->items + list->first,
                   list->count * sizeof *pickle->items);
        }
        list->first = first;
        list->room = (uint32_t)room;
    }
    if (count > 0) {
        memcpy(pickle->items + list->first + list->count, upper, count * sizeof *upper);
    }
    list->count += count;
    machine->depth = list_at + 1;
    return STATUS_OK;
}

enum status pickle_stack_append(struct pickle_machine *machine)
{
    if (machine->depth < 2 || machine->stack[machine->depth - 1] == PICKLE_MARK) {
        return pickle_fail(machine, "an instruction without its values");
    }
    return append(machine, 1, machine->depth - 2);
}

enum status pickle_stack_collect(struct pickle_machine *machine, bool tuple)
{
    size_t mark = machine->depth;
    while (mark > 0 && machine->stack[mark - 1] != PICKLE_MARK) {
        mark--;
    }
    if (mark == 0 || (!tuple && mark == 1)) return pickle_fail(machine, "there is no mark");
    const size_t count = machine->depth - mark;
    return tuple ? pickle_stack_tuple(machine, count, mark - 1) : append(machine, count, mark - 2);
}

enum status pickle_stack_remember(struct pickle_machine *machine, uint64_t place)
{
    if (place >= PICKLE_MEMO_MAX) return pickle_fail(machine, "too many values to remember");
    if (machine->depth == 0 || machine->stack[machine->depth - 1] == PICKLE_MARK) {
        return pickle_fail(machine, "an instruction without its values");
    }
    void *memo = machine->memo;
    const enum status status = make_room(machine, &memo, &machine->memo_room, (size_t)place + 1,
                                         sizeof *machine->memo, PICKLE_MEMO_MAX);
    machine->memo = memo;
    if (status != STATUS_OK) return status;
    while (machine->memo_count <= place) {
        machine->memo[machine->memo_count++] = PICKLE_MARK;
    }
    machine->memo[place] = machine->stack[machine->depth - 1];
    return STATUS_OK;
}

enum status pickle_stack_recall(struct pickle_machine *machine, uint64_t place)
{
    if (place >= machine->memo_count || machine->memo[place] == PICKLE_MARK) {
        return pickle_fail(machine, "a value that was not remembered");
    }
    return pickle_stack_push(machine, machine->memo[place]);
}
