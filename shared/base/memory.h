// SPDX-License-Identifier: Apache-2.0
/* memory - how much memory this process may still use.
 *
 * Linux promises more memory than there is and kills a process that believes it, so whoever wants
 * much of it asks here first. An estimate for a moment: others may take what is free now. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Bytes that are free or can be freed at once, of the machine or of what the control groups of this
 * process still allow, whichever is less; SIZE_MAX when nothing is known. */
size_t memory_available(void);

/* Its two halves, SIZE_MAX when unknown. The machine's, from the text of /proc/meminfo. */
size_t memory_of_machine(const char *meminfo);

/* The control groups', of both versions: `groups` is the text of /proc/self/cgroup, `root` the
 * folder with their files. All groups above count, too; one that cannot be seen, as from within a
 * container, is passed over. Cached files do not count as used. */
size_t memory_of_groups(const char *root, const char *groups);

#endif
