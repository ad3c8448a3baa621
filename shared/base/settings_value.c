// SPDX-License-Identifier: Apache-2.0
#include "base/settings_value.h"

#include "base/config.h"
#include "base/json.h"
#include "base/settings_table.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 64 }; // a longer number is a mistake

// Fields of an enum are read and written as int.
_Static_assert(sizeof(enum config_mask) == sizeof(int), "an enum has the size of an int");

enum status settings_value_fail(const struct settings_place *place, const char *format, ...)
{
    char text[STATUS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(text, sizeof text, format, arguments) < 0) text[0] = '\0';
    va_end(arguments);
    char line[24] = "";
    if (place->line > 0) snprintf(line, sizeof line, ":%d", place->line);
    return status_fail(STATUS_BAD_CONFIG, "%s%s: %s%s%s", place->origin, line, place->key,
                       place->key[0] == '\0' ? "" : ": ", text);
}

enum status settings_value_refuse(const struct settings_place *place,
                                  const struct settings_row *row, const char *what)
{
    char allowed[SETTINGS_NOTE_MAX];
    settings_table_allowed(row, allowed);
    return settings_value_fail(place, "%s, allowed: %s", what, allowed);
}

void settings_value_quote(char quote[SETTINGS_VALUE_QUOTE_MAX], const char *bytes, size_t size)
{
    const size_t room = SETTINGS_VALUE_QUOTE_MAX - 4;
    const bool cut = size > room;
    size_t count = cut ? room : size;
    // Not to cut a character of several bytes in two.
    while (cut && count > 0 && ((unsigned char)bytes[count] & 0xC0u) == 0x80u) {
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        quote[i] = byte < 0x20 || byte == 0x7f ? '?' : bytes[i];
    }
    snprintf(quote + count, SETTINGS_VALUE_QUOTE_MAX - count, "%s", cut ? "..." : "");
}

/* `why` follows the value: empty for a value that is none of the row's kind. */
static enum status refuse_token(const struct settings_row *row, const struct settings_place *place,
                                struct settings_token token, const char *why)
{
    const bool text = row->kind == SETTINGS_TEXT || row->kind == SETTINGS_PATH ||
                      row->kind == SETTINGS_WORD || row->kind == SETTINGS_TEXTS;
    char quote[SETTINGS_VALUE_QUOTE_MAX];
    settings_value_quote(quote, token.bytes, token.size);
    char what[SETTINGS_VALUE_QUOTE_MAX + 64];
    if (token.size == 0 && !token.quoted) {
        snprintf(what, sizeof what, "got nothing");
    } else if (why[0] != '\0') {
        snprintf(what, sizeof what, "\"%s\" %s", quote, why);
    } else {
        snprintf(what, sizeof what, "got \"%s\"%s", quote,
                 token.quoted && !text ? " in quotes" : "");
    }
    return settings_value_refuse(place, row, what);
}

bool settings_value_is_list(const struct settings_row *row)
{
    return row->kind == SETTINGS_NUMBERS || row->kind == SETTINGS_TEXTS;
}

static bool token_is(struct settings_token token, const char *word)
{
    return strlen(word) == token.size && memcmp(word, token.bytes, token.size) == 0;
}

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* -?(0|[1-9][0-9]*), and for `fraction` also a fraction and an exponent, as in JSON. Copies the
 * token to `text`. */
static bool is_number(char text[NUMBER_TEXT_MAX], struct settings_token token, bool fraction)
{
    if (token.quoted || token.size >= NUMBER_TEXT_MAX) return false;
    memcpy(text, token.bytes, token.size);
    text[token.size] = '\0';
    if (strlen(text) != token.size) return false;
    const char *at = text + (text[0] == '-');
    const size_t whole = count_digits(at);
    if (whole == 0 || (at[0] == '0' && whole > 1)) return false;
    at += whole;
    if (fraction && *at == '.') {
        const size_t digits = count_digits(at + 1);
        if (digits == 0) return false;
        at += 1 + digits;
    }
    if (fraction && (*at == 'e' || *at == 'E')) {
        at += at[1] == '-' || at[1] == '+' ? 2 : 1;
        const size_t digits = count_digits(at);
        if (digits == 0) return false;
        at += digits;
    }
    return *at == '\0';
}

