/* file_impl.h: the cohort file on disk. What is written here is what CONTRIBUTING promises to keep readable. */
#ifndef SHIHYO_DATA_FILE_IMPL_H
#define SHIHYO_DATA_FILE_IMPL_H

#include "shihyo/data.h"

/*
 * A cohort file is an HDF5 file behind a seal of 512 bytes, and zeros up to the alignment if that is more:
 *
 *     seal          "Shihyo cohort, format 1\nbytes N\ncrc32 XXXXXXXX\n", zeros to 512; N the size of the file,
 *                   the CRC-32 that of all bytes behind the seal
 *     /             attributes format, rows, columns (integers), program (text)
 *     /values       slots × rows, fp64, missing = NaN: one row per column of the table that has values
 *     /columns/     one entry per column: name, unit, modality, kind (texts), slot, missing, levels (integers),
 *                   minimum, maximum, mean (fp64). slot is a row of /values, or −1−k for the identifiers k
 *     /levels       names of the levels of all columns, one column after the other
 *     /identifiers/ 0, 1, …: texts, one per row
 *     /provenance   JSON
 *
 * Texts have a fixed length in a dataset and are filled up with zeros (UTF-8).
 */
enum { SHY_SEAL_BYTES = 512, SHY_FORMAT = 1 };

/* What is smaller than this is not aligned, so that small cohorts stay small; what is not loses little. */
enum { SHY_ALIGN_DEFAULT = 4096, SHY_ALIGNED_LEAST = 65536 };

/** Writes the seal of a finished file and makes sure that all of it is on disk. `name` is for messages. */
shy_status shy_seal_write(const char *path, const char *name);
/**
 * Size and kind of file: cheap. Fails with SHY_IO or SHY_INPUT and says which: not HDF5, no cohort, newer, truncated.
 */
shy_status shy_seal_check(const char *path, uint64_t *bytes_out);
/** The CRC-32 of the contents: reads the whole file. Fails with SHY_INPUT: corrupted. */
shy_status shy_seal_check_contents(const char *path);

/**
 * Why the last call of HDF5 failed, as one phrase; for messages. HDF5 itself stays quiet once shy_hdf5_quiet was
 * called.
 */
void shy_hdf5_quiet(void);
const char *shy_hdf5_reason(char *text, size_t size);

/* ---- writing (writer.c), serial ---------------------------------------------------------------------------------- */

typedef struct shy_writer shy_writer;
/** Texts of a column of texts: number `index`, borrowed until the next call. */
typedef const char *(*shy_text_at)(void *context, uint64_t index);

typedef struct {
    const char *path; /* written; must not exist */
    const char *name; /* for messages: what the file will be called */
    uint64_t rows;
    int64_t slots;
    uint64_t chunk_rows, chunk_slots;
    uint64_t align; /* bytes, a power of two: chunks of SHY_ALIGNED_LEAST or more begin at a multiple of it; 1: anywhere */
} shy_writer_layout;

shy_status shy_writer_create(const shy_writer_layout *layout, shy_writer **writer_out);
/** values[k·stride + i] are the rows `row` … row+rows−1 of the slots `slot` … slot+slots−1. */
shy_status shy_writer_values(shy_writer *writer, int64_t slot, int64_t slots, uint64_t row, uint64_t rows,
                             uint64_t stride, const double *values);
shy_status shy_writer_texts(shy_writer *writer, const char *name, uint64_t count, shy_text_at at, void *context);
shy_status shy_writer_doubles(shy_writer *writer, const char *name, uint64_t count, const double *values);
shy_status shy_writer_integers(shy_writer *writer, const char *name, uint64_t count, const int64_t *values);
shy_status shy_writer_attribute(shy_writer *writer, const char *name, int64_t value);
shy_status shy_writer_note(shy_writer *writer, const char *name, const char *text); /* attribute */
/** Closes and seals the file. The writer is gone, whatever is returned. */
shy_status shy_writer_finish(shy_writer **writer);
/** Closes without regard to what fails, and removes the file. */
void shy_writer_abandon(shy_writer **writer);

#endif
