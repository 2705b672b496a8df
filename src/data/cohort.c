/* cohort.c: opens a cohort on all ranks, and answers questions about its columns. */
#include "shy_config.h"

#include <string.h>

#include "cohort_impl.h"

enum { CACHE_PLACES = 12421 }; /* of chunks in a cache: a prime number, many more than there are chunks of a band */

_Static_assert(sizeof(shy_image_head) % 8 == 0, "the numbers of an image follow its head and have to be aligned");

/* ---- from the image to columns ----------------------------------------------------------------------------------- */

static const char *name_of(const shy_cohort *c, int64_t index)
{
    return c->parts.texts + c->parts.name[index];
}

static uint64_t bucket_of(const shy_cohort *c, const char *name)
{
    return shy_hash_bytes(name, strlen(name), 0) & (c->buckets - 1);
}

static shy_status index_names(shy_cohort *c)
{
    shy_status st = SHY_OK;

    for (c->buckets = 8; c->buckets < 2 * (uint64_t)c->head->columns;)
        c->buckets *= 2;
    SHY_TRY(shy_new(c->buckets, sizeof *c->bucket, &c->bucket));
    for (int64_t i = 0; i < c->head->columns; i++) {
        uint64_t b = bucket_of(c, name_of(c, i));
        while (c->bucket[b] != 0)
            b = (b + 1) & (c->buckets - 1);
        c->bucket[b] = (uint32_t)i + 1;
    }
out:
    return st;
}

static shy_status index_levels(shy_cohort *c)
{
    shy_status st = SHY_OK;
    const char *text = c->parts.texts + c->head->level_texts;

    SHY_TRY(shy_new((size_t)c->head->levels, sizeof *c->level, &c->level));
    SHY_TRY(shy_new((size_t)c->head->columns, sizeof *c->first_level, &c->first_level));
    for (int64_t i = 0; i < c->head->levels; i++, text += strlen(text) + 1)
        c->level[i] = text;
    for (int64_t i = 0, first = 0; i < c->head->columns; first += c->parts.levels[i++])
        c->first_level[i] = (int32_t)first;
out:
    return st;
}

static shy_status unpack(shy_cohort *c)
{
    shy_status st = SHY_OK;

    c->head = (const shy_image_head *)(const void *)c->image.bytes;
    c->parts = shy_image_take_apart(c->image.bytes, c->head->columns);
    SHY_TRY(index_levels(c));
    SHY_TRY(index_names(c));
out:
    return st;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static shy_status create(const shy_team *team, const char *path, shy_cohort **cohort_out)
{
    shy_status st = SHY_OK;
    shy_cohort *c = NULL;
    uint64_t bytes;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    c->team = team;
    c->file = c->values = H5I_INVALID_HID;
    *cohort_out = c;
    SHY_TRY(shy_string_copy(path, &c->path));
    if (team->node_rank == 0) SHY_TRY(shy_seal_check(path, &bytes)); /* once a node: what one rank sees there, all see */
out:
    return st;
}

/* The last rank reads all of the file for its checksum while the first reads it for its SHA-256. */
static shy_status check_contents(const shy_cohort *c, char sha256[65])
{
    shy_status st = SHY_OK;

    if (c->team->rank == c->team->size - 1) SHY_TRY(shy_seal_check_contents(c->path));
    if (c->team->rank == 0) SHY_TRY(shy_hash_file(c->path, sha256));
out:
    return st;
}

static shy_status read_image(shy_cohort *c, const char sha256[65])
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_image_read(c->path, &c->image));
    memcpy(c->image.bytes + offsetof(shy_image_head, sha256), sha256, 65);
out:
    return st;
}

static shy_status share_image(shy_cohort *c)
{
    shy_status st = SHY_OK;
    uint64_t count = c->image.count;

    SHY_TRY(shy_team_broadcast(c->team, &count, sizeof count));
    SHY_TRY_ALL(c->team, c->team->rank == 0 ? SHY_OK : shy_new(count, 1, &c->image.bytes));
    SHY_TRY(shy_team_broadcast(c->team, c->image.bytes, count));
out:
    return st;
}

static shy_status open_error(const shy_cohort *c)
{
    char reason[256];

    return shy_fail(SHY_IO, "%s: cannot be opened: %s.", c->path, shy_hdf5_reason(reason, sizeof reason));
}

/* Collectively one rank reads what describes the dataset, for all of them. */
static shy_status open_dataset(shy_cohort *c, uint64_t cache, bool collective)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);

    if (collective) H5Pset_all_coll_metadata_ops(access, true);
    H5Pset_chunk_cache(access, CACHE_PLACES, cache, H5D_CHUNK_CACHE_W0_DEFAULT);
    c->values = H5Dopen2(c->file, "values", access);
    H5Pclose(access);
    return c->values < 0 ? open_error(c) : SHY_OK;
}

/* What is not in chunks costs no more than it is read: each column is a band. */
static shy_status learn_chunks(shy_cohort *c)
{
    hid_t create = H5Dget_create_plist(c->values);
    hsize_t chunk[2] = {1, c->head->rows > 0 ? c->head->rows : 1};
    bool known = create >= 0 && (H5Pget_layout(create) != H5D_CHUNKED || H5Pget_chunk(create, 2, chunk) == 2);

    if (create >= 0) H5Pclose(create);
    c->band_slots = chunk[0], c->chunk_rows = chunk[1];
    return known ? SHY_OK : open_error(c);
}

