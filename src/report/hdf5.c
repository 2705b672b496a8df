/*
 * hdf5.c: results.h5 as bytes. The file is built in memory (core driver) and handed over whole, so that a full disk shows
 * in a plain write, where it can be reported and undone, and not when HDF5 closes a file.
 *
 * /front and /best hold parallel datasets, one element per formula; /levels one per complexity; /run what depends on the run.
 */
#include "shy_config.h"

#include <hdf5.h>
#include <math.h>
#include <stddef.h>

#include "report_impl.h"

/* Formulas in the order of the rows of a group; `place` is 1 for the best of a list. */
typedef struct {
    const shy_results *results;
    hid_t group, text_type, dataset_plist;
    hsize_t count;
    const shy_entry **entry;
    const int32_t *place;
} table;

typedef struct {
    const char *name;
    size_t offset;
    const char *help;
} column;

static const column numbers[] = {
    {"intercept", offsetof(shy_entry, intercept), "outcome (or logit) = intercept + slope * formula"},
    {"slope", offsetof(shy_entry, slope), "outcome (or logit) = intercept + slope * formula"},
    {"statistic", offsetof(shy_entry, statistic), "screening statistic: r2 with the response"},
    {"loss", offsetof(shy_entry, loss), "what the front minimises"},
};

static const column texts[] = {
    {"formula", offsetof(shy_entry, formula), "constants as numbers that read back exactly"},
    {"formula_short", offsetof(shy_entry, formula_short), "constants to 6 digits"},
    {"unit", offsetof(shy_entry, unit), "unit of the formula, empty if unknown"},
};

static shy_status failed(const char *what)
{
    return shy_fail(SHY_INTERNAL, "results.h5 could not be built: HDF5 refused %s. Please report this.", what);
}

/* A variable-length UTF-8 text as attribute. HDF5 is given "" for no text. */
static shy_status add_text_attribute(hid_t object, hid_t text_type, const char *name, const char *text)
{
    const char *value = text == NULL ? "" : text;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, text_type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, text_type, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? failed(name) : SHY_OK;
}

static shy_status add_integer_attribute(hid_t object, const char *name, uint64_t value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_UINT64, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? failed(name) : SHY_OK;
}

static shy_status add_number_attribute(hid_t object, const char *name, double value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? failed(name) : SHY_OK;
}

/* A list of texts as attribute; HDF5 has no attribute of zero elements in its old format, so an empty list is left out. */
static shy_status add_list_attribute(hid_t object, hid_t text_type, const char *name, const char *const *list,
                                     hsize_t count)
{
    if (count == 0) return SHY_OK;
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate2(object, name, text_type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, text_type, list);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? failed(name) : SHY_OK;
}

