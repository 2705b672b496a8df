/* brute_force: the command line of the brute-force check: reads a table, searches it tree by tree, reports. */
#include "shy_config.h"

#include "brute.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LENGTH 65536

static const char usage[] =
    "brute_force --csv data.csv --outcome y [--operators \"+,-,*,/,log\"] [--max-complexity 7] [--max-operand 2] [--max-factors 3]\n"
    "            [--max-constants 2] [--weights log=2,constant=2] [--forbid \"log(log),…\"]\n"
    "            [--transforms x1=log+sqrt,x2=] [--most x1+x2=1,…] [--contain x1+x2] [--direction x1=1,x2=-1]\n"
    "            [--keep 50] [-o list.tsv] [--compare front.json]\n"
    "            [--count [--seed 1]]\n"
    "Exit status: 0 done, 1 the lists differ or the count is in doubt, 2 wrong use or input.\n";

typedef struct {
    const char *csv, *outcome, *list, *compare;
    int keep;
    bool count;
    uint64_t seed;
    char *transforms, *most, *contain, *direction; /* read when the factors are known */
} options;

static void give_up(const char *what, const char *which)
{
    fprintf(stderr, "brute_force: %s: %s\n", what, which);
    exit(2);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static int split(char *line, char *cell[], int room)
{
    int count = 0;

    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; at && count < room; count++) {
        cell[count] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = 0;
    }
    return count;
}

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !isfinite(value))
        give_up("not a number", text);
    return value;
}

static void read_rows(FILE *file, char *line, table *d, int columns, int outcome)
{
    char *cell[FACTORS_MAX + 2];

    while (fgets(line, LINE_MAX_LENGTH, file)) {
        int factor = 0;

        if (split(line, cell, FACTORS_MAX + 2) != columns)
            give_up("a row with another number of cells", line);
        for (int k = 0; k < columns; k++) {
            double **column = k == outcome ? &d->y : &d->x[factor++];

            if (d->n % 256 == 0)
                *column = realloc(*column, (size_t)(d->n + 256) * sizeof **column);
            if (!*column)
                give_up("no memory for", "the table");
            (*column)[d->n] = number(cell[k]);
        }
        d->n++;
    }
}

static void finish_table(table *d)
{
    wide mean = 0;

    for (int f = 0; f < d->p; f++) {
        d->range[f][0] = d->range[f][1] = d->x[f][0];
        for (int i = 1; i < d->n; i++) {
            d->range[f][0] = fmin(d->range[f][0], d->x[f][i]);
            d->range[f][1] = fmax(d->range[f][1], d->x[f][i]);
        }
    }
    for (int i = 0; i < d->n; i++)
        mean += d->y[i];
    mean /= d->n;
    for (int i = 0; i < d->n; i++) {
        d->y[i] = (double)(d->y[i] - mean);
        d->syy += d->y[i] * d->y[i];
    }
}

static void read_table(const options *o, table *d)
{
    static char line[LINE_MAX_LENGTH];
    char *cell[FACTORS_MAX + 2];
    FILE *file = fopen(o->csv, "r");
    int columns, outcome = -1;

    if (!file || !fgets(line, sizeof line, file))
        give_up("cannot read", o->csv);
    columns = split(line, cell, FACTORS_MAX + 2);
    for (int k = 0; k < columns; k++) {
        if (strcmp(cell[k], o->outcome) == 0)
            outcome = k;
        else if (d->p < FACTORS_MAX)
            d->name[d->p++] = strdup(cell[k]);
    }
    if (outcome < 0 || columns != d->p + 1)
        give_up("no such outcome, or too many columns", o->outcome);
    read_rows(file, line, d, columns, outcome);
    fclose(file);
    if (d->n < 5)
        give_up("too few rows in", o->csv);
    finish_table(d);
}

/* ---- the grammar ----------------------------------------------------------------------------------------------- */

static void default_grammar(grammar *g)
{
    static const int usual[] = {OP_ADD, OP_SUBTRACT, OP_MULTIPLY, OP_DIVIDE, OP_LOG, OP_SQRT, OP_SQUARE, OP_INVERSE};

    *g = (grammar){.constant_weight = 1, .max_complexity = 7, .max_factors = 3, .max_constants = 2};
    for (int op = 0; op < OPS; op++)
        g->weight[op] = 1;
    for (size_t k = 0; k < sizeof usual / sizeof *usual; k++)
        g->on[usual[k]] = true;
}

static int known_operator(const char *name)
{
    int op = op_find(name);

    if (op < 0)
        give_up("no such operator", name);
    return op;
}