static enum status parse_int(const struct settings_row *row, int *out,
                             const struct settings_place *place, struct settings_token token)
{
    char text[NUMBER_TEXT_MAX];
    if (!is_number(text, token, false)) return refuse_token(row, place, token, "");
    errno = 0;
    const long long value = strtoll(text, NULL, 10);
    if (errno != 0 || (double)value < row->min || (double)value > row->max) {
        return refuse_token(row, place, token, "is out of range");
    }
    *out = (int)value;
    return STATUS_OK;
}

static enum status parse_uint64(const struct settings_row *row, uint64_t *out,
                                const struct settings_place *place, struct settings_token token)
{
    char text[NUMBER_TEXT_MAX];
    if (!is_number(text, token, false)) return refuse_token(row, place, token, "");
    errno = 0;
    const unsigned long long value = strtoull(text, NULL, 10);
    if (errno != 0 || text[0] == '-') return refuse_token(row, place, token, "is out of range");
    *out = value;
    return STATUS_OK;
}

static enum status parse_double(const struct settings_row *row, double *out,
                                const struct settings_place *place, struct settings_token token)
{
    char text[NUMBER_TEXT_MAX];
    if (!is_number(text, token, true)) return refuse_token(row, place, token, "");
    const double value = strtod(text, NULL);
    if (!isfinite(value) || value < row->min || value > row->max) {
        return refuse_token(row, place, token, "is out of range");
    }
    *out = value + 0.0; // -0 becomes 0: one value, one text
    return STATUS_OK;
}

/* Bytes of the UTF-8 character at the front; 0 when there is none that YAML holds on one line. */
static size_t character(const unsigned char *bytes, size_t size)
{
    const unsigned char first = bytes[0];
    if (first < 0x80) return first >= 0x20 && first != 0x7f;
    const size_t length = first >= 0xF0 ? 4 : (first >= 0xE0 ? 3 : 2);
    if (first < 0xC2 || first > 0xF4 || length > size) return 0;
    uint32_t code = first & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0u) != 0x80) return 0;
        code = code << 6 | (bytes[i] & 0x3Fu);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool line_end = code == 0x2028 || code == 0x2029;
    const bool special = code < 0xA0 || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
    if (code < least[length] || code > 0x10FFFF || surrogate || line_end || special) return 0;
    return length;
}

static enum status parse_text(const struct settings_row *row, char *out, size_t out_size,
                              const struct settings_place *place, struct settings_token token)
{
    for (size_t i = 0; i < token.size;) {
        const size_t length = character((const unsigned char *)token.bytes + i, token.size - i);
        if (length == 0) {
            return refuse_token(row, place, token, "holds a control character or is not UTF-8");
        }
        i += length;
    }
    if (token.size >= out_size) return refuse_token(row, place, token, "is too long");
    memset(out, 0, out_size); // equal texts are equal bytes
    memcpy(out, token.bytes, token.size);
    return STATUS_OK;
}

static enum status parse_word(const struct settings_row *row, int *out,
                              const struct settings_place *place, struct settings_token token)
{
    for (int i = 0; row->words[i] != NULL; i++) {
        if (token_is(token, row->words[i])) {
            *out = i;
            return STATUS_OK;
        }
    }
    return refuse_token(row, place, token, "");
}

static enum status parse_bool(const struct settings_row *row, bool *out,
                              const struct settings_place *place, struct settings_token token)
{
    const bool yes = token_is(token, "true");
    if (token.quoted || (!yes && !token_is(token, "false"))) {
        return refuse_token(row, place, token, "");
    }
    *out = yes;
    return STATUS_OK;
}

enum status settings_value_store(const struct settings_row *row, void *target,
                                 const struct settings_place *place, struct settings_token token)
{
    void *field = (char *)target + row->offset;
    switch (row->kind) {
    case SETTINGS_BOOL:
        return parse_bool(row, field, place, token);
    case SETTINGS_INT:
        return parse_int(row, field, place, token);
    case SETTINGS_UINT64:
        return parse_uint64(row, field, place, token);
    case SETTINGS_DOUBLE:
        return parse_double(row, field, place, token);
    case SETTINGS_TEXT:
    case SETTINGS_PATH:
        return parse_text(row, field, row->capacity, place, token);
    case SETTINGS_WORD:
        return parse_word(row, field, place, token);
    case SETTINGS_NUMBERS:
    case SETTINGS_TEXTS:
        break;
    }
    return refuse_token(row, place, token, "");
}

