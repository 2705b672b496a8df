/* cmd_explain.c: `shihyo explain`: finds one patient in a cohort file or a table, and shows how a formula comes to its score. */
#include "shy_config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/config.h"
#include "app/explain.h"
#include "app/help.h"
#include "app/usage.h"

enum { ID = 1, ID_COLUMN, ROUNDED, MISSING, JSON };
enum { BLOCK_ROWS = 65536 };

static const struct option options[] = {
    {"id", required_argument, NULL, ID},
    {"id-column", required_argument, NULL, ID_COLUMN},
    {"formula", required_argument, NULL, 'f'},
    {"target", required_argument, NULL, 't'},
    {"rounded", no_argument, NULL, ROUNDED},
    {"missing", required_argument, NULL, MISSING},
    {"json", no_argument, NULL, JSON},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* Borrowed from argv. */
typedef struct {
    shy_formula_choice choice;
    const char *file, *id, *column; /* file NULL: the cohort of the run */
    const char **missing;           /* owned array */
    int missing_count;
    bool json, help;
} command;

typedef struct {
    const command *command;
    const shy_team *team;
    shy_chosen chosen;
    char *path;             /* of the cohort or table */
    shy_cohort *cohort;
    uint64_t row;           /* of the patient, from 1; 0: not found yet */
    shy_explained patient;
} session;

/* ---- the command line ------------------------------------------------------------------------------------------------ */

static shy_status take_option(command *c, int option)
{
    if (option == 'f') return shy_choice_number(optarg, &c->choice.number);
    if (option == 't') c->choice.target = optarg;
    if (option == ROUNDED) c->choice.rounded = true;
    if (option == ID) c->id = optarg;
    if (option == ID_COLUMN) c->column = optarg;
    if (option == MISSING) c->missing[c->missing_count++] = optarg;
    if (option == JSON) c->json = true;
    if (option == 'h') c->help = true;
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    while (!c->help) {
        SHY_TRY(shy_usage_next(argc, argv, "f:t:h", options, &option));
        if (option == -1) break;
        SHY_TRY(take_option(c, option));
    }
    if (c->help) goto out;
    if (optind >= argc || optind + 2 < argc)
        SHY_TRY(shy_fail(SHY_USAGE, "explain takes a directory of results, and perhaps a cohort file or a table, as in `shihyo explain out/ --id P0017`."));
    if (c->id == NULL) SHY_TRY(shy_fail(SHY_USAGE, "Which patient is to be explained? Name one with --id."));
    c->choice.directory = argv[optind], c->file = argv[optind + 1]; /* argv ends with NULL */
out:
    return st;
}

/* ---- in a table ------------------------------------------------------------------------------------------------------------ */

static shy_status repeated(const session *s, uint64_t row)
{
    return shy_fail(SHY_INPUT, "%s: %s is the identifier of rows %" PRIu64 " and %" PRIu64 ". Name another column with --id-column.", s->path, s->command->id, s->row, row);
}

static shy_status take_patient(void *context, const shy_patient *patient)
{
    session *s = context;
    const size_t factors = (size_t)s->chosen.of->factors, covariates = (size_t)s->chosen.of->covariates;

    if (strcmp(patient->id, s->command->id) != 0) return SHY_OK;
    if (s->row > 0) return repeated(s, patient->row);
    s->row = patient->row;
    memcpy(s->patient.value, patient->factor, factors * sizeof *s->patient.value);
    memcpy(s->patient.value + factors, patient->covariate, covariates * sizeof *s->patient.value);
    memcpy(s->patient.mark, patient->mark, (factors + covariates) * sizeof *s->patient.mark);
    return SHY_OK;
}

/* Owned. */
static shy_status identifier_column(const session *s, char **name_out)
{
    shy_status st = SHY_OK;
    shy_sheet *sheet = NULL;

    if (s->command->column != NULL) return shy_string_copy(s->command->column, name_out);
    SHY_TRY(shy_sheet_open(s->path, NULL, 0, &sheet));
    const int64_t column = shy_sheet_identifier(sheet);
    if (column < 0) SHY_TRY(shy_fail(SHY_INPUT, "%s: no column is called like an identifier. Say with --id-column which one is.", s->path));
    SHY_TRY(shy_string_copy(shy_sheet_name(sheet, column), name_out));
out:
    shy_sheet_close(&sheet);
    return st;
}

static shy_status not_found(const session *s, const char *where)
{
    return shy_fail(SHY_INPUT, "%s: there is no patient %s%s%s.", s->path, s->command->id, *where ? " in the column " : "", where);
}

static shy_status read_table(session *s)
{
    shy_status st = SHY_OK;
    const command *c = s->command;
    shy_patients *patients = NULL;
    shy_record *notes = NULL, *list = NULL;
    char *column = NULL;

    SHY_TRY(identifier_column(s, &column));
    SHY_TRY(shy_record_create(&notes));
    SHY_TRY(shy_record_list(notes, "units", &list));
    SHY_TRY(shy_patients_open(s->chosen.of, s->chosen.model, s->path, column, c->missing, c->missing_count, list, &patients));
    shy_chosen_warn_units(list, s->path);
    SHY_TRY(shy_patients_visit(patients, take_patient, s));
    if (s->row == 0) SHY_TRY(not_found(s, column));
out:
    shy_patients_close(&patients);
    shy_record_free(&notes);
    shy_free(&column);
    return st;
}

/* ---- in a cohort file ------------------------------------------------------------------------------------------------------ */

static void free_texts(char ***list, uint64_t count)
{
    for (uint64_t i = 0; *list != NULL && i < count; i++) shy_free(&(*list)[i]);
    shy_free(list);
}

/* Rank 0 has the rows. Collective. */
static shy_status find_row(session *s)
{
    shy_status st = SHY_OK;
    const uint64_t rows = shy_cohort_rows(s->cohort);
    char **identifiers = NULL;

    for (uint64_t first = 0; first < rows; first += BLOCK_ROWS) {
        const uint64_t count = s->team->rank > 0 ? 0 : rows - first < BLOCK_ROWS ? rows - first : BLOCK_ROWS;
        SHY_TRY(shy_cohort_read_identifiers(s->cohort, first, count, &identifiers));
        for (uint64_t i = 0; i < count; i++)
            if (s->row == 0 && strcmp(identifiers[i], s->command->id) == 0) s->row = first + i + 1;
        free_texts(&identifiers, count);
    }
out:
    return st;
}

static shy_status read_input(session *s, const shy_input *input, int k)
{
    shy_status st = SHY_OK;
    const shy_finished *f = s->chosen.of;
    double value = NAN;

    if (!(k < f->factors ? shy_model_uses(s->chosen.model, k) : shy_model_needs(f, s->chosen.model, k - f->factors))) return SHY_OK;
    if (input->index < 0) SHY_TRY(shy_fail(SHY_INPUT, "%s: lacks the column %s of the formula.", s->path, input->column));
    SHY_TRY(shy_cohort_read_alone(s->cohort, &input->index, 1, s->row - 1, 1, &value));
    s->patient.value[k] = shy_input_derive(input, shy_input_code(input, value), &s->patient.mark[k]);
out:
    return st;
}

/* Rank 0. */
static shy_status read_inputs(session *s)
{
    shy_status st = SHY_OK;
    const shy_finished *f = s->chosen.of;

    if (s->row == 0) SHY_TRY(not_found(s, ""));
    for (int k = 0; k < f->factors; k++) SHY_TRY(read_input(s, &f->factor[k], k));
    for (int k = 0; k < f->covariates; k++) SHY_TRY(read_input(s, &f->covariate[k], f->factors + k));
out:
    return st;
}

/* Rank 0 speaks. */
static shy_status find_inputs(session *s)
{
    shy_status st = SHY_OK;
    shy_record *notes = NULL, *list = NULL;

    SHY_TRY(shy_record_create(&notes));
    SHY_TRY(shy_record_list(notes, "units", &list));
    SHY_TRY(shy_inputs_find(&s->chosen.finished[s->chosen.of - s->chosen.finished], s->cohort, s->path, list));
    shy_chosen_warn_units(list, s->path);
out:
    shy_record_free(&notes);
    return st;
}

/* Collective. */
static shy_status read_cohort(session *s)
{
    shy_status st = SHY_OK;

    if (s->command->column != NULL)
        SHY_TRY(shy_fail(SHY_USAGE, "--id-column is for tables: a cohort file has its own identifiers."));
    SHY_TRY(shy_cohort_open(s->team, s->path, &s->cohort));
    SHY_TRY_ALL(s->team, find_inputs(s));
    SHY_TRY(find_row(s));
    SHY_TRY_ALL(s->team, s->team->rank == 0 ? read_inputs(s) : SHY_OK);
out:
    return st;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

/* The cohort of the run, if nothing else is named. */
static shy_status find_file(session *s)
{
    shy_status st = SHY_OK;
    const char *text = s->chosen.of->configuration;
    shy_config *config = NULL;

    if (s->command->file != NULL) return shy_string_copy(s->command->file, &s->path);
    SHY_TRY(shy_config_create(&config));
    SHY_TRY(shy_config_parse(config, "run.json", text, strlen(text)));
    SHY_TRY(shy_string_copy(shy_config_text(config, SHY_KEY_COHORT), &s->path));
    if (access(s->path, R_OK) != 0)
        SHY_TRY(shy_fail(SHY_IO, "%s, the cohort of the run, is not there or cannot be read. Name a cohort file or a table: `shihyo explain %s FILE --id %s`.", s->path,
                         s->command->choice.directory, s->command->id));
out:
    shy_config_free(&config);
    return st;
}

static shy_status prepare(session *s)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_chosen_read(&s->command->choice, &s->chosen));
    SHY_TRY(find_file(s));
    SHY_TRY(shy_explained_create(s->chosen.of, &s->patient));
out:
    return st;
}

