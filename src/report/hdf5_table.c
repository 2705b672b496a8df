/* hdf5_table.c: formulas as a group of parallel datasets. */
#include "shy_config.h"

#include <math.h>
#include <stddef.h>

#include "hdf5_impl.h"

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
    {"likelihood_ratio", offsetof(shy_entry, likelihood_ratio), "2 (log likelihood - that of the model without a formula)"},
};

static const column interactions[] = {
    {"interaction", offsetof(shy_entry, interaction), "outcome (or logit) = intercept + slope * formula + interaction * (treatment - mean) * formula"},
    {"interaction_error", offsetof(shy_entry, interaction_error), "standard error of the interaction"},
};

static const column texts[] = {
    {"formula", offsetof(shy_entry, formula), "constants as numbers that read back exactly"},
    {"formula_short", offsetof(shy_entry, formula_short), "constants to 6 digits"},
    {"unit", offsetof(shy_entry, unit), "unit of the formula, empty if unknown"},
};

static shy_status add_integers(const shy_hdf5_table *t)
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
    SHY_TRY(shy_hdf5_dataset(t, "complexity", 0, H5T_STD_I32LE, H5T_NATIVE_INT32, complexity,
                             "factors, operators and constants, weighted"));
    SHY_TRY(shy_hdf5_dataset(t, "place", 0, H5T_STD_I32LE, H5T_NATIVE_INT32, t->place,
                             "1 for the best formula of its complexity"));
    SHY_TRY(shy_hdf5_dataset(t, "twins_count", 0, H5T_STD_U64LE, H5T_NATIVE_UINT64, twins,
                             "formulas with the same values up to an affine map"));
out:
    shy_free(&complexity);
    shy_free(&twins);
    return st;
}

static shy_status add_numbers(const shy_hdf5_table *t)
{
    shy_status st = SHY_OK;
    double *values = NULL;

    SHY_TRY(shy_new(t->count, sizeof *values, &values));
    for (size_t c = 0; c < sizeof numbers / sizeof *numbers; c++) {
        for (hsize_t i = 0; i < t->count; i++)
            values[i] = *(const double *)(const void *)((const char *)t->entry[i] + numbers[c].offset);
        SHY_TRY(shy_hdf5_dataset(t, numbers[c].name, 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, numbers[c].help));
    }
    for (size_t c = 0; t->results->treatment != NULL && c < sizeof interactions / sizeof *interactions; c++) {
        for (hsize_t i = 0; i < t->count; i++)
            values[i] = *(const double *)(const void *)((const char *)t->entry[i] + interactions[c].offset);
        SHY_TRY(shy_hdf5_dataset(t, interactions[c].name, 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, interactions[c].help));
    }
    if (t->results->n_screened > 0) {
        for (hsize_t i = 0; i < t->count; i++)
            values[i] = t->entry[i]->lost_chance;
        SHY_TRY(shy_hdf5_dataset(t, "lost_chance", 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values,
                                 "chance that screening on a part of the samples loses a formula as good as this one"));
    }
    for (int m = 0; t->results->metric_names[m] != NULL; m++) {
        for (hsize_t i = 0; i < t->count; i++)
            values[i] = t->entry[i]->metric[m];
        SHY_TRY(shy_hdf5_dataset(t, t->results->metric_names[m], 0, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values,
                                 "metric on the samples of the search"));
    }
out:
    shy_free(&values);
    return st;
}

static shy_status add_texts(const shy_hdf5_table *t)
{
    shy_status st = SHY_OK;
    const char **values = NULL;

    SHY_TRY(shy_new(t->count, sizeof *values, &values));
    for (size_t c = 0; c < sizeof texts / sizeof *texts; c++) {
        for (hsize_t i = 0; i < t->count; i++) {
            const char *text = *(char *const *)(const void *)((const char *)t->entry[i] + texts[c].offset);
            values[i] = text == NULL ? "" : text;
        }
        SHY_TRY(shy_hdf5_dataset(t, texts[c].name, 0, t->text_type, t->text_type, values, texts[c].help));
    }
    for (hsize_t i = 0; i < t->count; i++)
        values[i] = shy_verdict_name(t->entry[i]->verdict);
    SHY_TRY(shy_hdf5_dataset(t, "verdict", 0, t->text_type, t->text_type, values, "how the refit ended"));
out:
    shy_free(&values);
    return st;
}

/* Lists of different length per formula as a table of fixed width: constants padded with NaN. */
static shy_status add_constants(const shy_hdf5_table *t)
{
    enum { WIDTH = sizeof((shy_entry *)NULL)->constants / sizeof(double) };
    shy_status st = SHY_OK;
    double *values = NULL;

    SHY_TRY(shy_new(t->count * WIDTH, sizeof *values, &values));
    for (hsize_t i = 0; i < t->count; i++)
        for (int k = 0; k < WIDTH; k++)
            values[i * WIDTH + (hsize_t)k] = k < t->entry[i]->constants_count ? t->entry[i]->constants[k] : NAN;
    SHY_TRY(shy_hdf5_dataset(t, "constants", WIDTH, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values,
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
static shy_status add_text_lists(const shy_hdf5_table *t, const char *name,
                                 char *const *(*list)(const shy_entry *, int *), const char *help)
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
    SHY_TRY(shy_hdf5_dataset(t, name, (hsize_t)width, t->text_type, t->text_type, values, help));
out:
    shy_free(&values);
    return st;
}

shy_status shy_hdf5_table_add(shy_hdf5_table *t, hid_t file, const char *name, const char *help)
{
    shy_status st = SHY_OK;

    t->group = H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (t->group < 0) SHY_TRY(shy_hdf5_failed(name));
    SHY_TRY(shy_hdf5_text(t->group, t->text_type, "description", help));
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
