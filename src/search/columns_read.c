/* Columns from the file: for the rows of this rank, which may be some of a span of the cohort's. */
#include "shy_config.h"

#include <string.h>

#include "columns_impl.h"
#include "derive.h"

/*
 * If the rows of this rank follow each other without gap in the cohort, columns are read to where they are wanted. Otherwise
 * the span from the first to the last is read, a few columns at a time, and the rows are picked from it.
 */
struct shy_reader {
    shy_columns_source source;
    uint64_t first, span; /* rows of the cohort */
    uint64_t *pick;       /* [rows] within the span; NULL: all of it */
    double *panel;        /* panel_columns × span */
    int64_t *column;      /* [panel_columns] of the cohort */
    int panel_columns;
};

#define PANEL_BYTES (UINT64_C(64) << 20)
#define PANEL_COLUMNS 65536 /* most in a read of any kind */
#define BAND_BYTES (UINT64_C(16) << 20)

static shy_status note_rows(shy_reader *r, const uint64_t *row)
{
    shy_status st = SHY_OK;
    const uint64_t rows = (uint64_t)r->source.rows;

    if (rows == 0) return SHY_OK;
    r->first = row[0];
    r->span = row[rows - 1] - row[0] + 1;
    if (r->span == rows) return SHY_OK;
    SHY_TRY(shy_new(rows, sizeof *r->pick, &r->pick));
    for (uint64_t i = 0; i < rows; i++) r->pick[i] = row[i] - row[0];
out:
    return st;
}

/* An eighth of the budget, at most so much. */
static uint64_t share_of(uint64_t budget, uint64_t most)
{
    return budget / 8 < most ? budget / 8 : most;
}

/* A panel takes at most its share, but for a single column. */
static shy_status make_panel(shy_reader *r)
{
    shy_status st = SHY_OK;
    const uint64_t fit = r->pick ? share_of(r->source.budget, PANEL_BYTES) / (r->span * sizeof(double)) : PANEL_COLUMNS;

    r->panel_columns = fit < 1 ? 1 : fit > PANEL_COLUMNS ? PANEL_COLUMNS : (int)fit;
    if (r->panel_columns > r->source.factors) r->panel_columns = r->source.factors;
    SHY_TRY(shy_new((size_t)r->panel_columns, sizeof *r->column, &r->column));
    if (r->pick) SHY_TRY(shy_new((size_t)r->panel_columns * r->span, sizeof *r->panel, &r->panel));
out:
    return st;
}

shy_status shy_reader_keep_band(shy_reader *r, uint64_t bytes)
{
    const uint64_t band = shy_cohort_band_bytes(r->source.cohort, r->span);

    return band <= bytes ? shy_cohort_cache(r->source.cohort, band) : SHY_OK;
}

shy_status shy_reader_create(const shy_columns_source *source, shy_reader **reader_out)
{
    shy_status st = SHY_OK;
    shy_reader *r = NULL;

    SHY_TRY(shy_new(1, sizeof *r, &r));
    r->source = *source;
    r->source.row = NULL; /* it is not kept */
    SHY_TRY(note_rows(r, source->row));
    SHY_TRY(make_panel(r));
    SHY_TRY(shy_reader_keep_band(r, share_of(source->budget, BAND_BYTES)));
    *reader_out = r, r = NULL;
out:
    shy_reader_destroy(&r);
    return st;
}

void shy_reader_destroy(shy_reader **reader)
{
    if (!*reader) return;
    (void)shy_cohort_cache((*reader)->source.cohort, 0); /* less memory is never refused */
    shy_free(&(*reader)->pick);
    shy_free(&(*reader)->panel);
    shy_free(&(*reader)->column);
    shy_free(reader);
}

static void pick_rows(const shy_reader *r, int count, double *values)
{
    const size_t rows = (size_t)r->source.rows;

    for (int k = 0; k < count; k++) {
        const double *from = r->panel + (uint64_t)k * r->span;
        for (size_t i = 0; i < rows; i++) values[(size_t)k * rows + i] = from[r->pick[i]];
    }
}

/* Columns become factors here, for whoever reads them. */
static void derive(const shy_reader *r, int first, int count, double *values)
{
    for (int k = 0; r->source.derivation && k < count; k++) {
        const shy_derivation *how = r->source.derivation[first + k];
        if (how) shy_derive_rows(how, (uint64_t)r->source.rows, values + (size_t)k * (size_t)r->source.rows);
    }
}

shy_status shy_reader_read(shy_reader *r, int first, int count, double *values)
{
    shy_status st = SHY_OK;

    if (r->source.rows == 0) return SHY_OK;
    for (int done = 0, now; done < count; done += now) {
        double *to = values + (size_t)done * (size_t)r->source.rows;
        now = count - done < r->panel_columns ? count - done : r->panel_columns;
        for (int k = 0; k < now; k++) r->column[k] = r->source.column[first + done + k];
        SHY_TRY(shy_cohort_read_alone(r->source.cohort, r->column, now, r->first, r->span, r->pick ? r->panel : to));
        if (r->pick) pick_rows(r, now, to);
        derive(r, first + done, now, to);
    }
out:
    return st;
}
