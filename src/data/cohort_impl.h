/* cohort_impl.h: an open cohort, and how its description travels from the rank that read it to the others. */
#ifndef SHIHYO_DATA_COHORT_IMPL_H
#define SHIHYO_DATA_COHORT_IMPL_H

#include <hdf5.h>

#include "file_impl.h"

/** What an image begins with. All ranks run the same program on the same kind of machine, so it travels as it is. */
typedef struct {
    uint64_t rows;
    int64_t columns, slots, identifiers;
    int64_t levels;                   /* of all columns */
    uint64_t level_texts, provenance; /* where these texts begin */
    char sha256[65];
} shy_image_head;

/*
 * The image: one block of bytes. Cohorts may have a million columns, and every rank holds it: what many columns have in common,
 * unit and modality, is there once.
 *
 *     head | minimum[columns] maximum[columns] mean[columns] missing[columns] |
 *     slot[columns] levels[columns] name[columns] unit[columns] modality[columns] | kind[columns] |
 *     texts, each ended by a NUL: names, units and modalities, levels, provenance
 *
 * name, unit and modality are places among the texts.
 */
typedef struct {
    char *bytes;
    size_t count, room;
} shy_image;

/** The parts of an image, borrowed from it. */
typedef struct {
    double *minimum, *maximum, *mean;
    int64_t *missing;
    int32_t *slot, *levels;
    uint32_t *name, *unit, *modality;
    uint8_t *kind; /* shy_kind */
    char *texts;
} shy_image_parts;
shy_image_parts shy_image_take_apart(char *bytes, int64_t columns);

/**
 * Reads everything but the values, on one rank. `sha256` stays empty. Fails with SHY_INPUT if it contradicts itself.
 */
shy_status shy_image_read(const char *path, shy_image *image);

struct shy_cohort {
    const shy_team *team; /* borrowed */
    char *path;
    shy_image image;
    const shy_image_head *head; /* all borrowed from the image */
    shy_image_parts parts;
    const char **level;   /* names of the levels of all columns */
    int32_t *first_level; /* [columns] among them */
    uint32_t *bucket;     /* open addressing by name: 1 + column, 0 if empty */
    uint64_t buckets;
    hid_t file, values;
    uint64_t band_slots, chunk_rows; /* shape of a chunk of values */
    H5D_mpio_actual_io_mode_t io_mode; /* how HDF5 has done the last collective read */
    uint64_t cache; /* bytes of decompressed chunks that are kept; charged */
};

#endif
