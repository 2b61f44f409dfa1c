/* Time that only goes forward. */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

/* Seconds since some moment. */
double nd_clock_seconds(void);

#endif
