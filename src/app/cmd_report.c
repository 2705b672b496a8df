/* cmd_report.c: `shihyo report`: a finished run as one page for people. */
#include "shy_config.h"

#include <string.h>

#include "app/commands.h"
#include "app/help.h"
#include "app/report_data.h"
#include "app/sink.h"
#include "app/usage.h"
#include "app/version.h"
#include "shihyo/linalg.h"
#include "shihyo/page.h"

enum { LANGUAGE = 1, SDC, COHORT, GROUPS, SUBGROUPS, JSON, VEGA, OVERWRITE };

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"language", required_argument, NULL, LANGUAGE},
    {"sdc", required_argument, NULL, SDC},
    {"cohort", required_argument, NULL, COHORT},
    {"groups", required_argument, NULL, GROUPS},
    {"subgroups", required_argument, NULL, SUBGROUPS},
    {"json", required_argument, NULL, JSON},
    {"vega", required_argument, NULL, VEGA},
    {"overwrite", no_argument, NULL, OVERWRITE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

#define DEFAULT_GROUPS 3
#define DEFAULT_SDC "sacro"

/* Borrowed from argv, or owned where it says so. */
typedef struct {
    const char *directory, *json;
    char *output;      /* owned */
    char *subgroups;   /* owned: names, each ended */
    const char **name; /* owned: of subgroups */
    shy_language language;
    shy_page_options page;
    shy_report_options report;
    bool overwrite, quiet, help;
} command;

/* ---- the command line ------------------------------------------------------------------------------------------------------- */

static shy_status take_groups(const char *text, int *groups_out)
{
    int64_t groups;

    if (!shy_text_integer(text, &groups) || groups < 2 || groups > 5) return shy_fail(SHY_USAGE, "--groups %s: a number from 2 to 5 is needed.", text);
    *groups_out = (int)groups;
    return SHY_OK;
}

/* "sex,site": as many names as commas and one more. */
static shy_status take_subgroups(const char *text, command *c)
{
    shy_status st = SHY_OK;
    char *at, *comma;

    shy_free(&c->subgroups);
    shy_free(&c->name);
    SHY_TRY(shy_string_copy(text, &c->subgroups));
    SHY_TRY(shy_new(strlen(text) + 1, sizeof *c->name, &c->name));
    c->report.subgroups_count = 0;
    for (at = c->subgroups; at != NULL; at = comma) {
        comma = strchr(at, ',');
        if (comma != NULL) *comma++ = '\0';
        if (*at == '\0') SHY_TRY(shy_fail(SHY_USAGE, "--subgroups %s: names of columns with commas between them are needed.", text));
        c->name[c->report.subgroups_count++] = at;
    }
    c->report.subgroups = c->name;
out:
    return st;
}

static shy_status take_option(command *c, int option)
{
    switch (option) {
    case LANGUAGE:
        if (!shy_language_find(optarg, &c->page.language)) return shy_fail(SHY_USAGE, "--language %s: there are en and ja.", optarg);
        c->report.language = optarg;
        break;
    case SDC: return shy_sdc_parse(optarg, &c->report.sdc);
    case COHORT: c->report.cohort = optarg; break;
    case GROUPS: return take_groups(optarg, &c->report.groups);
    case SUBGROUPS: return take_subgroups(optarg, c);
    case JSON: c->json = optarg; break;
    case VEGA: c->page.vega = optarg; break;
    case OVERWRITE: c->overwrite = true; break;
    case 'o': shy_free(&c->output); return shy_string_copy(optarg, &c->output);
    case 'q': c->quiet = true; break;
    default: c->help = true;
    }
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    SHY_TRY(shy_sdc_parse(DEFAULT_SDC, &c->report.sdc));
    shy_usage_start();
    while (!c->help) {
        SHY_TRY(shy_usage_next(argc, argv, "o:qh", options, &option));
        if (option == -1) break;
        SHY_TRY(take_option(c, option));
    }
    if (c->help) return SHY_OK;
    if (optind + 1 != argc) SHY_TRY(shy_fail(SHY_USAGE, "report takes a directory of results, as in `shihyo report out/`."));
    c->directory = c->report.directory = argv[optind];
    if (c->output == NULL) SHY_TRY(shy_string_format(&c->output, "%s/report.html", c->directory));
out:
    return st;
}

/* ---- files ---------------------------------------------------------------------------------------------------------------------- */

static shy_status put_json(const char *path, bool overwrite, const json_t *document)
{
    shy_status st = SHY_OK;
    shy_buffer text = {0};

    shy_json_text(document, &text);
    SHY_TRY(text.status);
    SHY_TRY(shy_sink_put(path, overwrite, &text));
out:
    shy_buffer_free(&text);
    return st;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------------------- */

static shy_status check_outputs(const command *c)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_sink_check(c->output, c->overwrite));
    if (c->json != NULL) SHY_TRY(shy_sink_check(c->json, c->overwrite));
    if (c->json != NULL && strcmp(c->json, c->output) == 0) SHY_TRY(shy_fail(SHY_USAGE, "--json %s: is the name of the page, too.", c->json));
out:
    return st;
}

static shy_status write_report(const command *c, const json_t *document)
{
    shy_status st = SHY_OK;
    shy_buffer page = {0};

    SHY_TRY(shy_page_make(document, &c->page, &page));
    SHY_TRY(shy_sink_put(c->output, c->overwrite, &page));
    if (c->json != NULL) SHY_TRY(put_json(c->json, c->overwrite, document));
    if (!c->quiet && strcmp(c->output, "-") != 0) printf("The report is in %s.\n", c->output);
out:
    shy_buffer_free(&page);
    return st;
}

/* Rank 0: one rank is enough, and works alone. */
static shy_status make_report(const command *c)
{
    shy_status st = SHY_OK;
    shy_team *alone = NULL;
    json_t *document = NULL;

    SHY_TRY(check_outputs(c));
    SHY_TRY(shy_team_create(SHY_THIS_RANK, 1, &alone));
    SHY_TRY(shy_report_document(&c->report, alone, &document));
    SHY_TRY(write_report(c, document));
out:
    json_decref(document);
    shy_team_destroy(&alone);
    return st;
}

static shy_status report(const command *c, shy_team *team)
{
    shy_status st = SHY_OK;

    SHY_TRY(shy_linalg_start(team));
    SHY_TRY_ALL(team, team->rank == 0 ? make_report(c) : SHY_OK);
out:
    shy_linalg_stop();
    return st;
}

static void free_command(command *c)
{
    shy_free(&c->output);
    shy_free(&c->subgroups);
    shy_free(&c->name);
}

int shy_cmd_report(int argc, char **argv)
{
    shy_status st = SHY_OK;
    command c = {.page = {.language = SHY_ENGLISH}, .report = {.language = "en", .version = shy_version_text(), .groups = DEFAULT_GROUPS}};
    shy_team *team = NULL;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(read_command(argc, argv, &c));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (!c.help) st = report(&c, team);
    else if (team->rank == 0) shy_help_command("report", stdout);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message()); /* rank 0 alone speaks */
    shy_team_destroy(&team);
    free_command(&c);
    shy_par_stop();
    return (int)st;
}
