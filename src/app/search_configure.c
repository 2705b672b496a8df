/* search_configure.c: the configuration and the problem of a search, the same on all ranks. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/budget.h"
#include "app/search_disclosure.h"
#include "app/search_run.h"

/* ---- the configuration -------------------------------------------------------------------------------------------- */

/* Rank 0 reads, all get the text. */
static shy_status share_file(const shy_team *team, const char *path, char **text_out, uint64_t *length_out)
{
    shy_status st = SHY_OK;
    char *text = NULL;
    uint64_t length = 0;

    SHY_TRY_ALL(team, team->rank == 0 ? shy_config_file(path, &text, &length) : SHY_OK);
    SHY_TRY(shy_team_broadcast(team, &length, sizeof length));
    SHY_TRY_ALL(team, team->rank == 0 ? SHY_OK : shy_new(length + 1, 1, &text));
    SHY_TRY(shy_team_broadcast(team, text, length));
    *text_out = text, text = NULL;
    *length_out = length;
out:
    shy_free(&text);
    return st;
}

static shy_precision precision_of(const char *name)
{
    int precision = 0;
    while (strcmp(shy_precision_name((shy_precision)precision), name) != 0) precision++;
    return (shy_precision)precision;
}

static shy_inner inner_of(const char *name)
{
    return strcmp(name, "off") == 0 ? SHY_INNER_OFF : strcmp(name, "shifts") == 0 ? SHY_INNER_SHIFTS : SHY_INNER_ALL;
}

/* `path` is for messages: the file, or the checkpoint that has it. */
static shy_status interpret(shy_search_session *s, const char *path, const char *text, uint64_t length)
{
    shy_status st = SHY_OK;
    const shy_search_command *command = s->command;
    shy_value output = {0};

    SHY_TRY(shy_config_create(&s->config));
    SHY_TRY(shy_config_parse(s->config, path, text, (size_t)length));
    for (int i = 0; i < command->set_count; i++)
        SHY_TRY(shy_config_set(s->config, command->set[i]));
    if (command->max_time != NULL) {
        SHY_TRY(shy_key_judge(SHY_KEY_RUN_MAX_TIME, command->max_time, "--max-time"));
        SHY_TRY(shy_value_set_text(&s->config->value[SHY_KEY_RUN_MAX_TIME], command->max_time));
    }
    if (command->sdc != NULL) {
        shy_value_clear(&s->config->value[SHY_KEY_REPORT_SDC]);
        SHY_TRY(shy_value_set_text(&s->config->value[SHY_KEY_REPORT_SDC], command->sdc));
    }
    if (command->output != NULL) {
        SHY_TRY(shy_key_judge(SHY_KEY_OUTPUT, command->output, "-o"));
        SHY_TRY(shy_value_set_text(&output, command->output));
        shy_value_clear(&s->config->value[SHY_KEY_OUTPUT]);
        s->config->value[SHY_KEY_OUTPUT] = output;
    }
    SHY_TRY(shy_config_check(s->config, path));
    SHY_TRY(shy_config_grammar(s->config, &s->options.grammar));
    s->options.polish = strcmp(shy_config_text(s->config, SHY_KEY_CONSTANTS_POLISH), "true") == 0;
    s->options.inner = inner_of(shy_config_text(s->config, SHY_KEY_CONSTANTS_INNER));
    s->options.rounding = shy_config_number(s->config, SHY_KEY_CONSTANTS_TOLERANCE);
    s->options.keep = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_KEEP);
    s->options.memory = shy_config_bytes(s->config, SHY_KEY_PARALLEL_MEMORY);
    s->options.tile_left = s->options.tile_right = (int)shy_config_integer(s->config, SHY_KEY_PARALLEL_TILE);
    s->options.precision = precision_of(shy_config_text(s->config, SHY_KEY_SEARCH_PRECISION));
    s->options.screen_rows = (uint64_t)shy_config_integer(s->config, SHY_KEY_SEARCH_SCREEN_ROWS);
    s->options.templates = shy_config_list(s->config, SHY_KEY_GRAMMAR_TEMPLATES, &s->options.templates_count);
    s->options.templates_required = strcmp(shy_config_text(s->config, SHY_KEY_GRAMMAR_TEMPLATES_REQUIRED), "true") == 0;
    s->options.passes = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_PASSES);
    s->options.pass_keep = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_PASS_KEEP);
    s->options.pass_complexity = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_PASS_COMPLEXITY);
    s->options.terms = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_TERMS);
    s->options.terms_keep = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_TERMS_KEEP);
    s->options.terms_factors = (int)shy_config_integer(s->config, SHY_KEY_SEARCH_TERMS_FACTORS);
    s->options.impute_sets = (int)shy_config_integer(s->config, SHY_KEY_MISSING_SETS);
    s->options.impute_sweeps = (int)shy_config_integer(s->config, SHY_KEY_MISSING_SWEEPS);
    s->options.seed = (uint64_t)shy_config_integer(s->config, SHY_KEY_SEED);
    SHY_TRY(shy_session_validation(s));
    SHY_TRY(shy_session_disclosure(s));
