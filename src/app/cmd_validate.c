/* cmd_validate.c: `shihyo validate`: the formulas of a finished run on another cohort, as they stand. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/ranks.h"
#include "app/search_run.h"
#include "app/usage.h"
#include "shihyo/apply.h"
#include "shihyo/linalg.h"

enum { OUTCOME = 1, TIME, EVENT, POSITIVE, WHERE, SDC, SET, OVERWRITE };

static const struct option options[] = {
    {"outcome", required_argument, NULL, OUTCOME},
    {"time", required_argument, NULL, TIME},
    {"event", required_argument, NULL, EVENT},
    {"positive", required_argument, NULL, POSITIVE},
    {"where", required_argument, NULL, WHERE},
    {"sdc", required_argument, NULL, SDC},
    {"set", required_argument, NULL, SET},
    {"output", required_argument, NULL, 'o'},
    {"overwrite", no_argument, NULL, OVERWRITE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static const struct {
    int option;
    const char *key;
} shortcuts[] = {
    {OUTCOME, "outcome.column"}, {TIME, "outcome.time"}, {EVENT, "outcome.event"}, {POSITIVE, "outcome.positive"}, {WHERE, "samples.where"}, {SDC, "report.sdc"},
};
enum { SHORTCUTS = sizeof shortcuts / sizeof *shortcuts };

/* Borrowed from argv. */
typedef struct {
    const char *directory, *cohort, *output;
    const char *shortcut[SHORTCUTS]; /* values given, or NULL */
    const char **set;
    int set_count;
    bool overwrite, quiet, help;
} command;

typedef struct {
    const command *command;
    shy_team *team;
    shy_config *config; /* of the run, with what the command line changes */
    shy_finished *finished;
    int targets;
    shy_cohort *cohort;
    shy_problem *problem; /* the other cohort with its outcome */
    shy_record *record;   /* rank 0; elsewhere NULL */
    shy_record *list;     /* in it: of the targets */
    shy_assess_options rule; /* what is recorded keeps to its sdc */
} session;

/* ---- the command line ------------------------------------------------------------------------------------------------ */

static shy_status take_option(command *c, int option)
{
    for (int k = 0; k < SHORTCUTS; k++)
        if (shortcuts[k].option == option) c->shortcut[k] = optarg;
    if (option == SET) {
        if (strncmp(optarg, "outcome", 7) != 0 && strncmp(optarg, "samples.where=", 14) != 0)
            return shy_fail(SHY_USAGE, "--set %s: validate takes keys of the section outcome, and samples.where.", optarg);
        c->set[c->set_count++] = optarg;
    }
    if (option == OVERWRITE) c->overwrite = true;
    if (option == 'o') c->output = optarg;
    if (option == 'q') c->quiet = true;
    if (option == 'h') c->help = true;
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    while (!c->help) {
        SHY_TRY(shy_usage_next(argc, argv, "o:qh", options, &option));
        if (option == -1) break;
        SHY_TRY(take_option(c, option));
    }
    if (c->help) return SHY_OK;
    if (optind + 2 != argc)
        SHY_TRY(shy_fail(SHY_USAGE, "validate takes a directory of results and a cohort file, as in `shihyo validate out/ other.h5`."));
    c->directory = argv[optind], c->cohort = argv[optind + 1];
out:
    return st;
}

/* ---- the run, and what the command line changes -------------------------------------------------------------------------- */

static shy_status assign(shy_config *config, const char *key, const char *value)
{
    shy_status st = SHY_OK;
    char *assignment = NULL;

    SHY_TRY(shy_string_format(&assignment, "%s=%s", key, value));
    SHY_TRY(shy_config_set(config, assignment));
out:
    shy_free(&assignment);
    return st;
}

/* Which value counted in the run is known, however the levels of the other cohort are ordered. */
static shy_status keep_positive(session *s)
{
    const char *kind = shy_config_text(s->config, SHY_KEY_OUTCOME_KIND);
    const shy_outcome_ops *ops = shy_outcome_find(kind);

    if (*shy_config_text(s->config, SHY_KEY_OUTCOME_POSITIVE) != '\0' || ops == NULL || !(ops->codes_levels || ops->needs_time)) return SHY_OK;
    for (int t = 0; t < s->targets && (t == 0 || ops->needs_time); t++)
        if (*s->finished[t].positive != '\0') return assign(s->config, "outcome.positive", s->finished[t].positive);
    return SHY_OK;
}

