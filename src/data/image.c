/*
 * image.c: reads the description of a cohort file, on one rank, into one block of bytes that can be sent to the
 * others.
 */
#include "shy_config.h"

#include <string.h>

#include "cohort_impl.h"

enum { SLICE = 8192 };

typedef struct {
    const char *path;
    hid_t file;
    shy_image *image;
} source;

static shy_status damaged(const source *s, const char *what)
{
    return shy_fail(SHY_INPUT, "%s: is a damaged cohort: %s. Import it again.", s->path, what);
}

static shy_status append(shy_image *image, const void *bytes, size_t count)
{
    shy_status st = SHY_OK;

    if (image->count + count > image->room) {
        size_t room = 2 * image->room + count + 4096;
        SHY_TRY(shy_grow(room, 1, &image->bytes));
        image->room = room;
    }
    if (bytes != NULL) memcpy(image->bytes + image->count, bytes, count);
    image->count += count;
out:
    return st;
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static shy_status read_attribute(const source *s, const char *name, int64_t *value_out)
{
    hid_t attribute = H5Aopen(s->file, name, H5P_DEFAULT);
    bool read = attribute >= 0 && H5Aread(attribute, H5T_NATIVE_INT64, value_out) >= 0;

    if (attribute >= 0) H5Aclose(attribute);
    return read && *value_out >= 0 ? SHY_OK : damaged(s, name);
}

/* Number of entries of a one-dimensional dataset, −1 if it is something else. */
static int64_t length_of(hid_t set)
{
    hid_t space = H5Dget_space(set);
    hsize_t size = 0;
    bool simple =
        space >= 0 && H5Sget_simple_extent_ndims(space) == 1 && H5Sget_simple_extent_dims(space, &size, NULL) == 1;

    if (space >= 0) H5Sclose(space);
    return simple ? (int64_t)size : -1;
}

static shy_status read_numbers(const source *s, const char *name, hid_t type, int64_t count)
{
    shy_status st = SHY_OK;
    size_t at = s->image->count;
    hid_t set = H5Dopen2(s->file, name, H5P_DEFAULT);

    if (set < 0 || length_of(set) != count) {
        st = damaged(s, name);
        goto out;
    }
    SHY_TRY(append(s->image, NULL, (size_t)count * 8));
    if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, s->image->bytes + at) < 0) st = damaged(s, name);
out:
    if (set >= 0) H5Dclose(set);
    return st;
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static shy_status append_texts(shy_image *image, const char *slice, size_t width, uint64_t count)
{
    shy_status st = SHY_OK;

    for (uint64_t i = 0; i < count; i++) {
        SHY_TRY(append(image, slice + i * width, strnlen(slice + i * width, width)));
        SHY_TRY(append(image, "", 1));
    }
out:
    return st;
}

static shy_status read_text_slices(const source *s, const char *name, hid_t set, hid_t type, hsize_t count)
{
    shy_status st = SHY_OK;
    size_t width = H5Tget_size(type);
    char *slice = NULL;
    hid_t space = H5Dget_space(set), memory = H5I_INVALID_HID;

    SHY_TRY(shy_new(count < SLICE ? count : SLICE, width, &slice));
    for (hsize_t first = 0; first < count; first += SLICE) {
        hsize_t here = count - first < SLICE ? count - first : SLICE;
        memory = H5Screate_simple(1, &here, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &here, NULL);
        herr_t done = H5Dread(set, type, memory, space, H5P_DEFAULT, slice);
        H5Sclose(memory);
        if (done < 0) {
            st = damaged(s, name);
            goto out;
        }
        SHY_TRY(append_texts(s->image, slice, width, here));
    }
out:
    H5Sclose(space);
    shy_free(&slice);
    return st;
}

