/*
 * writer.c: writes the datasets of a cohort file with HDF5, one process, into a file that nobody sees before it is
 * whole.
 */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "file_impl.h"

enum {
    DEFLATE_LEVEL = 3,
    SLICE = 8192,     /* texts in memory at a time */
    GROUP_CHUNKS = 8, /* written in one call */
    MARGIN = 1 << 20  /* bytes: the bookkeeping of HDF5, and a chunk that it still holds */
};

struct shy_writer {
    char *path, *name;
    hid_t file, values;
    uint64_t chunk_slots;
};

/* The open file as the operating system knows it, −1 if there is none. */
static int descriptor(const shy_writer *w)
{
    int *file = NULL;

    return w->file >= 0 && H5Fget_vfd_handle(w->file, H5P_DEFAULT, (void **)&file) >= 0 ? *file : -1;
}

/*
 * HDF5 cannot close a file that cannot be written, and crashes later when it tries again. From the first failure on it
 * writes into memory that is forgotten, as far as there is still something to write.
 */
static void divert(const shy_writer *w)
{
    int memory, file = descriptor(w);

    if (file < 0) return;
    memory = memfd_create("abandoned cohort", MFD_CLOEXEC);
    if (memory < 0) return;
    dup2(memory, file);
    close(memory);
}

static shy_status write_error(const shy_writer *w)
{
    char reason[256];
    shy_status st = shy_fail(SHY_IO, "%s: cannot be written: %s.", w->name, shy_hdf5_reason(reason, sizeof reason));

    divert(w);
    return st;
}

/* fallocate does not look at the limit that a shell may set. */
static shy_status check_limit(const shy_writer *w, uint64_t size)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || size <= (uint64_t)limit.rlim_cur)
        return SHY_OK;
    return shy_fail(SHY_IO, "%s: cannot be written: it may grow to %llu bytes, and files may not here (ulimit -f).",
                    w->name, (unsigned long long)size);
}

/*
 * Even so HDF5 loses its footing when it cannot write its own bookkeeping. Before every step room is reserved for
 * all that the step may write, where the file system can do that; the seal gives back what is left behind the end.
 */
static shy_status reserve(const shy_writer *w, uint64_t bytes)
{
    int file = descriptor(w);
    hsize_t size = 0;
    shy_status st = SHY_OK;

    if (file >= 0 && H5Fget_filesize(w->file, &size) < 0) return SHY_OK;
    SHY_TRY(check_limit(w, size + bytes + MARGIN));
    if (file >= 0 && fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)(size + bytes + MARGIN)) != 0 &&
        (errno == ENOSPC || errno == EDQUOT))
        st = shy_fail(SHY_IO, "%s: cannot be written: %s.", w->name, strerror(errno));
out:
    if (st != SHY_OK) divert(w);
    return st;
}

/* A table that fits into what is not aligned has nothing to align. */
static uint64_t alignment(const shy_writer_layout *layout)
{
    return layout->rows * (uint64_t)layout->slots * sizeof(double) >= SHY_ALIGNED_LEAST ? layout->align : 1;
}

/*
 * No creation times, so that the same tables give the same file; the newest layout, whose metadata carry checksums. HDF5 counts
 * from the end of the block that is left to us at the beginning, which therefore is a multiple of the alignment.
 */
static hid_t create_file(const char *path, uint64_t align)
{
    hid_t create = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS), file;

    H5Pset_userblock(create, align > SHY_SEAL_BYTES ? align : SHY_SEAL_BYTES);
    H5Pset_obj_track_times(create, false);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    if (align > 1) H5Pset_alignment(access, SHY_ALIGNED_LEAST, align);
#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, false, true); /* nobody else knows the file yet, and not every file system can lock */
#endif
    file = H5Fcreate(path, H5F_ACC_EXCL, create, access);
    H5Pclose(create);
    H5Pclose(access);
    return file;
}

/*
 * Chunked, byte-shuffled, deflated. Cells never written, those beyond the edge of the table, are NaN and not old
 * memory.
 */
static hid_t creation_list(int rank, const hsize_t *chunk, bool floating)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    const double missing = NAN;

    H5Pset_obj_track_times(list, false);
    if (floating) H5Pset_fill_value(list, H5T_NATIVE_DOUBLE, &missing);
    H5Pset_chunk(list, rank, chunk);
    H5Pset_shuffle(list);
    H5Pset_deflate(list, DEFLATE_LEVEL);
    return list;
}