static shy_status check_models(const session *s, const shy_finished *f)
{
    if (f->models == 0)
        return shy_fail(SHY_INPUT, "%s: the front%s%s is empty; there is no formula to validate.", s->command->directory, *f->name ? " of " : "", f->name);
    for (int m = 0; m < f->models; m++)
        if (!isnan(f->model[m].slope)) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s: the coefficients of all formulas%s%s were kept back, as too few residual degrees of freedom were left for the rule of report.sdc: there is nothing to validate.",
                    s->command->directory, *f->name ? " of " : "", f->name);
}

static shy_status configure(session *s)
{
    shy_status st = SHY_OK;
    const char *text = NULL;

    SHY_TRY(shy_finished_read(s->command->directory, &s->finished, &s->targets));
    for (int t = 0; t < s->targets; t++) SHY_TRY(check_models(s, &s->finished[t]));
    text = s->finished[0].configuration;
    SHY_TRY(shy_config_create(&s->config));
    SHY_TRY(shy_config_parse(s->config, "run.json", text, strlen(text)));
    SHY_TRY(keep_positive(s));
    SHY_TRY(assign(s->config, "samples.where", ""));
    for (int k = 0; k < SHORTCUTS; k++)
        if (s->command->shortcut[k] != NULL) SHY_TRY(assign(s->config, shortcuts[k].key, s->command->shortcut[k]));
    for (int k = 0; k < s->command->set_count; k++) SHY_TRY(shy_config_set(s->config, s->command->set[k]));
    SHY_TRY(shy_sdc_parse(shy_config_text(s->config, SHY_KEY_REPORT_SDC), &s->rule.sdc));
    s->rule.seed = (uint64_t)shy_config_integer(s->config, SHY_KEY_SEED);
out:
    return st;
}

/* ---- the other cohort -------------------------------------------------------------------------------------------------------- */

static bool is_listed(const char *const *names, int count, const char *name)
{
    for (int k = 0; k < count; k++)
        if (strcmp(names[k], name) == 0) return true;
    return false;
}

/* A problem has to have a factor: those of the formulas that are there. names: room for all inputs of all targets. */
static shy_status list_columns(const session *s, const char **names, int *count_out)
{
    int count = 0;

    for (int t = 0; t < s->targets; t++) {
        const shy_finished *f = &s->finished[t];
        for (int k = 0; k < f->factors; k++)
            if (f->factor[k].index >= 0 && !is_listed(names, count, f->factor[k].column)) names[count++] = f->factor[k].column;
    }
    *count_out = count;
    if (count > 0) return SHY_OK;
    return shy_fail(SHY_INPUT, "%s has none of the columns that the formulas of %s are made of: %s%s.", s->command->cohort, s->command->directory,
                    s->finished[0].factor[0].column, s->finished[0].factors > 1 ? " and others" : "");
}

/* Samples are all that have the outcome: what formulas need may be missing, and is looked at for each of them. */
static shy_status load_problem(session *s)
{
    shy_status st = SHY_OK;
    const char **names = NULL;
    int room = 0, count = 0;
    shy_problem_options o = {.cohort_name = s->command->cohort,
                             .where = shy_config_text(s->config, SHY_KEY_SAMPLES_WHERE),
                             .factor = {.categories = SHY_CATEGORIES_ONEHOT, .rare = 1, .missing = SHY_MISSING_MEDIAN}};

    for (int t = 0; t < s->targets; t++) room += s->finished[t].factors;
    SHY_TRY_ALL(s->team, shy_new((size_t)room, sizeof *names, &names));
    SHY_TRY_ALL(s->team, list_columns(s, names, &count));
    shy_configure_outcome(s->config, &o);
    o.covariates_count = 0, o.interaction = NULL;
    o.include = names, o.include_count = count;
    SHY_TRY(shy_problem_load(s->team, s->cohort, &o, &s->problem));
    if (s->problem->targets != s->targets)
        SHY_TRY(shy_fail(SHY_INPUT, "The run has %d targets, and %s %d: give as many outcomes or horizons.", s->targets, s->command->cohort, s->problem->targets));
out:
    shy_free(&names);
    return st;
}

static shy_status check_outcome_unit(const session *s)
{
    for (int t = 0; t < s->targets; t++) {
        const char *ours = s->finished[t].outcome_unit, *theirs = s->problem->target[t].unit == NULL ? "" : s->problem->target[t].unit;
        if (*ours == '\0' || *theirs == '\0' || strcmp(ours, theirs) == 0) continue;
        return shy_fail(SHY_INPUT, "outcome \"%s\" is in %s in the run, and in %s in %s; convert it and import it again.", s->finished[t].outcome, ours, theirs,
                        s->command->cohort);
    }
    return SHY_OK;
}

