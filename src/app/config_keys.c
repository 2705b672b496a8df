/* config_keys.c: the table of keys, and finding a key by a right or nearly right name. */
#include "shy_config.h"

#include <string.h>

#include "app/config.h"
#include "app/config_choices.h"
#include "shihyo/model.h"
#include "shihyo/search.h"
#include "shihyo/tile.h"

#define NAME_MAX_BYTES 64

#define TEXT(name_, fallback_, help_, example_)                                                                        \
    {                                                                                                                  \
        .name = name_, .type = SHY_KEY_IS_TEXT, .fallback = fallback_, .help = help_, .example = example_              \
    }
#define CHOICE(name_, type_, choices_, fallback_, help_)                                                               \
    {                                                                                                                  \
        .name = name_, .type = type_, .choices = choices_, .fallback = fallback_, .help = help_                        \
    }
#define RANGE(name_, type_, lowest_, highest_, fallback_, help_)                                                       \
    {                                                                                                                  \
        .name = name_, .type = type_, .lowest = lowest_, .highest = highest_, .fallback = fallback_, .help = help_     \
    }
#define LIST(name_, type_, fallback_, help_, example_)                                                                 \
    {                                                                                                                  \
        .name = name_, .type = type_, .fallback = fallback_, .help = help_, .example = example_                        \
    }

