// SPDX-License-Identifier: Apache-2.0
/* version - which program a figure comes from.
 *
 * The commit is what `git describe` said when the build was configured, which a new commit makes it
 * anew; edits since then are not seen. A tree without its history has none. */
#ifndef SIM_VERSION_H
#define SIM_VERSION_H

/* "0.1.0 (4303991)", "0.1.0 (4303991-dirty)" or "0.1.0". */
const char *version_text(void);

#endif
