/* brute_compare: reads the best lists of a front.json, evaluates their formulas, compares with the brute force's. */
#include "shy_config.h"

#include "brute.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define R2_AGREES 1e-9
#define COLUMN_AGREES 1e-6

/* ---- formula text, evaluated while it is read ------------------------------------------------------------------ */

typedef struct {
    const table *d;
    int row;
    const char *at;
    bool failed;
} reader;

static wide read_sum(reader *r);

static void skip_space(reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static bool take(reader *r, char c)
{
    skip_space(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static wide fail(reader *r)
{
    r->failed = true;
    return 0;
}

static wide factor_value(reader *r, const char *name)
{
    for (int f = 0; f < r->d->p; f++) {
        if (strcmp(r->d->name[f], name) == 0)
            return r->d->x[f][r->row];
    }
    return fail(r);
}

static wide read_call(reader *r, const char *name)
{
    int op = op_find(name);
    wide u, v = 0;

    if (op < OP_MAX)
        return fail(r);
    u = read_sum(r);
    if (op_arity(op) == 2) {
        if (!take(r, ','))
            return fail(r);
        v = read_sum(r);
    }
    return take(r, ')') ? op_apply(op, u, v) : fail(r);
}

static wide read_name(reader *r)
{
    char name[128];
    bool quoted = *r->at == '`';
    size_t length = 0;

    r->at += quoted;
    while (length + 1 < sizeof name && *r->at &&
           (quoted ? *r->at != '`' : isalnum((unsigned char)*r->at) || *r->at == '_' || *r->at == '.'))
        name[length++] = *r->at++;
    name[length] = 0;
    if (quoted && !take(r, '`'))
        return fail(r);
    return !quoted && take(r, '(') ? read_call(r, name) : factor_value(r, name);
}

static wide read_primary(reader *r)
{
    skip_space(r);
    if (take(r, '-'))
        return -read_primary(r);
    if (take(r, '(')) {
        wide z = read_sum(r);

        return take(r, ')') ? z : fail(r);
    }
    if (isdigit((unsigned char)*r->at) || *r->at == '.') {
        char *end;
        wide z = strtod(r->at, &end);

        r->at = end;
        return z;
    }
    return isalpha((unsigned char)*r->at) || *r->at == '_' || *r->at == '`' ? read_name(r) : fail(r);
}

static wide read_product(reader *r)
{
    wide z = read_primary(r);

    while (!r->failed) {
        if (take(r, '*'))
            z *= read_primary(r);
        else if (take(r, '/'))
            z /= read_primary(r);
        else
            break;
    }
    return z;
}

static wide read_sum(reader *r)
{
    wide z = read_product(r);

    while (!r->failed) {
        if (take(r, '+'))
            z += read_product(r);
        else if (take(r, '-'))
            z -= read_product(r);
        else
            break;
    }
    return z;
}

/* Fitted column and r² of the outcome on a formula given as text; -1 if it cannot be read or computed. */
static double fit_text(const table *d, const char *text, double *fitted)
{
    wide z[d->n];

    for (int i = 0; i < d->n; i++) {
        reader r = {.d = d, .row = i, .at = text};

        z[i] = read_sum(&r);
        skip_space(&r);
        if (r.failed || *r.at) {
            printf("# cannot read formula: %s (at \"%s\")\n", text, r.at);
            return -1;
        }
    }
    return fit_column_wide(d, z, fitted);
}

/* ---- lists ----------------------------------------------------------------------------------------------------- */

/* Where the brute force has a column: in a list, as a form of lower complexity, or nowhere. */
static void say_where(const best *b, double r2, const double *fitted)
{
    int n = b->s->d.n, level;
    char text[TEXT_MAX];
    tree t;

    for (int c = 1; c <= b->s->g.max_complexity; c++) {
        for (int k = 0; k < b->groups_count[c]; k++) {
            if (fitted_distance(n, b->groups[c][k].fitted, fitted) <= COLUMN_AGREES) {
                tree_text(b->s, b->groups[c][k].t, text);
                printf("#   in the brute force's lists at complexity %d, rank %d: %s\n", c, k + 1, text);
                return;
            }
        }
    }
    level = best_lookup(b, b->s->g.max_complexity, r2, fitted, COLUMN_AGREES, &t);
    if (level > 0) {
        tree_text(b->s, t, text);
        printf("#   the brute force has it at complexity %d: %s (%s), not among the best\n", level, text,
               tree_valid(b->s, t) ? "valid" : "not valid");
    } else {
        printf("#   not in the brute force's lists, nor any form below complexity %d\n", b->s->g.max_complexity);
    }
}

static double stated_r2(const json_t *found)
{
    return json_number_value(json_object_get(json_object_get(found, "metrics"), "r2"));
}

/* Whether a formula of the program is the group at this rank of the brute force's list, or one with the same r². */
static bool agrees(const best *b, int c, int rank, double r2, const double *fitted)
{
    const group *g = b->groups[c];

    for (int k = 0; k < b->groups_count[c]; k++) {
        if ((k == rank || fabs(g[k].r2 - g[rank].r2) <= 1e-13) && fabs(g[k].r2 - r2) <= R2_AGREES &&
            fitted_distance(b->s->d.n, g[k].fitted, fitted) <= COLUMN_AGREES)
            return true;
    }
    return false;
}

static void say_difference(const best *b, int c, int rank, const json_t *found, double r2, const double *fitted)
{
    const group *g = &b->groups[c][rank];
    const char *text = json_string_value(json_object_get(found, "formula"));
    char own[TEXT_MAX];

    tree_text(b->s, g->t, own);
    printf("# complexity %d, rank %d: brute force r2 %.12f %s\n", c, rank + 1, g->r2, own);
    printf("#   program r2 %.12f (stated %.12f) %s\n", r2, stated_r2(found), text ? text : "(no text)");
    if (r2 >= 0)
        say_where(b, r2, fitted);
}

/*
 * Walks down both lists. *rank is the place in the brute force's, which passes over formulas of which the rule leaves
 * open whether they are any. 1 if they differ.
 */
static int compare_entry(const best *b, int c, int *rank, const json_t *found)
{
    const char *text = json_string_value(json_object_get(found, "formula"));
    double fitted[b->s->d.n], r2 = text ? fit_text(&b->s->d, text, fitted) : -1;
    bool stated = fabs(stated_r2(found) - r2) <= R2_AGREES;

    while (*rank < b->groups_count[c] && b->groups[c][*rank].open && !agrees(b, c, *rank, r2, fitted))
        ++*rank;
    if (*rank == b->groups_count[c]) {
        printf("# complexity %d: the brute force has no more than %d formulas, the program has %s\n", c, *rank, text);
        return 1;
    }
    if (r2 >= 0 && stated && agrees(b, c, (*rank)++, r2, fitted))
        return 0;
    say_difference(b, c, *rank - (r2 >= 0 && stated), found, r2, fitted);
    return 1;
}

static int compare_level(const best *b, int c, const json_t *list)
{
    int theirs = (int)json_array_size(list), rank = 0, differences = 0;

    for (int k = 0; k < theirs && differences < 5; k++)
        differences += compare_entry(b, c, &rank, json_array_get(list, (size_t)k));
    if (differences >= 5)
        printf("# complexity %d: and so on\n", c);
    while (rank < b->groups_count[c] && b->groups[c][rank].open)
        rank++;
    if (theirs > b->keep || (theirs < b->keep && rank < b->groups_count[c])) {
        printf("# complexity %d: the program has %d formulas; %d are to be kept, the brute force has %d%s\n", c, theirs,
               b->keep, b->groups_count[c], b->truncated[c] ? " and more" : "");
        differences++;
    }
    return differences;
}

int compare_lists(const best *b, const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error), *lists = json_object_get(root, "best");
    int differences = 0;

    if (!json_is_object(lists)) {
        fprintf(stderr, "brute_force: %s: %s\n", path, root ? "has no object \"best\"" : error.text);
        json_decref(root);
        return -1;
    }
    for (int c = 1; c <= b->s->g.max_complexity; c++) {
        char key[16];

        snprintf(key, sizeof key, "%d", c);
        differences += compare_level(b, c, json_object_get(lists, key));
    }
    json_decref(root);
    return differences;
}
