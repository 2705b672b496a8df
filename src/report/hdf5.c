/*
 * hdf5.c: results.h5 as bytes. The file is built in memory (core driver) and handed over whole, so that a full disk shows
 * in a plain write, where it can be reported and undone, and not when HDF5 closes a file.
 *
 * /front and /best hold parallel datasets, one element per formula; /levels one per complexity; /inputs what formulas are made from; /assessment how
 * far the front can be believed; /run what depends on the run.
 */
#include "shy_config.h"

#include <string.h>

#include "hdf5_impl.h"

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

static shy_status add_front(shy_hdf5_table *t, hid_t file)
{
    shy_status st = SHY_OK;
    int32_t *place = NULL;

    SHY_TRY(shy_new((size_t)t->results->front_count, sizeof *place, &place));
    for (int i = 0; i < t->results->front_count; i++)
        place[i] = place_of(t->results, t->results->front[i]);
    t->count = (hsize_t)t->results->front_count, t->entry = t->results->front, t->place = place;
    SHY_TRY(shy_hdf5_table_add(t, file, "front",
                               "the Pareto front: formulas that beat every simpler one, by ascending complexity"));
out:
    shy_free(&place);
    return st;
}

static shy_status add_best(shy_hdf5_table *t, hid_t file)
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
    SHY_TRY(shy_hdf5_table_add(t, file, "best",
                               "the best formulas of every complexity, by ascending complexity, best first"));
out:
    shy_free(&entry);
    shy_free(&place);
    return st;
}