void settings_value_clear(const struct settings_row *row, void *target)
{
    assert(settings_value_is_list(row));
    const bool numbers = row->kind == SETTINGS_NUMBERS;
    memset((char *)target + row->offset, 0,
           numbers ? sizeof(struct config_numbers) : sizeof(struct config_texts));
}

enum status settings_value_append(const struct settings_row *row, void *target,
                                  const struct settings_place *place, struct settings_token token)
{
    assert(settings_value_is_list(row));
    assert(row->capacity <= LIMIT_LIST);
    void *field = (char *)target + row->offset;
    enum status status = STATUS_OK;
    if (row->kind == SETTINGS_NUMBERS) {
        struct config_numbers *list = field;
        if (list->count == row->capacity) {
            return settings_value_refuse(place, row, "too many entries");
        }
        status = parse_int(row, &list->values[list->count], place, token);
        if (status == STATUS_OK) list->count++;
    } else {
        struct config_texts *list = field;
        if (list->count == row->capacity) {
            return settings_value_refuse(place, row, "too many entries");
        }
        status = parse_text(row, list->values[list->count], LIMIT_NAME, place, token);
        if (status == STATUS_OK) list->count++;
    }
    return status;
}

/* The part of `bytes` without blanks and one pair of quotes around it. */
static struct settings_token trim(const char *bytes, size_t size)
{
    while (size > 0 && *bytes == ' ') {
        bytes++;
        size--;
    }
    while (size > 0 && bytes[size - 1] == ' ') {
        size--;
    }
    const bool quoted =
        size >= 2 && bytes[0] == bytes[size - 1] && (bytes[0] == '"' || bytes[0] == '\'');
    return (struct settings_token){bytes + quoted, quoted ? size - 2 : size, quoted};
}

static enum status assign_list(const struct settings_row *row, void *target,
                               const struct settings_place *place, const char *text)
{
    const struct settings_token all = trim(text, strlen(text));
    if (all.quoted || all.size < 2 || all.bytes[0] != '[' || all.bytes[all.size - 1] != ']') {
        return refuse_token(row, place, all, "");
    }
    settings_value_clear(row, target);
    const char *at = all.bytes + 1;
    const char *end = all.bytes + all.size - 1;
    if (trim(at, (size_t)(end - at)).size == 0) return STATUS_OK;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && at <= end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma == NULL ? end : comma;
        status = settings_value_append(row, target, place, trim(at, (size_t)(stop - at)));
        at = stop + 1;
    }
    return status;
}

enum status settings_value_assign(const struct settings_row *row, void *target,
                                  const struct settings_place *place, const char *text)
{
    if (settings_value_is_list(row)) return assign_list(row, target, place, text);
    return settings_value_store(row, target, place,
                                (struct settings_token){text, strlen(text), false});
}

/* As few digits as give the same number back: 15 always do for what a person wrote. */
static void print_double(FILE *out, double value)
{
    char text[NUMBER_TEXT_MAX];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        const double again = strtod(text, NULL);
        if (memcmp(&again, &value, sizeof value) == 0) break;
    }
    fputs(text, out);
}

static void print_numbers(FILE *out, const struct config_numbers *list)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        fprintf(out, "%s%d", i == 0 ? "" : ", ", list->values[i]);
    }
    fputc(']', out);
}

static void print_texts(FILE *out, const struct config_texts *list)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0) fputs(", ", out);
        json_text(out, list->values[i]);
    }
    fputc(']', out);
}

void settings_value_print(FILE *out, const struct settings_row *row, const void *source)
{
    const void *field = (const char *)source + row->offset;
    switch (row->kind) {
    case SETTINGS_BOOL:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case SETTINGS_INT:
        fprintf(out, "%d", *(const int *)field);
        break;
    case SETTINGS_UINT64:
        fprintf(out, "%" PRIu64, *(const uint64_t *)field);
        break;
    case SETTINGS_DOUBLE:
        print_double(out, *(const double *)field);
        break;
    case SETTINGS_TEXT:
    case SETTINGS_PATH:
        json_text(out, field);
        break;
    case SETTINGS_WORD:
        fputs(row->words[*(const int *)field], out);
        break;
    case SETTINGS_NUMBERS:
        print_numbers(out, field);
        break;
    case SETTINGS_TEXTS:
        print_texts(out, field);
        break;
    }
}
