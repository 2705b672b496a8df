/* load.h: the second pass of an import. */
#ifndef SHIHYO_DATA_LOAD_H
#define SHIHYO_DATA_LOAD_H

#include "file_impl.h"
#include "import_impl.h"

/** The shape of the chunks: as tall as the buffer can hold for all columns at once, within limits; 512 KiB each. */
void shy_load_layout(const shy_import *import, uint64_t buffer, shy_writer_layout *layout);
/**
 * Reads the table again and writes the values of its columns, in as many passes as the buffer (bytes) makes necessary.
 */
shy_status shy_load_table(shy_import *import, shy_import_table *table, shy_writer *writer,
                          const shy_writer_layout *layout, uint64_t buffer);

#endif
