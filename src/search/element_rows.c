/* My rows in chunks and pieces, what they are compared with in fp32, and what each view sees of their sums. */
#include "shy_config.h"

#include <assert.h>

#include "element_impl.h"

typedef struct shy_element_work shy_element_work;

/*
 * ---- pieces
 * ---------------------------------------------------------------------------------------------------------------
 */

static int pieces_of(int rows)
{
    return (rows + SHY_ROUGH_ROWS - 1) / SHY_ROUGH_ROWS;
}

/* At the end of a chunk at least one place is padding: there stands the reference sample. */
static int places_at_end(int rows)
{
    return rows / SHY_ROUGH_PAD * SHY_ROUGH_PAD + SHY_ROUGH_PAD;
}

static int places_within(int rows)
{
    return (rows + SHY_ROUGH_PAD - 1) / SHY_ROUGH_PAD * SHY_ROUGH_PAD;
}

/* In the chunk before, if it has room. */
static void add_piece(shy_element_rows *rows, int segment, int row, int count)
{
    shy_element_piece *piece = &rows->piece[rows->pieces], *before = rows->pieces > 0 ? piece - 1 : NULL;
    const int end = before ? before->begin + places_within(before->rows) : 0;
    *piece = (shy_element_piece){.segment = segment, .row = row, .rows = count, .places = places_at_end(count)};
    if (before && end + piece->places <= SHY_ROUGH_STRIDE) {
        before->places = places_within(before->rows);
        piece->begin = end;
    } else {
        rows->first[rows->chunks++] = rows->pieces;
    }
    rows->first[rows->chunks] = ++rows->pieces;
}

/* A piece has rows of one segment; a large segment is cut into equal ones. */
static shy_status make_pieces(const shy_layout *layout, shy_element_rows *rows)
{
    shy_status st = SHY_OK;
    int most = 0;
    for (int s = 0; s < layout->segments; s++)
        most += pieces_of(layout->cut[s + 1] - layout->cut[s]);
    SHY_TRY(shy_new((size_t)most, sizeof *rows->piece, &rows->piece));
    SHY_TRY(shy_new((size_t)most + 1, sizeof *rows->first, &rows->first));
    for (int s = 0; s < layout->segments; s++) {
        const int last = layout->cut[s + 1], count = last - layout->cut[s], pieces = pieces_of(count);
        const int each = pieces > 0 ? (count + pieces - 1) / pieces : 0;
        for (int row = layout->cut[s]; row < last; row += each)
            add_piece(rows, s, row, last - row < each ? last - row : each);
    }
out:
    return st;
}

/*
 * ---- views
 * ---------------------------------------------------------------------------------------------------------------
 */

/* y is the layout's first response; the others, each as its view has it, are columns of their own. */
static void set_view(const shy_engine *engine, const shy_element_rows *rows, int v, int *columns, shy_element_view *view)
{
    const shy_sight *sight = &engine->seen[v].sight;
    const double segments = engine->layout.segments - (sight->left_out >= 0), samples = (double)engine->seen[v].samples;
    *view = (shy_element_view){.left_out = sight->left_out, .samples = samples};
    view->padding = SHY_ROUGH_PAD * (samples / SHY_ROUGH_ROWS + segments * engine->space->problem->team->row_blocks);
    if (sight->response > 0) view->column = rows->directions + ++*columns;
    else if (sight->level != 0.0 || sight->scale != 1.0) view->level = sight->level, view->scale = sight->scale;
}

/* Views whose responses are columns and who see all samples are judged together, if they are the last ones. */
static shy_status set_views(const shy_engine *engine, shy_element_work *work, int *columns)
{
    shy_status st = SHY_OK;
    bool together = engine->views > 1;
    SHY_TRY(shy_new((size_t)engine->views, sizeof *work->view, &work->view));
    work->views = engine->views;
    for (int v = 0; v < work->views; v++)
        set_view(engine, &work->rows, v, columns, &work->view[v]);
    for (int v = work->views - 1; v >= 0; v--) {
        together = together && work->view[v].column > 0 && work->view[v].left_out < 0;
        work->together += together;
    }
out:
    return st;
}

