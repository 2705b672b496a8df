/** usage: what the commands share about their command lines. */
#ifndef SHIHYO_APP_USAGE_H
#define SHIHYO_APP_USAGE_H

#include <getopt.h>

#include "shihyo/base.h"

/**
 * The next option of argv by `options`, −1 after the last; then argv[optind …] are the other arguments. What getopt_long would
 * say itself on every rank becomes one SHY_USAGE failure naming the nearest option. Options: an array that ends with {0};
 * short ones as in optstring, without a colon in front.
 */
shy_status shy_usage_next(int argc, char **argv, const char *short_options, const struct option *options,
                          int *option_out);
/** Call before the first shy_usage_next of a command. */
void shy_usage_start(void);

#endif
