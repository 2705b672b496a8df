/* cmd_predict.c: `shihyo predict`: a formula of a finished run applied to the patients of a table. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "app/chosen.h"
#include "app/commands.h"
#include "app/help.h"
#include "app/predict.h"
#include "app/usage.h"

enum { ID = 1, ROUNDED, MISSING, OVERWRITE };

static const struct option options[] = {
    {"formula", required_argument, NULL, 'f'},
    {"target", required_argument, NULL, 't'},
    {"rounded", no_argument, NULL, ROUNDED},
    {"id", required_argument, NULL, ID},
    {"missing", required_argument, NULL, MISSING},
    {"output", required_argument, NULL, 'o'},
    {"overwrite", no_argument, NULL, OVERWRITE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* Borrowed from argv. */
typedef struct {
    shy_formula_choice choice;
    const char *table, *output, *identifier;
    const char **missing; /* owned array */
    int missing_count;
    bool overwrite, quiet, help;
} command;

/* ---- the command line ------------------------------------------------------------------------------------------------ */

static shy_status take_option(command *c, int option)
{
    switch (option) {
    case 'f':
        return shy_choice_number(optarg, &c->choice.number);
    case 't':
        c->choice.target = optarg;
        break;
    case ROUNDED:
        c->choice.rounded = true;
        break;
    case ID:
        c->identifier = optarg;
        break;
    case MISSING:
        c->missing[c->missing_count++] = optarg;
        break;
    case 'o':
        c->output = optarg;
        break;
    case OVERWRITE:
        c->overwrite = true;
        break;
    case 'q':
        c->quiet = true;
        break;
    case 'h':
        c->help = true;
        break;
    default:
        break;
    }
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    SHY_TRY(shy_new((size_t)argc, sizeof *c->missing, &c->missing));
    shy_usage_start();
    while (!c->help) {
        SHY_TRY(shy_usage_next(argc, argv, "f:t:o:qh", options, &option));
        if (option == -1) break;
        SHY_TRY(take_option(c, option));
    }
    if (c->help) goto out;
    if (optind + 2 != argc)
        SHY_TRY(shy_fail(SHY_USAGE, "predict takes a directory of results and a table of patients, as in `shihyo predict out/ new.csv -o scores.csv`."));
    c->choice.directory = argv[optind], c->table = argv[optind + 1];
out:
    return st;
}

/* ---- the work ----------------------------------------------------------------------------------------------------------- */

/* What is said goes where the scores do not. */
static shy_status report(const command *c, const shy_chosen *chosen, const shy_predictor *predictor)
{
    shy_status st = SHY_OK;
    FILE *stream = strcmp(c->output, "-") == 0 ? stderr : stdout;

    if (c->quiet) return SHY_OK;
    shy_chosen_print(chosen, &c->choice, stream);
    SHY_TRY(shy_predictor_print(predictor, stream));
    if (stream == stdout) fprintf(stream, "\nScores are in %s.\n", c->output);
out:
    return st;
}

static shy_status predict(const command *c, const shy_chosen *chosen)
{
    shy_status st = SHY_OK;
    shy_sink sink = {0};
    shy_patients *patients = NULL;
    shy_record *notes = NULL, *list = NULL;
    shy_predictor predictor = {.finished = chosen->of, .model = chosen->model, .identifier = c->identifier, .sink = &sink};

    if (shy_file_is_cohort(c->table))
        SHY_TRY(shy_fail(SHY_INPUT, "%s is a cohort file; predict takes a table, such as the one that it was imported from.", c->table));
    SHY_TRY(shy_record_create(&notes));
    SHY_TRY(shy_record_list(notes, "units", &list));
    SHY_TRY(shy_patients_open(chosen->of, chosen->model, c->table, c->identifier, c->missing, c->missing_count, list, &patients));
    shy_chosen_warn_units(list, c->table);
    SHY_TRY(shy_sink_open(c->output, c->overwrite, &sink));
    SHY_TRY(shy_predictor_start(&predictor));
    SHY_TRY(shy_patients_visit(patients, shy_predictor_take, &predictor));
    SHY_TRY(shy_sink_finish(&sink));
    SHY_TRY(report(c, chosen, &predictor));
out:
    shy_sink_abandon(&sink);
    shy_predictor_free(&predictor);
    shy_patients_close(&patients);
    shy_record_free(&notes);
    return st;
}

int shy_cmd_predict(int argc, char **argv)
{
    shy_status st = SHY_OK;
    command c = {.output = "-"};
    shy_chosen chosen = {0};

    SHY_TRY(read_command(argc, argv, &c));
    if (c.help) {
        shy_help_command("predict", stdout);
        goto out;
    }
    SHY_TRY(shy_chosen_read(&c.choice, &chosen));
    SHY_TRY(predict(&c, &chosen));
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    shy_chosen_free(&chosen);
    shy_free(&c.missing);
    return (int)st;
}