/* ---- judging ------------------------------------------------------------------------------------------------------------------- */

/* A count of people that the rule hides is null. `beside`: another one, that would tell it. */
static shy_status add_people(const session *s, const shy_record *counts, const char *name, const char *beside, int64_t whole, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record_entry entry, other;
    bool shown = true;

    if (!shy_record_find(counts, name, &entry)) return SHY_OK;
    for (int k = 0; k < 2; k++) {
        if (!shy_record_find(counts, k == 0 ? name : beside, &other)) continue;
        shown = shown && (other.integer == 0 || shy_sdc_shows(&s->rule.sdc, other.integer)) && (other.integer == whole || shy_sdc_shows(&s->rule.sdc, whole - other.integer));
    }
    if (shown) return shy_record_integer(record, name, entry.integer == 0 ? 0 : shy_sdc_count(&s->rule.sdc, entry.integer));
    SHY_TRY(shy_sdc_note(&s->rule.sdc, s->rule.suppressed, name, "count", NULL, 1));
    SHY_TRY(shy_record_number(record, name, NAN));
out:
    return st;
}

/* What shy_model_record says, as far as the rule lets it out. */
static shy_status record_model(const session *s, const shy_finished *f, const shy_model *model, shy_record *record)
{
    shy_status st = SHY_OK;
    shy_record *counts = NULL;
    shy_record_entry entry;
    const int64_t whole = (int64_t)s->problem->target[s->problem->aim].samples;

    SHY_TRY(shy_record_create(&counts));
    SHY_TRY(shy_model_record(f, model, s->problem->rows.rows, counts));
    SHY_TRY(shy_record_integer(record, "complexity", model->complexity));
    SHY_TRY(shy_record_text(record, "formula", model->text));
    if (shy_record_find(counts, "missing_columns", &entry)) SHY_TRY(shy_record_texts(record, entry.name, entry.texts, entry.count));
    SHY_TRY(add_people(s, counts, "missing", "undefined", whole, record));
    SHY_TRY(add_people(s, counts, "undefined", "missing", whole, record));
    SHY_TRY(add_people(s, counts, "outside", "outside", whole, record));
out:
    shy_record_free(&counts);
    return st;
}

/* Rank 0 has a record for each model; elsewhere they are NULL. */
static shy_status begin_target(const session *s, int t, shy_record **of_model)
{
    shy_status st = SHY_OK;
    const shy_finished *f = &s->finished[t];
    const shy_target *target = &s->problem->target[t];
    shy_record *record = NULL, *formulas = NULL;

    if (s->record == NULL) return SHY_OK;
    SHY_TRY(shy_record_append(s->list, &record));
    SHY_TRY(shy_record_text(record, "name", f->name));
    SHY_TRY(shy_record_text(record, "outcome", target->outcome));
    SHY_TRY(shy_record_text(record, "outcome_kind", target->ops->name));
    if (shy_sdc_shows(&s->rule.sdc, (int64_t)target->samples)) SHY_TRY(shy_record_integer(record, "samples", shy_sdc_count(&s->rule.sdc, (int64_t)target->samples)));
    else SHY_TRY(shy_record_number(record, "samples", NAN));
    SHY_TRY(shy_record_list(record, "formulas", &formulas));
    for (int k = 0; k < f->models; k++) {
        SHY_TRY(shy_record_append(formulas, &of_model[k]));
        SHY_TRY(record_model(s, f, &f->model[k], of_model[k]));
    }
out:
    return st;
}

/* Models that cannot be computed are passed over. Collective over the world. */
static shy_status judge_models(const session *s, const shy_finished *f, shy_record *const *of_model)
{
    shy_status st = SHY_OK;
    const double **predictor = NULL;
    shy_record **record = NULL;
    int count = 0;

    SHY_TRY_ALL(s->team, shy_new((size_t)f->models, sizeof *predictor, &predictor));
    SHY_TRY_ALL(s->team, shy_new((size_t)f->models, sizeof *record, &record));
    for (int k = 0; k < f->models; k++)
        if (f->model[k].predictor != NULL) predictor[count] = f->model[k].predictor, record[count++] = of_model[k];
    SHY_TRY(shy_external_judge(s->problem, count, predictor, f->outcome_mean, &s->rule, record));
out:
    shy_free(&predictor);
    shy_free(&record);
    return st;
}

