// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <assert.h>
#include <math.h>

static void put_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') putc('\\', out);
        if (byte < 0x20) {
            fprintf(out, "\\u%04x", byte);
        } else {
            putc(byte, out);
        }
    }
    putc('"', out);
}

static void put_name(struct record *record, const char *name)
{
    if (record->followed) fputs(", ", record->out);
    record->followed = true;
    if (name == NULL) return;
    put_text(record->out, name);
    fputs(": ", record->out);
}

static void open_one(struct record *record, const char *name, char bracket)
{
    put_name(record, name);
    putc(bracket, record->out);
    record->depth++;
    record->followed = false;
}

static void close_one(struct record *record, char bracket)
{
    assert(record->depth > 0);
    putc(bracket, record->out);
    record->depth--;
    record->followed = true;
}

void record_start(struct record *record, FILE *out)
{
    *record = (struct record){.out = out};
    open_one(record, NULL, '{');
}

void record_end(struct record *record)
{
    close_one(record, '}');
    assert(record->depth == 0);
    putc('\n', record->out);
}

void record_text(struct record *record, const char *name, const char *text)
{
    put_name(record, name);
    put_text(record->out, text);
}

void record_count(struct record *record, const char *name, uint64_t count)
{
    put_name(record, name);
    fprintf(record->out, "%llu", (unsigned long long)count);
}

void record_number(struct record *record, const char *name, double number, int digits)
{
    put_name(record, name);
    if (isfinite(number)) {
        fprintf(record->out, "%.*f", digits, number);
    } else {
        fputs("null", record->out);
    }
}

void record_list_open(struct record *record, const char *name)
{
    open_one(record, name, '[');
}

void record_list_close(struct record *record)
{
    close_one(record, ']');
}

void record_open(struct record *record)
{
    open_one(record, NULL, '{');
}

void record_close(struct record *record)
{
    close_one(record, '}');
}
