/* The values of the factors for the rows of this rank: where they are held, and how one gets at them. */
#ifndef SHY_COLUMNS_H
#define SHY_COLUMNS_H

#include "shihyo/search.h"

/*
 * A store has one of two modes, chosen when it is made:
 *
 *     resident   all columns in memory, one copy for all ranks of a node that hold the same row block (shy_shared)
 *     cached     the cohort stays open; columns are read when they are asked for, in blocks of neighbours, and the blocks
 *                used last are kept
 */
typedef struct shy_columns shy_columns;

#define SHY_COLUMNS_KEPT 16 /* further columns that may be asked for before a pointer ends */

/* What a store is made of. Everything is borrowed, and, but for `row`, for as long as the store lives. */
typedef struct {
    const shy_team *team;
    shy_cohort *cohort;
    int factors;
    const int32_t *column;   /* [factors]: column of the cohort */
    const shy_derivation *const *derivation; /* [factors]: what is made of it, an entry NULL: it is taken as it is; NULL: all are */
    int rows;                /* of this rank */
    const uint64_t *row;     /* [rows]: row of the cohort, ascending; copied if need be */
    uint64_t budget;         /* bytes that the columns may take on this rank; the same on all ranks */
} shy_columns_source;

/*
 * A store for the columns of a source; the mode is resident where all columns, divided by the members of the node, fit into
 * the budget. Its values have to be read by shy_columns_fill before the first get. Collective over the team; fails with
 * SHY_MEMORY on all ranks or none.
 */
shy_status shy_columns_create(const shy_columns_source *source, shy_columns **columns_out);
/* Each member of a node reads its share of what is resident; nothing where it is not. Collective over the team. */
shy_status shy_columns_fill(shy_columns *columns);
/*
 * Room for columns that the caller has: resident, and filled by shy_columns_store and shy_columns_publish. Fails with SHY_MEMORY, and says
 * what is missing, on all ranks if the budget (the same on all) does not suffice on one. Collective over the team.
 */
shy_status shy_columns_hold(const shy_team *team, int factors, int rows, uint64_t budget, shy_columns **columns_out);
/* Puts a column into its place. All members of a node bring the same, and one of them writes. Not collective. */
void shy_columns_store(shy_columns *columns, int factor, const double *values);
void shy_columns_publish(shy_columns *columns); /* after the last of them. Collective over the node */
/* A store of values that the caller holds: values[f·rows + i]. Not collective. */
shy_status shy_columns_wrap(int rows, const double *values, shy_columns **columns_out);
/*
 * The columns of `base` (borrowed), which are those of the first `factors` factors, and behind them values that the caller holds:
 * values[(f − factors)·rows + i]. Not collective.
 */
shy_status shy_columns_extend(shy_columns *base, int factors, int rows, const double *values, shy_columns **columns_out);
void shy_columns_destroy(shy_columns **columns); /* not collective */

bool shy_columns_resident(const shy_columns *columns);
double shy_columns_shared_bytes(const shy_columns *columns); /* of this rank's node, where its ranks have them together; else 0 */

/*
 * column_out[k] = the values of factor[k] for my rows, which stay where they are at least until SHY_COLUMNS_KEPT further columns
 * have been asked for. count <= SHY_COLUMNS_KEPT. Resident: a computation of pointers that cannot fail. Cached: may read from the
 * file and then fails with SHY_IO or SHY_MEMORY on this rank alone. Not collective.
 */
shy_status shy_columns_get(shy_columns *columns, const uint32_t *factor, int count, const double **column_out);

#endif