static shy_status judge_target(session *s, int t)
{
    shy_status st = SHY_OK;
    shy_finished *f = &s->finished[t];
    shy_record **of_model = NULL;

    shy_problem_aim(s->problem, t);
    SHY_TRY_ALL(s->team, shy_new((size_t)f->models, sizeof *of_model, &of_model));
    SHY_TRY_ALL(s->team, shy_models_predict(f, s->problem, s->cohort));
    SHY_TRY_ALL(s->team, begin_target(s, t, of_model));
    SHY_TRY(judge_models(s, f, of_model));
out:
    shy_free(&of_model);
    return st;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------- */

/* Where a file is may name people: under a rule its own name has to do. */
static const char *place_shown(const session *s, const char *path)
{
    const char *slash = strrchr(path, '/');

    return shy_sdc_is_on(&s->rule.sdc) && slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* Rank 0. */
static shy_status begin_record(session *s)
{
    shy_status st = SHY_OK;
    shy_record *units = NULL;

    SHY_TRY(shy_validation_check(s->command->output, s->command->overwrite));
    SHY_TRY(shy_record_create(&s->record));
    SHY_TRY(shy_record_text(s->record, "run", place_shown(s, s->command->directory)));
    SHY_TRY(shy_record_text(s->record, "cohort", place_shown(s, s->command->cohort)));
    SHY_TRY(shy_record_text(s->record, "cohort_sha256", shy_cohort_sha256(s->cohort)));
    SHY_TRY(shy_record_text(s->record, "where", shy_config_text(s->config, SHY_KEY_SAMPLES_WHERE)));
    SHY_TRY(shy_record_list(s->record, "units_not_known", &units));
    for (int t = 0; t < s->targets; t++) SHY_TRY(shy_inputs_find(&s->finished[t], s->cohort, s->command->cohort, t == 0 ? units : NULL));
    SHY_TRY(shy_record_text(s->record, "sdc", s->rule.sdc.name));
    SHY_TRY(shy_record_list(s->record, "suppressed", &s->rule.suppressed));
    SHY_TRY(shy_record_list(s->record, "targets", &s->list));
out:
    return st;
}

static shy_status find_inputs(session *s)
{
    shy_status st = SHY_OK;

    if (s->team->rank == 0) return begin_record(s);
    for (int t = 0; t < s->targets; t++) SHY_TRY(shy_inputs_find(&s->finished[t], s->cohort, s->command->cohort, NULL));
out:
    return st;
}

/* Rank 0. */
static shy_status write_record(const session *s)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_validation_write(s->record, s->command->output));
    if (s->command->quiet) goto out;
    SHY_TRY(shy_validation_print(s->record, stdout));
    printf("\nAll numbers are in %s.\n", s->command->output);
out:
    return st;
}

static shy_status run(session *s)
{
    shy_status st = SHY_OK;

    SHY_TRY_ALL(s->team, configure(s));
    SHY_TRY(shy_cohort_open(s->team, s->command->cohort, &s->cohort));
    SHY_TRY_ALL(s->team, find_inputs(s));
    SHY_TRY(load_problem(s));
    SHY_TRY_ALL(s->team, check_outcome_unit(s));
    for (int t = 0; t < s->targets; t++) SHY_TRY(judge_target(s, t));
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? write_record(s) : SHY_OK);
out:
    return st;
}

static shy_status validate(const command *c, shy_team *team)
{
    session s = {.command = c, .team = team};
    shy_status st = shy_linalg_start(team);

    if (st == SHY_OK) st = run(&s);
    shy_record_free(&s.record);
    shy_problem_free(&s.problem);
    shy_cohort_close(&s.cohort);
    shy_finished_free(&s.finished, s.targets);
    shy_config_free(&s.config);
    shy_linalg_stop();
    return st;
}

int shy_cmd_validate(int argc, char **argv)
{
    shy_status st = SHY_OK;
    command c = {.output = "validate.json"};
    shy_team *team = NULL;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_new((size_t)argc, sizeof *c.set, &c.set));
    SHY_TRY(read_command(argc, argv, &c));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (!c.help) st = validate(&c, team);
    else if (team->rank == 0) shy_help_command("validate", stdout);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message()); /* rank 0 alone speaks */
    shy_team_destroy(&team);
    shy_free(&c.set);
    shy_par_stop();
    return (int)st;
}
