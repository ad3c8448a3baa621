// SPDX-License-Identifier: Apache-2.0
#include "image/pickle.h"

#include "base/sizes.h"
#include "image/pickle_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The instructions, by their names in Python's pickletools. */
enum opcode {
    MARK = '(',
    STOP = '.',
    NONE = 'N',
    EMPTY_LIST = ']',
    EMPTY_TUPLE = ')',
    APPEND = 'a',
    APPENDS = 'e',
    TUPLE = 't',
    BUILD = 'b',
    REDUCE = 'R',
    GLOBAL = 'c',
    BINPUT = 'q',
    LONG_BINPUT = 'r',
    BINGET = 'h',
    LONG_BINGET = 'j',
    BININT = 'J',
    BININT1 = 'K',
    BININT2 = 'M',
    BINFLOAT = 'G',
    BINSTRING = 'T',
    SHORT_BINSTRING = 'U',
    BINBYTES = 'B',
    SHORT_BINBYTES = 'C',
    BINUNICODE = 'X',
    PROTO = 0x80,
    TUPLE1 = 0x85,
    TUPLE2 = 0x86,
    TUPLE3 = 0x87,
    NEWTRUE = 0x88,
    NEWFALSE = 0x89,
    LONG1 = 0x8a,
    SHORT_BINUNICODE = 0x8c,
    BINBYTES8 = 0x8e,
    STACK_GLOBAL = 0x93,
    MEMOIZE = 0x94,
    FRAME = 0x95,
    BYTEARRAY8 = 0x96
};

enum { PROTOCOL_MIN = 2, PROTOCOL_MAX = 5, LINE_MAX_BYTES = 64 };

/* Reads a little-endian number of `width` bytes. */
static enum status take_number(struct pickle_machine *machine, size_t width, uint64_t *number)
{
    *number = 0;
    if (machine->size - machine->next < width) return pickle_fail(machine, "the file ends here");
    for (size_t i = 0; i < width; i++) {
        *number |= (uint64_t)machine->bytes[machine->next++] << (8 * i);
    }
    return STATUS_OK;
}

/* Bytes or a text after a length of `width` bytes. */
static enum status push_bytes(struct pickle_machine *machine, size_t width, enum pickle_kind kind)
{
    uint64_t length = 0;
    const enum status status = take_number(machine, width, &length);
    if (status != STATUS_OK) return status;
    if (length > machine->size - machine->next) {
        return pickle_fail(machine, "the file ends before these bytes do");
    }
    const size_t first = machine->next;
    machine->next += (size_t)length;
    return pickle_push(machine, (struct pickle_value){kind, .first = first, .count = length});
}

/* A number of `width` bytes, whose highest bit is its sign if it is said to be signed. */
static enum status push_number(struct pickle_machine *machine, size_t width, bool is_signed)
{
    uint64_t number = 0;
    const enum status status = take_number(machine, width, &number);
    if (status != STATUS_OK) return status;
    if (is_signed && width > 0 && width < 8 && number >> (8 * width - 1) != 0) {
        number |= UINT64_MAX << (8 * width);
    }
    struct pickle_value value = {.kind = PICKLE_INT};
    memcpy(&value.number, &number, sizeof number);
    return pickle_push(machine, value);
}

static enum status push_long(struct pickle_machine *machine)
{
    uint64_t width = 0;
    const enum status status = take_number(machine, 1, &width);
    if (status != STATUS_OK) return status;
    if (width > 8) return pickle_fail(machine, "a number of more than 64 bits");
    return push_number(machine, (size_t)width, true);
}

/* A line of the file as a text. */
static enum status take_line(struct pickle_machine *machine, struct pickle_value *text)
{
    const uint8_t *start = machine->bytes + machine->next;
    const size_t left = sizes_least(machine->size - machine->next, LINE_MAX_BYTES);
    const uint8_t *end = left > 0 ? memchr(start, '\n', left) : NULL;
    if (end == NULL) return pickle_fail(machine, "a name without an end");
    *text =
        (struct pickle_value){PICKLE_TEXT, .first = machine->next, .count = (size_t)(end - start)};
    machine->next += text->count + 1;
    return STATUS_OK;
}

static enum status push_name_of_lines(struct pickle_machine *machine)
{
    struct pickle_value module, name;
    enum status status = take_line(machine, &module);
    if (status == STATUS_OK) status = take_line(machine, &name);
    return status == STATUS_OK ? pickle_build_name(machine, &module, &name) : status;
}

static enum status push_name_of_stack(struct pickle_machine *machine)
{
    uint32_t module = 0, name = 0;
    enum status status = pickle_pop(machine, &name);
    if (status == STATUS_OK) status = pickle_pop(machine, &module);
    if (status != STATUS_OK) return status;
    // Copies, as pushing may move the values.
    const struct pickle_value texts[2] = {machine->pickle->values[module],
                                          machine->pickle->values[name]};
    return pickle_build_name(machine, &texts[0], &texts[1]);
}

static enum status check_protocol(struct pickle_machine *machine)
{
    uint64_t protocol = 0;
    const enum status status = take_number(machine, 1, &protocol);
    if (status != STATUS_OK) return status;
    if (protocol < PROTOCOL_MIN || protocol > PROTOCOL_MAX) {
        return pickle_fail(machine, "an unknown protocol, allowed are 2 to 5");
    }
    return STATUS_OK;
}