/* The rows of grammar.complexity are filled in from the table of operators. A tree has at most as many nodes as its complexity. */
static shy_key table[SHY_KEYS] = {
    [SHY_KEY_COHORT] = TEXT(
        "cohort", NULL, "The cohort file that `shihyo import` wrote. A relative path starts at the current directory.",
        "cohort.h5"),
    [SHY_KEY_OUTCOME_COLUMN] = TEXT("outcome.column", "", "The column to explain. Required, but for kind survival, which has a time and an event instead.", "bmi"),
    [SHY_KEY_OUTCOME_COLUMNS] = LIST("outcome.columns", SHY_KEY_IS_LIST, "[]",
                                     "Several columns to explain, in place of outcome.column: one search each, of the same kind.", "[bmi, waist]"),
    [SHY_KEY_OUTCOME_KIND] =
        CHOICE("outcome.kind", SHY_KEY_IS_CHOICE, shy_choices_outcome_kinds, "continuous", "What the outcome is."),
    [SHY_KEY_OUTCOME_POSITIVE] = TEXT("outcome.positive", "",
                                      "Of a binary outcome, the value that counts as 1; of outcome.event, the value that is the event. "
                                      "Without it the second level of the column counts; of numbers, 1.",
                                      "\"yes\""),
    [SHY_KEY_OUTCOME_TIME] = TEXT("outcome.time", "", "Survival: the column with the time from the start to the event or to the last contact.", "followup"),
    [SHY_KEY_OUTCOME_EVENT] = TEXT("outcome.event", "",
                                   "Survival: the column that is 1 for who had the event at that time, 0 for who was last seen without it (censored).", "died"),
    [SHY_KEY_OUTCOME_ENTRY] =
        TEXT("outcome.entry", "",
             "Survival: the column with the time from which a sample is observed, where that is later than the start (left truncation).", "enrolled"),
    [SHY_KEY_OUTCOME_HORIZONS] =
        LIST("outcome.horizons", SHY_KEY_IS_LIST, "[]",
             "Survival: times such as 90d, 12w, 36mo, 5y, or numbers in the unit of outcome.time. For each a search of its own explains the event until then; "
             "who is censored before counts through weights (IPCW).",
             "[1y, 5y]"),
    [SHY_KEY_OUTCOME_STRATA] = LIST("outcome.strata", SHY_KEY_IS_LIST, "[]",
                                    "Survival: columns, such as the centre, whose combinations have a baseline risk of their own (stratified Cox model).",
                                    "[centre]"),
    [SHY_KEY_OUTCOME_SET] =
        TEXT("outcome.set", "", "Matched cases and controls: the column that names the set of each sample (conditional logistic regression).", "pair"),
    [SHY_KEY_OUTCOME_WEIGHT] =
        TEXT("outcome.weight", "", "A column with case weights, 0 or greater, such as sampling weights; 0 leaves a sample out of the fit.", "weight"),
    [SHY_KEY_OUTCOME_EXPOSURE] =
        TEXT("outcome.exposure", "", "Counts: the column with what a count is relative to, such as years observed; the rate is explained.", "years"),
    [SHY_KEY_OUTCOME_COVARIATES] = LIST("outcome.covariates", SHY_KEY_IS_LIST, "[]",
                                        "Columns to adjust for, names or patterns: every model contains them, and formulas are judged by what they explain beyond. "
                                        "A category counts as an indicator of each level but the most frequent one. A covariate is a factor only if "
                                        "factors.include has its full name.",
                                        "[age, sex, \"pc*\"]"),
    [SHY_KEY_OUTCOME_COVARIATES_MISSING] =
        CHOICE("outcome.covariates_missing", SHY_KEY_IS_CHOICE, shy_choices_covariates_missing, "refuse",
               "Samples that lack a covariate: refuse stops with a message; complete leaves them out; indicator fills in the mean and adds a covariate that says "
               "where."),
    [SHY_KEY_OUTCOME_INTERACTION] =
        TEXT("outcome.interaction", "",
             "The column with a treatment (numbers, or two levels): formulas are judged by their interaction with it, by how much the effect of the "
             "treatment changes with the formula (predictive biomarkers). Every model contains the treatment and the formula; screening leaves the "
             "formula's own effect out, which is right where the treatment was randomised.",
             "arm"),
    [SHY_KEY_SAMPLES_WHERE] =
        TEXT("samples.where", "",
             "The samples to use: comparisons of columns joined by and, or, not. Without it all are used.",
             "\"age >= 18 and sex == female\""),
    [SHY_KEY_FACTORS_INCLUDE] = LIST("factors.include", SHY_KEY_IS_LIST, "[\"*\"]",
                                     "Columns that may stand in a formula: names or patterns with * and ?. "
                                     "Columns that can be no factors, such as identifiers, are passed over by patterns.",
                                     NULL),
    [SHY_KEY_FACTORS_EXCLUDE] = LIST("factors.exclude", SHY_KEY_IS_LIST, "[]",
                                     "Columns that may not, taken out of those included. "
                                     "What the outcome is made of never is a factor.",
                                     NULL),
    [SHY_KEY_FACTORS_MAX] =
        RANGE("factors.max", SHY_KEY_IS_INTEGER, 1, 16, "3", "Most different factors in one formula."),
    [SHY_KEY_FACTORS_CATEGORIES] =
        CHOICE("factors.categories", SHY_KEY_IS_CHOICE, shy_choices_categories, "onehot",
               "What a categorical column becomes: onehot, a factor of 0 and 1 for each level, such as `stage == IV`; ordered, one factor "
               "that is 0, 1, 2, … in the order of the levels (of numbers, of `levels` in the schema of the import, else of the "
               "alphabet); off, nothing."),
    [SHY_KEY_FACTORS_ORDERED] = LIST("factors.ordered", SHY_KEY_IS_LIST, "[]",
                                     "Categorical columns that are ordered, whatever factors.categories says: names or patterns.",
                                     "[stage, grade]"),
    [SHY_KEY_FACTORS_RARE] =
        RANGE("factors.rare", SHY_KEY_IS_AUTO_INTEGER, 1, 1000000000, "auto",
              "Levels of fewer samples with the outcome than this are one factor, `stage == (other)`, or none if they are too few "
              "together. auto is 1 % of the samples with the outcome, at least 10."),
    [SHY_KEY_FACTORS_RANGE] = LIST("factors.range", SHY_KEY_IS_RANGES, "[]",
                                   "Plausible values of numeric columns; what is outside of them counts as missing.",
                                   "[bili in 0.1..50, age in 18..]"),
    [SHY_KEY_FACTORS_WINSORISE] =
        RANGE("factors.winsorise", SHY_KEY_IS_NUMBER, 0, 0.4, "0",
              "Values of numeric columns below the quantile of this, or above that of 1 minus this, are set to the quantile: 0.01 tames "
              "the lowest and the highest hundredth. Quantiles are of the samples in use."),
    [SHY_KEY_FACTORS_WINSORISED] = LIST("factors.winsorised", SHY_KEY_IS_LIST, "[\"*\"]",
                                        "Columns for which factors.winsorise holds: names or patterns.", NULL),
    [SHY_KEY_MISSING_METHOD] =
        CHOICE("missing.method", SHY_KEY_IS_CHOICE, shy_choices_missing_methods, "complete",
               "What happens where a factor has no value: complete leaves the sample out; median puts the median of the samples in use "
               "in its place (of levels the most frequent one); indicator does that and offers a further factor, `missing(x)`, that is 1 "
               "where x was missing; multiple searches with the median and then refits the formulas of the front on missing.sets data sets, "
               "in which what is missing is imputed from the other factors of the front, the covariates and the outcome. The outcome plays no part "
               "in the other methods."),
    [SHY_KEY_MISSING_COMPLETE] = LIST("missing.complete", SHY_KEY_IS_LIST, "[]",
                                      "Columns whose method is complete, whatever missing.method says: names or patterns; "
                                      "a name goes before a pattern.",
                                      NULL),
    [SHY_KEY_MISSING_MEDIAN] =
        LIST("missing.median", SHY_KEY_IS_LIST, "[]", "Columns whose method is median, likewise.", NULL),
    [SHY_KEY_MISSING_INDICATOR] = LIST("missing.indicator", SHY_KEY_IS_LIST, "[]", "Columns whose method is indicator, likewise.", "[pafi]"),
    [SHY_KEY_MISSING_MULTIPLE] = LIST("missing.multiple", SHY_KEY_IS_LIST, "[]", "Columns whose method is multiple, likewise.", NULL),
    [SHY_KEY_MISSING_MOST] =
        RANGE("missing.most", SHY_KEY_IS_NUMBER, 0.001, 1, "0.5",
              "A factor whose method is median or multiple and that lacks more than this share of its values is left out."),
    [SHY_KEY_MISSING_SETS] = RANGE("missing.sets", SHY_KEY_IS_INTEGER, 2, SHY_SETS_MAX, "20",
                                   "Imputed data sets of the method multiple; as many as there are per cent of patients with missing values, at least."),
    [SHY_KEY_MISSING_SWEEPS] = RANGE("missing.sweeps", SHY_KEY_IS_INTEGER, 1, SHY_SETS_MAX, "10",
                                     "How often the chained equations of the method multiple go through the columns, for each data set."),
    [SHY_KEY_GRAMMAR_OPERATORS] =
        CHOICE("grammar.operators", SHY_KEY_IS_CHOICES, shy_choices_operators, "[+, -, \"*\", /, log, sqrt, square, inverse]",
               "Operators that formulas are built from."),
    [SHY_KEY_GRAMMAR_CONSTANTS] = CHOICE("grammar.constants", SHY_KEY_IS_CHOICE, shy_choices_constants, "fitted",
                                         "Whether formulas may hold constants, fitted to the data."),
    [SHY_KEY_GRAMMAR_MAX_COMPLEXITY] =
        RANGE("grammar.max_complexity", SHY_KEY_IS_INTEGER, 1, SHY_GRAMMAR_MAX, "7",
              "Highest complexity: the number of factors, operators and constants in a formula."),
    [SHY_KEY_GRAMMAR_MAX_OPERAND] =
        RANGE("grammar.max_operand", SHY_KEY_IS_AUTO_INTEGER, 1, SHY_GRAMMAR_MAX, "auto",
              "Highest complexity of a part that stands under an operator or beside a constant: 1 joins factors only, in all "
              "ways; auto sets no limit."),
    [SHY_KEY_GRAMMAR_UNITS] =
        CHOICE("grammar.units", SHY_KEY_IS_CHOICE, shy_choices_units, "clinical",
               "How units bind: only equal units are added; strict also wants no unit under log; off ignores units."),
    [SHY_KEY_GRAMMAR_FORBID] = LIST("grammar.forbid", SHY_KEY_IS_PATTERNS, "[log(log)]",
                                    "Nestings that are not allowed: log(sqrt) forbids sqrt directly under log.", NULL),
    [SHY_KEY_GRAMMAR_MAX_CONSTANTS] =
        RANGE("grammar.max_constants", SHY_KEY_IS_INTEGER, 0, 2, "2", "Most fitted constants in one formula."),
    [SHY_KEY_CONSTANTS_POLISH] =
        CHOICE("constants.polish", SHY_KEY_IS_CHOICE, shy_choices_truths, "true",
               "Whether the constants of the best formulas are fitted once more, all together: of formulas that were put together "
               "from parts, each with its own constants."),
    [SHY_KEY_CONSTANTS_INNER] =
        CHOICE("constants.inner", SHY_KEY_IS_CHOICE, shy_choices_inners, "off",
               "Constants tried where the search has none, in the formulas of the front and the best few of each complexity, if grammar.max_constants has room: shifts are log(u + c), "
               "1 / (u + c) and the like; all also tries max(x, c), min(x, c) and powers exp(c * log(x)) of factors, as far as the operators are allowed. "
               "What explains more is added at its own complexity, which may be above grammar.max_complexity. With constants.polish."),
    [SHY_KEY_CONSTANTS_TOLERANCE] =
        RANGE("constants.tolerance", SHY_KEY_IS_NUMBER, 0, 1, "0.01",
              "Each formula of the front is also given with simple numbers for its constants: as simple as they can be while its loss grows by at most "
              "this share of what it explains and of what it leaves unexplained. 0: without."),
    [SHY_KEY_GRAMMAR_TRANSFORMS] = {.name = "grammar.transforms",
                                    .type = SHY_KEY_IS_LISTS_OF,
                                    .choices = shy_choices_transforms,
                                    .fallback = "{}",
                                    .help = "Which operators may stand directly on which factors: names, patterns or modalities, each "
                                            "with a list, [] for none. Factors that are not named may have all.",
                                    .example = "{\"gene_*\": [log], age: []}"},
    [SHY_KEY_GRAMMAR_MOST] = {.name = "grammar.most",
                              .type = SHY_KEY_IS_INTEGER_OF,
                              .lowest = 0,
                              .highest = 16,
                              .fallback = "{}",
                              .help = "Most factors of a kind in one formula: modalities, or patterns of names, each with a number.",
                              .example = "{genomic: 1, \"lab_*\": 2}"},
    [SHY_KEY_GRAMMAR_MUST_CONTAIN] = LIST("grammar.must_contain", SHY_KEY_IS_LIST, "[]",
                                          "Factors, patterns or modalities of which every formula contains at least one factor.", "[treatment]"),
    [SHY_KEY_GRAMMAR_DIRECTION] = {.name = "grammar.direction",
                                   .type = SHY_KEY_IS_CHOICE_OF,
                                   .choices = shy_choices_directions,
                                   .fallback = "{}",
                                   .help = "Factors with which the prediction must not fall (increasing) or not rise (decreasing) anywhere "
                                           "within the ranges seen.",
                                   .example = "{age: increasing, albumin: decreasing}"},
    [SHY_KEY_GRAMMAR_TEMPLATES] =
        LIST("grammar.templates", SHY_KEY_IS_LIST, "[]",
             "Formulas of your own, with any operators. c, c1 ... c9, a, b (where no factor is called so) and ? stand for constants, which are fitted; "
             "numbers stay. Each stands in the results at its own complexity, and in other formulas like one factor.",
             "[\"(c - age) * weight / scr\", \"weight / square(height)\"]"),
    [SHY_KEY_GRAMMAR_TEMPLATES_REQUIRED] =
        CHOICE("grammar.templates_required", SHY_KEY_IS_CHOICE, shy_choices_truths, "false", "Whether every formula has to have one of the templates in it."),
    [SHY_KEY_SEARCH_KEEP] =
        RANGE("search.keep", SHY_KEY_IS_INTEGER, 1, 1000000, "1000", "Formulas kept for each complexity."),
    [SHY_KEY_SEARCH_PRECISION] =
        CHOICE("search.precision", SHY_KEY_IS_CHOICE, shy_choices_precisions, "auto",
               "Type of the matrix products that formulas are screened with; auto is the fastest here. Changes the speed, "
               "never the result: whatever might be among the best is computed again in fp64."),
    [SHY_KEY_SEARCH_SCREEN_ROWS] =
        RANGE("search.screen_rows", SHY_KEY_IS_AUTO_INTEGER, 100, 1000000000, "auto",
              "Samples to screen formulas on, drawn at random in strata of the outcome; the best are then scored on all samples. "
              "For very many samples: faster, but a formula may be overlooked, and the results say how likely that is. "
              "auto screens on all."),
    [SHY_KEY_SEARCH_PASSES] =
        RANGE("search.passes", SHY_KEY_IS_INTEGER, 1, 4, "1",
              "Searches one after another. From the second on the best formulas of those before, with their fitted constants, may stand "
              "in a formula like a factor: (140 - age) * weight / scr becomes (140 - age) * weight / scr * (7 - female)."),
    [SHY_KEY_SEARCH_PASS_KEEP] = RANGE("search.pass_keep", SHY_KEY_IS_INTEGER, 1, 10000, "30",
                                       "Formulas that a further search takes as operands, simple and complex ones by turns, no two alike."),
    [SHY_KEY_SEARCH_PASS_COMPLEXITY] =
        RANGE("search.pass_complexity", SHY_KEY_IS_INTEGER, 1, SHY_GRAMMAR_MAX, "5",
              "Highest complexity in a further search, where a formula that is taken as an operand counts as one factor. Results give "
              "the complexity of the formula written out."),
    [SHY_KEY_SEARCH_TERMS] =
        RANGE("search.terms", SHY_KEY_IS_INTEGER, 1, SHY_TERMS_MAX, "1",
              "Most formulas in a sum with fitted coefficients, such as 0.9 * log(a) - 2.5 * log(b) + c / d. Each further term takes another "
              "search of the whole space, for what the best sum so far leaves unexplained; then the best sums of all that was found are sought."),
    [SHY_KEY_SEARCH_TERMS_KEEP] =
        RANGE("search.terms_keep", SHY_KEY_IS_INTEGER, 16, 20000, "2000",
              "Formulas that sums are built from, the best of each complexity of every search. All sums of two and three of them are tried: "
              "twice as many take eight times as long."),
    [SHY_KEY_SEARCH_TERMS_FACTORS] =
        RANGE("search.terms_factors", SHY_KEY_IS_AUTO_INTEGER, 1, SHY_TERMS_FACTORS_MAX, "auto",
              "Most different factors in a sum. auto is search.terms times factors.max, at most 16."),
    [SHY_KEY_VALIDATION_LEVEL] =
        CHOICE("validation.level", SHY_KEY_IS_CHOICE, shy_choices_levels, "full",
               "How far the result is checked: full does all that follows; nested leaves out permutations, stability and reference lines; none only "
               "searches, and all numbers are apparent."),
    [SHY_KEY_VALIDATION_FOLDS] =
        RANGE("validation.folds", SHY_KEY_IS_INTEGER, 0, 1000, "5",
              "Parts of the samples for nested cross-validation: the whole search, choice of the formula included, is done without each part and "
              "judged on it. 0: no cross-validation, nor what needs it."),
    [SHY_KEY_VALIDATION_REPEATS] =
        RANGE("validation.repeats", SHY_KEY_IS_INTEGER, 1, 1000, "1", "How often that is done, each time with other parts."),
    [SHY_KEY_VALIDATION_BY] = TEXT("validation.by", "",
                                   "A column, such as the centre or the family: samples with the same value are never in different parts, so that the "
                                   "numbers hold for other centres.",
                                   "centre"),
    [SHY_KEY_VALIDATION_STRATA] = CHOICE("validation.strata", SHY_KEY_IS_CHOICE, shy_choices_strata, "outcome",
                                         "outcome: each part has about the same share of events, levels or high values; none: parts are drawn at random."),
    [SHY_KEY_VALIDATION_RULE] =
        CHOICE("validation.rule", SHY_KEY_IS_CHOICE, shy_choices_rules, "one-se",
               "Which complexity is chosen: that with the best mean on held-out samples, or the simplest within one standard error of it (one-se)."),
    [SHY_KEY_PERMUTATIONS] =
        RANGE("permutations", SHY_KEY_IS_AUTO_INTEGER, 0, 100000, "auto",
              "How often the search is repeated with permuted outcomes, for p-values that count every formula tried; it ends sooner where the answer is "
              "clear. auto: up to 200, as the size of the search allows."),
    [SHY_KEY_STABILITY_RESAMPLES] =
        RANGE("stability.resamples", SHY_KEY_IS_INTEGER, 0, 10000, "50",
              "Pairs of half samples on which the best formulas are ranked again, to see which of them, and which factors, return."),
    [SHY_KEY_COMPARE] = LIST("compare", SHY_KEY_IS_BASELINES, "[]",
                             "What is in use already, to be compared with on held-out samples: formulas, or a column with a score, each with a name if you like.",
                             "[\"weight / square(height)\", {name: Mayo, formula: \"bili + age\"}, {column: score}]"),
    [SHY_KEY_REFERENCES] = CHOICE("references", SHY_KEY_IS_CHOICE, shy_choices_truths, "true",
                                  "Whether the best single factor, elastic nets of the factors and of their logarithms, and the covariates alone are judged "
                                  "on the same held-out samples."),
    [SHY_KEY_GROUPS_COUNT] = CHOICE("groups.count", SHY_KEY_IS_CHOICE, shy_choices_group_counts, "0", "Risk groups that the chosen formula divides the samples into; 0: none."),
    [SHY_KEY_GROUPS_METHOD] =
        CHOICE("groups.method", SHY_KEY_IS_CHOICE, shy_choices_group_methods, "maxstat",
               "Where they are cut: maxstat at the value that parts the outcomes most, with a p-value that pays for having looked at all values; quantile "
               "into groups of the same size."),
    [SHY_KEY_PARALLEL_ROW_BLOCKS] = RANGE("parallel.row_blocks", SHY_KEY_IS_AUTO_INTEGER, 1, 65536, "auto",
                                          "Ranks that share the samples between them; must divide the number of ranks. "
                                          "auto is 1 unless the samples do not fit into the memory of one rank."),
    [SHY_KEY_PARALLEL_MEMORY] = {.name = "parallel.memory",
                                 .type = SHY_KEY_IS_SIZE,
                                 .fallback = "auto",
                                 .help =
                                     "Memory that one rank may use. auto is its share of what is free on its node. Columns that do not fit "
                                     "into half of it are read from the cohort as they are needed."},
    [SHY_KEY_PARALLEL_TILE] = RANGE("parallel.tile", SHY_KEY_IS_AUTO_INTEGER, 1, 65536, "auto",
                                    "Operands in a panel of a tile. Changes the speed, never the result."),
    [SHY_KEY_RUN_CHECKPOINT] = CHOICE("run.checkpoint", SHY_KEY_IS_DURATION, NULL, "10min",
                                      "Time from one save of what is done to the next, such as 90s, 45min or 2h; 0: only when told to (SIGUSR1), and when the "
                                      "run is stopped."),
    [SHY_KEY_RUN_MAX_TIME] = CHOICE("run.max_time", SHY_KEY_IS_DURATION, shy_choices_automatic_or_none, "auto",
                                    "Time after which the run has saved what is done and ended, such as 3h30m or 1-12:00:00; --max-time is the same. auto: before "
                                    "the end of the Slurm job it runs in, if it runs in one; none: no limit."),
    [SHY_KEY_RUN_MARGIN] = CHOICE("run.margin", SHY_KEY_IS_DURATION, shy_choices_automatic, "auto",
                                  "How long before that it begins to stop: what is being worked out is finished first. auto: a tenth of the time, at most 5min."),
    [SHY_KEY_RUN_WATCHDOG] = CHOICE("run.watchdog", SHY_KEY_IS_DURATION, NULL, "10min",
                                    "The run is ended, with a message, when nothing was heard of a rank for this time: it was stopped, or its node or the network was "
                                    "lost. A rank that is busy is heard of. At least 1s; 0: nobody is watched."),
    [SHY_KEY_REPORT_INTERVAL] = RANGE("report.interval", SHY_KEY_IS_NUMBER, 0.1, 86400, "30",
                                      "Seconds between two lines of progress when the output is not a terminal."),
    [SHY_KEY_REPORT_SDC] = TEXT("report.sdc", "sacro",
                                "Disclosure control of all results: sacro (no count of fewer than 10 people), uk-biobank (5), opensafely (8, rounded to fives), a number of "
                                "people, or none; --sdc is the same. See doc/disclosure.md.",
                                "uk-biobank"),
    [SHY_KEY_REPORT_INDIVIDUAL] = CHOICE("report.individual", SHY_KEY_IS_CHOICE, shy_choices_truths, "false",
                                         "Whether predictions for held-out patients, row by row, are written to individual.h5, which only its owner can read. Needs report.sdc: none."),
    [SHY_KEY_OUTPUT] = TEXT("output", "out", "Directory for the results; -o is the same.", NULL),
    [SHY_KEY_SEED] = RANGE("seed", SHY_KEY_IS_INTEGER, 0, 9007199254740992.0, "1", "Seed of every random number."),
};

