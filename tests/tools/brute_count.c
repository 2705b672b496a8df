/* brute_count: how many different formulas there are of each complexity; every tree is evaluated at random points. */
#include "shy_config.h"

#include "brute.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS 128
#define SAME 1e-13L /* r² in the wider type of trees that are the same formula */

/** A tree, known by what two unrelated responses at two sets of points have in common with it. */
typedef struct {
    wide r2[2];
    tree t;
    uint16_t length;
    uint8_t complexity;
    bool valid;
    int64_t form_of; /* 1 + the number of the mark of which it was found to be a form; 0 */
} mark;

typedef struct {
    const space *s;  /* the trees at all points */
    space near, far; /* the same at one half of the points each, before responses of their own */
    mark *marks;
    int64_t count;
    int complexity;
} marking;

/* ---- points ---------------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double uniform(uint64_t *state)
{
    return ((double)(mix(state) >> 11) + 0.5) * 0x1p-53;
}

/*
 * Points inside the ranges. Near points are of moderate size where the ranges allow it, so that none outweighs all
 * others and makes different formulas look the same; the others reach all of the ranges, so that max, min, abs and sqrt
 * see all cases.
 */
static void draw_points(table *d, uint64_t *state)
{
    for (int f = 0; f < d->p; f++) {
        double lo = d->range[f][0], hi = d->range[f][1];
        double near_lo = fmax(lo, lo < 0 ? -2.2 : 0.4), near_hi = fmin(hi, 2.2);

        if (near_lo >= near_hi)
            near_lo = lo, near_hi = hi;
        d->x[f] = get_memory(2 * POINTS, sizeof(double));
        for (int i = 0; i < POINTS; i++) {
            d->x[f][i] = near_lo + (near_hi - near_lo) * uniform(state);
            d->x[f][POINTS + i] = lo + (hi - lo) * uniform(state);
        }
    }
}

static double *draw_response(uint64_t *state)
{
    double *y = get_memory(POINTS, sizeof *y), mean = 0;

    for (int i = 0; i < POINTS; i++)
        mean += (y[i] = sqrt(-2 * log(uniform(state))) * cos(6.283185307179586 * uniform(state))) / POINTS;
    for (int i = 0; i < POINTS; i++)
        y[i] -= mean;
    return y;
}

/* The near (0) or the far half (1) of all points, with a response. */
static space take_half(const space *all, int half, uint64_t *state)
{
    space s = *all;

    s.d.n = POINTS;
    for (int f = 0; f < s.d.p; f++)
        s.d.x[f] += half * POINTS;
    s.d.y = draw_response(state);
    s.d.syy = 0;
    for (int i = 0; i < POINTS; i++)
        s.d.syy += s.d.y[i] * s.d.y[i];
    return s;
}

/* ---- marks ----------------------------------------------------------------------------------------------------- */

static void count_visit(void *context, tree t, const double *u, const double *v)
{
    int64_t *count = context;

    (void)t, (void)u, (void)v;
    ++*count;
}

static void mark_visit(void *context, tree t, const double *u, const double *v)
{
    marking *m = context;
    mark k = {.t = t, .complexity = (uint8_t)m->complexity, .valid = tree_valid(m->s, t)};

    (void)u, (void)v;
    k.r2[0] = fit_tree_wide(&m->near, t, NULL);
    k.r2[1] = fit_tree_wide(&m->far, t, NULL);
    if (k.r2[0] <= NOT_FINITE || k.r2[1] <= NOT_FINITE || (k.r2[0] < 0 && k.r2[1] < 0))
        return;
    /* Idle trees are left out: the rule leaves open whether they count as members. */
    if (tree_idle(m->s, t))
        return;
    k.length = (uint16_t)tree_length(m->s, t);
    m->marks[m->count++] = k;
}

static int by_first(const void *a, const void *b)
{
    const mark *p = a, *q = b;

    return p->r2[0] < q->r2[0] ? -1 : p->r2[0] > q->r2[0];
}

static int by_simplicity(const mark *a, const mark *b)
{
    int order = (int)a->complexity - (int)b->complexity;

    if (order == 0)
        order = (int)a->length - (int)b->length;
    return order != 0 ? order : (int)b->valid - (int)a->valid;
}

/* ---- groups ---------------------------------------------------------------------------------------------------- */

static void report_tie(const space *s, const mark *valid, const mark *rival)
{
    char a[TEXT_MAX], b[TEXT_MAX];

    tree_text(s, valid->t, a);
    tree_text(s, rival->t, b);
    fprintf(stderr, "tie: %s and %s (complexity %d) are equally simple, the latter is not valid\n", a, b,
            valid->complexity);
}

static void report_hidden(const space *s, const mark *simplest, const mark *valid)
{
    char a[TEXT_MAX], b[TEXT_MAX];

    tree_text(s, simplest->t, a);
    tree_text(s, valid->t, b);
    fprintf(stderr, "hidden: %s (complexity %d) is valid, its simplest form %s (%d) is not\n", b, valid->complexity, a,
            simplest->complexity);
}

