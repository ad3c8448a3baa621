// SPDX-License-Identifier: Apache-2.0
/* clock - monotonic time for programs. Protocol cores get the time as an argument instead. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since an arbitrary start; never goes back. */
uint64_t clock_now_ms(void);

/* Seconds since an arbitrary start; never goes back. */
double clock_now_seconds(void);

/* Seconds that all threads of this process have computed so far; waiting does not count. */
double clock_processor_seconds(void);

/* Memory of this process that is resident now, in bytes; 0: the system does not tell. */
uint64_t clock_memory(void);

/* Most memory this process ever had resident, in bytes. */
uint64_t clock_peak_memory(void);

#endif
