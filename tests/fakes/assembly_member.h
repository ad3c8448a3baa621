// SPDX-License-Identifier: Apache-2.0
/* assembly_member - the program of one participant of an assembly: does the session's jobs. */
#ifndef FAKES_ASSEMBLY_MEMBER_H
#define FAKES_ASSEMBLY_MEMBER_H

#include "fakes/assembly.h"

/* Lets time pass for a running participant and sends what it has to say. */
void assembly_member_serve(struct assembly *assembly, size_t index);

/* Ends its program and frees what it held. */
void assembly_member_forget(struct assembly_member *member);

#endif
