// SPDX-License-Identifier: Apache-2.0
/* markup - text, quantities and pictures written into HTML and SVG.
 *
 * All that comes from outside (names, reasons, settings) passes markup_text(), so that no name can
 * become a tag. Quantities are rounded for people; exact ones are in the journal. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MARKUP_QUANTITY = 40 }; // bytes of one quantity's text with its final zero

/* Writes text with & < > " ' as entities; other control characters than line ends become blanks. */
void markup_text(FILE *out, const char *text);

/* Writes bytes as the base64 text of a data: link. */
void markup_base64(FILE *out, const uint8_t *bytes, size_t size);

/* "93.4 %"; "–" when the share is not finite. */
void markup_percent(char text[MARKUP_QUANTITY], double share);

/* "640 B", "1.2 MB", "3.4 GB" (powers of 1000). */
void markup_bytes(char text[MARKUP_QUANTITY], double bytes);

/* "0.8 s", "42 s", "3 min 05 s", "2 h 07 min". */
void markup_duration(char text[MARKUP_QUANTITY], double seconds);

/* "1 234 567" with narrow blanks between the thousands. */
void markup_count(char text[MARKUP_QUANTITY], uint64_t count);

#endif
