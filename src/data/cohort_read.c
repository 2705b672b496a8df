/* cohort_read.c: reads values and identifiers: all ranks together, each its own rows, or one rank alone. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "cohort_impl.h"

enum {
    BATCH_BYTES = 32 << 20, /* of values per rank in one call of HDF5 */
    BATCH_RUNS = 64,        /* of neighbouring columns in one call: more make the selection slow */
    TEXT_SLICE = 65536
};

typedef struct {
    int64_t slot, place; /* place: in the caller's list */
} wanted;

typedef struct {
    shy_cohort *cohort;
    wanted *order; /* ascending in slot */
    int64_t count;
    uint64_t first, rows; /* of this rank */
    uint64_t most_rows;   /* of any rank */
    double *values;       /* the caller's */
    double *buffer;       /* of a batch that does not lie in the caller's array as it lies in the file */
    hid_t transfer;
    bool collective;
} reading;

static shy_status read_error(const shy_cohort *c)
{
    char reason[256];

    return shy_fail(SHY_IO, "%s: reading failed: %s.", c->path, shy_hdf5_reason(reason, sizeof reason));
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static int compare_slots(const void *a, const void *b)
{
    const wanted *x = a, *y = b;

    if (x->slot != y->slot) return x->slot < y->slot ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static shy_status judge_request(const shy_cohort *c, const int64_t *index, int64_t count, uint64_t first, uint64_t rows)
{
    if (first > c->head->rows || rows > c->head->rows - first)
        return shy_fail(SHY_INTERNAL, "%s: rows %llu to %llu are read of %llu.", c->path, (unsigned long long)first,
                        (unsigned long long)(first + rows), (unsigned long long)c->head->rows);
    for (int64_t k = 0; k < count; k++) {
        if (index[k] < 0 || index[k] >= c->head->columns)
            return shy_fail(SHY_INTERNAL, "%s: column %lld is read of %lld.", c->path, (long long)index[k],
                            (long long)c->head->columns);
        if (c->parts.slot[index[k]] < 0)
            return shy_fail(SHY_INTERNAL, "%s: column %s is an identifier and has no values.", c->path,
                            shy_cohort_column(c, index[k]).name);
    }
    return SHY_OK;
}

/* All ranks read the same columns, and know how many rows the busiest of them reads. */
static shy_status compare_requests(reading *r, const int64_t *index, int64_t count)
{
    uint64_t hash = shy_hash_bytes(index, (size_t)count * sizeof *index, (uint64_t)count);
    uint64_t mine[3] = {hash, ~hash, r->rows}, most[3];

    MPI_Allreduce(mine, most, 3, MPI_UINT64_T, MPI_MAX, r->cohort->team->world);
    r->most_rows = most[2];
    if (most[0] != ~most[1]) return shy_fail(SHY_INTERNAL, "%s: the ranks read different columns.", r->cohort->path);
    return SHY_OK;
}

static int64_t batch_columns(const reading *r)
{
    uint64_t fit = BATCH_BYTES / sizeof(double) / (r->most_rows > 0 ? r->most_rows : 1);

    return fit < 1 ? 1 : fit > 65536 ? 65536 : (int64_t)fit;
}

/* The caller wants these columns just as they follow each other in the file. */
static bool is_direct(const reading *r, int64_t begin, int64_t end)
{
    for (int64_t k = begin + 1; k < end; k++)
        if (r->order[k].place != r->order[k - 1].place + 1 || r->order[k].slot == r->order[k - 1].slot) return false;
    return true;
}

static shy_status prepare(reading *r, const int64_t *index, int64_t count, H5FD_mpio_xfer_t mode)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_new((size_t)count, sizeof *r->order, &r->order));
    for (int64_t k = 0; k < count; k++)
        r->order[k] = (wanted){.slot = r->cohort->parts.slot[index[k]], .place = k};
    qsort(r->order, (size_t)count, sizeof *r->order, compare_slots);
    r->count = count;
    int64_t columns = batch_columns(r) < count ? batch_columns(r) : count;
    if (!is_direct(r, 0, count)) SHY_TRY(shy_new((size_t)columns * r->rows, sizeof *r->buffer, &r->buffer));
    r->collective = mode == H5FD_MPIO_COLLECTIVE;
    r->transfer = H5Pcreate(H5P_DATASET_XFER);
    if (r->transfer < 0 || H5Pset_dxpl_mpio(r->transfer, mode) < 0) return read_error(r->cohort);
out:
    return st;
}

