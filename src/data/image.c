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
    int64_t columns;
    size_t texts;      /* where in the image they begin */
    uint32_t *bucket;  /* open addressing: 1 + place of a text that columns have in common, 0 if empty */
    uint64_t buckets, terms;
} source;

/* The texts of one dataset, one by one, as they are in a slice. Takes the text (not ended by a NUL) of entry `index`. */
typedef shy_status (*taker)(source *s, int64_t index, const char *text, size_t length);

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static size_t texts_at(int64_t columns)
{
    return sizeof(shy_image_head) + (size_t)columns * (3 * sizeof(double) + sizeof(int64_t) + 2 * sizeof(int32_t) + 3 * sizeof(uint32_t) + 1);
}

/* The largest numbers first, so that all are aligned. */
shy_image_parts shy_image_take_apart(char *bytes, int64_t columns)
{
    const size_t count = (size_t)columns;
    shy_image_parts p;

    p.minimum = (double *)(void *)(bytes + sizeof(shy_image_head));
    p.maximum = p.minimum + count, p.mean = p.maximum + count;
    p.missing = (int64_t *)(void *)(p.mean + count);
    p.slot = (int32_t *)(void *)(p.missing + count), p.levels = p.slot + count;
    p.name = (uint32_t *)(void *)(p.levels + count), p.unit = p.name + count, p.modality = p.unit + count;
    p.kind = (uint8_t *)(p.modality + count);
    p.texts = bytes + texts_at(columns);
    return p;
}

static shy_image_parts parts_of(const source *s)
{
    return shy_image_take_apart(s->image->bytes, s->columns);
}

static shy_status damaged(const source *s, const char *what)
{
    return shy_fail(SHY_INPUT, "%s: is a damaged cohort: %s. Import it again.", s->path, what);
}

