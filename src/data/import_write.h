/* import_write.h: the cohort file of an import. */
#ifndef SHIHYO_DATA_IMPORT_WRITE_H
#define SHIHYO_DATA_IMPORT_WRITE_H

#include "import_impl.h"

/**
 * Reads the tables for the second time and writes the cohort to `path`, which must not exist; it does not on failure.
 */
shy_status shy_import_write(shy_import *import, const char *path);

#endif