static shy_status show(session *s)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_explained_check(&s->chosen, &s->patient, s->command->id));
    if (s->command->json) SHY_TRY(shy_explained_print_json(&s->chosen, &s->patient, stdout));
    else SHY_TRY(shy_explained_print(&s->chosen, &s->command->choice, &s->patient, s->command->id, stdout));
out:
    return st;
}

static shy_status explain(const command *c, const shy_team *team)
{
    shy_status st = SHY_OK;
    session s = {.command = c, .team = team};
    int cohort = 0;

    SHY_TRY_ALL(team, prepare(&s));
    if (team->rank == 0) cohort = shy_file_is_cohort(s.path);
    SHY_TRY(shy_team_broadcast(team, &cohort, sizeof cohort));
    if (cohort) SHY_TRY(read_cohort(&s));
    else SHY_TRY_ALL(team, team->rank == 0 ? read_table(&s) : SHY_OK);
    SHY_TRY_ALL(team, team->rank == 0 ? show(&s) : SHY_OK);
out:
    shy_cohort_close(&s.cohort);
    shy_explained_free(&s.patient);
    shy_chosen_free(&s.chosen);
    shy_free(&s.path);
    return st;
}

int shy_cmd_explain(int argc, char **argv)
{
    shy_status st = SHY_OK;
    command c = {0};
    shy_team *team = NULL;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_new((size_t)argc, sizeof *c.missing, &c.missing));
    SHY_TRY(read_command(argc, argv, &c));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (!c.help) st = explain(&c, team);
    else if (team->rank == 0) shy_help_command("explain", stdout);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message()); /* rank 0 alone speaks */
    shy_team_destroy(&team);
    shy_free(&c.missing);
    shy_par_stop();
    return (int)st;
}