static shy_status create_values(shy_writer *w, const shy_writer_layout *layout)
{
    hsize_t size[2] = {(hsize_t)layout->slots, layout->rows}, chunk[2] = {layout->chunk_slots, layout->chunk_rows};
    hid_t space = H5Screate_simple(2, size, NULL), create = creation_list(2, chunk, true),
          access = H5Pcreate(H5P_DATASET_ACCESS);

    /* Chunks are written whole: a cache of one is enough. */
    H5Pset_chunk_cache(access, 127, layout->chunk_rows * layout->chunk_slots * sizeof(double), 1.0);
    w->values = H5Dcreate2(w->file, "values", H5T_IEEE_F64LE, space, H5P_DEFAULT, create, access);
    H5Pclose(access);
    H5Pclose(create);
    H5Sclose(space);
    return w->values < 0 ? write_error(w) : SHY_OK;
}

static shy_status create_groups(shy_writer *w)
{
    static const char *const names[] = {"columns", "identifiers"};
    hid_t create = H5Pcreate(H5P_GROUP_CREATE);
    bool made = H5Pset_obj_track_times(create, false) >= 0; /* the same table gives the same file, tomorrow as well */

    for (int i = 0; i < 2 && made; i++) {
        hid_t group = H5Gcreate2(w->file, names[i], H5P_DEFAULT, create, H5P_DEFAULT);
        made = group >= 0 && H5Gclose(group) >= 0;
    }
    H5Pclose(create);
    return made ? SHY_OK : write_error(w);
}

shy_status shy_writer_create(const shy_writer_layout *layout, shy_writer **writer_out)
{
    shy_status st = SHY_OK;
    shy_writer *w = NULL;

    shy_hdf5_quiet();
    SHY_TRY(shy_new(1, sizeof *w, &w));
    w->file = w->values = H5I_INVALID_HID;
    w->chunk_slots = layout->chunk_slots;
    SHY_TRY(shy_string_copy(layout->path, &w->path));
    SHY_TRY(shy_string_copy(layout->name, &w->name));
    SHY_TRY(reserve(w, 0)); /* there is no file yet: may there be one? */
    w->file = create_file(layout->path, alignment(layout));
    if (w->file < 0) st = write_error(w);
    if (st == SHY_OK) st = reserve(w, 0);
    if (st == SHY_OK) st = create_groups(w);
    if (st == SHY_OK) st = create_values(w, layout);
    if (st != SHY_OK) goto out;
    *writer_out = w, w = NULL;
out:
    shy_writer_abandon(&w);
    return st;
}

static shy_status write_group(shy_writer *w, int64_t slot, int64_t slots, uint64_t row, uint64_t rows, uint64_t stride,
                              const double *values)
{
    shy_status st = SHY_OK;
    hsize_t memory_size[2] = {(hsize_t)slots, stride}, start[2] = {(hsize_t)slot, row},
            count[2] = {(hsize_t)slots, rows};
    hsize_t origin[2] = {0, 0};
    hid_t memory = H5Screate_simple(2, memory_size, NULL), space = H5Dget_space(w->values);
    herr_t done = -1;

    SHY_TRY(reserve(w, (uint64_t)slots * stride * sizeof *values));
    if (H5Sselect_hyperslab(memory, H5S_SELECT_SET, origin, NULL, count, NULL) >= 0 &&
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0)
        done = H5Dwrite(w->values, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values);
    if (done < 0) st = write_error(w);
out:
    H5Sclose(memory);
    H5Sclose(space);
    return st;
}

shy_status shy_writer_values(shy_writer *w, int64_t slot, int64_t slots, uint64_t row, uint64_t rows, uint64_t stride,
                             const double *values)
{
    shy_status st = SHY_OK;
    int64_t end = slot + slots, step = GROUP_CHUNKS * (int64_t)w->chunk_slots;

    while (slot < end) {
        int64_t stop = (slot / step + 1) * step < end ? (slot / step + 1) * step : end; /* at a border between chunks */
        SHY_TRY(write_group(w, slot, stop - slot, row, rows, stride, values));
        values += (uint64_t)(stop - slot) * stride;
        slot = stop;
    }
out:
    return st;
}

/* One-dimensional data in slices, so that only one slice of texts is in memory at a time. */
static shy_status write_slice(shy_writer *w, hid_t set, hid_t type, uint64_t first, uint64_t count, const void *data)
{
    shy_status st = SHY_OK;
    hsize_t start = first, size = count;
    hid_t memory = H5Screate_simple(1, &size, NULL), space = H5Dget_space(set);
    herr_t done = -1;

    SHY_TRY(reserve(w, count * H5Tget_size(type)));
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &size, NULL) >= 0)
        done = H5Dwrite(set, type, memory, space, H5P_DEFAULT, data);
    if (done < 0) st = write_error(w);
out:
    H5Sclose(memory);
    H5Sclose(space);
    return st;
}

