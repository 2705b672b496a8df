/* brute_best: the K best different formulas of every complexity; equal columns tell which trees are the same. */
#include "shy_config.h"

#include "brute.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_R2 1e-9      /* partners are looked for among trees whose r² differs by no more */
#define SAME_COLUMN 1e-11 /* and are the same if their fitted columns differ by no more, relative to the largest one */
#define NEAR_COLUMN 1e-6  /* nearer than this, whether rounding or more tells them apart is open */
#define RESERVE 250       /* groups kept beyond K, for those that turn out to be invalid or open */

/** The selection of one complexity in progress. */
struct selection {
    best *b;
    int complexity, room;
    double bound;      /* r² of the last group if all places are taken */
    bool truncated;    /* a group was dropped for want of room */
    entry *pending;    /* invalid trees above the bound: they can be the simplest member of a group */
    int64_t pending_count, pending_room;
    double *hidden;    /* r² of groups already reported as hidden */
    int hidden_count;
};

static void append_entry(entry **list, int64_t *count, int64_t *room, entry e)
{
    if (*count == *room) {
        *room = *room < 1024 ? 1024 : *room + *room / 2;
        *list = realloc(*list, (size_t)*room * sizeof **list);
        if (!*list) {
            fprintf(stderr, "brute_force: no memory for %lld trees\n", (long long)*room);
            exit(2);
        }
    }
    (*list)[(*count)++] = e;
}

/* ---- partners of lower complexity ------------------------------------------------------------------------------ */

static int by_r2(const void *a, const void *b)
{
    const entry *p = a, *q = b;

    return p->r2 < q->r2 ? 1 : p->r2 > q->r2 ? -1 : 0;
}

