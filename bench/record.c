// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include "base/json.h"

#include <assert.h>

static void put_name(struct record *record, const char *name)
{
    if (record->followed) fputs(", ", record->out);
    record->followed = true;
    if (name == NULL) return;
    json_text(record->out, name);
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
    json_text(record->out, text);
}

void record_count(struct record *record, const char *name, uint64_t count)
{
    put_name(record, name);
    fprintf(record->out, "%llu", (unsigned long long)count);
}

void record_number(struct record *record, const char *name, double number, int digits)
{
    put_name(record, name);
    json_fixed(record->out, number, digits);
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