/* The end of the batch that begins at `begin`. The same on all ranks. */
static int64_t batch_end(const reading *r, int64_t begin)
{
    int64_t end = begin + 1, columns = 1, runs = 1, most = batch_columns(r);

    for (; end < r->count; end++) {
        int64_t step = r->order[end].slot - r->order[end - 1].slot;
        columns += step > 0, runs += step > 1;
        if (columns > most || runs > BATCH_RUNS) break;
    }
    return end;
}

/* Selects the columns of a batch, without repetition, run by run; returns how many there are. */
static int64_t select_columns(const reading *r, hid_t space, int64_t begin, int64_t end)
{
    int64_t columns = 0;

    H5Sselect_none(space);
    for (int64_t k = begin; k < end;) {
        hsize_t start[2] = {(hsize_t)r->order[k].slot, r->first}, count[2] = {1, r->rows};
        for (k++; k < end && r->order[k].slot <= r->order[k - 1].slot + 1; k++)
            count[0] += r->order[k].slot > r->order[k - 1].slot;
        if (r->rows > 0) H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, count, NULL);
        columns += (int64_t)count[0];
    }
    return columns;
}

static void hand_out(const reading *r, int64_t begin, int64_t end)
{
    const double *from = r->buffer;

    for (int64_t k = begin; k < end; k++) {
        if (k > begin && r->order[k].slot > r->order[k - 1].slot) from += r->rows;
        memcpy(r->values + (uint64_t)r->order[k].place * r->rows, from, r->rows * sizeof *from);
    }
}

static shy_status read_batch(reading *r, int64_t begin, int64_t end)
{
    bool direct = is_direct(r, begin, end);
    double nothing, *to = direct ? r->values + (uint64_t)r->order[begin].place * r->rows : r->buffer;
    hid_t space = H5Dget_space(r->cohort->values), memory;
    hsize_t size[2] = {(hsize_t)select_columns(r, space, begin, end), r->rows > 0 ? r->rows : 1};

    memory = H5Screate_simple(2, size, NULL);
    if (r->rows == 0) H5Sselect_none(memory), to = &nothing;
    herr_t done = H5Dread(r->cohort->values, H5T_NATIVE_DOUBLE, memory, space, r->transfer, to);
    shy_status st = done < 0 ? read_error(r->cohort) : SHY_OK;
    if (st == SHY_OK && r->collective) H5Pget_mpio_actual_io_mode(r->transfer, &r->cohort->io_mode);
    H5Sclose(memory);
    H5Sclose(space);
    if (st == SHY_OK && !direct) hand_out(r, begin, end);
    return st;
}

shy_status shy_cohort_read(shy_cohort *cohort, const int64_t *index, int64_t count, uint64_t first, uint64_t rows,
                           double *values)
{
    shy_status st = SHY_OK;
    reading r = {.cohort = cohort, .first = first, .rows = rows, .values = values, .transfer = H5I_INVALID_HID};

    SHY_TRY_ALL(cohort->team, judge_request(cohort, index, count, first, rows));
    SHY_TRY(compare_requests(&r, index, count));
    SHY_TRY_ALL(cohort->team, prepare(&r, index, count, H5FD_MPIO_COLLECTIVE));
    for (int64_t begin = 0, end; begin < count; begin = end) {
        end = batch_end(&r, begin);
        SHY_TRY_ALL(cohort->team, read_batch(&r, begin, end));
    }
out:
    if (r.transfer >= 0) H5Pclose(r.transfer);
    shy_free(&r.buffer);
    shy_free(&r.order);
    return st;
}

shy_status shy_cohort_read_alone(shy_cohort *cohort, const int64_t *index, int64_t count, uint64_t first, uint64_t rows,
                                 double *values)
{
    shy_status st = SHY_OK;
    reading r = {.cohort = cohort, .first = first, .rows = rows, .values = values, .transfer = H5I_INVALID_HID};

    r.most_rows = rows;
    SHY_TRY(judge_request(cohort, index, count, first, rows));
    if (rows == 0) return SHY_OK;
    SHY_TRY(prepare(&r, index, count, H5FD_MPIO_INDEPENDENT));
    for (int64_t begin = 0, end; begin < count; begin = end) {
        end = batch_end(&r, begin);
        SHY_TRY(read_batch(&r, begin, end));
    }
out:
    if (r.transfer >= 0) H5Pclose(r.transfer);
    shy_free(&r.buffer);
    shy_free(&r.order);
    return st;
}