static void set_operators(grammar *g, char *list)
{
    memset(g->on, 0, sizeof g->on);
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ","))
        g->on[known_operator(name)] = true;
}

static void set_weights(grammar *g, char *list)
{
    for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
        char *value = strchr(name, '=');

        if (!value || atoi(value + 1) < 1)
            give_up("not a weight", name);
        *value = 0;
        *(strcmp(name, "constant") == 0 ? &g->constant_weight : &g->weight[known_operator(name)]) = atoi(value + 1);
    }
}

static void set_forbidden(grammar *g, char *list)
{
    for (char *outer = strtok(list, ","); outer; outer = strtok(NULL, ",")) {
        char *inner = strchr(outer, '(');

        if (!inner)
            give_up("not a nesting", outer);
        *inner++ = 0;
        inner[strcspn(inner, ")")] = 0;
        g->forbidden[known_operator(outer)][known_operator(inner)] = true;
    }
}

/* ---- rules for single factors ---------------------------------------------------------------------------------- */

static int known_factor(const table *d, const char *name)
{
    for (int f = 0; f < d->p; f++) {
        if (strcmp(d->name[f], name) == 0)
            return f;
    }
    give_up("no such factor", name);
    return -1;
}

/* "x1+x2" */
static uint32_t known_factors(const table *d, char *list)
{
    uint32_t mask = 0;
    char *rest = NULL;

    for (char *name = strtok_r(list, "+", &rest); name; name = strtok_r(NULL, "+", &rest))
        mask |= UINT32_C(1) << known_factor(d, name);
    return mask;
}

/* Cuts "left=right" and returns the right side. */
static char *right_side(char *pair)
{
    char *value = strchr(pair, '=');

    if (!value)
        give_up("not a rule", pair);
    *value = 0;
    return value + 1;
}

static void set_transforms(grammar *g, const table *d, char *pair)
{
    char *value = right_side(pair), *rest = NULL;
    int factor = known_factor(d, pair);

    g->barred[factor] = UINT32_MAX;
    for (char *name = strtok_r(value, "+", &rest); name; name = strtok_r(NULL, "+", &rest))
        g->barred[factor] &= ~(UINT32_C(1) << known_operator(name));
}

/* What is 0 or 1 has no powers of its own, no inverse and no logarithm. */
static void set_binary(grammar *g, const table *d)
{
    static const int barred[] = {OP_LOG, OP_SQRT, OP_SQUARE, OP_INVERSE, OP_ABS};

    for (int f = 0; f < d->p; f++) {
        bool binary = true;
        for (int i = 0; i < d->n; i++) binary = binary && (d->x[f][i] == 0.0 || d->x[f][i] == 1.0);
        for (size_t k = 0; binary && k < sizeof barred / sizeof *barred; k++) g->barred[f] |= UINT32_C(1) << barred[k];
    }
}

static void set_group(grammar *g, uint32_t mask, int least, int most)
{
    if (g->groups == GROUPS_MAX)
        give_up("too many rules", "");
    g->group[g->groups] = mask;
    g->least[g->groups] = least;
    g->most[g->groups++] = most;
}

static void set_rules(grammar *g, const table *d, const options *o)
{
    char *rest = NULL;

    for (char *pair = o->transforms ? strtok_r(o->transforms, ",", &rest) : NULL; pair; pair = strtok_r(NULL, ",", &rest))
        set_transforms(g, d, pair);
    set_binary(g, d);
    for (char *pair = o->most ? strtok_r(o->most, ",", &rest) : NULL; pair; pair = strtok_r(NULL, ",", &rest)) {
        int most = atoi(right_side(pair));

        set_group(g, known_factors(d, pair), 0, most);
    }
    if (o->contain)
        set_group(g, known_factors(d, o->contain), 1, FACTORS_MAX);
    for (char *pair = o->direction ? strtok_r(o->direction, ",", &rest) : NULL; pair; pair = strtok_r(NULL, ",", &rest)) {
        int sign = atoi(right_side(pair));

        g->direction[known_factor(d, pair)] = sign;
        g->directed = true;
    }
}

/* ---- options --------------------------------------------------------------------------------------------------- */

enum { CSV = 1, OUTCOME, OPERATORS, COMPLEXITY, MOST_OPERAND, MOST_FACTORS, CONSTANTS, WEIGHTS, FORBID, KEEP, COMPARE, COUNT, SEED, TRANSFORMS, MOST, CONTAIN, DIRECTION };