out:
    return st;
}

/*
 * A plan is accepted or refused by all ranks alike, so all use the memory of the one that has least. What the libraries take of it is set aside; the
 * search has the rest. Collective.
 */
static shy_status set_budget(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const uint64_t asked = s->options.memory; /* 0: auto */
    double most[] = {-(double)(asked > 0 ? asked : shy_budget_memory("", s->team->node_size)), (double)s->options.libraries};

    SHY_TRY(shy_team_maximum(s->team, most, 2));
    const uint64_t budget = (uint64_t)-most[0], libraries = (uint64_t)most[1];
    if (budget <= libraries)
        return shy_fail(SHY_MEMORY, "The libraries alone take about %llu MiB of each rank, and %llu %s are allowed: raise parallel.memory, or start fewer ranks on a node.",
                        (unsigned long long)(libraries >> 20), (unsigned long long)(budget >> (budget < UINT64_C(10) << 20 ? 10 : 20)), budget < UINT64_C(10) << 20 ? "KiB" : "MiB");
    s->options.libraries = libraries;
    s->options.memory = budget - libraries;
    shy_memory_limit(s->options.memory, libraries);
out:
    return st;
}

shy_status shy_session_configure_text(shy_search_session *s, const char *text, uint64_t length)
{
    shy_status st = SHY_OK;

    SHY_TRY_ALL(s->team, interpret(s, s->command->file, text, length));
    SHY_TRY(set_budget(s));
out:
    return st;
}

/* What stands in the file decides, whatever is in the output directory. */
static shy_status configure_new(shy_search_session *s)
{
    shy_status st = SHY_OK;
    char *text = NULL;
    uint64_t length = 0;

    SHY_TRY(share_file(s->team, s->command->file, &text, &length));
    SHY_TRY_ALL(s->team, interpret(s, s->command->file, text, length));
    if (s->command->plan) goto out; /* it touches nothing */
    SHY_TRY(shy_run_open(s, shy_config_text(s->config, SHY_KEY_OUTPUT)));
    if (s->run.state != SHY_RUN_NEW) SHY_TRY_ALL(s->team, s->team->rank == 0 ? shy_run_check_same(s) : SHY_OK);
out:
    shy_free(&text);
    return st;
}

/* What the checkpoint says, but for what may be changed. */
static shy_status configure_rest(shy_search_session *s)
{
    shy_status st = SHY_OK;
    shy_config *before = NULL;
    bool elsewhere = false;

    SHY_TRY(shy_run_open(s, s->command->directory));
    if (s->run.state == SHY_RUN_FINISHED) goto out;
    const char *text = shy_journal_text(s->run.journal, "configuration");
    if (text == NULL) text = "";
    SHY_TRY_ALL(s->team, shy_config_create(&before));
    SHY_TRY_ALL(s->team, shy_config_parse(before, s->run.checkpoint, text, strlen(text)));
    SHY_TRY_ALL(s->team, interpret(s, s->run.checkpoint, text, strlen(text)));
    SHY_TRY_ALL(s->team, shy_run_check_set(s, before));
    elsewhere = !shy_config_equal(s->config, before, SHY_KEY_COHORT);
    if (!elsewhere) SHY_TRY(shy_run_find_cohort(s));
out:
    shy_config_free(&before);
    return st;
}

