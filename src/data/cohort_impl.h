/* cohort_impl.h: an open cohort, and how its description travels from the rank that read it to the others. */
#ifndef SHIHYO_DATA_COHORT_IMPL_H
#define SHIHYO_DATA_COHORT_IMPL_H

#include <hdf5.h>

#include "file_impl.h"

/** What an image begins with. All ranks run the same program on the same kind of machine, so it travels as it is. */
typedef struct {
    uint64_t rows;
    int64_t columns, slots, identifiers;
    int64_t levels; /* of all columns */
    char sha256[65];
} shy_image_head;

/*
 * The image: one block of bytes.
 *
 *     head | slot[columns] missing[columns] levels[columns] | minimum[columns] maximum[columns] mean[columns] |
 *     texts, each ended by a NUL: name[columns] unit[columns] modality[columns] kind[columns] level[levels] provenance
 */
typedef struct {
    char *bytes;
    size_t count, room;
} shy_image;

/**
 * Reads everything but the values, on one rank. `sha256` stays empty. Fails with SHY_INPUT if it contradicts itself.
 */
shy_status shy_image_read(const char *path, shy_image *image);

struct shy_cohort {
    const shy_team *team; /* borrowed */
    char *path;
    shy_image image;
    const shy_image_head *head; /* all borrowed from the image */
    const int64_t *slot;
    const char *provenance;
    shy_column *column;
    const char **level; /* names of the levels of all columns */
    const char **name;
    int64_t *bucket; /* open addressing by name: 1 + column, 0 if empty */
    uint64_t buckets;
    hid_t file, values;
    uint64_t band_slots, chunk_rows; /* shape of a chunk of values */
    uint64_t cache; /* bytes of decompressed chunks that are kept; charged */
};

#endif