/*
 * ---- in fp32
 * --------------------------------------------------------------------------------------------------------------
 */

static float *packed_column(const shy_element_rows *rows, int chunk, int column)
{
    return rows->packed + ((size_t)chunk * (size_t)rows->width + (size_t)column) * SHY_ROUGH_STRIDE;
}

/* The layout has y/√w. */
static double root_at(const shy_engine *engine, const shy_element_rows *rows, int row)
{
    const double *root = engine->space->view.root;
    return root ? root[rows->order ? rows->order[row] : row] : 1.0;
}

/* Of one row: y, w, w·q_k. */
static void pack_row(const shy_engine *engine, const shy_element_rows *rows, int chunk, int place, int row)
{
    const shy_view *view = &engine->space->view;
    const int mine = rows->order ? rows->order[row] : row;
    const double w = rows->weight ? rows->weight[mine] : 1.0;
    packed_column(rows, chunk, 0)[place] = (float)(engine->layout.response[0][row] * root_at(engine, rows, row));
    if (rows->width == 1) return;
    packed_column(rows, chunk, 1)[place] = (float)w;
    for (int k = 0; k < rows->directions; k++)
        packed_column(rows, chunk, 2 + k)[place] = (float)(w * view->direction[k][mine]);
}

/* The response of a view where it sees the row. */
static void pack_response(const shy_engine *engine, const shy_element_work *work, int v, int chunk, const shy_element_piece *piece)
{
    const shy_sight *sight = &engine->seen[v].sight;
    const double *response = engine->layout.response[sight->response] + piece->row;
    float *out = packed_column(&work->rows, chunk, 1 + work->view[v].column) + piece->begin;
    if (piece->segment == sight->left_out) return;
    for (int i = 0; i < piece->rows; i++)
        out[i] = (float)((response[i] - sight->level) / sight->scale * root_at(engine, &work->rows, piece->row + i));
}

static void pack(const shy_engine *engine, const shy_element_work *work)
{
    const shy_element_rows *rows = &work->rows;
    for (int c = 0; c < rows->chunks; c++) {
        for (int p = rows->first[c]; p < rows->first[c + 1]; p++) {
            const shy_element_piece *piece = &rows->piece[p];
            for (int i = 0; i < piece->rows; i++)
                pack_row(engine, rows, c, piece->begin + i, piece->row + i);
            for (int v = 0; v < work->views; v++)
                if (work->view[v].column > 0) pack_response(engine, work, v, c, piece);
        }
    }
}

shy_status shy_element_rows_create(const shy_engine *engine, shy_element_work *work)
{
    shy_status st = SHY_OK;
    const shy_view *view = &engine->space->view;
    shy_element_rows *rows = &work->rows;
    int columns = 0;
    rows->order = engine->order, rows->weight = view->weight, rows->directions = view->directions;
    assert(engine->layout.segments == 1 || (!view->weight && view->directions == 0));
    SHY_TRY(make_pieces(&engine->layout, rows));
    SHY_TRY(set_views(engine, work, &columns));
    columns = (rows->directions + columns + SHY_ROUGH_COLUMNS - 1) / SHY_ROUGH_COLUMNS * SHY_ROUGH_COLUMNS;
    rows->columns = columns;
    rows->width = rows->weight || columns > 0 ? 2 + columns : 1;
    SHY_TRY(shy_new((size_t)rows->chunks * (size_t)rows->width * SHY_ROUGH_STRIDE, sizeof *rows->packed, &rows->packed));
    pack(engine, work);
out:
    return st;
}

void shy_element_rows_free(shy_element_rows *rows)
{
    shy_free(&rows->piece);
    shy_free(&rows->first);
    shy_free(&rows->packed);
}