shy_status shy_session_configure(shy_search_session *s)
{
    shy_status st = SHY_OK;

    s->options.libraries = shy_budget_libraries(); /* nothing else has been done yet */
    SHY_TRY(s->command->file != NULL ? configure_new(s) : configure_rest(s));
    if (s->run.state == SHY_RUN_FINISHED) goto out;
    SHY_TRY(set_budget(s));
out:
    return st;
}

/* ---- the problem -------------------------------------------------------------------------------------------------- */

/* At most: levels are pooled until each has 1 % of the samples. */
static double count_factors(const shy_cohort *cohort)
{
    double factors = 0.0;

    for (int64_t c = 0; c < shy_cohort_columns(cohort); c++) {
        const shy_column column = shy_cohort_column(cohort, c);
        factors += column.kind == SHY_KIND_NUMERIC || column.kind == SHY_KIND_BINARY;
        if (column.kind == SHY_KIND_CATEGORICAL) factors += fmin(column.levels, 100.0);
    }
    return factors;
}

/* The least number of row blocks with which half of a rank's memory suffices for the columns. Collective. */
static shy_status choose_row_blocks(const shy_search_session *s, int *blocks_out)
{
    shy_status st = SHY_OK;
    const double factors = count_factors(s->cohort), rows = (double)shy_cohort_rows(s->cohort);
    double neighbours = -s->team->node_size; /* there is one row block yet: all ranks of a node are peers */
    int blocks = 1;

    SHY_TRY(shy_team_maximum(s->team, &neighbours, 1));
    for (; blocks < s->team->size; blocks++) {
        const double members = floor(-neighbours / blocks) > 1.0 ? floor(-neighbours / blocks) : 1.0;
        if (s->team->size % blocks != 0) continue;
        if (shy_columns_need(factors, ceil(rows / blocks), (int)members) <= (double)s->options.memory / 2) break;
    }
    *blocks_out = blocks;
out:
    return st;
}

/* The team, and with it the open cohort, is made anew when the number of row blocks is known. */
static shy_status regroup(shy_search_session *s, const char *path)
{
    shy_status st = SHY_OK;
    int blocks = (int)shy_config_integer(s->config, SHY_KEY_PARALLEL_ROW_BLOCKS);
    shy_team *team = NULL;

    if (blocks == 0) SHY_TRY(choose_row_blocks(s, &blocks));
    if (blocks == s->team->row_blocks) return SHY_OK;
    shy_cohort_close(&s->cohort);
    SHY_TRY(shy_team_create(s->team->world, blocks, &team));
    if (s->team != s->run.team) shy_team_destroy(&s->team); /* the journal goes on with it */
    s->team = team;
    SHY_TRY(shy_cohort_open(s->team, path, &s->cohort));
out:
    return st;
}

/* Who asked for a part of the samples should know that it was not needed. */
static shy_status note_screening(const shy_search_session *s)
{
    const uint64_t rows = s->options.screen_rows, samples = s->problem->rows.total;
    char asked[32], used[32];

    if (rows == 0 || rows < samples) return SHY_OK;
    return shy_problem_note(s->problem, "search.screen_rows is %s and has no effect: %s samples are in use, and all of them are screened.",
                            shy_text_thousands(rows, asked), shy_text_thousands(samples, used));
}

/* The place of a choice among those that there are, which is the number of its enum. */
static int choice_of(const shy_config *config, int key)
{
    const char *names[SHY_CHOICES_MAX];
    int choice = (int)shy_key_get(key)->choices(names) - 1;

    while (choice > 0 && strcmp(names[choice], shy_config_text(config, key)) != 0) choice--;
    return choice;
}

