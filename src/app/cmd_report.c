/* cmd_report.c: `shihyo report`: the document of a report of a finished run. */
#include "shy_config.h"

#include <string.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/report_data.h"
#include "app/usage.h"
#include "app/version.h"
#include "shihyo/linalg.h"
#include "shihyo/report.h"

enum { JSON = 1, COHORT, SDC };

static const struct option options[] = {
    {"json", required_argument, NULL, JSON}, {"cohort", required_argument, NULL, COHORT}, {"sdc", required_argument, NULL, SDC}, {0},
};

typedef struct {
    shy_report_options report;
    const char *json;
} command;

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;
    const char *sdc = "sacro";

    shy_usage_start();
    for (;;) {
        SHY_TRY(shy_usage_next(argc, argv, "", options, &option));
        if (option == -1) break;
        if (option == JSON) c->json = optarg;
        if (option == COHORT) c->report.cohort = optarg;
        if (option == SDC) sdc = optarg;
    }
    if (optind + 1 != argc || c->json == NULL) SHY_TRY(shy_fail(SHY_USAGE, "report takes a directory of results and --json FILE."));
    c->report.directory = argv[optind];
    SHY_TRY(shy_sdc_parse(sdc, &c->report.sdc));
out:
    return st;
}

/* A file at a path, that directory's other files untouched. */
static shy_status put(const char *path, const char *text)
{
    shy_status st = SHY_OK;
    const char *slash = strrchr(path, '/');
    char *directory = NULL;

    SHY_TRY(shy_string_format(&directory, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1, slash == NULL ? "." : path));
    SHY_TRY(shy_file_put(directory, slash == NULL ? path : slash + 1, text));
out:
    shy_free(&directory);
    return st;
}

/* One rank. */
static shy_status write_document(const command *c)
{
    shy_status st = SHY_OK;
    shy_team *alone = NULL;
    json_t *document = NULL;
    shy_buffer text = {0};

    SHY_TRY(shy_team_create(SHY_THIS_RANK, 1, &alone));
    SHY_TRY(shy_report_document(&c->report, alone, &document));
    shy_json_text(document, &text);
    SHY_TRY(text.status);
    SHY_TRY(put(c->json, text.bytes));
out:
    shy_buffer_free(&text);
    json_decref(document);
    shy_team_destroy(&alone);
    return st;
}

static shy_status report(int argc, char **argv, const shy_team *team)
{
    shy_status st = SHY_OK;
    command c = {.report = {.language = "en", .version = shy_version_text(), .groups = 3}};

    SHY_TRY(shy_linalg_start(team));
    SHY_TRY(read_command(argc, argv, &c));
    SHY_TRY_ALL(team, team->rank == 0 ? write_document(&c) : SHY_OK);
out:
    shy_linalg_stop();
    return st;
}

int shy_cmd_report(int argc, char **argv)
{
    shy_status st = SHY_OK;
    shy_team *team = NULL;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    st = report(argc, argv, team);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    shy_team_destroy(&team);
    shy_par_stop();
    return (int)st;
}
