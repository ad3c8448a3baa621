// SPDX-License-Identifier: Apache-2.0
/* album - a folder of identities that a test makes, and what the log says meanwhile. */
#ifndef FAKES_ALBUM_H
#define FAKES_ALBUM_H

#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>

/* Makes an empty folder below /tmp before a test, and removes it with all that is in it after. */
int album_create(void **state);
int album_destroy(void **state);

/* The path of a name in the folder, in memory that stays valid for a few calls. */
const char *album_path(const char *name);

/* Writes bytes as PERSON/FILE (or FILE). */
void album_add_bytes(const char *name, const void *bytes, size_t size);

/* Writes a grey 8 x 8 picture of one shade: ".png" as PNG, else as PGM. */
void album_add_shade(const char *name, int shade);

/* Writes a JPEG that is cut off. */
void album_add_truncated(const char *name);

/* From the first call on, the log goes to a file; the second gives what came, to be freed. */
void album_listen(void);
char *album_heard(void);

#endif
