/*
 * make_cohort: synthetic cohorts with a known truth, for tests and for trying things out. Needs libc only.
 *
 *   make_cohort KIND [--rows N] [--factors P] [--seed S] [--noise F] [--signed] [--missing F] [-o FILE]
 *
 * The table goes to FILE or to standard output, as CSV with headings "name [unit]". The same arguments give the same table,
 * byte for byte; a row does not depend on the number of rows, except y and case, which are scaled to the whole column.
 *
 * KIND
 *   clinic   patient_id, sex (female, male) and routine measurements, rounded as a laboratory reports them, then the
 *            targets below, computed without noise from the rounded values, and --factors P (default 0) further laboratory
 *            values lab1 … labP without any bearing on the targets.
 *
 *              bmi = weight / (height/100)²                  tyg = log(trig · glucose / 2)
 *              bsa = √(weight · height / 3600), Mosteller    nlr = neut / lymph
 *              apri = 100 · (ast/40) / platelets             plr = platelets / lymph
 *              de_ritis = ast / alt                          anion_gap = sodium − chloride − bicarb
 *              homa_ir = glucose · insulin / 405             pni = 10 · albumin + 5 · lymph
 *              corrected_calcium = calcium + 0.8 · (4 − albumin)
 *              cockcroft_gault = (140 − age) · weight / (72 · scr), times 0.85 for women
 *
 *   noise    x1 … xP (default 8), log-normal, with --signed every third one normal around 0, and
 *            y = x1 / x2 + noise of --noise F (default 0.5) standard deviations of the ratio.
 *
 *   triple   x1 … xP (default 8), log-normal(0, 0.5), and y = 3 · x1 · x2 / x3 + noise of --noise F (default 0.5) of its standard
 *            deviations: 0.2949 gives the truth an R² of 0.92.
 *
 *   binary   x1 … xP (default 8) log-normal and case (no, yes) with
 *            logit P(yes) = 2 · (r − mean) / standard deviation of r = x1 / x2.
 *
 * --missing F leaves each measurement empty with probability F (default 0); targets that need it are empty too.
 * Defaults: 500 rows, seed 1.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *kind, *output;
    long rows, factors, seed;
    double noise, missing;
    bool with_signs;
    FILE *stream;
} options;

/* ---- random numbers that depend on (seed, stream, row) alone ---------------------------------------------------- */

/* Streams of random numbers: one per purpose; those of columns start at STREAM_COLUMN. */
enum { STREAM_SEX, STREAM_METABOLISM, STREAM_NOISE, STREAM_OUTCOME, STREAM_COLUMN = 16 };

static uint64_t scramble(uint64_t x)
{
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
    return x ^ (x >> 32);
}

