/* cohort.c: opens a cohort on all ranks, and answers questions about its columns. */
#include "shy_config.h"

#include <string.h>

#include "cohort_impl.h"

enum { CACHE_PLACES = 12421 }; /* of chunks in a cache: a prime number, many more than there are chunks of a band */

_Static_assert(sizeof(shy_image_head) % 8 == 0, "the numbers of an image follow its head and have to be aligned");

/* ---- from the image to columns ----------------------------------------------------------------------------------- */

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
        uint64_t b = bucket_of(c, c->column[i].name);
        while (c->bucket[b] != 0)
            b = (b + 1) & (c->buckets - 1);
        c->bucket[b] = i + 1;
    }
out:
    return st;
}

static const char *take_text(const char **next)
{
    const char *text = *next;

    *next += strlen(text) + 1;
    return text;
}

static shy_status take_texts(shy_cohort *c, const char *next)
{
    int64_t columns = c->head->columns;

    for (int64_t i = 0; i < columns; i++)
        c->name[i] = c->column[i].name = take_text(&next);
    for (int64_t i = 0; i < columns; i++)
        c->column[i].unit = take_text(&next);
    for (int64_t i = 0; i < columns; i++)
        c->column[i].modality = take_text(&next);
    for (int64_t i = 0; i < columns; i++) {
        const char *kind = take_text(&next);
        if (!shy_kind_parse(kind, &c->column[i].kind))
            return shy_fail(SHY_INPUT, "%s: column %s is of an unknown kind (%s). Was it made by a newer version?",
                            c->path, c->column[i].name, kind);
        if ((c->column[i].kind == SHY_KIND_IDENTIFIER) != (c->slot[i] < 0))
            return shy_fail(SHY_INPUT, "%s: is a damaged cohort: column %s. Import it again.", c->path,
                            c->column[i].name);
    }
    for (int64_t i = 0; i < c->head->levels; i++)
        c->level[i] = take_text(&next);
    c->provenance = next;
    return SHY_OK;
}

static shy_status unpack(shy_cohort *c)
{
    shy_status st = SHY_OK;
    const shy_image_head *head = c->head = (const shy_image_head *)(const void *)c->image.bytes;
    const int64_t *missing, *levels;
    const double *minimum, *maximum, *mean;
    int64_t used = 0;

    c->slot = (const int64_t *)(const void *)(head + 1);
    missing = c->slot + head->columns, levels = missing + head->columns;
    minimum = (const double *)(const void *)(levels + head->columns);
    maximum = minimum + head->columns, mean = maximum + head->columns;
    SHY_TRY(shy_new((size_t)head->columns, sizeof *c->column, &c->column));
    SHY_TRY(shy_new((size_t)head->columns, sizeof *c->name, &c->name));
    SHY_TRY(shy_new((size_t)head->levels, sizeof *c->level, &c->level));
    SHY_TRY(take_texts(c, (const char *)(mean + head->columns)));
    for (int64_t i = 0; i < head->columns; i++) {
        shy_column *column = &c->column[i];
        column->missing = (uint64_t)missing[i];
        column->minimum = minimum[i], column->maximum = maximum[i], column->mean = mean[i];
        column->levels = (int)levels[i];
        column->level_names = levels[i] > 0 ? c->level + used : NULL;
        used += levels[i];
    }
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
    SHY_TRY(shy_seal_check(path, &bytes));
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

static shy_status open_dataset(shy_cohort *c, uint64_t cache)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);

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
 * Collective from here on: every rank has seen that the file is there, whole and a cohort. What HDF5 reads to find the values is
 * not read collectively (H5Pset_all_coll_metadata_ops): a rank that reads alone would wait for the others.
 */
static shy_status open_values(shy_cohort *c)
{
    shy_status st = SHY_OK;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    H5Pset_fapl_mpio(access, c->team->world, MPI_INFO_NULL);
    c->file = H5Fopen(c->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (c->file < 0) return open_error(c);
    SHY_TRY(open_dataset(c, 0));
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
    shy_free(&c->column);
    shy_free(&c->name);
    shy_free(&c->level);
    shy_free(&c->bucket);
    shy_free(cohort);
}

/* ---- bands ------------------------------------------------------------------------------------------------------- */

int64_t shy_cohort_band(const shy_cohort *c, int64_t index)
{
    return c->slot[index] < 0 ? -1 : c->slot[index] / (int64_t)c->band_slots;
}

uint64_t shy_cohort_band_bytes(const shy_cohort *c, uint64_t rows)
{
    const uint64_t chunks = (rows + c->chunk_rows - 1) / c->chunk_rows + (rows > 0 && rows < c->head->rows); /* rows may begin within one */

    return chunks * c->chunk_rows * c->band_slots * sizeof(double);
}

/* HDF5 takes the size of the cache when a dataset is opened. Not collective: nothing is written. */
shy_status shy_cohort_cache(shy_cohort *c, uint64_t bytes)
{
    shy_status st = SHY_OK;

    if (bytes == c->cache) return SHY_OK;
    SHY_TRY(shy_memory_charge(bytes));
    shy_memory_discharge(c->cache);
    c->cache = bytes;
    H5Dclose(c->values);
    SHY_TRY(open_dataset(c, bytes));
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

const shy_column *shy_cohort_column(const shy_cohort *c, int64_t index)
{
    return &c->column[index];
}

int64_t shy_cohort_find(const shy_cohort *c, const char *name)
{
    for (uint64_t b = bucket_of(c, name); c->bucket[b] != 0; b = (b + 1) & (c->buckets - 1))
        if (strcmp(c->column[c->bucket[b] - 1].name, name) == 0) return c->bucket[b] - 1;
    return -1;
}

const char *shy_cohort_nearest(const shy_cohort *c, const char *name)
{
    return shy_text_nearest(name, c->name, (size_t)c->head->columns);
}

const char *shy_cohort_sha256(const shy_cohort *c)
{
    return c->head->sha256;
}

const char *shy_cohort_provenance(const shy_cohort *c)
{
    return c->provenance;
}
