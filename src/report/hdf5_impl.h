/* hdf5_impl.h: what the files that build results.h5 share. */
#ifndef SHIHYO_HDF5_IMPL_H
#define SHIHYO_HDF5_IMPL_H

#include <hdf5.h>

#include "report_impl.h"

/* Formulas in the order of the rows of a group; `place` is 1 for the best of a list. */
typedef struct {
    const shy_results *results;
    hid_t group, text_type, dataset_plist;
    hsize_t count;
    const shy_entry **entry;
    const int32_t *place;
} shy_hdf5_table;

/** The one failure there is: a defect, since all is built in memory. Returns SHY_INTERNAL. */
shy_status shy_hdf5_failed(const char *what);

/** Attributes. A text is variable-length UTF-8, "" for NULL; an empty list is left out. */
shy_status shy_hdf5_text(hid_t object, hid_t text_type, const char *name, const char *text);
shy_status shy_hdf5_integer(hid_t object, const char *name, uint64_t value);
shy_status shy_hdf5_number(hid_t object, const char *name, double value);
shy_status shy_hdf5_list(hid_t object, hid_t text_type, const char *name, const char *const *list, hsize_t count);
/** A dataset of table->count × width values (width 0: one dimension), of type `memory` here and `file` in the file. */
shy_status shy_hdf5_dataset(const shy_hdf5_table *table, const char *name, hsize_t width, hid_t file, hid_t memory,
                            const void *values, const char *help);

/** The group `name` with a record: see hdf5_record.c. */
shy_status shy_hdf5_record(const shy_hdf5_table *table, hid_t file, const char *name, const shy_record *record);
/** The group `name` with a dataset for each property of the formulas of the table. */
shy_status shy_hdf5_table_add(shy_hdf5_table *table, hid_t file, const char *name, const char *help);

#endif
