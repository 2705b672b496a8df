/*
 * cmd_import.c: `shihyo import`: tables of patients become a cohort file. One process works; others that were started
 * wait.
 */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "app/config.h"
#include "app/help.h"
#include "app/usage.h"
#include "shihyo/data.h"

enum { SCHEMA = 1, SAVE_SCHEMA, JOIN, MISSING, OVERWRITE, MEMORY, ALIGN };

#define MEMORY_LEAST (UINT64_C(1) << 20)
#define ALIGN_MOST (UINT64_C(64) << 20)

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"schema", required_argument, NULL, SCHEMA},
    {"save-schema", required_argument, NULL, SAVE_SCHEMA},
    {"join", required_argument, NULL, JOIN},
    {"missing", required_argument, NULL, MISSING},
    {"memory", required_argument, NULL, MEMORY},
    {"align", required_argument, NULL, ALIGN},
    {"overwrite", no_argument, NULL, OVERWRITE},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static shy_status read_memory(const char *text, uint64_t *bytes_out)
{
    if (shy_size_parse(text, bytes_out) && *bytes_out >= MEMORY_LEAST) return SHY_OK;
    return shy_fail(SHY_USAGE, "--memory is \"%s\"; it takes at least 1MiB, for example 512MiB or 2GiB.", text);
}

/* HDF5 takes any number, file systems know powers of two. */
static shy_status read_align(const char *text, uint64_t *bytes_out)
{
    *bytes_out = 1;
    if (strcmp(text, "off") == 0) return SHY_OK;
    if (shy_size_parse(text, bytes_out) && *bytes_out >= 1 && *bytes_out <= ALIGN_MOST && (*bytes_out & (*bytes_out - 1)) == 0) return SHY_OK;
    return shy_fail(SHY_USAGE, "--align is \"%s\"; it takes off or a power of two up to 64MiB, for example 4KiB or 1MiB.", text);
}

static shy_status take_option(int option, const char **codes, shy_import_options *o, bool *help)
{
    switch (option) {
    case 'o':
        o->output = optarg;
        break;
    case SCHEMA:
        o->schema = optarg;
        break;
    case SAVE_SCHEMA:
        o->save_schema = optarg;
        break;
    case JOIN:
        o->join = optarg;
        break;
    case MISSING:
        codes[o->missing_count++] = optarg;
        break;
    case MEMORY:
        return read_memory(optarg, &o->memory);
    case ALIGN:
        return read_align(optarg, &o->align);
    case OVERWRITE:
        o->overwrite = true;
        break;
    case 'q':
        o->quiet = true;
        break;
    case 'h':
        *help = true;
        break;
    default:
        break;
    }
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, const char **codes, shy_import_options *o, bool *help)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    o->missing = codes;
    for (;;) {
        SHY_TRY(shy_usage_next(argc, argv, "o:qh", options, &option));
        if (option == -1) break;
        SHY_TRY(take_option(option, codes, o, help));
    }
    if (*help) return SHY_OK;
    o->tables = (const char *const *)argv + optind;
    o->tables_count = argc - optind;
    if (o->tables_count < 1 || o->output == NULL)
        SHY_TRY(shy_fail(SHY_USAGE, "import takes one or more tables and the cohort to write, as in `shihyo import "
                                    "patients.csv -o cohort.h5`."));
    if (o->tables_count > 1 && o->join == NULL)
        SHY_TRY(
            shy_fail(SHY_USAGE, "Several tables are joined on an identifier that all of them have: --join COLUMN."));
out:
    return st;
}

static shy_status import(const shy_import_options *o)
{
    shy_status st = shy_cohort_import(o, stdout);

    if (st == SHY_OK && !o->quiet)
        printf("\nCohort in %s. `shihyo inspect %s` shows it again.\n", o->output, o->output);
    return st;
}

int shy_cmd_import(int argc, char **argv)
{
    shy_status st = SHY_OK;
    shy_import_options o = {0};
    const char **codes = NULL;
    shy_team *team = NULL;
    bool help = false;

    SHY_TRY(shy_par_start(&argc, &argv));
    SHY_TRY(shy_new((size_t)argc, sizeof *codes, &codes));
    SHY_TRY(read_command(argc, argv, codes, &o, &help));
    SHY_TRY(shy_team_create(SHY_ALL_RANKS, 1, &team));
    if (!help)
        st = shy_team_agree(team, team->rank == 0 ? import(&o) : SHY_OK);
    else if (team->rank == 0)
        shy_help_command("import", stdout);
    shy_team_destroy(&team);
out:
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message()); /* rank 0 alone speaks */
    shy_free(&codes);
    shy_par_stop();
    return (int)st;
}
