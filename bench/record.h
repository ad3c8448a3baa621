// SPDX-License-Identifier: Apache-2.0
/* record - figures as one JSON object on one line, written as they come.
 *
 * A record holds texts, numbers and lists of records. Numbers that are not finite, as of work that
 * took no time, are null: JSON has no name for them. */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct record {
    FILE *out;
    int depth;     // of records and lists that are open
    bool followed; // something stands before, at this depth
};

/* Opens the object. */
void record_start(struct record *record, FILE *out);

/* Closes it and ends the line. */
void record_end(struct record *record);

void record_text(struct record *record, const char *name, const char *text);
void record_count(struct record *record, const char *name, uint64_t count);

/* A number with so many digits after the point. */
void record_number(struct record *record, const char *name, double number, int digits);

/* A list of records: open the list, open and close each record in it, close the list. */
void record_list_open(struct record *record, const char *name);
void record_list_close(struct record *record);
void record_open(struct record *record);
void record_close(struct record *record);

#endif