/* Reads a number that stands in the file and hands it to an instruction of the memo. */
static enum status with_place(struct pickle_machine *machine, size_t width,
                              enum status (*instruction)(struct pickle_machine *, uint64_t))
{
    uint64_t place = 0;
    const enum status status = take_number(machine, width, &place);
    return status == STATUS_OK ? instruction(machine, place) : status;
}

/* Instructions that push what stands in the file after them. */
static enum status run_literal(struct pickle_machine *machine, uint8_t opcode)
{
    switch (opcode) {
    case NONE:
        return pickle_push(machine, (struct pickle_value){.kind = PICKLE_NONE});
    case NEWTRUE:
    case NEWFALSE:
        return pickle_push(machine,
                           (struct pickle_value){PICKLE_BOOL, .number = opcode == NEWTRUE});
    case BININT:
        return push_number(machine, 4, true);
    case BININT1:
        return push_number(machine, 1, false);
    case BININT2:
        return push_number(machine, 2, false);
    case LONG1:
        return push_long(machine);
    case BINFLOAT:
        if (machine->size - machine->next < 8) return pickle_fail(machine, "the file ends here");
        machine->next += 8;
        return pickle_push(machine, (struct pickle_value){.kind = PICKLE_FLOAT});
    case SHORT_BINSTRING:
    case SHORT_BINBYTES:
        return push_bytes(machine, 1, PICKLE_BYTES);
    case BINSTRING:
    case BINBYTES:
        return push_bytes(machine, 4, PICKLE_BYTES);
    case BINBYTES8:
    case BYTEARRAY8:
        return push_bytes(machine, 8, PICKLE_BYTES);
    case SHORT_BINUNICODE:
        return push_bytes(machine, 1, PICKLE_TEXT);
    case BINUNICODE:
        return push_bytes(machine, 4, PICKLE_TEXT);
    default:
        return pickle_fail(machine, "an instruction that no list of pictures needs");
    }
}

static enum status run(struct pickle_machine *machine, uint8_t opcode)
{
    uint64_t ignored = 0;
    switch (opcode) {
    case PROTO:
        return check_protocol(machine);
    case FRAME:
        return take_number(machine, 8, &ignored);
    case MARK:
        return pickle_stack_push(machine, PICKLE_MARK);
    case EMPTY_LIST:
        return pickle_push(machine, (struct pickle_value){.kind = PICKLE_LIST});
    case EMPTY_TUPLE:
        return pickle_stack_tuple(machine, 0, machine->depth);
    case TUPLE1:
    case TUPLE2:
    case TUPLE3: {
        const size_t count = (size_t)(opcode - TUPLE1 + 1);
        return pickle_stack_tuple(machine, count, machine->depth - count);
    }
    case TUPLE:
        return pickle_stack_collect(machine, true);
    case APPENDS:
        return pickle_stack_collect(machine, false);
    case APPEND:
        return pickle_stack_append(machine);
    case BINPUT:
        return with_place(machine, 1, pickle_stack_remember);
    case LONG_BINPUT:
        return with_place(machine, 4, pickle_stack_remember);
    case MEMOIZE:
        return pickle_stack_remember(machine, machine->memo_count);
    case BINGET:
        return with_place(machine, 1, pickle_stack_recall);
    case LONG_BINGET:
        return with_place(machine, 4, pickle_stack_recall);
    case GLOBAL:
        return push_name_of_lines(machine);
    case STACK_GLOBAL:
        return push_name_of_stack(machine);
    case REDUCE:
        return pickle_build_call(machine);
    case BUILD:
        return pickle_build_state(machine);
    default:
        return run_literal(machine, opcode);
    }
}

enum status pickle_parse(struct pickle *pickle, const uint8_t *bytes, size_t size, const char *name)
{
    *pickle = (struct pickle){0};
    struct pickle_machine machine = {.pickle = pickle, .bytes = bytes, .size = size, .name = name};
    enum status status = STATUS_OK;
    if (size < 2 || bytes[0] != PROTO) {
        status = pickle_fail(&machine, "not a pickle of protocol 2 to 5");
    }
    while (status == STATUS_OK) {
        machine.at = machine.next;
        if (machine.at == size) {
            status = pickle_fail(&machine, "the file ends before its last instruction");
        } else if (bytes[machine.next++] == STOP) {
            status = pickle_pop(&machine, &pickle->root);
            break;
        } else {
            status = run(&machine, bytes[machine.at]);
        }
    }
    free(machine.stack);
    free(machine.memo);
    if (status != STATUS_OK) pickle_destroy(pickle);
    return status;
}

void pickle_destroy(struct pickle *pickle)
{
    free(pickle->values);
    free(pickle->items);
    *pickle = (struct pickle){0};
}

const struct pickle_value *pickle_item(const struct pickle *pickle, const struct pickle_value *of,
                                       size_t index)
{
    assert((of->kind == PICKLE_LIST || of->kind == PICKLE_TUPLE) && index < of->count);
    return &pickle->values[pickle->items[of->first + index]];
}
