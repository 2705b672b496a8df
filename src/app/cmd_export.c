/* cmd_export.c: `shihyo export`: a formula of a finished run as a program or document that stands alone. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "app/chosen.h"
#include "app/commands.h"
#include "app/help.h"
#include "app/sink.h"
#include "app/usage.h"
#include "shihyo/emit.h"

enum { TO = 1, ROUNDED, OVERWRITE };

static const struct option options[] = {
    {"formula", required_argument, NULL, 'f'}, {"to", required_argument, NULL, TO}, {"target", required_argument, NULL, 't'}, {"rounded", no_argument, NULL, ROUNDED},
    {"output", required_argument, NULL, 'o'},  {"overwrite", no_argument, NULL, OVERWRITE}, {"help", no_argument, NULL, 'h'}, {0},
};

/* Borrowed from argv. */
typedef struct {
    shy_formula_choice choice;
    const char *output;
    int to; /* −1: not given */
    bool overwrite, help;
} command;

/* ---- the command line ---------------------------------------------------------------------------------------------- */

static shy_status read_to(const char *text, int *to_out)
{
    shy_emit_target target;

    if (!shy_emit_find(text, &target)) return shy_fail(SHY_USAGE, "--to is \"%s\"; it takes latex, python, r, c, sql, json, excel or julia.", text);
    *to_out = (int)target;
    return SHY_OK;
}

static shy_status take_option(command *c, int option)
{
    if (option == 'f') return shy_choice_number(optarg, &c->choice.number);
    if (option == TO) return read_to(optarg, &c->to);
    if (option == 't') c->choice.target = optarg;
    if (option == ROUNDED) c->choice.rounded = true;
    if (option == OVERWRITE) c->overwrite = true;
    if (option == 'o') c->output = optarg;
    if (option == 'h') c->help = true;
    return SHY_OK;
}

static shy_status read_command(int argc, char **argv, command *c)
{
    shy_status st = SHY_OK;
    int option = 0;

    shy_usage_start();
    while (!c->help) {
        SHY_TRY(shy_usage_next(argc, argv, "f:t:o:h", options, &option));
        if (option == -1) break;
        SHY_TRY(take_option(c, option));
    }
    if (c->help) return SHY_OK;
    if (optind + 1 != argc) SHY_TRY(shy_fail(SHY_USAGE, "export takes one directory of results, as in `shihyo export out/ --to python`."));
    if (c->to < 0) SHY_TRY(shy_fail(SHY_USAGE, "export needs --to: latex, python, r, c, sql, json, excel or julia."));
    c->choice.directory = argv[optind];
out:
    return st;
}

/* ---- the run ------------------------------------------------------------------------------------------------------------ */

/* front.json of the target: in a directory of its own where there are several. */
static shy_status load_front(const char *directory, const char *target, int number, json_t **front_out)
{
    shy_status st = SHY_OK;
    json_t *targets = NULL;
    char *path = NULL;

    if (*target == '\0') return shy_json_load(directory, "front.json", front_out);
    SHY_TRY(shy_json_load(directory, "targets.json", &targets));
    SHY_TRY(shy_string_format(&path, "%s/%s", directory, shy_json_word(json_array_get(json_object_get(targets, "targets"), (size_t)number), "directory")));
    SHY_TRY(shy_json_load(path, "front.json", front_out));
out:
    json_decref(targets);
    shy_free(&path);
    return st;
}

static shy_status export(const command *c)
{
    shy_status st = SHY_OK;
    shy_chosen chosen = {0};
    json_t *front = NULL;
    shy_buffer text = {0};

    SHY_TRY(shy_sink_check(c->output, c->overwrite));
    SHY_TRY(shy_chosen_read(&c->choice, &chosen));
    SHY_TRY(load_front(c->choice.directory, chosen.of->name, (int)(chosen.of - chosen.finished), &front));
    const shy_emit_request request = {.finished = chosen.of, .model = chosen.number - 1, .front = front, .rounded = c->choice.rounded};
    SHY_TRY(shy_emit(&request, (shy_emit_target)c->to, &text));
    SHY_TRY(shy_sink_put(c->output, c->overwrite, &text));
out:
    shy_chosen_free(&chosen);
    json_decref(front);
    shy_buffer_free(&text);
    return st;
}

int shy_cmd_export(int argc, char **argv)
{
    command c = {.to = -1, .output = "-"};
    shy_status st = read_command(argc, argv, &c);

    if (st == SHY_OK && c.help) shy_help_command("export", stdout);
    else if (st == SHY_OK) st = export(&c);
    if (st != SHY_OK) shy_log(SHY_LOG_ERROR, "%s", shy_error_message());
    return (int)st;
}