/* The first entry whose r² is not above r2 + tolerance. */
static int64_t first_candidate(const best *b, int level, double r2, double tolerance)
{
    int64_t lo = 0, hi = b->entries_count[level];

    while (lo < hi) {
        int64_t middle = (lo + hi) / 2;

        if (b->entries[level][middle].r2 > r2 + tolerance)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

/* The next entry from `from` on with the same column, -1 if there is none. */
static int64_t next_partner(const best *b, int level, int64_t from, double r2, const double *fitted, double tolerance)
{
    double other[b->s->d.n], window = fmax(SAME_R2, tolerance);

    for (int64_t k = from; k < b->entries_count[level] && b->entries[level][k].r2 >= r2 - window; k++) {
        fit_any(b->s, b->entries[level][k].t, other);
        if (fitted_distance(b->s->d.n, fitted, other) <= tolerance)
            return k;
    }
    return -1;
}

int best_lookup(const best *b, int below, double r2, const double *fitted, double tolerance, tree *t_out)
{
    for (int level = 1; level < below; level++) {
        int64_t start = first_candidate(b, level, r2, fmax(SAME_R2, tolerance));
        int64_t k = next_partner(b, level, start, r2, fitted, tolerance);

        if (k >= 0) {
            *t_out = b->entries[level][k].t;
            return level;
        }
    }
    return 0;
}

/* A valid tree whose simplest form is not valid: not a formula by the rule; said once for each. */
static void report_hidden(struct selection *sel, tree simplest, int level, tree valid, double r2)
{
    char a[TEXT_MAX], c[TEXT_MAX];

    for (int k = 0; k < sel->hidden_count; k++) {
        if (fabs(sel->hidden[k] - r2) <= SAME_R2)
            return;
    }
    sel->hidden = realloc(sel->hidden, (size_t)(sel->hidden_count + 1) * sizeof *sel->hidden);
    if (!sel->hidden)
        exit(2);
    sel->hidden[sel->hidden_count++] = r2;
    sel->b->hidden++;
    tree_text(sel->b->s, simplest, a);
    tree_text(sel->b->s, valid, c);
    fprintf(stderr, "hidden: r2 %.9f: %s (complexity %d) is valid, its simplest form %s (%d) is not\n", r2, c,
            sel->complexity, a, level);
}

/*
 * Whether a valid tree is known at a lower complexity: as a valid tree with the same column, or as a tree that is not
 * valid but the same in general. The latter being the simplest form, there is no such formula. *open becomes true if
 * only idle trees are in the way.
 */
static bool known_lower(struct selection *sel, tree t, double r2, const double *fitted, bool *open)
{
    const best *b = sel->b;

    for (int level = 1; level < sel->complexity; level++) {
        int64_t k = first_candidate(b, level, r2, SAME_R2) - 1;

        while ((k = next_partner(b, level, k + 1, r2, fitted, SAME_COLUMN)) >= 0) {
            tree partner = b->entries[level][k].t;
            bool valid = tree_valid(b->s, partner);

            if (!valid && !general_same(b->s, t, partner))
                continue;
            if (tree_idle(b->s, partner)) {
                *open = *open || valid;
                continue;
            }
            if (!valid)
                report_hidden(sel, partner, level, t, r2);
            return true;
        }
    }
    return false;
}

/* ---- groups ---------------------------------------------------------------------------------------------------- */

static bool simpler(const space *s, tree a, int length, const group *g)
{
    char mine[TEXT_MAX], theirs[TEXT_MAX];

    if (length != g->length)
        return length < g->length;
    tree_text(s, a, mine);
    tree_text(s, g->t, theirs);
    return strcmp(mine, theirs) < 0;
}

/* Of two equally simple members one is valid: the rule does not say which of them counts. */
static void report_tie(const space *s, group *g, tree t)
{
    char mine[TEXT_MAX], theirs[TEXT_MAX];

    if (g->open)
        return;
    tree_text(s, t, mine);
    tree_text(s, g->t, theirs);
    fprintf(stderr, "tie: r2 %.9f: %s and %s are equally simple, only one is valid\n", g->r2, theirs, mine);
    g->open = true;
}

/* Takes a valid tree into its group. One that is idle does not stand for the group beside one that is not. */
static void add_member(const space *s, group *g, tree t)
{
    bool idle = tree_idle(s, t);
    int length = tree_length(s, t);

    if (idle > g->idle || (idle == g->idle && !simpler(s, t, length, g)))
        return;
    g->t = t, g->length = length, g->idle = idle;
}

/* An invalid tree that is simpler than all valid members, and the same in general, is the group's simplest form. */
static void add_invalid(const space *s, group *g, tree t)
{
    int length = tree_length(s, t);

    if (length > g->length || g->idle || tree_idle(s, t) || !general_same(s, g->t, t))
        return;
    if (length == g->length && g->valid)
        report_tie(s, g, t);
    else if (length < g->length)
        g->t = t, g->length = length, g->valid = false;
}

/* Puts t into the group with its column, if there is one. */
static bool join_group(struct selection *sel, tree t, bool valid, double r2, const double *fitted)
{
    best *b = sel->b;
    group *g = b->groups[sel->complexity];

    for (int k = 0; k < b->groups_count[sel->complexity]; k++) {
        if (fabs(g[k].r2 - r2) > SAME_R2 || fitted_distance(b->s->d.n, g[k].fitted, fitted) > SAME_COLUMN)
            continue;
        if (valid)
            add_member(b->s, &g[k], t);
        else
            add_invalid(b->s, &g[k], t);
        return true;
    }
    return false;
}

static void insert_group(struct selection *sel, tree t, double r2, const double *fitted, bool open)
{
    best *b = sel->b;
    group *g = b->groups[sel->complexity];
    int *count = &b->groups_count[sel->complexity], k;
    size_t bytes = (size_t)b->s->d.n * sizeof *fitted;
    double *copy = *count < sel->room ? get_memory(1, bytes) : g[*count - 1].fitted;

    if (*count == sel->room)
        sel->truncated = true;
    else
        ++*count;
    memcpy(copy, fitted, bytes);
    for (k = *count - 1; k > 0 && g[k - 1].r2 < r2; k--)
        g[k] = g[k - 1];
    g[k] = (group){.r2 = r2, .t = t, .length = tree_length(b->s, t), .valid = true, .open = open, .fitted = copy};
    g[k].idle = tree_idle(b->s, t);
    if (*count == sel->room)
        sel->bound = g[*count - 1].r2;
}

/* A valid tree above the bound: known already, or a new group. What fp64 takes for new is looked at again, wider. */
static void consider(struct selection *sel, tree t, double r2)
{
    double fitted[sel->b->s->d.n];
    bool open = false;
    tree near;

    fit_any(sel->b->s, t, fitted);
    if (join_group(sel, t, true, r2, fitted) || known_lower(sel, t, r2, fitted, &open) || !direction_holds(sel->b->s, t))
        return;
    r2 = (double)fit_tree_wide(sel->b->s, t, fitted);
    if (r2 < 0 || r2 < sel->bound || join_group(sel, t, true, r2, fitted) || known_lower(sel, t, r2, fitted, &open))
        return;
    open = open || best_lookup(sel->b, sel->complexity, r2, fitted, NEAR_COLUMN, &near) > 0;
    insert_group(sel, t, r2, fitted, open);
}

static void visit_tree(void *context, tree t, const double *u, const double *v)
{
    struct selection *sel = context;
    best *b = sel->b;
    int c = sel->complexity;
    double r2 = fit_tree(b->s, t, u, v, NULL);

    if (r2 < 0)
        return;
    if (c < b->s->g.max_complexity)
        b->entries[c][b->entries_count[c]++] = (entry){.r2 = r2, .t = t};
    if (r2 < sel->bound - SAME_R2)
        return;
    if (tree_valid(b->s, t))
        consider(sel, t, r2);
    else
        append_entry(&sel->pending, &sel->pending_count, &sel->pending_room, (entry){.r2 = r2, .t = t});
}

static void count_visit(void *context, tree t, const double *u, const double *v)
{
    int64_t *count = context;

    (void)t, (void)u, (void)v;
    ++*count;
}

/* Of two formulas with nearly the same values the less simple one may count as a twin of the other. */
static void open_near_twins(const space *s, group *g, int count)
{
    for (int k = 1; k < count; k++) {
        for (int j = k - 1; j >= 0 && g[j].r2 - g[k].r2 <= NEAR_COLUMN; j--) {
            if (fitted_distance(s->d.n, g[j].fitted, g[k].fitted) <= NEAR_COLUMN)
                g[simpler(s, g[k].t, g[k].length, &g[j]) ? j : k].open = true;
        }
    }
}

/* Invalid trees join the groups they belong to; a group whose simplest member is invalid is no formula. */
static void settle(struct selection *sel)
{
    best *b = sel->b;
    int c = sel->complexity, kept = 0;
    group *g = b->groups[c];
    double fitted[b->s->d.n];

    for (int64_t k = 0; k < sel->pending_count; k++) {
        if (sel->pending[k].r2 < sel->bound - SAME_R2)
            continue;
        fit_any(b->s, sel->pending[k].t, fitted);
        join_group(sel, sel->pending[k].t, false, sel->pending[k].r2, fitted);
    }
    for (int k = 0; k < b->groups_count[c]; k++) {
        char text[TEXT_MAX];

        g[k].open = g[k].open || g[k].idle;
        if (g[k].valid) {
            g[kept++] = g[k];
            continue;
        }
        tree_text(b->s, g[k].t, text);
        fprintf(stderr, "hidden: r2 %.9f: the simplest form %s (complexity %d) is not valid\n", g[k].r2, text, c);
        b->hidden++;
        free(g[k].fitted);
    }
    b->groups_count[c] = kept;
    b->truncated[c] = sel->truncated;
    open_near_twins(b->s, g, kept);
    if (kept < b->keep && sel->truncated) {
        fprintf(stderr, "brute_force: the reserve of %d groups at complexity %d was too small\n", RESERVE, c);
        exit(2);
    }
}

void best_find(const space *s, int keep, best *b)
{
    *b = (best){.s = s, .keep = keep};
    for (int c = 1; c <= s->g.max_complexity; c++) {
        struct selection sel = {.b = b, .complexity = c, .room = keep + RESERVE, .bound = -1};
        int64_t trees = 0;

        b->groups[c] = get_memory((size_t)sel.room, sizeof *b->groups[c]);
        if (c < s->g.max_complexity) {
            space_visit(s, c, true, count_visit, &trees);
            b->entries[c] = get_memory((size_t)trees, sizeof *b->entries[c]);
        }
        space_visit(s, c, true, visit_tree, &sel);
        settle(&sel);
        if (b->entries_count[c] > 0)
            qsort(b->entries[c], (size_t)b->entries_count[c], sizeof *b->entries[c], by_r2);
        free(sel.pending);
        free(sel.hidden);
    }
}

void best_free(best *b)
{
    for (int c = 0; c <= COMPLEXITY_MAX; c++) {
        for (int k = 0; k < b->groups_count[c]; k++)
            free(b->groups[c][k].fitted);
        free(b->groups[c]);
        free(b->entries[c]);
    }
}
