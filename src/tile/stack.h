/* What panels and tiles know of each other. */
#ifndef SHY_TILE_STACK_H
#define SHY_TILE_STACK_H

#include "shihyo/tile.h"

/* Right operands come in multiples of SHY_FLAG_BLOCK, and of twice that where they are many: less than this is padding. */
enum { SHY_PADDING = 64 };

/*
 * Units of rounding that a column of the stack in fp32 is off by, relative to its length: of d, y, μ, √n and the operations on them.
 * In y·ũ the rounding of μ and d counts against |μ|, where y is large and ũ happens to be small; that is SHY_LIFTED_UNITS·|μ| more.
 */
enum { SHY_ROUNDING_UNITS = 6, SHY_ROUNDING_UNITS_RAW = 16, SHY_LIFTED_UNITS = 5 };
enum { SHY_ROUNDING_UNITS_WEIGHT = 2 }; /* more, of √w and the product with it */

enum { SHY_OPERAND_CLEAR, SHY_OPERAND_UNCLEAR, SHY_OPERAND_EXCLUDED }; /* states in a sight */
enum { SHY_SIGHT_UNITS = 16 }; /* of rounding of a sum, relative to its terms, as it is centred and scaled */

/* What errors of moments grow by as they are centred on T, where d has the mean m/s in units of its deviation. */
double shy_centred_swell(double shift);
/* The layout of a metric, or that of one without. */
shy_tile_layout shy_metric_layout(const shy_tile_metric *metric);
/* A seen panel lets go of what belongs to its base. */
void shy_panel_disown(shy_panel *seen);
/* Where in a tile's sums a plane begins: the p-th of the moments of a segment, that of a further response (from 1 on), of a direction. */
size_t shy_tile_place(const shy_tile *tile, int segment, int p);
size_t shy_tile_response_place(const shy_tile *tile, int response);
size_t shy_tile_direction_place(const shy_tile *tile, int k);
/*
 * Numbers between the planes of segments: planes are as a rule multiples of 4,096 bytes apart, and rows of many that begin at the same place
 * of a page push each other out of the innermost cache.
 */
enum { SHY_SEGMENT_GAP = 128 };

/* Makes the stack of a panel, unless it is there. SHY_MEMORY. */
shy_status shy_panel_stack(shy_panel *panel, shy_precision precision, shy_moments moments);
int shy_stack_parts(const shy_panel *panel, shy_moments moments);
double shy_stack_units(const shy_panel *panel); /* of rounding, of a column of the present stack */

/* Of flags. A floor in fp32, down, so that it is not above the one asked for: every r² reaches 0, the margins are those of floors from 0 to 1. */
float shy_floor_of(double floor);
double shy_floor_least(const double *floor, int first, int last);
const float *shy_tile_row(const shy_tile *tile, size_t place, int i);
/* The further response of a sight, whose sums are in a plane of their own; 0: there is none. */
int shy_tile_further_response(const shy_tile *tile);
/* Planes of a row, of the moments of the first segment; returns their number. */
int shy_tile_row_planes(const shy_tile *tile, int i, const float *plane[5]);
/* The right operands of pairs with a left one have been found and stand behind the pairs: those that are operands are appended. */
void shy_pairs_append(const shy_panel *left, int operand, const shy_panel *right, int found, shy_pairs *pairs);
/* shy_tile_flag_sights where segments are several and sums not in fp64. */
void shy_flag_sights(int sights, const shy_tile *const *tile, int index, int i, const double *epsilon, const double (*floor)[SHY_TILE_FORMS],
                     shy_pairs *const *pairs);
/* shy_pairs_bound with directions, in any order. */
int shy_pairs_bound_metric(const shy_panel *left, const shy_panel *right, const shy_pairs *pairs, const double floor[SHY_TILE_FORMS],
                           shy_tile_hit *hits);
size_t shy_stack_element(shy_precision precision); /* bytes */

#endif