/* ---- identifiers ------------------------------------------------------------------------------------------------- */

typedef struct {
    shy_cohort *cohort;
    hid_t set, type, transfer;
    size_t width;
    char *slice;
    char **texts; /* owned, each owned */
    uint64_t first, rows;
} text_reading;

static shy_status open_texts(text_reading *t)
{
    t->set = H5Dopen2(t->cohort->file, "identifiers/0", H5P_DEFAULT);
    t->type = t->set < 0 ? H5I_INVALID_HID : H5Dget_type(t->set);
    t->transfer = H5Pcreate(H5P_DATASET_XFER);
    if (t->type < 0 || H5Pset_dxpl_mpio(t->transfer, H5FD_MPIO_COLLECTIVE) < 0) return read_error(t->cohort);
    t->width = H5Tget_size(t->type);
    return shy_new(t->rows < TEXT_SLICE ? t->rows + 1 : TEXT_SLICE, t->width, &t->slice);
}

/* Rows done … done+here−1 of this rank; `here` may be 0 while others still read. */
static shy_status read_text_slice(text_reading *t, uint64_t done, uint64_t here)
{
    shy_status st = SHY_OK;
    hsize_t start = t->first + done, count = here > 0 ? here : 1;
    hid_t space = H5Dget_space(t->set), memory = H5Screate_simple(1, &count, NULL);

    if (here > 0)
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL);
    else
        H5Sselect_none(space), H5Sselect_none(memory);
    if (H5Dread(t->set, t->type, memory, space, t->transfer, t->slice) < 0) st = read_error(t->cohort);
    H5Sclose(memory);
    H5Sclose(space);
    for (uint64_t i = 0; i < here && st == SHY_OK; i++)
        st = shy_string_format(&t->texts[done + i], "%.*s", (int)t->width, t->slice + i * t->width);
    return st;
}

static shy_status read_slices(text_reading *t)
{
    shy_status st = SHY_OK;
    uint64_t most, done = 0;

    MPI_Allreduce(&t->rows, &most, 1, MPI_UINT64_T, MPI_MAX, t->cohort->team->world);
    for (uint64_t at = 0; at < most; at += TEXT_SLICE) {
        uint64_t here = t->rows - done < TEXT_SLICE ? t->rows - done : TEXT_SLICE;
        SHY_TRY_ALL(t->cohort->team, read_text_slice(t, done, here));
        done += here;
    }
out:
    return st;
}

static shy_status number_rows(text_reading *t)
{
    shy_status st = SHY_OK;

    for (uint64_t i = 0; i < t->rows; i++)
        SHY_TRY(shy_string_format(&t->texts[i], "%llu", (unsigned long long)(t->first + i + 1)));
out:
    return st;
}

shy_status shy_cohort_read_identifiers(shy_cohort *cohort, uint64_t first, uint64_t rows, char ***identifiers_out)
{
    shy_status st = SHY_OK;
    text_reading t = {.cohort = cohort, .first = first, .rows = rows, .set = H5I_INVALID_HID};

    t.type = t.transfer = H5I_INVALID_HID;
    SHY_TRY_ALL(cohort->team, judge_request(cohort, NULL, 0, first, rows));
    SHY_TRY_ALL(cohort->team, shy_new(rows, sizeof *t.texts, &t.texts));
    if (cohort->head->identifiers == 0)
        SHY_TRY_ALL(cohort->team, number_rows(&t));
    else {
        SHY_TRY_ALL(cohort->team, open_texts(&t));
        SHY_TRY(read_slices(&t));
    }
    *identifiers_out = t.texts, t.texts = NULL;
out:
    for (uint64_t i = 0; t.texts != NULL && i < rows; i++)
        shy_free(&t.texts[i]);
    shy_free(&t.texts);
    shy_free(&t.slice);
    if (t.transfer >= 0) H5Pclose(t.transfer);
    if (t.type >= 0) H5Tclose(t.type);
    if (t.set >= 0) H5Dclose(t.set);
    return st;
}