/* rows × width values (width 0: one dimension) of type `memory` in the file as `file`. */
static shy_status add_dataset(const table *t, const char *name, hsize_t width, hid_t file, hid_t memory,
                              const void *values, const char *help)
{
    const hsize_t size[2] = {t->count, width};
    shy_status st = SHY_OK;
    hid_t space = H5Screate_simple(width == 0 ? 1 : 2, size, NULL);
    hid_t set = H5Dcreate2(t->group, name, file, space, H5P_DEFAULT, t->dataset_plist, H5P_DEFAULT);

    if (set < 0) st = failed(name);
    if (st == SHY_OK && t->count > 0 && H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        st = failed(name);
    if (st == SHY_OK) st = add_text_attribute(set, t->text_type, "description", help);
    if (set >= 0) H5Dclose(set);
    if (space >= 0) H5Sclose(space);
    return st;
}

static shy_status add_integers(const table *t)
{
    shy_status st = SHY_OK;
    int32_t *complexity = NULL;
    uint64_t *twins = NULL;

    SHY_TRY(shy_new(t->count, sizeof *complexity, &complexity));
    SHY_TRY(shy_new(t->count, sizeof *twins, &twins));
    for (hsize_t i = 0; i < t->count; i++) {
        complexity[i] = t->entry[i]->complexity;
        twins[i] = t->entry[i]->twins_count;
    }
    SHY_TRY(add_dataset(t, "complexity", 0, H5T_STD_I32LE, H5T_NATIVE_INT32, complexity,
                        "factors, operators and constants, weighted"));
    SHY_TRY(add_dataset(t, "place", 0, H5T_STD_I32LE, H5T_NATIVE_INT32, t->place,
                        "1 for the best formula of its complexity"));
    SHY_TRY(add_dataset(t, "twins_count", 0, H5T_STD_U64LE, H5T_NATIVE_UINT64, twins,
                        "formulas with the same values up to an affine map"));
out:
    shy_free(&complexity);
    shy_free(&twins);
    return st;
}

static shy_status add_numbers(const table *t)
{
    shy_status st = SHY_OK;
    double *values = NULL;

    SHY_TRY(shy_new(t->count, sizeof *values, &values));
    for (size_t c = 0; c < sizeof numbers / sizeof *numbers; c++) {
        for (hsize_t i = 0; i < t->count; i++)
            values[i] = *(const double *)(const void *)((const char *)t->entry[i] + numbers[c].offset);
        SHY_TRY(add_dataset(t, numbers[c].name, 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, numbers[c].help));
    }
    for (int m = 0; t->results->metric_names[m] != NULL; m++) {
        for (hsize_t i = 0; i < t->count; i++)
            values[i] = t->entry[i]->metric[m];
        SHY_TRY(add_dataset(t, t->results->metric_names[m], 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values,
                            "metric on the samples of the search"));
    }
out:
    shy_free(&values);
    return st;
}

static shy_status add_texts(const table *t)
{
    shy_status st = SHY_OK;
    const char **values = NULL;

    SHY_TRY(shy_new(t->count, sizeof *values, &values));
    for (size_t c = 0; c < sizeof texts / sizeof *texts; c++) {
        for (hsize_t i = 0; i < t->count; i++) {
            const char *text = *(char *const *)(const void *)((const char *)t->entry[i] + texts[c].offset);
            values[i] = text == NULL ? "" : text;
        }
        SHY_TRY(add_dataset(t, texts[c].name, 0, t->text_type, t->text_type, values, texts[c].help));
    }
    for (hsize_t i = 0; i < t->count; i++)
        values[i] = shy_verdict_name(t->entry[i]->verdict);
    SHY_TRY(add_dataset(t, "verdict", 0, t->text_type, t->text_type, values, "how the refit ended"));
out:
    shy_free(&values);
    return st;
}

/* Lists of different length per formula as a table of fixed width: constants padded with NaN. */
static shy_status add_constants(const table *t)
{
    enum { WIDTH = sizeof((shy_entry *)NULL)->constants / sizeof(double) };
    shy_status st = SHY_OK;
    double *values = NULL;

    SHY_TRY(shy_new(t->count * WIDTH, sizeof *values, &values));
    for (hsize_t i = 0; i < t->count; i++)
        for (int k = 0; k < WIDTH; k++)
            values[i * WIDTH + (hsize_t)k] = k < t->entry[i]->constants_count ? t->entry[i]->constants[k] : NAN;
    SHY_TRY(add_dataset(t, "constants", WIDTH, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values,
                        "fitted constants in order of appearance, padded with NaN"));
out:
    shy_free(&values);
    return st;
}

static char *const *entry_factors(const shy_entry *entry, int *count_out)
{
    *count_out = entry->factors_count;
    return entry->factors;
}

static char *const *entry_twins(const shy_entry *entry, int *count_out)
{
    *count_out = entry->twins_listed;
    return entry->twins;
}

/* … and texts padded with "". The width is that of the longest list, at least 1. */
static shy_status add_text_lists(const table *t, const char *name, char *const *(*list)(const shy_entry *, int *),
                                 const char *help)
{
    shy_status st = SHY_OK;
    const char **values = NULL;
    int width = 1, count = 0;

    for (hsize_t i = 0; i < t->count; i++) {
        list(t->entry[i], &count);
        if (count > width) width = count;
    }
    SHY_TRY(shy_new(t->count * (hsize_t)width, sizeof *values, &values));
    for (hsize_t i = 0; i < t->count; i++) {
        char *const *words = list(t->entry[i], &count);
        for (int k = 0; k < width; k++)
            values[i * (hsize_t)width + (hsize_t)k] = k < count ? words[k] : "";
    }
    SHY_TRY(add_dataset(t, name, (hsize_t)width, t->text_type, t->text_type, values, help));
out:
    shy_free(&values);
    return st;
}

static shy_status add_table(table *t, hid_t file, const char *name, const char *help)
{
    shy_status st = SHY_OK;

    t->group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (t->group < 0) SHY_TRY(failed(name));
    SHY_TRY(add_text_attribute(t->group, t->text_type, "description", help));
    SHY_TRY(add_integers(t));
    SHY_TRY(add_texts(t));
    SHY_TRY(add_numbers(t));
    SHY_TRY(add_constants(t));
    SHY_TRY(
        add_text_lists(t, "factors", entry_factors, "columns in order of first appearance, padded with empty texts"));
    SHY_TRY(add_text_lists(t, "twins", entry_twins, "simplest first, padded with empty texts"));
out:
    if (t->group >= 0) H5Gclose(t->group);
    return st;
}

/* The place of a formula of the front within the list of its complexity: the front borrows from the lists. */
static int32_t place_of(const shy_results *results, const shy_entry *entry)
{
    for (int l = 0; l < results->levels; l++) {
        const shy_level *level = &results->level[l];
        if (level->count > 0 && entry >= level->entry && entry < level->entry + level->count)
            return (int32_t)(entry - level->entry) + 1;
    }
    return 0;
}

static shy_status add_front(table *t, hid_t file)
{
    shy_status st = SHY_OK;
    int32_t *place = NULL;

    SHY_TRY(shy_new((size_t)t->results->front_count, sizeof *place, &place));
    for (int i = 0; i < t->results->front_count; i++)
        place[i] = place_of(t->results, t->results->front[i]);
    t->count = (hsize_t)t->results->front_count, t->entry = t->results->front, t->place = place;
    SHY_TRY(
        add_table(t, file, "front", "the Pareto front: formulas that beat every simpler one, by ascending complexity"));
out:
    shy_free(&place);
    return st;
}

static shy_status add_best(table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    const shy_entry **entry = NULL;
    int32_t *place = NULL;
    size_t total = 0, next = 0;

    for (int l = 0; l < r->levels; l++)
        total += (size_t)r->level[l].count;
    SHY_TRY(shy_new(total, sizeof *entry, &entry));
    SHY_TRY(shy_new(total, sizeof *place, &place));
    for (int l = 0; l < r->levels; l++)
        for (int i = 0; i < r->level[l].count; i++)
            entry[next] = &r->level[l].entry[i], place[next++] = i + 1;
    t->count = total, t->entry = entry, t->place = place;
    SHY_TRY(add_table(t, file, "best", "the best formulas of every complexity, by ascending complexity, best first"));
out:
    shy_free(&entry);
    shy_free(&place);
    return st;
}

static shy_status add_levels(table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    int32_t *complexity = NULL;
    uint64_t *formulas = NULL;

    t->count = (hsize_t)r->levels;
    t->group = H5Gcreate2(file, "levels", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (t->group < 0) SHY_TRY(failed("levels"));
    SHY_TRY(shy_new((size_t)r->levels, sizeof *complexity, &complexity));
    SHY_TRY(shy_new((size_t)r->levels, sizeof *formulas, &formulas));
    for (int l = 0; l < r->levels; l++)
        complexity[l] = r->level[l].complexity, formulas[l] = r->level[l].formulas;
    SHY_TRY(add_dataset(t, "complexity", 0, H5T_STD_I32LE, H5T_NATIVE_INT32, complexity, "every complexity searched"));
    SHY_TRY(add_dataset(t, "formulas", 0, H5T_STD_U64LE, H5T_NATIVE_UINT64, formulas, "formulas scored"));
out:
    if (t->group >= 0) H5Gclose(t->group);
    shy_free(&complexity);
    shy_free(&formulas);
    return st;
}

static shy_status add_root(const table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    hsize_t metrics = 0;

    while (r->metric_names[metrics] != NULL)
        metrics++;
    SHY_TRY(add_text_attribute(file, t->text_type, "outcome", r->outcome));
    SHY_TRY(add_text_attribute(file, t->text_type, "outcome_kind", r->outcome_kind));
    SHY_TRY(add_text_attribute(file, t->text_type, "outcome_unit", r->outcome_unit));
    SHY_TRY(add_text_attribute(file, t->text_type, "positive", r->positive));
    SHY_TRY(add_list_attribute(file, t->text_type, "metrics", r->metric_names, metrics));
    SHY_TRY(add_integer_attribute(file, "n_cohort", r->n_cohort));
    SHY_TRY(add_integer_attribute(file, "n_filtered", r->n_filtered));
    SHY_TRY(add_integer_attribute(file, "n_samples", r->n_samples));
    SHY_TRY(add_integer_attribute(file, "n_formulas", r->n_formulas));
    SHY_TRY(add_list_attribute(file, t->text_type, "notes", (const char *const *)r->notes, (hsize_t)r->notes_count));
out:
    return st;
}

static shy_status add_run(const table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    hid_t run = H5Gcreate2(file, "run", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    if (run < 0) return failed("run");
    SHY_TRY(add_text_attribute(run, t->text_type, "version", r->version));
    SHY_TRY(add_text_attribute(run, t->text_type, "versions", r->versions));
    SHY_TRY(add_text_attribute(run, t->text_type, "hardware", r->hardware));
    SHY_TRY(add_text_attribute(run, t->text_type, "configuration", r->configuration));
    SHY_TRY(add_text_attribute(run, t->text_type, "cohort", r->cohort_path));
    SHY_TRY(add_text_attribute(run, t->text_type, "cohort_sha256", r->cohort_sha256));
    SHY_TRY(add_integer_attribute(run, "seed", r->seed));
    SHY_TRY(add_integer_attribute(run, "ranks", (uint64_t)r->ranks));
    SHY_TRY(add_integer_attribute(run, "groups", (uint64_t)r->groups));
    SHY_TRY(add_integer_attribute(run, "row_blocks", (uint64_t)r->row_blocks));
    SHY_TRY(add_number_attribute(run, "seconds", r->seconds));
out:
    H5Gclose(run);
    return st;
}

static shy_status fill(const shy_results *results, hid_t file)
{
    shy_status st = SHY_OK;
    table t = {.results = results, .group = -1};

    t.text_type = H5Tcopy(H5T_C_S1);
    t.dataset_plist = H5Pcreate(H5P_DATASET_CREATE);
    /* Without times the same results give the same file. */
    if (t.text_type < 0 || t.dataset_plist < 0 || H5Tset_size(t.text_type, H5T_VARIABLE) < 0 ||
        H5Tset_cset(t.text_type, H5T_CSET_UTF8) < 0 || H5Pset_obj_track_times(t.dataset_plist, 0) < 0)
        SHY_TRY(failed("the types of its datasets"));
    SHY_TRY(add_front(&t, file));
    SHY_TRY(add_best(&t, file));
    SHY_TRY(add_levels(&t, file));
    SHY_TRY(add_root(&t, file));
    SHY_TRY(add_run(&t, file));
out:
    if (t.dataset_plist >= 0) H5Pclose(t.dataset_plist);
    if (t.text_type >= 0) H5Tclose(t.text_type);
    return st;
}

static shy_status take_image(hid_t file, shy_buffer *buffer)
{
    shy_status st = SHY_OK;
    char *image = NULL;
    ssize_t size;

    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) SHY_TRY(failed("the flush"));
    size = H5Fget_file_image(file, NULL, 0);
    if (size <= 0) SHY_TRY(failed("the size of the file"));
    SHY_TRY(shy_new((size_t)size, 1, &image));
    if (H5Fget_file_image(file, image, (size_t)size) != size) SHY_TRY(failed("the bytes of the file"));
    shy_buffer_add(buffer, image, (size_t)size);
    SHY_TRY(buffer->status);
out:
    shy_free(&image);
    return st;
}

shy_status shy_report_hdf5(const shy_results *results, shy_buffer *buffer)
{
    shy_status st = SHY_OK;
    H5E_auto2_t printer;
    void *printer_context;
    hid_t access = -1, file = -1;

    H5Eget_auto2(H5E_DEFAULT, &printer, &printer_context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* one message of ours, not a stack of HDF5's */
    access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_fapl_core(access, (size_t)1 << 20, false) < 0) SHY_TRY(failed("a file in memory"));
    file = H5Fcreate("results.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0) SHY_TRY(failed("a file in memory"));
    SHY_TRY(fill(results, file));
    SHY_TRY(take_image(file, buffer));
out:
    if (file >= 0) H5Fclose(file);
    if (access >= 0) H5Pclose(access);
    H5Eset_auto2(H5E_DEFAULT, printer, printer_context);
    return st;
}