static char weight_names[SHY_OPS][NAME_MAX_BYTES];
static char weight_helps[SHY_OPS][NAME_MAX_BYTES];

static void fill_weights(void)
{
    for (int op = 0; op < SHY_OPS; op++) {
        shy_key *key = &table[SHY_KEY_GRAMMAR_COMPLEXITY + op];
        const char *name = shy_operator_get((shy_op)op)->name;
        const char *kind = shy_operator_get((shy_op)op)->arity > 0 ? "operator " : "";
        snprintf(weight_names[op], NAME_MAX_BYTES, "grammar.complexity.%s", name);
        snprintf(weight_helps[op], NAME_MAX_BYTES, "What a %s%s adds to the complexity.", kind, name);
        *key = (shy_key)RANGE(weight_names[op], SHY_KEY_IS_INTEGER, 1, SHY_GRAMMAR_MAX, "1", weight_helps[op]);
    }
}

const shy_key *shy_key_get(int key)
{
    if (table[SHY_KEY_GRAMMAR_COMPLEXITY].name == NULL) fill_weights();
    return &table[key];
}

/* What is not named here matters: who adds a key need not think of this. */
bool shy_key_matters(int key)
{
    static const bool no_matter[SHY_KEYS] = {
        [SHY_KEY_COHORT] = true,         [SHY_KEY_SEARCH_PRECISION] = true, [SHY_KEY_PARALLEL_ROW_BLOCKS] = true, [SHY_KEY_PARALLEL_MEMORY] = true,
        [SHY_KEY_PARALLEL_TILE] = true,  [SHY_KEY_RUN_CHECKPOINT] = true,   [SHY_KEY_RUN_MAX_TIME] = true,        [SHY_KEY_RUN_MARGIN] = true,
        [SHY_KEY_RUN_WATCHDOG] = true,   [SHY_KEY_REPORT_INTERVAL] = true, [SHY_KEY_OUTPUT] = true,
    };

    return !no_matter[key];
}

