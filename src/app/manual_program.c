/* manual_program.c: shihyo(1): what stands in no page of help, around the commands and the keys of a configuration. */
#include "shy_config.h"

#include "app/config.h"
#include "app/help.h"
#include "app/help_parts.h"
#include "app/manual.h"
#include "app/manual_program.h"

typedef struct {
    const char *term, *text;
} entry;

static const entry files[] = {
    {"front.json", "The front and the best formulas of each complexity, and all that is known of them, for programs."},
    {"front.tsv", "The front as a table."},
    {"results.h5", "Everything as HDF5, for Python and R."},
    {"run.json", "The configuration in force, versions, seed, SHA-256 of the cohort, ranks, time, and notes on the data."},
    {"checkpoint, checkpoint.previous", "What a search that is not finished has done; `shihyo resume` goes on from them."},
    {0},
};

static const entry environment[] = {
    {"SHY_ISA", "portable, avx2 or avx512: at most these instructions are used. The results do not depend on it."},
    {"SLURM_JOB_ID, SLURM_JOB_END_TIME",
     "Set by Slurm. A search whose key run.max_time is auto takes from them when its job ends, or asks squeue, and saves and ends before that."},
    {"TMPDIR, OPENBLAS_NUM_THREADS, OMP_NUM_THREADS, variables of the MPI library",
     "Have the meaning that the libraries give them. One thread for each rank is right."},
    {0},
};

static const entry statuses[] = {
    {"0", "Done."},
    {"1", "A defect of the program."},
    {"2", "Wrong data or configuration."},
    {"3", "A file cannot be read or written."},
    {"4", "Not enough memory."},
    {"10", "`shihyo collect --strict`: not all tasks are done."},
    {"64", "Wrong command line."},
    {"85", "Stopped by a signal or a time limit, and saved: `shihyo resume` goes on."},
    {0},
};

static void print_entries(FILE *stream, const entry *entries)
{
    for (; entries->term != NULL; entries++) {
        fputs(".TP\n.B ", stream);
        shy_roff_line(stream, entries->term);
        shy_roff_text(stream, entries->text);
    }
}

/* The first line of each command's usage. */
static void print_synopsis(FILE *stream)
{
    size_t count;
    const shy_help_page *pages = shy_help_pages(&count);

    fputs(".SH SYNOPSIS\n.nf\n", stream);
    for (size_t i = 0; i < count; i++) {
        shy_part part = {.kind = SHY_PART_USAGE};
        const char *at = pages[i].text;
        if (shy_part_next(&at, &part)) shy_roff_term(stream, part.text);
    }
    shy_roff_term(stream, "shihyo help [COMMAND]");
    shy_roff_term(stream, "shihyo --version");
    fputs(".fi\n", stream);
}

static void print_commands(FILE *stream)
{
    size_t count;
    const shy_help_page *pages = shy_help_pages(&count);

    fputs(".SH COMMANDS\n", stream);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, ".TP\n.BR shihyo\\-%s (1)\n", pages[i].name);
        shy_roff_text(stream, pages[i].summary);
    }
    fputs(".TP\n.B shihyo help\n", stream);
    shy_roff_text(stream, "explains a command (also: `shihyo` COMMAND `--help`); `help keys` the keys of a configuration; `help example` prints a "
                          "configuration of all keys with their defaults, `help manual` [COMMAND] a manual page, `help completion` a script that completes "
                          "commands, options and keys in bash.");
}

void shy_manual_status(FILE *stream)
{
    fputs(".SH EXIT STATUS\n", stream);
    shy_roff_text(stream, "0 done, 2 wrong data or configuration, 3 a file cannot be read or written, 4 not enough memory, 64 wrong command line, "
                          "1 a defect of the program; the same on every rank.");
}

void shy_manual_program(FILE *stream)
{
    shy_manual_heading(stream, "", "find simple formulas that explain a clinical outcome");
    print_synopsis(stream);
    fputs(".SH DESCRIPTION\n", stream);
    shy_roff_text(stream, "Shihyo reads a table of patients and finds the simple formulas of its columns that explain an outcome. Every formula that the "
                          "configuration allows is scored; of each complexity the best are kept, refitted, and reduced to the Pareto front: the formulas that "
                          "explain the outcome better than every simpler one.");
    fputs(".PP\n", stream);
    shy_roff_text(stream, "A table becomes a cohort file once (import); a search reads it on as many ranks as MPI starts and writes a directory of results. "
                          "The results are the same for any number of ranks, and the same if the search was interrupted and gone on with.");
    print_commands(stream);
    fputs(".SH CONFIGURATION\n", stream);
    shy_roff_text(stream, "The configuration of a search is a YAML file. The keys below are written with a dot where the file has a section: grammar.units is "
                          "units under grammar. On the command line: `--set` KEY=VALUE; lists are written [a, b] or a,b, several keys of a section as "
                          "section={name: value, ...}. An unknown key, a key given twice or a wrong value is an error that names the line. A relative path "
                          "starts at the current directory.");
    shy_config_print_manual(stream);
    fputs(".SH FILES\n", stream);
    shy_roff_text(stream, "A search has in its directory, results all at once when it is done:");
    print_entries(stream, files);
    fputs(".SH ENVIRONMENT\n", stream);
    print_entries(stream, environment);
    fputs(".SH EXIT STATUS\n", stream);
    shy_roff_text(stream, "The same on every rank.");
    print_entries(stream, statuses);
    fputs(".SH EXAMPLES\n.nf\n", stream);
    shy_roff_line(stream, "shihyo import patients.csv -o cohort.h5");
    shy_roff_line(stream, "shihyo search run.yaml --plan");
    shy_roff_line(stream, "mpirun -n 4 shihyo search run.yaml --set grammar.max_complexity=5 -o out/");
    shy_roff_line(stream, "shihyo show out/");
    shy_roff_line(stream, "shihyo validate out/ other.h5");
    fputs(".fi\n", stream);
    shy_manual_see_also(stream, "");
}