/*
 * Collective from here on: every node has seen that the file is there, whole and a cohort. Where chunks are is not read collectively,
 * as it would be if H5Pset_all_coll_metadata_ops stood here: a rank that reads alone would wait for the others.
 */
static shy_status open_values(shy_cohort *c)
{
    shy_status st = SHY_OK;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    H5Pset_fapl_mpio(access, c->team->world, MPI_INFO_NULL);
    c->file = H5Fopen(c->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (c->file < 0) return open_error(c);
    SHY_TRY(open_dataset(c, 0, true));
    SHY_TRY(learn_chunks(c));
out:
    return st;
}

shy_status shy_cohort_open(const shy_team *team, const char *path, shy_cohort **cohort_out)
{
    shy_status st = SHY_OK;
    shy_cohort *c = NULL;
    char sha256[65] = "";

    shy_hdf5_quiet();
    SHY_TRY_ALL(team, create(team, path, &c));
    SHY_TRY_ALL(team, check_contents(c, sha256));
    SHY_TRY_ALL(team, team->rank == 0 ? read_image(c, sha256) : SHY_OK);
    SHY_TRY(share_image(c));
    SHY_TRY_ALL(team, unpack(c));
    SHY_TRY_ALL(team, open_values(c));
    *cohort_out = c, c = NULL;
out:
    shy_cohort_close(&c);
    return st;
}

void shy_cohort_close(shy_cohort **cohort)
{
    shy_cohort *c = *cohort;

    if (c == NULL) return;
    if (c->values >= 0) H5Dclose(c->values);
    if (c->file >= 0) H5Fclose(c->file);
    shy_memory_discharge(c->cache);
    shy_free(&c->path);
    shy_free(&c->image.bytes);
    shy_free(&c->level);
    shy_free(&c->first_level);
    shy_free(&c->bucket);
    shy_free(cohort);
}

/* ---- bands ------------------------------------------------------------------------------------------------------- */

int64_t shy_cohort_band(const shy_cohort *c, int64_t index)
{
    return c->parts.slot[index] < 0 ? -1 : c->parts.slot[index] / (int64_t)c->band_slots;
}

uint64_t shy_cohort_band_bytes(const shy_cohort *c, uint64_t rows)
{
    const uint64_t all = (c->head->rows + c->chunk_rows - 1) / c->chunk_rows;
    const uint64_t chunks = (rows + c->chunk_rows - 1) / c->chunk_rows + (rows > 0); /* they may begin within one */

    return (chunks < all ? chunks : all) * c->chunk_rows * c->band_slots * sizeof(double);
}

/* HDF5 takes the size of the cache when a dataset is opened. Not collective: nothing is written. */
shy_status shy_cohort_cache(shy_cohort *c, uint64_t bytes)
{
    shy_status st = SHY_OK;

    if (bytes == c->cache) return SHY_OK;
    if (bytes > c->cache) SHY_TRY(shy_memory_charge(bytes - c->cache));
    if (bytes < c->cache) shy_memory_discharge(c->cache - bytes);
    c->cache = bytes;
    H5Dclose(c->values);
    SHY_TRY(open_dataset(c, bytes, false));
out:
    return st;
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

uint64_t shy_cohort_rows(const shy_cohort *c)
{
    return c->head->rows;
}

int64_t shy_cohort_columns(const shy_cohort *c)
{
    return c->head->columns;
}

shy_column shy_cohort_column(const shy_cohort *c, int64_t index)
{
    const shy_image_parts *p = &c->parts;

    return (shy_column){.name = p->texts + p->name[index],
                        .unit = p->texts + p->unit[index],
                        .modality = p->texts + p->modality[index],
                        .kind = (shy_kind)p->kind[index],
                        .missing = (uint64_t)p->missing[index],
                        .minimum = p->minimum[index],
                        .maximum = p->maximum[index],
                        .mean = p->mean[index],
                        .levels = p->levels[index],
                        .level_names = p->levels[index] > 0 ? c->level + c->first_level[index] : NULL};
}

int64_t shy_cohort_find(const shy_cohort *c, const char *name)
{
    for (uint64_t b = bucket_of(c, name); c->bucket[b] != 0; b = (b + 1) & (c->buckets - 1))
        if (strcmp(name_of(c, (int64_t)c->bucket[b] - 1), name) == 0) return (int64_t)c->bucket[b] - 1;
    return -1;
}

const char *shy_cohort_nearest(const shy_cohort *c, const char *name)
{
    const char **names = NULL, *nearest = NULL;

    if (shy_new((size_t)c->head->columns, sizeof *names, &names) == SHY_OK) {
        for (int64_t i = 0; i < c->head->columns; i++)
            names[i] = name_of(c, i);
        nearest = shy_text_nearest(name, names, (size_t)c->head->columns);
    } else {
        shy_error_clear(); /* the message that this is for matters more than a suggestion in it */
    }
    shy_free(&names);
    return nearest;
}

const char *shy_cohort_sha256(const shy_cohort *c)
{
    return c->head->sha256;
}

const char *shy_cohort_provenance(const shy_cohort *c)
{
    return c->parts.texts + c->head->provenance;
}