/* count −1: as many as there are; *count_out may be NULL. */
static shy_status read_texts(const source *s, const char *name, int64_t count, int64_t *count_out)
{
    shy_status st = SHY_OK;
    hid_t set = H5Dopen2(s->file, name, H5P_DEFAULT), type = set < 0 ? H5I_INVALID_HID : H5Dget_type(set);
    int64_t length = set < 0 ? -1 : length_of(set);

    if (length < 0 || (count >= 0 && length != count) || H5Tget_class(type) != H5T_STRING ||
        H5Tis_variable_str(type) != 0) {
        st = damaged(s, name);
        goto out;
    }
    SHY_TRY(read_text_slices(s, name, set, type, (hsize_t)length));
    if (count_out != NULL) *count_out = length;
out:
    if (type >= 0) H5Tclose(type);
    if (set >= 0) H5Dclose(set);
    return st;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static shy_status read_size(const source *s, shy_image_head *head)
{
    shy_status st = SHY_OK;
    hid_t set = H5Dopen2(s->file, "values", H5P_DEFAULT), space = set < 0 ? H5I_INVALID_HID : H5Dget_space(set);
    hsize_t size[2] = {0};
    int64_t rows;

    SHY_TRY(read_attribute(s, "rows", &rows));
    SHY_TRY(read_attribute(s, "columns", &head->columns));
    head->rows = (uint64_t)rows;
    if (space < 0 || H5Sget_simple_extent_ndims(space) != 2 || H5Sget_simple_extent_dims(space, size, NULL) != 2 ||
        size[1] != head->rows)
        st = damaged(s, "values");
    head->slots = (int64_t)size[0];
out:
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return st;
}

/* Every column has a place among the values or the identifiers, and its levels are there. */
static shy_status judge(const source *s, shy_image_head *head)
{
    const int64_t *slot = (const int64_t *)(const void *)(s->image->bytes + sizeof *head);
    const int64_t *levels = slot + 2 * head->columns;
    int64_t sum = 0;

    head->identifiers = 0;
    for (int64_t i = 0; i < head->columns; i++) {
        if (slot[i] >= head->slots || levels[i] < 0 || levels[i] > head->levels) return damaged(s, "columns");
        head->identifiers += slot[i] < 0;
        sum += levels[i];
    }
    for (int64_t i = 0; i < head->columns; i++)
        if (-1 - slot[i] >= head->identifiers) return damaged(s, "identifiers");
    return sum == head->levels ? SHY_OK : damaged(s, "levels");
}

static shy_status read_all(const source *s)
{
    static const char *const integers[] = {"columns/slot", "columns/missing", "columns/levels"};
    static const char *const doubles[] = {"columns/minimum", "columns/maximum", "columns/mean"};
    static const char *const texts[] = {"columns/name", "columns/unit", "columns/modality", "columns/kind"};
    shy_status st = SHY_OK;
    shy_image_head head = {0};

    SHY_TRY(read_size(s, &head));
    SHY_TRY(append(s->image, &head, sizeof head));
    for (int i = 0; i < 3; i++)
        SHY_TRY(read_numbers(s, integers[i], H5T_NATIVE_INT64, head.columns));
    for (int i = 0; i < 3; i++)
        SHY_TRY(read_numbers(s, doubles[i], H5T_NATIVE_DOUBLE, head.columns));
    for (int i = 0; i < 4; i++)
        SHY_TRY(read_texts(s, texts[i], head.columns, NULL));
    SHY_TRY(read_texts(s, "levels", -1, &head.levels));
    SHY_TRY(read_texts(s, "provenance", 1, NULL));
    SHY_TRY(judge(s, &head));
    memcpy(s->image->bytes, &head, sizeof head);
out:
    return st;
}

shy_status shy_image_read(const char *path, shy_image *image)
{
    shy_status st;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    source s = {.path = path, .image = image};
    char reason[256];

#if H5_VERSION_GE(1, 10, 7)
    H5Pset_file_locking(access, false,
                        true); /* nobody writes to a finished cohort, and not every file system can lock */
#endif
    s.file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (s.file < 0)
        return shy_fail(SHY_INPUT, "%s: cannot be opened: %s.", path, shy_hdf5_reason(reason, sizeof reason));
    st = read_all(&s);
    H5Fclose(s.file);
    return st;
}