static shy_status append(shy_image *image, const void *bytes, size_t count)
{
    shy_status st = SHY_OK;

    if (image->count + count > image->room) {
        size_t room = image->room + image->room / 4 + count + 4096;
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

static shy_status read_numbers(const source *s, const char *name, hid_t type, void *numbers)
{
    hid_t set = H5Dopen2(s->file, name, H5P_DEFAULT);
    bool read = set >= 0 && length_of(set) == s->columns && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0;

    if (set >= 0) H5Dclose(set);
    return read ? SHY_OK : damaged(s, name);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

/* Behind the others; its place among the texts. */
static shy_status append_text(source *s, const char *text, size_t length, uint32_t *place_out)
{
    shy_status st = SHY_OK;
    const size_t place = s->image->count - s->texts;

    if (place >= UINT32_MAX)
        return shy_fail(SHY_INPUT, "%s: has more than 4 GiB of names. Shorten the names of its columns.", s->path);
    SHY_TRY(append(s->image, text, length));
    SHY_TRY(append(s->image, "", 1));
    *place_out = (uint32_t)place;
out:
    return st;
}

static shy_status take_name(source *s, int64_t index, const char *text, size_t length)
{
    uint32_t place = 0;
    const shy_status st = append_text(s, text, length, &place);

    parts_of(s).name[index] = place;
    return st;
}

static uint32_t *find_bucket(const source *s, const char *text, size_t length)
{
    const char *texts = s->image->bytes + s->texts;
    uint64_t b = shy_hash_bytes(text, length, 0) & (s->buckets - 1);

    for (; s->bucket[b] != 0; b = (b + 1) & (s->buckets - 1)) {
        const char *known = texts + s->bucket[b] - 1;
        if (strlen(known) == length && memcmp(known, text, length) == 0) break;
    }
    return &s->bucket[b];
}

static shy_status grow_buckets(source *s)
{
    shy_status st = SHY_OK;
    uint32_t *old = s->bucket;
    const uint64_t buckets = s->buckets;
    const char *texts = s->image->bytes + s->texts;

    if (2 * (s->terms + 1) <= s->buckets) return SHY_OK;
    s->bucket = NULL;
    s->buckets = buckets > 0 ? 2 * buckets : 64;
    SHY_TRY(shy_new(s->buckets, sizeof *s->bucket, &s->bucket));
    for (uint64_t b = 0; b < buckets; b++)
        if (old[b] != 0) *find_bucket(s, texts + old[b] - 1, strlen(texts + old[b] - 1)) = old[b];
out:
    shy_free(&old);
    return st;
}

/* The place of a text that many columns may have; it is there once. */
static shy_status take_term(source *s, const char *text, size_t length, uint32_t *place_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(grow_buckets(s));
    uint32_t *bucket = find_bucket(s, text, length);
    if (*bucket == 0) {
        SHY_TRY(append_text(s, text, length, place_out));
        *bucket = *place_out + 1;
        s->terms++;
    }
    *place_out = *bucket - 1;
out:
    return st;
}

static shy_status take_unit(source *s, int64_t index, const char *text, size_t length)
{
    uint32_t place = 0;
    const shy_status st = take_term(s, text, length, &place);

    parts_of(s).unit[index] = place;
    return st;
}

static shy_status take_modality(source *s, int64_t index, const char *text, size_t length)
{
    uint32_t place = 0;
    const shy_status st = take_term(s, text, length, &place);

    parts_of(s).modality[index] = place;
    return st;
}

static shy_status take_kind(source *s, int64_t index, const char *text, size_t length)
{
    const shy_image_parts p = parts_of(s);
    char name[64];
    shy_kind kind;

    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    if (!shy_kind_parse(name, &kind))
        return shy_fail(SHY_INPUT, "%s: column %s is of an unknown kind (%s). Was it made by a newer version?", s->path,
                        p.texts + p.name[index], name);
    p.kind[index] = (uint8_t)kind;
    if ((kind == SHY_KIND_IDENTIFIER) != (p.slot[index] < 0))
        return shy_fail(SHY_INPUT, "%s: is a damaged cohort: column %s. Import it again.", s->path, p.texts + p.name[index]);
    return SHY_OK;
}

static shy_status take_other(source *s, int64_t index, const char *text, size_t length)
{
    uint32_t place;

    (void)index;
    return append_text(s, text, length, &place);
}

static shy_status take_slices(source *s, const char *name, hid_t set, hid_t type, hsize_t count, taker take)
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
        for (hsize_t i = 0; i < here; i++)
            SHY_TRY(take(s, (int64_t)(first + i), slice + i * width, strnlen(slice + i * width, width)));
    }
out:
    H5Sclose(space);
    shy_free(&slice);
    return st;
}

/* count −1: as many as there are; *count_out may be NULL. */
static shy_status read_texts(source *s, const char *name, int64_t count, taker take, int64_t *count_out)
{
    shy_status st = SHY_OK;
    hid_t set = H5Dopen2(s->file, name, H5P_DEFAULT), type = set < 0 ? H5I_INVALID_HID : H5Dget_type(set);
    int64_t length = set < 0 ? -1 : length_of(set);

    if (length < 0 || (count >= 0 && length != count) || H5Tget_class(type) != H5T_STRING ||
        H5Tis_variable_str(type) != 0) {
        st = damaged(s, name);
        goto out;
    }
    SHY_TRY(take_slices(s, name, set, type, (hsize_t)length, take));
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
    const shy_image_parts p = parts_of(s);
    int64_t sum = 0;

    head->identifiers = 0;
    for (int64_t i = 0; i < head->columns; i++) {
        if (p.slot[i] >= head->slots || p.levels[i] < 0 || p.levels[i] > head->levels) return damaged(s, "columns");
        head->identifiers += p.slot[i] < 0;
        sum += p.levels[i];
    }
    for (int64_t i = 0; i < head->columns; i++)
        if (-1 - p.slot[i] >= head->identifiers) return damaged(s, "identifiers");
    return sum == head->levels && sum <= INT32_MAX ? SHY_OK : damaged(s, "levels");
}

static shy_status read_columns(source *s)
{
    shy_status st = SHY_OK;
    const shy_image_parts p = parts_of(s);

    SHY_TRY(read_numbers(s, "columns/minimum", H5T_NATIVE_DOUBLE, p.minimum));
    SHY_TRY(read_numbers(s, "columns/maximum", H5T_NATIVE_DOUBLE, p.maximum));
    SHY_TRY(read_numbers(s, "columns/mean", H5T_NATIVE_DOUBLE, p.mean));
    SHY_TRY(read_numbers(s, "columns/missing", H5T_NATIVE_INT64, p.missing));
    SHY_TRY(read_numbers(s, "columns/slot", H5T_NATIVE_INT32, p.slot));
    SHY_TRY(read_numbers(s, "columns/levels", H5T_NATIVE_INT32, p.levels));
    SHY_TRY(read_texts(s, "columns/name", s->columns, take_name, NULL));
    SHY_TRY(read_texts(s, "columns/unit", s->columns, take_unit, NULL));
    SHY_TRY(read_texts(s, "columns/modality", s->columns, take_modality, NULL));
    SHY_TRY(read_texts(s, "columns/kind", s->columns, take_kind, NULL));
out:
    return st;
}

static shy_status read_all(source *s)
{
    shy_status st = SHY_OK;
    shy_image_head head = {0};

    SHY_TRY(read_size(s, &head));
    if (head.columns > INT32_MAX || head.slots > INT32_MAX)
        return shy_fail(SHY_INPUT, "%s: has more than 2^31 columns. Import fewer.", s->path);
    s->columns = head.columns;
    s->texts = texts_at(s->columns);
    SHY_TRY(append(s->image, NULL, s->texts));
    SHY_TRY(read_columns(s));
    head.level_texts = s->image->count - s->texts;
    SHY_TRY(read_texts(s, "levels", -1, take_other, &head.levels));
    head.provenance = s->image->count - s->texts;
    SHY_TRY(read_texts(s, "provenance", 1, take_other, NULL));
    SHY_TRY(judge(s, &head));
    memcpy(s->image->bytes, &head, sizeof head);
    SHY_TRY(shy_grow(s->image->count, 1, &s->image->bytes));
    s->image->room = s->image->count;
out:
    shy_free(&s->bucket);
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
