/* The store of columns: which mode it has, resident columns, and the way to a column. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "columns_impl.h"

#define CACHE_COLUMNS 4096 /* a few panels' worth: with fewer, a tile reads again what the tile before it has read */

static double resident_bytes(double factors, double rows, int members)
{
    return factors * rows * (double)sizeof(double) / members;
}

double shy_columns_need(double factors, double rows, int members)
{
    return fmin(resident_bytes(factors, rows, members), resident_bytes(CACHE_COLUMNS, rows, 1));
}

/* ---- making and ending ------------------------------------------------------------------------------------------- */

static bool fits(const shy_columns *c, int members)
{
    return resident_bytes(c->source.factors, c->source.rows, members) <= (double)c->source.budget;
}

/* Where the system shares no memory, each rank holds its own, if it may. Collective over the node. */
static shy_status make_resident(shy_columns *c)
{
    shy_status st = SHY_OK;
    const uint64_t bytes = (uint64_t)c->source.factors * (uint64_t)c->source.rows * sizeof(double);

    if (!fits(c, c->source.team->node_size)) return SHY_OK;
    SHY_TRY(shy_shared_create(c->source.team, bytes, &c->shared));
    if (c->shared) c->value = c->own = shy_shared_memory(c->shared);
    else if (fits(c, 1)) {
        SHY_TRY(shy_new(bytes, 1, &c->alone));
        c->value = c->own = c->alone;
    }
out:
    return st;
}

static shy_status begin(const shy_columns_source *source, shy_columns **columns_out)
{
    shy_status st = SHY_OK;
    shy_columns *c = NULL;

    SHY_TRY(shy_new(1, sizeof *c, &c));
    *columns_out = c;
    c->source = *source;
    c->rows = (size_t)source->rows;
    SHY_TRY(shy_reader_create(source, &c->reader));
out:
    return st;
}

shy_status shy_columns_create(const shy_columns_source *source, shy_columns **columns_out)
{
    shy_status st = SHY_OK;
    shy_columns *c = NULL;

    SHY_TRY_ALL(source->team, begin(source, &c));
    SHY_TRY_ALL(source->team, make_resident(c));
    SHY_TRY_ALL(source->team, c->value ? SHY_OK : shy_column_cache_create(c->reader, source, &c->cache));
    *columns_out = c, c = NULL;
out:
    shy_columns_destroy(&c);
    return st;
}

static shy_status begin_room(const shy_columns_source *source, shy_columns **columns_out)
{
    const shy_status st = shy_new(1, sizeof **columns_out, columns_out);

    if (st != SHY_OK) return st;
    (*columns_out)->source = *source;
    (*columns_out)->rows = (size_t)source->rows;
    return SHY_OK;
}

static shy_status refuse(const shy_columns_source *source)
{
    const double bytes = resident_bytes(source->factors, source->rows, source->team->node_size);

    return shy_fail(SHY_MEMORY,
                    "search.screen_rows: %d samples of %d factors take %.1f MiB per rank, and %.1f MiB of memory are left for them: "
                    "choose fewer samples or fewer factors, or raise parallel.memory.",
                    source->rows, source->factors, ceil(bytes / 0x1p20 * 10.0) / 10.0, floor((double)source->budget / 0x1p20 * 10.0) / 10.0);
}

shy_status shy_columns_hold(const shy_team *team, int factors, int rows, uint64_t budget, shy_columns **columns_out)
{
    shy_status st = SHY_OK;
    const shy_columns_source source = {.team = team, .factors = factors, .rows = rows, .budget = budget};
    shy_columns *c = NULL;

    SHY_TRY_ALL(team, begin_room(&source, &c));
    SHY_TRY_ALL(team, make_resident(c));
    SHY_TRY_ALL(team, c->value ? SHY_OK : refuse(&source));
    *columns_out = c, c = NULL;
out:
    shy_columns_destroy(&c);
    return st;
}

shy_status shy_columns_wrap(int rows, const double *values, shy_columns **columns_out)
{
    const shy_status st = shy_new(1, sizeof **columns_out, columns_out);

    if (st != SHY_OK) return st;
    (*columns_out)->rows = (size_t)rows;
    (*columns_out)->value = values;
    return SHY_OK;
}

void shy_columns_destroy(shy_columns **columns)
{
    shy_columns *c = *columns;

    if (!c) return;
    shy_column_cache_destroy(&c->cache);
    shy_reader_destroy(&c->reader);
    shy_shared_destroy(&c->shared);
    shy_free(&c->alone);
    shy_free(columns);
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

/* My share of the columns, straight to their place. */
static shy_status fill_share(shy_columns *c)
{
    const uint64_t members = c->shared ? (uint64_t)c->source.team->node_size : 1;
    const uint64_t me = c->shared ? (uint64_t)c->source.team->node_rank : 0, factors = (uint64_t)c->source.factors;
    const int first = (int)(factors * me / members), last = (int)(factors * (me + 1) / members);

    if (!c->own) return SHY_OK;
    return shy_reader_read(c->reader, first, last - first, c->own + (size_t)first * c->rows);
}

shy_status shy_columns_fill(shy_columns *c)
{
    shy_status st = SHY_OK;

    SHY_TRY_ALL(c->source.team, fill_share(c));
    if (c->shared) shy_shared_publish(c->shared);
    if (c->value) shy_reader_destroy(&c->reader); /* nothing is read any more */
out:
    return st;
}

/* Turn by turn, so that the pages lie near all members. */
void shy_columns_store(shy_columns *c, int factor, const double *values)
{
    const shy_team *team = c->source.team;

    if (c->shared && factor % team->node_size != team->node_rank) return;
    memcpy(c->own + (size_t)factor * c->rows, values, c->rows * sizeof *values);
}

void shy_columns_publish(shy_columns *c)
{
    if (c->shared) shy_shared_publish(c->shared);
}

/* ---- use --------------------------------------------------------------------------------------------------------- */

bool shy_columns_resident(const shy_columns *c)
{
    return c->base ? shy_columns_resident(c->base) : c->value != NULL;
}

shy_status shy_columns_get(shy_columns *c, const uint32_t *factor, int count, const double **column_out)
{
    if (c->base) return shy_columns_get_extended(c, factor, count, column_out);
    if (!c->value) return shy_column_cache_get(c->cache, factor, count, column_out);
    for (int k = 0; k < count; k++) column_out[k] = c->value + (size_t)factor[k] * c->rows;
    return SHY_OK;
}

double shy_columns_shared_bytes(const shy_columns *columns)
{
    if (columns->base) return shy_columns_shared_bytes(columns->base);
    return columns->shared && columns->source.team->node_size > 1 ? resident_bytes(columns->source.factors, columns->source.rows, 1) : 0.0;
}
