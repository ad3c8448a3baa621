// SPDX-License-Identifier: Apache-2.0
// What numpy's callables would make, as far as arrays and numbers of one byte need them.
#include "image/pickle_parts.h"

#include <string.h>

enum callable { RECONSTRUCT, FROM_BUFFER, SCALAR, NDARRAY, DTYPE };

static const struct {
    const char *module, *name;
    enum callable callable;
} callables[] = {
    {"numpy.core.multiarray", "_reconstruct", RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", RECONSTRUCT},
    {"numpy.core.numeric", "_frombuffer", FROM_BUFFER},
    {"numpy._core.numeric", "_frombuffer", FROM_BUFFER},
    {"numpy.core.multiarray", "scalar", SCALAR},
    {"numpy._core.multiarray", "scalar", SCALAR},
    {"numpy", "ndarray", NDARRAY},
    {"numpy", "dtype", DTYPE},
};

/* Whether a text, or Python 2's str, says just this. */
static bool says(const struct pickle_machine *machine, const struct pickle_value *value,
                 const char *text)
{
    return (value->kind == PICKLE_TEXT || value->kind == PICKLE_BYTES) &&
           value->count == strlen(text) &&
           memcmp(machine->bytes + value->first, text, value->count) == 0;
}

static bool is_callable(const struct pickle_value *value, enum callable callable)
{
    return value->kind == PICKLE_NAME && value->number == (int64_t)callable;
}

enum status pickle_build_name(struct pickle_machine *machine, const struct pickle_value *module,
                              const struct pickle_value *name)
{
    for (size_t i = 0; i < sizeof callables / sizeof callables[0]; i++) {
        if (!says(machine, module, callables[i].module)) continue;
        if (!says(machine, name, callables[i].name)) continue;
        return pickle_push(machine,
                           (struct pickle_value){PICKLE_NAME, .number = callables[i].callable});
    }
    return pickle_fail(machine, "names something that is not for pictures; Python 3 writes bytes "
                                "that can be read by protocol 3 and higher");
}

/* Item of a tuple that has so many; NULL when it has fewer or is none. */
static const struct pickle_value *item(const struct pickle_machine *machine,
                                       const struct pickle_value *of, size_t index)
{
    if (of->kind != PICKLE_TUPLE || index >= of->count) return NULL;
    return pickle_item(machine->pickle, of, index);
}

/* numpy.dtype("u1", .., ..): other types of elements are refused. */
static enum status build_type(struct pickle_machine *machine, const struct pickle_value *arguments)
{
    const struct pickle_value *name = item(machine, arguments, 0);
    struct pickle_value type = {.kind = PICKLE_TYPE, .element = PICKLE_UINT8};
    if (name != NULL && says(machine, name, "b1")) {
        type.element = PICKLE_BOOL8;
    } else if (name == NULL || !says(machine, name, "u1")) {
        return pickle_fail(machine, "numbers of a type other than uint8 and bool");
    }
    return pickle_push(machine, type);
}

/* A number of one byte: scalar(type, bytes). */
static enum status build_scalar(struct pickle_machine *machine,
                                const struct pickle_value *arguments)
{
    const struct pickle_value *type = item(machine, arguments, 0);
    const struct pickle_value *bytes = item(machine, arguments, 1);
    if (type == NULL || bytes == NULL || type->kind != PICKLE_TYPE || bytes->kind != PICKLE_BYTES ||
        bytes->count != 1) {
        return pickle_fail(machine, "not a number of one byte");
    }
    struct pickle_value value = {.kind = PICKLE_INT, .number = machine->bytes[bytes->first]};
    if (type->element == PICKLE_BOOL8) {
        value.kind = PICKLE_BOOL;
        value.number = value.number != 0;
    }
    return pickle_push(machine, value);
}

/* Makes `array` one of these elements if the shape is (n) or (n, 1) and there are n bytes. */
static enum status set_array(struct pickle_machine *machine, struct pickle_value *array,
                             const struct pickle_value *shape, const struct pickle_value *type,
                             const struct pickle_value *bytes)
{
    const struct pickle_value *rows = item(machine, shape, 0), *columns = item(machine, shape, 1);
    if (type->kind != PICKLE_TYPE || bytes->kind != PICKLE_BYTES || rows == NULL ||
        rows->kind != PICKLE_INT || rows->number < 0 || shape->count > 2 ||
        (columns != NULL && (columns->kind != PICKLE_INT || columns->number != 1)) ||
        (uint64_t)rows->number != bytes->count) {
        return pickle_fail(machine, "not an array of one column of bytes");
    }
    array->kind = PICKLE_ARRAY;
    array->element = type->element;
    array->first = bytes->first;
    array->count = bytes->count;
    return STATUS_OK;
}

/* _frombuffer(bytes, type, shape, order); one column is the same in either order. */
static enum status build_from_buffer(struct pickle_machine *machine,
                                     const struct pickle_value *arguments)
{
    struct pickle_value array = {.kind = PICKLE_ARRAY};
    const struct pickle_value *parts[3];
    for (size_t i = 0; i < 3; i++) {
        parts[i] = item(machine, arguments, i);
        if (parts[i] == NULL) return pickle_fail(machine, "not an array of one column of bytes");
    }
    const enum status status = set_array(machine, &array, parts[2], parts[1], parts[0]);
    return status == STATUS_OK ? pickle_push(machine, array) : status;
}

enum status pickle_build_call(struct pickle_machine *machine)
{
    uint32_t index = 0, callable_index = 0;
    enum status status = pickle_pop(machine, &index);
    if (status == STATUS_OK) status = pickle_pop(machine, &callable_index);
    if (status != STATUS_OK) return status;
    const struct pickle_value *callable = &machine->pickle->values[callable_index];
    const struct pickle_value *arguments = &machine->pickle->values[index];
    if (is_callable(callable, DTYPE)) return build_type(machine, arguments);
    if (is_callable(callable, SCALAR)) return build_scalar(machine, arguments);
    if (is_callable(callable, FROM_BUFFER)) return build_from_buffer(machine, arguments);
    const struct pickle_value *class = item(machine, arguments, 0);
    if (is_callable(callable, RECONSTRUCT) && class != NULL && is_callable(class, NDARRAY)) {
        return pickle_push(machine, (struct pickle_value){.kind = PICKLE_ARRAY});
    }
    return pickle_fail(machine, "calls something that is not for pictures");
}

enum status pickle_build_state(struct pickle_machine *machine)
{
    uint32_t index = 0;
    const enum status status = pickle_pop(machine, &index);
    if (status != STATUS_OK) return status;
    const size_t depth = machine->depth;
    if (depth == 0 || machine->stack[depth - 1] == PICKLE_MARK) {
        return pickle_fail(machine, "an instruction without its values");
    }
    struct pickle_value *value = &machine->pickle->values[machine->stack[depth - 1]];
    const struct pickle_value *state = &machine->pickle->values[index];
    // Byte order and the like, which bytes do not have.
    if (value->kind == PICKLE_TYPE && state->kind == PICKLE_TUPLE) return STATUS_OK;
    // (version, shape, type, whether in Fortran's order, bytes)
    if (value->kind == PICKLE_ARRAY && state->kind == PICKLE_TUPLE && state->count == 5) {
        return set_array(machine, value, item(machine, state, 1), item(machine, state, 2),
                         item(machine, state, 4));
    }
    return pickle_fail(machine, "a state of something that has none");
}
