/** What the program says about itself. */
#ifndef SHIHYO_APP_VERSION_H
#define SHIHYO_APP_VERSION_H

#include <stdio.h>

/** "shihyo 0.1.0 (commit abc1234)". Borrowed, never changes. Not collective. */
const char *shy_version_text(void);

/**
 * Version, compilers and libraries, one per line, as `shihyo --version` shows them.
 *
 * @param stream  where to; written
 * Not collective; asks no library that would have to be started. Cannot fail.
 */
void shy_version_print(FILE *stream);

#endif
