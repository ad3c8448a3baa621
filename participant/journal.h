// SPDX-License-Identifier: Apache-2.0
/* journal - the file that makes a participant remember what it did in secure sums.
 *
 * FOLDER/ledger is text that is only appended to, a line for each entry of ledger.h:
 *
 *     KIND ROSTER SESSION ROUND ATTEMPT MODEL COUNT PLACE.. CHECKSUM
 *
 * with one space between the words; KIND is "blinded" or "signed", ROSTER, SESSION and MODEL are
 * 32, 16 and 32 bytes in hexadecimal, the places are ascending, and CHECKSUM is the BLAKE2b-256, in hexadecimal,
 * of all that stands before its space. There is one line for an entry: whatever is not what
 * journal_line() writes is refused. A line is on the disk, and its file's name too, before what it
 * tells of is done; so a participant that was killed in between remembers what it never did, which
 * does no harm, and never the other way round. Places and digests are no secrets, but they are
 * nobody's business: 0600. */
#ifndef PARTICIPANT_JOURNAL_H
#define PARTICIPANT_JOURNAL_H

#include "base/status.h"
#include "session/ledger.h"

#include <stddef.h>
#include <stdint.h>

struct journal;

/* Opens the journal of a folder, makes it when there is none, and adds what stands in it to
 * `ledger`. A last line without an end (power failed before it was flushed, so nothing was said)
 * is said in the log and cut off; all else that is malformed is STATUS_BAD_INPUT with file and
 * line. Only one process has a folder's journal open: STATUS_IO for a second one. */
enum status journal_open(struct journal **journal, struct ledger *ledger,
                         const char *folder) CHECKED;
void journal_close(struct journal **journal);

/* When it returns STATUS_OK, the entry is on the disk. After a failure nothing more is written:
 * every later call fails as well. */
enum status journal_write(struct journal *journal, const struct ledger_entry *entry) CHECKED;

/* The line of an entry, with its newline and a final zero byte, for the caller to free. */
enum status journal_line(char **line, const struct ledger_entry *entry) CHECKED;

/* Adds the entries of a journal's text, which ends in a zero byte and is changed; `path` is for
 * messages. `kept` is how much of it whole lines take. For journal_open() and its tests. */
enum status journal_parse(struct ledger *ledger, size_t *kept, char *text, size_t size,
                          const char *path) CHECKED;

#endif