static hid_t create_list(shy_writer *w, const char *name, hid_t type, uint64_t count)
{
    hsize_t size = count, chunk = count < SLICE ? (count > 0 ? count : 1) : SLICE;
    hid_t space = H5Screate_simple(1, &size, NULL), create = creation_list(1, &chunk, false);
    hid_t set = H5Dcreate2(w->file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);

    H5Pclose(create);
    H5Sclose(space);
    return set;
}

/*
 * A full disk may show itself only when the last chunk is written: before the dataset is closed, so that it can be
 * closed.
 */
static shy_status close_list(shy_writer *w, hid_t set, shy_status st)
{
    if (set < 0) return st;
    if (st == SHY_OK && H5Dflush(set) < 0) st = write_error(w);
    if (H5Dclose(set) < 0 && st == SHY_OK) st = write_error(w);
    return st;
}

static shy_status write_text_slices(shy_writer *w, hid_t set, hid_t type, size_t width, uint64_t count, shy_text_at at,
                                    void *context)
{
    shy_status st = SHY_OK;
    char *slice = NULL;

    SHY_TRY(shy_new(count < SLICE ? count : SLICE, width, &slice));
    for (uint64_t first = 0; first < count; first += SLICE) {
        uint64_t here = count - first < SLICE ? count - first : SLICE;
        memset(slice, 0, here * width);
        for (uint64_t i = 0; i < here; i++) {
            const char *text = at(context, first + i);
            memcpy(slice + i * width, text, strlen(text));
        }
        SHY_TRY(write_slice(w, set, type, first, here, slice));
    }
out:
    shy_free(&slice);
    return st;
}

shy_status shy_writer_texts(shy_writer *w, const char *name, uint64_t count, shy_text_at at, void *context)
{
    shy_status st = SHY_OK;
    size_t width = 1;

    for (uint64_t i = 0; i < count; i++) {
        size_t length = strlen(at(context, i));
        if (length > width) width = length;
    }
    hid_t type = H5Tcopy(H5T_C_S1), set;
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    set = create_list(w, name, type, count);
    st = set < 0 ? write_error(w) : write_text_slices(w, set, type, width, count, at, context);
    st = close_list(w, set, st);
    H5Tclose(type);
    return st;
}

static shy_status write_list(shy_writer *w, const char *name, hid_t file_type, hid_t memory_type, uint64_t count,
                             const void *data)
{
    hid_t set = create_list(w, name, file_type, count);
    shy_status st = set < 0 ? write_error(w) : write_slice(w, set, memory_type, 0, count, data);

    return close_list(w, set, st);
}

shy_status shy_writer_doubles(shy_writer *w, const char *name, uint64_t count, const double *values)
{
    return write_list(w, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, count, values);
}

shy_status shy_writer_integers(shy_writer *w, const char *name, uint64_t count, const int64_t *values)
{
    return write_list(w, name, H5T_STD_I64LE, H5T_NATIVE_INT64, count, values);
}

static shy_status write_attribute(shy_writer *w, const char *name, hid_t file_type, hid_t memory_type,
                                  const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR),
          attribute = H5Acreate2(w->file, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    shy_status st = attribute < 0 || H5Awrite(attribute, memory_type, value) < 0 ? write_error(w) : SHY_OK;

    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    return st;
}

shy_status shy_writer_attribute(shy_writer *w, const char *name, int64_t value)
{
    return write_attribute(w, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

shy_status shy_writer_note(shy_writer *w, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    shy_status st = write_attribute(w, name, type, type, text);
    H5Tclose(type);
    return st;
}

static shy_status close_file(shy_writer *w)
{
    shy_status st = SHY_OK;
    hid_t values = w->values, file = w->file;

    SHY_TRY(reserve(w, 0));
    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) return write_error(w);
    w->values = H5I_INVALID_HID;
    if (H5Dclose(values) < 0) return write_error(w);
    if (H5Fclose(file) < 0) return write_error(w);
    w->file = H5I_INVALID_HID;
out:
    return st;
}

shy_status shy_writer_finish(shy_writer **writer)
{
    shy_status st = SHY_OK;
    shy_writer *w = *writer;

    SHY_TRY(close_file(w));
    SHY_TRY(shy_seal_write(w->path, w->name));
    shy_free(&w->path); /* the file stays */
out:
    shy_writer_abandon(writer);
    return st;
}

void shy_writer_abandon(shy_writer **writer)
{
    shy_writer *w = *writer;

    if (w == NULL) return;
    if (w->file >= 0) {
        divert(w);
        if (w->values >= 0) H5Dclose(w->values);
        H5Fclose(w->file);
    }
    if (w->path != NULL) unlink(w->path);
    shy_free(&w->path);
    shy_free(&w->name);
    shy_free(writer);
}