/* In (0, 1). `draw` tells apart the numbers of one stream in one row. */
static double uniform(const options *o, uint64_t stream, long row, uint64_t draw)
{
    uint64_t bits = scramble((uint64_t)o->seed + 0x9e3779b97f4a7c15u);
    bits = scramble(bits ^ (4 * stream + draw + 1));
    bits = scramble(bits + (uint64_t)row * 0x9e3779b97f4a7c15u);
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

static double normal(const options *o, uint64_t stream, long row)
{
    return sqrt(-2.0 * log(uniform(o, stream, row, 0))) * cos(6.283185307179586 * uniform(o, stream, row, 1));
}

static bool is_missing(const options *o, uint64_t stream, long row)
{
    return o->missing > 0.0 && uniform(o, stream, row, 2) < o->missing;
}

/* ---- cells: the value is what a reader of the text gets --------------------------------------------------------- */

static double rounded(double value, int decimals)
{
    char text[64];

    snprintf(text, sizeof text, "%.*f", decimals, value);
    return strtod(text, NULL);
}

static void put_exactly(const options *o, double value)
{
    char text[32];

    if (isnan(value)) {
        fputc(',', o->stream);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    fprintf(o->stream, ",%s", text);
}

/* ---- clinic ----------------------------------------------------------------------------------------------------- */

enum {
    AGE, WEIGHT, HEIGHT, SCR, PLATELETS, AST, ALT, GLUCOSE, INSULIN, TRIG, SODIUM, CHLORIDE, BICARB, CALCIUM, ALBUMIN, LYMPH,
    NEUT, POTASSIUM, UREA, HEMOGLOBIN, BILIRUBIN, CRP, URATE, MEASUREMENTS
};

/* Weight and height come from the body-mass index and the sex; the others are drawn from these distributions. */
typedef struct {
    const char *name, *unit;
    bool skewed;         /* log-normal: `centre` is the median and `spread` that of the logarithm */
    double centre, spread;
    double metabolism;   /* correlation with the metabolic state that body mass, glucose, fats and liver share */
    double women;        /* added to the centre for women, in spreads */
    double lowest, highest;
    int decimals;
} measurement;

static const measurement measurements[MEASUREMENTS] = {
    [AGE] = {"age", "years", false, 50.0, 17.0, 0.1, 0.0, 18.0, 89.0, 0},
    [WEIGHT] = {"weight", "kg", true, 26.5, 0.2, 0.6, 0.0, 16.0, 60.0, 1}, /* the body-mass index, until multiplied */
    [HEIGHT] = {"height", "cm", false, 176.0, 7.0, 0.0, -1.9, 135.0, 210.0, 1},
    [SCR] = {"scr", "mg/dL", true, 0.95, 0.22, 0.1, -1.0, 0.3, 9.0, 2},
    [PLATELETS] = {"platelets", "10^9/L", false, 245.0, 60.0, 0.0, 0.2, 40.0, 700.0, 0},
    [AST] = {"ast", "U/L", true, 23.0, 0.35, 0.6, -0.2, 7.0, 400.0, 0},
    [ALT] = {"alt", "U/L", true, 22.0, 0.5, 0.7, -0.3, 5.0, 500.0, 0},
    [GLUCOSE] = {"glucose", "mg/dL", true, 100.0, 0.22, 0.5, 0.0, 55.0, 500.0, 0},
    [INSULIN] = {"insulin", "uU/mL", true, 10.0, 0.65, 0.6, 0.0, 0.8, 200.0, 2},
    [TRIG] = {"trig", "mg/dL", true, 110.0, 0.5, 0.5, -0.2, 25.0, 1500.0, 0},
    [SODIUM] = {"sodium", "mmol/L", false, 140.0, 2.4, 0.0, 0.0, 121.0, 154.0, 0},
    [CHLORIDE] = {"chloride", "mmol/L", false, 103.0, 2.9, 0.0, 0.0, 85.0, 120.0, 0},
    [BICARB] = {"bicarb", "mmol/L", false, 25.0, 2.4, -0.1, 0.0, 13.0, 38.0, 0},
    [CALCIUM] = {"calcium", "mg/dL", false, 9.4, 0.37, 0.0, 0.0, 7.5, 12.5, 1},
    [ALBUMIN] = {"albumin", "g/dL", false, 4.1, 0.34, -0.2, -0.4, 2.0, 5.6, 1},
    [LYMPH] = {"lymph", "10^9/L", true, 2.1, 0.32, 0.1, 0.0, 0.4, 9.0, 1},
    [NEUT] = {"neut", "10^9/L", true, 4.1, 0.4, 0.2, 0.0, 0.8, 25.0, 1},
    [POTASSIUM] = {"potassium", "mmol/L", false, 4.1, 0.36, 0.0, 0.0, 2.6, 6.5, 1},
    [UREA] = {"urea_nitrogen", "mg/dL", true, 14.0, 0.33, 0.0, -0.2, 3.0, 100.0, 0},
    [HEMOGLOBIN] = {"hemoglobin", "g/dL", false, 14.9, 1.3, 0.0, -1.2, 6.5, 19.5, 1},
    [BILIRUBIN] = {"bilirubin", "mg/dL", true, 0.5, 0.45, 0.0, -0.3, 0.1, 12.0, 1},
    [CRP] = {"crp", "mg/L", true, 1.9, 1.1, 0.4, 0.2, 0.1, 250.0, 2},
    [URATE] = {"urate", "mg/dL", false, 5.9, 1.3, 0.4, -0.8, 1.2, 12.5, 1},
};

static bool is_female(const options *o, long row)
{
    return uniform(o, STREAM_SEX, row, 0) < 0.52;
}

static double draw_measurement(const options *o, int k, long row)
{
    const measurement *m = &measurements[k];
    double shared = m->metabolism * normal(o, STREAM_METABOLISM, row);
    double own = sqrt(1.0 - m->metabolism * m->metabolism) * normal(o, STREAM_COLUMN + (uint64_t)k, row);
    double z = shared + own + (is_female(o, row) ? m->women : 0.0);
    double value = m->skewed ? m->centre * exp(m->spread * z) : m->centre + m->spread * z;

    return fmin(m->highest, fmax(m->lowest, value));
}

static void draw_patient(const options *o, long row, double x[MEASUREMENTS])
{
    for (int k = 0; k < MEASUREMENTS; k++) x[k] = draw_measurement(o, k, row);
    x[WEIGHT] *= x[HEIGHT] * x[HEIGHT] / 10000.0;
    for (int k = 0; k < MEASUREMENTS; k++) {
        x[k] = is_missing(o, STREAM_COLUMN + (uint64_t)k, row) ? NAN : rounded(x[k], measurements[k].decimals);
    }
}

static const char *const target_heading[] = {"bmi [kg/m2]", "bsa [m2]", "apri", "de_ritis", "homa_ir", "tyg", "nlr", "plr",
                                             "anion_gap [mmol/L]", "corrected_calcium [mg/dL]", "pni",
                                             "cockcroft_gault [mL/min]"};
enum { TARGETS = sizeof target_heading / sizeof target_heading[0] };

static void compute_targets(const double x[MEASUREMENTS], bool female, double target[TARGETS])
{
    double *t = target, metres = x[HEIGHT] / 100.0;

    *t++ = x[WEIGHT] / (metres * metres);
    *t++ = sqrt(x[WEIGHT] * x[HEIGHT] / 3600.0);
    *t++ = 100.0 * (x[AST] / 40.0) / x[PLATELETS];
    *t++ = x[AST] / x[ALT];
    *t++ = x[GLUCOSE] * x[INSULIN] / 405.0;
    *t++ = log(x[TRIG] * x[GLUCOSE] / 2.0);
    *t++ = x[NEUT] / x[LYMPH];
    *t++ = x[PLATELETS] / x[LYMPH];
    *t++ = x[SODIUM] - x[CHLORIDE] - x[BICARB];
    *t++ = x[CALCIUM] + 0.8 * (4.0 - x[ALBUMIN]);
    *t++ = 10.0 * x[ALBUMIN] + 5.0 * x[LYMPH];
    *t++ = (140.0 - x[AGE]) * x[WEIGHT] / (72.0 * x[SCR]) * (female ? 0.85 : 1.0);
}

static void write_clinic(const options *o)
{
    double x[MEASUREMENTS], target[TARGETS];

    fputs("patient_id,sex", o->stream);
    for (int k = 0; k < MEASUREMENTS; k++) fprintf(o->stream, ",%s [%s]", measurements[k].name, measurements[k].unit);
    for (long f = 1; f <= o->factors; f++) fprintf(o->stream, ",lab%ld [U/L]", f);
    for (int k = 0; k < TARGETS; k++) fprintf(o->stream, ",%s", target_heading[k]);
    fputc('\n', o->stream);
    for (long row = 0; row < o->rows; row++) {
        draw_patient(o, row, x);
        compute_targets(x, is_female(o, row), target);
        fprintf(o->stream, "P%06ld,%s", row + 1, is_female(o, row) ? "female" : "male");
        for (int k = 0; k < MEASUREMENTS; k++) put_exactly(o, x[k]);
        for (long f = 0; f < o->factors; f++) {
            uint64_t stream = STREAM_COLUMN + MEASUREMENTS + (uint64_t)f;
            double value = rounded(30.0 * exp(0.4 * normal(o, stream, row)), 1);
            put_exactly(o, is_missing(o, stream, row) ? NAN : value);
        }
        for (int k = 0; k < TARGETS; k++) put_exactly(o, target[k]);
        fputc('\n', o->stream);
    }
}

/* ---- noise and binary ------------------------------------------------------------------------------------------- */

/* x_f, counted from 0: the third, sixth, … change sign with --signed. x1 and x2 are always positive. */
static bool is_triple(const options *o)
{
    return strcmp(o->kind, "triple") == 0;
}

static double draw_factor(const options *o, long f, long row)
{
    double z = normal(o, STREAM_COLUMN + (uint64_t)f, row);
    if (is_triple(o)) return rounded(exp(0.5 * z), 4);
    double value = o->with_signs && f % 3 == 2 ? 2.0 * z : (double)(f % 5 + 1) * exp(0.4 * z);

    return rounded(value, 4);
}

static double draw_ratio(const options *o, long row)
{
    if (is_triple(o)) return 3.0 * draw_factor(o, 0, row) * draw_factor(o, 1, row) / draw_factor(o, 2, row);
    return draw_factor(o, 0, row) / draw_factor(o, 1, row);
}

static void ratio_moments(const options *o, double *mean_out, double *deviation_out)
{
    double mean = 0.0, squares = 0.0;

    for (long row = 0; row < o->rows; row++) {
        double difference = draw_ratio(o, row) - mean;
        mean += difference / (double)(row + 1);
        squares += difference * (draw_ratio(o, row) - mean);
    }
    *mean_out = mean;
    *deviation_out = sqrt(squares / (double)o->rows);
}

static void write_outcome(const options *o, long row, double mean, double deviation)
{
    double ratio = draw_ratio(o, row);

    if (strcmp(o->kind, "binary") != 0) {
        put_exactly(o, rounded(ratio + o->noise * deviation * normal(o, STREAM_NOISE, row), 6));
        return;
    }
    double logit = deviation > 0.0 ? 2.0 * (ratio - mean) / deviation : 0.0;
    bool yes = uniform(o, STREAM_OUTCOME, row, 0) < 1.0 / (1.0 + exp(-logit));
    fputs(yes ? ",yes" : ",no", o->stream);
}

static void write_factors(const options *o)
{
    double mean, deviation;

    ratio_moments(o, &mean, &deviation);
    fputs("patient_id", o->stream);
    for (long f = 1; f <= o->factors; f++) fprintf(o->stream, ",x%ld", f);
    fputs(strcmp(o->kind, "binary") == 0 ? ",case\n" : ",y\n", o->stream);
    for (long row = 0; row < o->rows; row++) {
        fprintf(o->stream, "P%06ld", row + 1);
        for (long f = 0; f < o->factors; f++) {
            put_exactly(o, is_missing(o, STREAM_COLUMN + (uint64_t)f, row) ? NAN : draw_factor(o, f, row));
        }
        write_outcome(o, row, mean, deviation);
        fputc('\n', o->stream);
    }
}

/* ---- command line ----------------------------------------------------------------------------------------------- */

static void refuse(const char *what, const char *word)
{
    fprintf(stderr,
            "make_cohort: %s: %s\n"
            "usage: make_cohort clinic|noise|triple|binary [--rows N] [--factors P] [--seed S] [--noise F] [--signed]\n"
            "                   [--missing F] [-o FILE]\n",
            what, word);
    exit(64);
}

static long integer(const char *text, long lowest)
{
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < lowest) refuse("not a number in range", text);
    return value;
}

static double fraction(const char *text, double highest)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= 0.0 && value <= highest)) refuse("not a number in range", text);
    return value;
}