static void take_option(int option, char *value, options *o, grammar *g)
{
    switch (option) {
    case CSV: o->csv = value; break;
    case OUTCOME: o->outcome = value; break;
    case OPERATORS: set_operators(g, value); break;
    case COMPLEXITY: g->max_complexity = atoi(value); break;
    case MOST_OPERAND: g->max_operand = atoi(value); break;
    case MOST_FACTORS: g->max_factors = atoi(value); break;
    case CONSTANTS: g->max_constants = atoi(value); break;
    case WEIGHTS: set_weights(g, value); break;
    case FORBID: set_forbidden(g, value); break;
    case KEEP: o->keep = atoi(value); break;
    case COMPARE: o->compare = value; break;
    case COUNT: o->count = true; break;
    case SEED: o->seed = strtoull(value, NULL, 10); break;
    case TRANSFORMS: o->transforms = value; break;
    case MOST: o->most = value; break;
    case CONTAIN: o->contain = value; break;
    case DIRECTION: o->direction = value; break;
    case 'o': o->list = value; break;
    default: fputs(usage, stderr); exit(2);
    }
}

static void read_options(int argc, char **argv, options *o, grammar *g)
{
    static const struct option known[] = {
        {"csv", 1, NULL, CSV},           {"outcome", 1, NULL, OUTCOME},      {"operators", 1, NULL, OPERATORS},
        {"max-complexity", 1, NULL, COMPLEXITY}, {"max-factors", 1, NULL, MOST_FACTORS},
        {"max-operand", 1, NULL, MOST_OPERAND},
        {"max-constants", 1, NULL, CONSTANTS},   {"weights", 1, NULL, WEIGHTS}, {"forbid", 1, NULL, FORBID},
        {"keep", 1, NULL, KEEP},         {"compare", 1, NULL, COMPARE},      {"count", 0, NULL, COUNT},
        {"seed", 1, NULL, SEED},         {"output", 1, NULL, 'o'},        {"transforms", 1, NULL, TRANSFORMS},
        {"most", 1, NULL, MOST},         {"contain", 1, NULL, CONTAIN},      {"direction", 1, NULL, DIRECTION},
        {NULL, 0, NULL, 0},
    };

    for (int option; (option = getopt_long(argc, argv, "o:", known, NULL)) != -1;)
        take_option(option, optarg, o, g);
    if (!o->csv || !o->outcome || optind < argc || g->max_complexity < 1 || g->max_complexity >= COMPLEXITY_MAX ||
        g->max_factors < 1 || o->keep < 1) {
        fputs(usage, stderr);
        exit(2);
    }
}

/* ---- results --------------------------------------------------------------------------------------------------- */

static void write_lists(const best *b, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");

    if (!file)
        give_up("cannot write", path);
    fprintf(file, "complexity\trank\tr2\tformula\tfitted_1\tfitted_2\tfitted_3\n");
    for (int c = 1; c <= b->s->g.max_complexity; c++) {
        for (int k = 0; k < b->groups_count[c] && k < b->keep; k++) {
            const group *g = &b->groups[c][k];
            char text[TEXT_MAX];

            tree_text(b->s, g->t, text);
            fprintf(file, "%d\t%d\t%.15g\t%s\t%.12g\t%.12g\t%.12g\n", c, k + 1, g->r2, text, g->fitted[0], g->fitted[1],
                    g->fitted[2]);
        }
    }
    if (file != stdout && fclose(file) != 0)
        give_up("cannot write", path);
}

static int run_count(space *s, uint64_t seed)
{
    int64_t count[COMPLEXITY_MAX + 1];
    bool stable = count_formulas(s, seed, count);

    for (int c = 1; c <= s->g.max_complexity; c++)
        printf("%d\t%lld\n", c, (long long)count[c]);
    return stable ? 0 : 1;
}

static int run_lists(space *s, const options *o)
{
    int differences = 0;
    best b;

    space_build(s);
    best_find(s, o->keep, &b);
    if (o->list)
        write_lists(&b, o->list);
    if (o->compare)
        differences = compare_lists(&b, o->compare);
    best_free(&b);
    space_free(s);
    return differences < 0 ? 2 : differences > 0;
}

int main(int argc, char **argv)
{
    options o = {.keep = 50, .seed = 1};
    space s = {0};
    int rc;

    default_grammar(&s.g);
    read_options(argc, argv, &o, &s.g);
    read_table(&o, &s.d);
    set_rules(&s.g, &s.d, &o);
    rc = o.count ? run_count(&s, o.seed) : run_lists(&s, &o);
    for (int f = 0; f < s.d.p; f++) {
        free(s.d.name[f]);
        free(s.d.x[f]);
    }
    free(s.d.y);
    return rc;
}