/* Whether k is a less simple form of `simplest`, not only at these points; what was found once is not computed again. */
static bool is_form_of(const space *s, mark *marks, int64_t k, int64_t simplest)
{
    if (marks[k].form_of == simplest + 1)
        return true;
    if (k != simplest && !general_same(s, marks[k].t, marks[simplest].t))
        return false;
    marks[k].form_of = simplest + 1;
    return true;
}

/*
 * Counts the formulas among members that agree at all points; the list becomes empty. The points may miss the corner of the ranges in
 * which two formulas differ: log(a + b) and its absolute value, where a + b is below 1 for few of all values.
 */
static void count_members(const space *s, mark *marks, int64_t *member, int64_t members, bool tell, int64_t out[COMPLEXITY_MAX + 1])
{
    while (members > 0) {
        int64_t simplest = member[0], left = 0;
        const mark *valid = NULL, *rival = NULL; /* as simple as the simplest, and not valid where that is */

        for (int64_t k = 1; k < members; k++) {
            if (by_simplicity(&marks[member[k]], &marks[simplest]) < 0)
                simplest = member[k];
        }
        for (int64_t k = 0; k < members; k++) {
            const mark *m = &marks[member[k]];

            if (!is_form_of(s, marks, member[k], simplest)) {
                member[left++] = member[k];
                continue;
            }
            if (m->valid && (!valid || by_simplicity(m, valid) < 0))
                valid = m;
            if (m->complexity == marks[simplest].complexity && m->length == marks[simplest].length && m->valid != marks[simplest].valid)
                rival = m;
        }
        members = left;
        out[marks[simplest].complexity] += marks[simplest].valid;
        if (tell && rival)
            report_tie(s, &marks[simplest], rival);
        else if (tell && valid && !marks[simplest].valid)
            report_hidden(s, &marks[simplest], valid);
    }
}

/* Counts groups of marks that agree within the tolerance; marks are in order of the first r². */
static void count_groups(const space *s, mark *marks, int64_t count, wide tolerance, bool tell,
                         int64_t out[COMPLEXITY_MAX + 1])
{
    bool *taken = get_memory((size_t)count, sizeof *taken);
    int64_t *member = get_memory((size_t)count, sizeof *member);

    memset(out, 0, (COMPLEXITY_MAX + 1) * sizeof *out);
    for (int64_t i = 0; i < count; i++) {
        int64_t members = 0;

        if (taken[i])
            continue;
        /* A run may drift by rounding; its members are compared with its first, close enough at this tolerance. */
        for (int64_t k = i; k < count && marks[k].r2[0] - marks[i].r2[0] <= tolerance; k++) {
            if (taken[k] || fabsl(marks[k].r2[1] - marks[i].r2[1]) > tolerance)
                continue;
            taken[k] = true;
            member[members++] = k;
        }
        count_members(s, marks, member, members, tell, out);
    }
    free(taken);
    free(member);
}

static void mark_all(marking *m)
{
    int64_t trees = 0;

    for (int c = 1; c <= m->s->g.max_complexity; c++)
        space_visit(m->s, c, true, count_visit, &trees);
    m->marks = get_memory((size_t)trees, sizeof *m->marks);
    for (m->complexity = 1; m->complexity <= m->s->g.max_complexity; m->complexity++)
        space_visit(m->s, m->complexity, true, mark_visit, m);
    qsort(m->marks, (size_t)m->count, sizeof *m->marks, by_first);
}

bool count_formulas(space *s, uint64_t seed, int64_t count[COMPLEXITY_MAX + 1])
{
    uint64_t state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
    int64_t looser[COMPLEXITY_MAX + 1], tighter[COMPLEXITY_MAX + 1];
    table d = s->d;
    bool stable = true;

    s->d.n = 2 * POINTS;
    draw_points(&s->d, &state);
    space_build(s);

    marking m = {.s = s, .near = take_half(s, 0, &state), .far = take_half(s, 1, &state)};

    mark_all(&m);
    count_groups(s, m.marks, m.count, SAME, true, count);
    count_groups(s, m.marks, m.count, 10 * SAME, false, looser);
    count_groups(s, m.marks, m.count, SAME / 10, false, tighter);
    for (int c = 1; c <= s->g.max_complexity; c++) {
        if (looser[c] != count[c] || tighter[c] != count[c]) {
            fprintf(stderr, "brute_force: the count at complexity %d depends on the tolerance: %lld, %lld, %lld\n", c,
                    (long long)looser[c], (long long)count[c], (long long)tighter[c]);
            stable = false;
        }
    }
    space_free(s);
    for (int f = 0; f < d.p; f++)
        free(s->d.x[f]);
    free(m.near.d.y);
    free(m.far.d.y);
    free(m.marks);
    s->d = d;
    return stable;
}