static options read_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"rows", required_argument, NULL, 'r'},   {"factors", required_argument, NULL, 'f'},
        {"seed", required_argument, NULL, 's'},   {"noise", required_argument, NULL, 'n'},
        {"missing", required_argument, NULL, 'm'}, {"output", required_argument, NULL, 'o'},
        {"signed", no_argument, NULL, 'g'},       {NULL, 0, NULL, 0},
    };
    options o = {.rows = 500, .factors = -1, .seed = 1, .noise = 0.5};

    for (int c; (c = getopt_long(argc, argv, "o:", names, NULL)) != -1;) {
        switch (c) {
        case 'r': o.rows = integer(optarg, 1); break;
        case 'f': o.factors = integer(optarg, 0); break;
        case 's': o.seed = integer(optarg, 0); break;
        case 'n': o.noise = fraction(optarg, 1e6); break;
        case 'm': o.missing = fraction(optarg, 1.0); break;
        case 'o': o.output = optarg; break;
        case 'g': o.with_signs = true; break;
        default: refuse("cannot use this option", argv[optind - 1]);
        }
    }
    if (optind + 1 != argc) refuse("one KIND is needed", optind == argc ? "none given" : argv[argc - 1]);
    o.kind = argv[optind];
    bool clinic = strcmp(o.kind, "clinic") == 0;
    if (!clinic && strcmp(o.kind, "noise") != 0 && strcmp(o.kind, "binary") != 0 && !is_triple(&o)) refuse("no such KIND", o.kind);
    if (o.factors < 0) o.factors = clinic ? 0 : 8;
    if (!clinic && o.factors < (is_triple(&o) ? 3 : 2)) refuse("it needs more factors", o.kind);
    return o;
}

int main(int argc, char **argv)
{
    options o = read_options(argc, argv);

    o.stream = o.output ? fopen(o.output, "w") : stdout;
    if (!o.stream) {
        fprintf(stderr, "make_cohort: %s: %s\n", o.output, strerror(errno));
        return 4;
    }
    if (strcmp(o.kind, "clinic") == 0) {
        write_clinic(&o);
    } else {
        write_factors(&o);
    }
    bool failed = ferror(o.stream) != 0;
    if (fclose(o.stream) != 0 || failed) {
        fprintf(stderr, "make_cohort: %s: cannot write\n", o.output ? o.output : "standard output");
        return 4;
    }
    return 0;
}