bool shy_key_is_list(const shy_key *key)
{
    return key->type == SHY_KEY_IS_LIST || key->type == SHY_KEY_IS_CHOICES || key->type == SHY_KEY_IS_PATTERNS ||
           key->type == SHY_KEY_IS_RANGES || shy_key_is_walked(key);
}

bool shy_key_is_mapping(const shy_key *key)
{
    return key->type == SHY_KEY_IS_LISTS_OF || key->type == SHY_KEY_IS_INTEGER_OF || key->type == SHY_KEY_IS_CHOICE_OF;
}

int shy_key_find(const char *name)
{
    for (int key = 0; key < SHY_KEYS; key++)
        if (strcmp(shy_key_get(key)->name, name) == 0) return key;
    return -1;
}

bool shy_key_is_section(const char *name)
{
    size_t length = strlen(name);

    for (int key = 0; key < SHY_KEYS; key++)
        if (strncmp(shy_key_get(key)->name, name, length) == 0 && shy_key_get(key)->name[length] == '.') return true;
    return false;
}

bool shy_key_is_walked(const shy_key *key)
{
    return shy_key_is_mapping(key) || key->type == SHY_KEY_IS_BASELINES;
}

static const char *last_word(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

/* The nearest of the keys and sections that stand directly in the section of `name`. Valid until the next call. */
static const char *nearest_in_section(const char *name)
{
    static char children[SHY_KEYS][NAME_MAX_BYTES];
    const char *words[SHY_KEYS];
    size_t prefix = (size_t)(last_word(name) - name), count = 0;

    for (int key = 0; key < SHY_KEYS; key++) {
        const char *known = shy_key_get(key)->name;
        if (strncmp(known, name, prefix) != 0) continue;
        snprintf(children[count], NAME_MAX_BYTES, "%.*s", (int)(prefix + strcspn(known + prefix, ".")), known);
        words[count] = children[count] + prefix;
        count++;
    }
    const char *near = shy_text_nearest(last_word(name), words, count);
    return near == NULL ? NULL : near - prefix;
}

const char *shy_key_nearest(const char *name)
{
    const char *names[SHY_KEYS], *near = nearest_in_section(name);

    if (near != NULL) return near;
    for (int key = 0; key < SHY_KEYS; key++) {
        const char *known = shy_key_get(key)->name;
        if (strcmp(last_word(known), last_word(name)) == 0) return known;
        names[key] = known;
    }
    near = shy_text_nearest(name, names, SHY_KEYS);
    if (near != NULL) return near;
    for (int key = 0; key < SHY_KEYS; key++)
        names[key] = last_word(shy_key_get(key)->name);
    near = shy_text_nearest(last_word(name), names, SHY_KEYS);
    for (int key = 0; key < SHY_KEYS && near != NULL; key++)
        if (names[key] == near) return shy_key_get(key)->name;
    return NULL;
}