static shy_status add_levels(shy_hdf5_table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    int32_t *complexity = NULL;
    uint64_t *formulas = NULL;

    t->count = (hsize_t)r->levels;
    t->group = H5Gcreate2(file, "levels", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (t->group < 0) SHY_TRY(shy_hdf5_failed("levels"));
    SHY_TRY(shy_new((size_t)r->levels, sizeof *complexity, &complexity));
    SHY_TRY(shy_new((size_t)r->levels, sizeof *formulas, &formulas));
    for (int l = 0; l < r->levels; l++)
        complexity[l] = r->level[l].complexity, formulas[l] = r->level[l].formulas;
    SHY_TRY(
        shy_hdf5_dataset(t, "complexity", 0, H5T_STD_I32LE, H5T_NATIVE_INT32, complexity, "every complexity searched"));
    SHY_TRY(shy_hdf5_dataset(t, "formulas", 0, H5T_STD_U64LE, H5T_NATIVE_UINT64, formulas, "formulas scored"));
out:
    if (t->group >= 0) H5Gclose(t->group);
    shy_free(&complexity);
    shy_free(&formulas);
    return st;
}

/* What disclosure control keeps back is not there. */
static shy_status add_people(hid_t file, const char *name, uint64_t count)
{
    return count == SHY_NOT_RELEASED ? SHY_OK : shy_hdf5_integer(file, name, count);
}

static shy_status add_root(const shy_hdf5_table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    hsize_t metrics = 0;

    while (r->metric_names[metrics] != NULL)
        metrics++;
    SHY_TRY(shy_hdf5_text(file, t->text_type, "outcome", r->outcome));
    SHY_TRY(shy_hdf5_text(file, t->text_type, "outcome_kind", r->outcome_kind));
    SHY_TRY(shy_hdf5_text(file, t->text_type, "outcome_unit", r->outcome_unit));
    SHY_TRY(shy_hdf5_text(file, t->text_type, "positive", r->positive));
    SHY_TRY(shy_hdf5_list(file, t->text_type, "metrics", r->metric_names, metrics));
    SHY_TRY(shy_hdf5_list(file, t->text_type, "covariates", (const char *const *)r->covariates, (hsize_t)r->covariates_count));
    for (hsize_t m = 0; r->covariates_count > 0 && m < metrics; m++) {
        char name[64];
        snprintf(name, sizeof name, "null_%s", r->metric_names[m]);
        SHY_TRY(shy_hdf5_number(file, name, r->null_metric[m]));
    }
    if (r->treatment != NULL) {
        SHY_TRY(shy_hdf5_text(file, t->text_type, "treatment", r->treatment));
        SHY_TRY(shy_hdf5_number(file, "treatment_mean", r->treatment_mean));
    }
    SHY_TRY(add_people(file, "n_cohort", r->n_cohort));
    SHY_TRY(add_people(file, "n_filtered", r->n_filtered));
    SHY_TRY(add_people(file, "n_samples", r->n_samples));
    SHY_TRY(shy_hdf5_integer(file, "n_formulas", r->n_formulas));
    if (r->n_screened > 0) {
        SHY_TRY(add_people(file, "n_screened", r->n_screened));
        SHY_TRY(shy_hdf5_number(file, "lost_chance", r->lost_chance));
    }
    SHY_TRY(shy_hdf5_list(file, t->text_type, "notes", (const char *const *)r->notes, (hsize_t)r->notes_count));
out:
    return st;
}

/* Where it is may name people; its own name has to do. run.json has the path. */
static const char *file_name(const char *path)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static shy_status add_run(const shy_hdf5_table *t, hid_t file)
{
    shy_status st = SHY_OK;
    const shy_results *r = t->results;
    hid_t run = H5Gcreate2(file, "run", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    if (run < 0) return shy_hdf5_failed("run");
    SHY_TRY(shy_hdf5_text(run, t->text_type, "version", r->version));
    SHY_TRY(shy_hdf5_text(run, t->text_type, "versions", r->versions));
    SHY_TRY(shy_hdf5_text(run, t->text_type, "hardware", r->hardware));
    SHY_TRY(shy_hdf5_text(run, t->text_type, "configuration", r->configuration));
    SHY_TRY(shy_hdf5_text(run, t->text_type, "cohort", file_name(r->cohort_path)));
    SHY_TRY(shy_hdf5_text(run, t->text_type, "cohort_sha256", r->cohort_sha256));
    SHY_TRY(shy_hdf5_integer(run, "seed", r->seed));
    SHY_TRY(shy_hdf5_integer(run, "ranks", (uint64_t)r->ranks));
    SHY_TRY(shy_hdf5_integer(run, "groups", (uint64_t)r->groups));
    SHY_TRY(shy_hdf5_integer(run, "row_blocks", (uint64_t)r->row_blocks));
    SHY_TRY(shy_hdf5_number(run, "seconds", r->seconds));
out:
    H5Gclose(run);
    return st;
}

static shy_status types_create(shy_hdf5_table *t)
{
    t->text_type = H5Tcopy(H5T_C_S1);
    t->dataset_plist = H5Pcreate(H5P_DATASET_CREATE);
    /* Without times the same results give the same file. */
    if (t->text_type < 0 || t->dataset_plist < 0 || H5Tset_size(t->text_type, H5T_VARIABLE) < 0 ||
        H5Tset_cset(t->text_type, H5T_CSET_UTF8) < 0 || H5Pset_obj_track_times(t->dataset_plist, 0) < 0)
        return shy_hdf5_failed("the types of its datasets");
    return SHY_OK;
}

static void types_free(const shy_hdf5_table *t)
{
    if (t->dataset_plist >= 0) H5Pclose(t->dataset_plist);
    if (t->text_type >= 0) H5Tclose(t->text_type);
}

static shy_status fill(const shy_results *results, hid_t file)
{
    shy_status st = SHY_OK;
    shy_hdf5_table t = {.results = results, .group = -1};

    SHY_TRY(types_create(&t));
    SHY_TRY(add_front(&t, file));
    SHY_TRY(add_best(&t, file));
    SHY_TRY(add_levels(&t, file));
    SHY_TRY(add_root(&t, file));
    SHY_TRY(add_run(&t, file));
    if (results->inputs != NULL) SHY_TRY(shy_hdf5_record(&t, file, "inputs", results->inputs));
    if (results->released != NULL) SHY_TRY(shy_hdf5_record(&t, file, "released", results->released));
    if (results->assessment != NULL) SHY_TRY(shy_hdf5_record(&t, file, "assessment", results->assessment));
out:
    types_free(&t);
    return st;
}

static shy_status take_image(hid_t file, shy_buffer *buffer)
{
    shy_status st = SHY_OK;
    char *image = NULL;
    ssize_t size;

    if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) SHY_TRY(shy_hdf5_failed("the flush"));
    size = H5Fget_file_image(file, NULL, 0);
    if (size <= 0) SHY_TRY(shy_hdf5_failed("the size of the file"));
    SHY_TRY(shy_new((size_t)size, 1, &image));
    if (H5Fget_file_image(file, image, (size_t)size) != size) SHY_TRY(shy_hdf5_failed("the bytes of the file"));
    shy_buffer_add(buffer, image, (size_t)size);
    SHY_TRY(buffer->status);
out:
    shy_free(&image);
    return st;
}

/* Marked, so that whoever finds it knows. */
static shy_status fill_individual(const shy_results *results, hid_t file)
{
    shy_status st = SHY_OK;
    shy_hdf5_table t = {.results = results, .group = -1};

    SHY_TRY(types_create(&t));
    SHY_TRY(shy_hdf5_text(file, t.text_type, "disclosure", "individual-level: predictions for single patients. Not to be released."));
    SHY_TRY(shy_hdf5_text(file, t.text_type, "cohort_sha256", results->cohort_sha256));
    SHY_TRY(shy_hdf5_text(file, t.text_type, "prediction_means",
                          "The linear predictor (the outcome itself, log-odds, log hazard, log rate) for row `row` of the cohort (1: the first) by the formula that the search without "
                          "fold `fold` of repeat `repeat` chose. NaN: there is none."));
    SHY_TRY(shy_hdf5_record(&t, file, "predictions", results->individual));
out:
    types_free(&t);
    return st;
}

static shy_status make_file(const shy_results *results, shy_status (*contents)(const shy_results *, hid_t), shy_buffer *buffer)
{
    shy_status st = SHY_OK;
    H5E_auto2_t printer;
    void *printer_context;
    hid_t access = -1, file = -1;

    H5Eget_auto2(H5E_DEFAULT, &printer, &printer_context);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* one message of ours, not a stack of HDF5's */
    access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0 || H5Pset_fapl_core(access, (size_t)1 << 20, false) < 0)
        SHY_TRY(shy_hdf5_failed("a file in memory"));
    file = H5Fcreate("results.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (file < 0) SHY_TRY(shy_hdf5_failed("a file in memory"));
    SHY_TRY(contents(results, file));
    SHY_TRY(take_image(file, buffer));
out:
    if (file >= 0) H5Fclose(file);
    if (access >= 0) H5Pclose(access);
    H5Eset_auto2(H5E_DEFAULT, printer, printer_context);
    return st;
}

shy_status shy_report_hdf5(const shy_results *results, shy_buffer *buffer)
{
    return make_file(results, fill, buffer);
}

shy_status shy_report_individual(const shy_results *results, shy_buffer *buffer)
{
    return make_file(results, fill_individual, buffer);
}
