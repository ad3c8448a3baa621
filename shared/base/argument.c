// SPDX-License-Identifier: Apache-2.0
#include "base/argument.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal integer from `least` to `most` that ends at `stop`. */
static bool read_integer(uint64_t *value, const char *text, char stop, uint64_t least,
                         uint64_t most, const char **end)
{
    char *after = NULL;
    if (text[0] < '0' || text[0] > '9') return false;
    errno = 0;
    const unsigned long long read = strtoull(text, &after, 10);
    if (errno != 0 || *after != stop || read < least || read > most) return false;
    *value = read;
    *end = after;
    return true;
}

enum status argument_unsigned(uint64_t *value, const char *option, const char *text, uint64_t least,
                              uint64_t most)
{
    const char *end = NULL;
    if (read_integer(value, text, '\0', least, most, &end)) return STATUS_OK;
    return status_fail(STATUS_BAD_INPUT, "%s: \"%s\" is not a number from %" PRIu64 " to %" PRIu64,
                       option, text, least, most);
}

enum status argument_integer(int *value, const char *option, const char *text, int least, int most)
{
    uint64_t read = 0;
    assert(least >= 0 && most >= least);
    const enum status status =
        argument_unsigned(&read, option, text, (uint64_t)least, (uint64_t)most);
    if (status == STATUS_OK) *value = (int)read;
    return status;
}

enum status argument_number(double *value, const char *option, const char *text, double least,
                            double most)
{
    char *after = NULL;
    const double read = strtod(text, &after);
    // Whatever is no number, or not a number, is not within the bounds either.
    if (after != text && *after == '\0' && read >= least && read <= most) {
        *value = read;
        return STATUS_OK;
    }
    return status_fail(STATUS_BAD_INPUT, "%s: \"%s\" is not a number from %g to %g", option, text,
                       least, most);
}

enum status argument_word(int *index, const char *option, const char *text,
                          const char *const words[])
{
    char allowed[256] = "";
    size_t length = 0;
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *index = i;
            return STATUS_OK;
        }
        const int added = snprintf(allowed + length, sizeof allowed - length, "%s%s",
                                   i == 0 ? "" : ", ", words[i]);
        if (added > 0 && (size_t)added < sizeof allowed - length) length += (size_t)added;
    }
    return status_fail(STATUS_BAD_INPUT, "%s: \"%s\" is none of %s", option, text, allowed);
}

enum status argument_integers(int *values, int count, const char *option, const char *text,
                              const char *form, const int *most)
{
    int read[8] = {0};
    const char *at = text;
    for (int i = 0; i < count; i++) {
        const char *end = NULL;
        uint64_t value = 0;
        if (!read_integer(&value, at, i + 1 < count ? ',' : '\0', 1, (uint64_t)most[i], &end)) {
            char limits[128] = "";
            size_t length = 0;
            for (int j = 0; j < count && length < sizeof limits; j++) {
                length += (size_t)snprintf(limits + length, sizeof limits - length, "%s%d",
                                           j == 0 ? "" : ",", most[j]);
            }
            return status_fail(STATUS_BAD_INPUT, "%s: \"%s\" is not %s, each from 1 to %s", option,
                               text, form, limits);
        }
        read[i] = (int)value;
        at = end + 1;
    }
    memcpy(values, read, (size_t)count * sizeof *values);
    return STATUS_OK;
}