/* What the outcome is made of; names that are not given are empty. */
void shy_configure_outcome(const shy_config *config, shy_problem_options *o)
{
    o->outcome = shy_config_text(config, SHY_KEY_OUTCOME_COLUMN);
    o->outcomes = shy_config_list(config, SHY_KEY_OUTCOME_COLUMNS, &o->outcomes_count);
    o->outcome_kind = shy_config_text(config, SHY_KEY_OUTCOME_KIND);
    o->positive = shy_config_text(config, SHY_KEY_OUTCOME_POSITIVE);
    o->time = shy_config_text(config, SHY_KEY_OUTCOME_TIME);
    o->event = shy_config_text(config, SHY_KEY_OUTCOME_EVENT);
    o->entry = shy_config_text(config, SHY_KEY_OUTCOME_ENTRY);
    o->horizons = shy_config_list(config, SHY_KEY_OUTCOME_HORIZONS, &o->horizons_count);
    o->strata = shy_config_list(config, SHY_KEY_OUTCOME_STRATA, &o->strata_count);
    o->set = shy_config_text(config, SHY_KEY_OUTCOME_SET);
    o->weight = shy_config_text(config, SHY_KEY_OUTCOME_WEIGHT);
    o->exposure = shy_config_text(config, SHY_KEY_OUTCOME_EXPOSURE);
    o->covariates = shy_config_list(config, SHY_KEY_OUTCOME_COVARIATES, &o->covariates_count);
    o->interaction = shy_config_text(config, SHY_KEY_OUTCOME_INTERACTION);
    o->covariates_missing = (shy_covariates_missing)choice_of(config, SHY_KEY_OUTCOME_COVARIATES_MISSING);
}

static shy_factor_options factor_options(const shy_config *config)
{
    shy_factor_options o = {
        .categories = (shy_categories)choice_of(config, SHY_KEY_FACTORS_CATEGORIES),
        .rare = (uint64_t)shy_config_integer(config, SHY_KEY_FACTORS_RARE),
        .winsorise = shy_config_number(config, SHY_KEY_FACTORS_WINSORISE),
        .missing = (shy_missing)choice_of(config, SHY_KEY_MISSING_METHOD),
        .missing_most = shy_config_number(config, SHY_KEY_MISSING_MOST),
    };

    o.ordered = shy_config_list(config, SHY_KEY_FACTORS_ORDERED, &o.ordered_count);
    o.range = shy_config_list(config, SHY_KEY_FACTORS_RANGE, &o.range_count);
    o.winsorised = shy_config_list(config, SHY_KEY_FACTORS_WINSORISED, &o.winsorised_count);
    for (int m = 0; m <= SHY_MISSING_MULTIPLE; m++)
        o.missing_columns[m] = shy_config_list(config, SHY_KEY_MISSING_COMPLETE + m, &o.missing_count[m]);
    return o;
}

void shy_configure_problem(const shy_config *config, shy_problem_options *o)
{
    o->cohort_name = shy_config_text(config, SHY_KEY_COHORT);
    o->where = shy_config_text(config, SHY_KEY_SAMPLES_WHERE);
    o->factor = factor_options(config);
    shy_configure_outcome(config, o);
    o->include = shy_config_list(config, SHY_KEY_FACTORS_INCLUDE, &o->include_count);
    o->exclude = shy_config_list(config, SHY_KEY_FACTORS_EXCLUDE, &o->exclude_count);
}

shy_status shy_session_load(shy_search_session *s)
{
    shy_status st = SHY_OK;
    const char *path = s->cohort_path != NULL ? s->cohort_path : shy_config_text(s->config, SHY_KEY_COHORT);
    shy_problem_options options = {.memory = s->options.memory};

    shy_configure_problem(s->config, &options);
    SHY_TRY(shy_cohort_open(s->team, path, &s->cohort));
    SHY_TRY_ALL(s->team, shy_run_check_cohort(s));
    SHY_TRY(regroup(s, path));
    SHY_TRY(shy_problem_load(s->team, s->cohort, &options, &s->problem));
    SHY_TRY_ALL(s->team, shy_session_rules(s));
    SHY_TRY_ALL(s->team, note_screening(s));
out:
    return st;
}
