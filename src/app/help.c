/* help.c: what the program tells about its commands. */
#include "shy_config.h"

#include <string.h>

#include "app/config.h"
#include "app/help.h"
#include "app/manual.h"

typedef shy_help_page page; /* the form of a text: app/help_parts.h */

static const page pages[] = {
    {"import", "read tables of patients into a cohort file",
     "usage: shihyo import TABLE... -o COHORT [options]\n"
     "\n"
     "Reads CSV or TSV tables (gzip allowed), infers what each column holds, prints it, and writes one cohort file.\n"
     "\n"
     "  -o, --output FILE      the cohort file to write\n"
     "      --schema FILE      kinds, units and modalities of columns (YAML)\n"
     "      --save-schema FILE write what was inferred as such a schema\n"
     "      --join COLUMN      join several tables on this identifier\n"
     "      --missing CODE     another text that stands for a missing value, such as -99; may be given again\n"
     "      --overwrite        replace an existing cohort file\n"
     "      --memory SIZE      memory to use, such as 512MiB or 2GiB (default: 512MiB)\n"
     "      --align SIZE       blocks of 64 KiB or more begin at multiples of this: the stripe of a parallel file system, such as\n"
     "                         1MiB, at the price of a larger file (default: 4KiB; see doc/storage.md)\n"
     "  -q, --quiet            do not print the columns\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo import patients.csv -o cohort.h5\n"
     "  shihyo import clinic.csv genes.tsv --join patient_id --missing -99 -o cohort.h5\n"},
    {"inspect", "show what a cohort file holds",
     "usage: shihyo inspect COHORT [options]\n"
     "\n"
     "Prints size, origin and columns of a cohort file.\n"
     "\n"
     "  -a, --all              every column, however many there are\n"
     "  -h, --help             this text\n"
     "\n"
     "example:\n"
     "  shihyo inspect cohort.h5\n"},
    {"search", "find the formulas that explain an outcome",
     "usage: shihyo search CONFIGURATION [options]\n"
     "       mpirun -n RANKS shihyo search CONFIGURATION [options]\n"
     "\n"
     "Scores every formula that the configuration allows and writes the best to a directory: results.h5, front.tsv,\n"
     "front.json and run.json. The results are the same for any number of ranks. Progress goes to standard error.\n"
     "\n"
     "      --set KEY=VALUE    overrides a key of the configuration; may be given again; see `shihyo help keys`\n"
     "  -o, --output DIR       where the results go (default: the key output)\n"
     "      --plan             print the number of formulas, work, memory and expected time, and stop\n"
     "      --max-time TIME    save what is done and end before this time is over: 90s, 45min, 3h30m, 1-12:00:00\n"
     "                         (default: the key run.max_time, which in a Slurm job is its end)\n"
     "      --resume           go on with the same run if it was interrupted, begin it if there is nothing, do nothing if it is\n"
     "                         finished\n"
     "      --overwrite        replace results that are in the directory already, and forget a run that was interrupted\n"
     "  -q, --quiet            print nothing but errors\n"
     "  -h, --help             this text\n"
     "\n"
     "A relative path in the configuration, as that of the cohort, starts at the current directory, not at the file.\n"
     "\n"
     "What is done is saved in DIR/checkpoint every 10 minutes (run.checkpoint), and goes when the results are there. SIGUSR1:\n"
     "save and go on. SIGTERM, SIGINT, or the time limit: save and end, with status 85. `shihyo resume DIR` goes on, to the\n"
     "same results. A second SIGINT ends at once. An mpirun that is ended itself must be told to give the ranks time:\n"
     "mpirun --mca odls_base_sigkill_timeout 10.\n"
     "\n"
     "examples:\n"
     "  shihyo search run.yaml --plan\n"
     "  mpirun -n 4 shihyo search run.yaml -o out/\n"
     "  mpirun -n 4 shihyo search run.yaml --set grammar.max_complexity=5 --set 'factors.exclude=[id, bmi]' -o out/\n"
     "  srun shihyo search run.yaml -o out/ --resume\n"
     "\n"
     "exit status: 0 done, 2 wrong data or configuration, 3 a file cannot be read or written, or a rank is lost, 4 not enough memory,\n"
     "64 wrong command line, 85 stopped and saved, 1 a defect of the program; the same on every rank.\n"},
    {"resume", "go on with a search that was interrupted",
     "usage: shihyo resume DIR [options]\n"
     "       mpirun -n RANKS shihyo resume DIR [options]\n"
     "\n"
     "Goes on with the search whose output directory is DIR from what its checkpoint has, and ends with the results that it\n"
     "would have had without an interruption, to the byte. The configuration is that of the checkpoint; the number of ranks\n"
     "may be another one. If the search is finished, that is said, with status 0, so that a job can call it again and again.\n"
     "\n"
     "      --set KEY=VALUE    changes a key on which the results do not depend, may be given again: cohort (another place of\n"
     "                         the same file), search.precision, parallel.*, run.*, report.interval\n"
     "      --max-time TIME    save what is done and end before this time is over, counted from now\n"
     "  -q, --quiet            print nothing but errors\n"
     "  -h, --help             this text\n"
     "\n"
     "It is refused if the cohort has another content than then, or if the program is another version. `shihyo search RUN.yaml\n"
     "--resume` does the same and also begins a run of which there is nothing yet.\n"
     "\n"
     "examples:\n"
     "  shihyo resume out/\n"
     "  mpirun -n 8 shihyo resume out/ --max-time 3h30m --set parallel.memory=4GiB\n"
     "\n"
     "exit status: that of search; 2 if there is nothing to go on from.\n"},
    {"show", "print the front of finished results",
     "usage: shihyo show DIR [options]\n"
     "\n"
     "Prints the Pareto front of the results in DIR as a table, and how to read it.\n"
     "\n"
     "  -c, --complexity N     the best formulas of complexity N instead\n"
     "  -a, --all              the best formulas of every complexity\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo show out/\n"
     "  shihyo show out/ --complexity 4\n"},
    {"report", "make a page of a finished run that people can read",
     "usage: shihyo report DIR [options]\n"
     "\n"
     "Makes one HTML file of the results in DIR: the verdict in words, the data, the front, and of each of its formulas the\n"
     "mathematics, its factors and constants, its pictures and what is known of how far it can be believed. The file needs\n"
     "no network and can be opened from anywhere, printed, and read on a phone. What it shows beyond the results comes from\n"
     "the cohort, under disclosure control; without the cohort it is made of the results alone, and says so.\n"
     "\n"
     "  -o, --output FILE      where the page goes (default: report.html in DIR)\n"
     "      --language WORD    en or ja (default: en)\n"
     "      --sdc RULE         what may be shown of patients: sacro (no count below 10), uk-biobank (5), opensafely (8, rounded\n"
     "                         to 5), a number, or none: single patients, not for release (default: sacro)\n"
     "      --cohort COHORT    the cohort file of the run, if it is not any more where the run found it\n"
     "      --groups N         risk groups of the pictures, 2 to 5 (default: 3)\n"
     "      --subgroups COLUMNS\n"
     "                         columns by which performance is broken down, with commas between them (default: sex, site and\n"
     "                         age, where columns are called so)\n"
     "      --json FILE        write the numbers of the page, too, as one JSON document (see doc/report.md)\n"
     "      --vega DIR         where the files of libjs-vega are, which draw the charts (default: the environment's SHY_VEGA, or\n"
     "                         where configure found them)\n"
     "      --overwrite        replace these files\n"
     "  -q, --quiet            print nothing but errors\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo report out/\n"
     "  shihyo report out/ --language ja --sdc opensafely -o report.ja.html\n"
     "  shihyo report out/ --subgroups sex,centre --json numbers.json --overwrite\n"},
    {"validate", "judge the formulas of a finished run on another cohort",
     "usage: shihyo validate DIR COHORT [options]\n"
     "       mpirun -n RANKS shihyo validate DIR COHORT [options]\n"
     "\n"
     "Applies the formulas of the front of the results in DIR, with all their numbers as they stand, to the patients of another\n"
     "cohort file, and prints how well they predict there: the measures of the search with 95 % intervals, and calibration.\n"
     "Missing values, levels and limits are handled as the search did. A formula with a column that the cohort does not have is\n"
     "passed over. The outcome is expected under the same name.\n"
     "\n"
     "      --outcome COLUMN   the outcome has another name there\n"
     "      --time, --event COLUMN\n"
     "                         the same for survival\n"
     "      --positive VALUE   the value that counts as 1, or is the event, has another name there\n"
     "      --where CONDITION  the samples to use, as samples.where of a search (default: all, whatever the search used)\n"
     "      --set KEY=VALUE    another key of the section outcome\n"
     "  -o, --output FILE      where the numbers go (default: validate.json)\n"
     "      --overwrite        replace that file\n"
     "  -q, --quiet            print nothing but errors\n"
     "  -h, --help             this text\n"
     "\n"
     "example:\n"
     "  shihyo validate out/ other.h5 --outcome died_in_hospital -o other.json\n"},
    {"predict", "apply a formula of a finished run to new patients",
     "usage: shihyo predict DIR TABLE [options]\n"
     "\n"
     "Applies a formula of the front of the results in DIR to the patients of a CSV or TSV table (gzip allowed), read as import\n"
     "reads it, and writes CSV with a row for each of its rows, in their order: the value of the formula, the score (the linear\n"
     "predictor), the prediction on the scale of the outcome, and a note on what the score rests on. Columns need the names that\n"
     "they had in the run; others are passed over. Missing values, levels and limits are handled as the search did; where a\n"
     "value is missing for which nothing counts instead, the row has no score. See doc/predict.md.\n"
     "\n"
     "  -f, --formula N        the N-th of the front, as `shihyo show DIR` numbers it (default: the one that was chosen)\n"
     "  -t, --target NAME      of which target, where the run had several\n"
     "      --rounded          with the simple numbers instead of the fitted ones\n"
     "      --id COLUMN        begin each row with this column of the table (default: the number of the row)\n"
     "      --missing CODE     another text that stands for a missing value, such as -99; may be given again\n"
     "  -o, --output FILE      where the scores go (default: standard output)\n"
     "      --overwrite        replace that file\n"
     "  -q, --quiet            do not print how many rows have a score, and what the others lack\n"
     "  -h, --help             this text\n"
     "\n"
     "The note names columns behind one of these words, and is empty if nothing is to be said:\n"
     "  missing      there is no value, and no score\n"
     "  filled       there is no value; a typical one counts instead\n"
     "  implausible  beyond the plausible range of the run: counts as missing\n"
     "  below        below all values that the run saw\n"
     "  above        above them\n"
     "  unseen       a level that the run did not see\n"
     "  undefined    the formula is not defined for these values (no column is named)\n"
     "\n"
     "examples:\n"
     "  shihyo predict out/ new.csv -o scores.csv\n"
     "  shihyo predict out/ new.csv.gz --formula 3 --rounded --id patient_id -o scores.csv\n"
     "\n"
     "exit status: 0 also if rows have no score; 2 wrong data, 3 a file cannot be read or written, 64 wrong command line.\n"},
    {"explain", "show how each factor contributes to the score of one patient",
     "usage: shihyo explain DIR [FILE] --id P [options]\n"
     "\n"
     "Shows how a formula of the front of the results in DIR comes to the score of one patient: for each column the value, the\n"
     "typical value of the run (its median, to three digits), and what it contributes to the difference between the patient's\n"
     "score and that of a typical patient. Contributions are Shapley values and add up to that difference. FILE is a cohort file\n"
     "or a table (default: the cohort of the run). See doc/predict.md.\n"
     "\n"
     "      --id P             the patient's identifier; without an identifier column in the file the number of the row\n"
     "      --id-column COLUMN the column of a table that has the identifiers (default: the one that is called like one)\n"
     "  -f, --formula N        the N-th of the front, as `shihyo show DIR` numbers it (default: the one that was chosen)\n"
     "  -t, --target NAME      of which target, where the run had several\n"
     "      --rounded          with the simple numbers instead of the fitted ones\n"
     "      --missing CODE     of a table: another text that stands for a missing value; may be given again\n"
     "      --json             print it as JSON\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo explain out/ --id P0017\n"
     "  shihyo explain out/ new.csv --formula 3 --id 17 --id-column record\n"},
    {"export", "write a formula as a program, a spreadsheet or LaTeX",
     "usage: shihyo export DIR --to LANGUAGE [options]\n"
     "\n"
     "Writes a formula of the front of the results in DIR, with its whole model and with what has to be done to each column (missing\n"
     "values, levels, limits), as a file that stands alone: nothing of this program is needed to use it. Units, the ranges that the\n"
     "run saw, and how far the formula can be believed stand in its comments; so does an example with its result. All languages\n"
     "give the same numbers. Where a step of the formula is not defined, such as the logarithm of 0, there is no result.\n"
     "\n"
     "      --to LANGUAGE      latex, python, r, c, sql, json, excel (a workbook to fill in, as XML) or julia\n"
     "  -f, --formula N        the N-th formula of the front, the simplest being the first (default: the one that the run chose)\n"
     "  -t, --target NAME      the outcome or horizon, where the run had several\n"
     "      --rounded          the formula with simple constants (constants.tolerance)\n"
     "  -o, --output FILE      where it goes (default: it is printed)\n"
     "      --overwrite        replace that file\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo export out/ --to python -o score.py\n"
     "  shihyo export out/ --formula 3 --to excel -o score.xml\n"},
    {"sweep", "expand a configuration into many, one for each task of a job array",
     "usage: shihyo sweep SWEEP [options]\n"
     "\n"
     "Reads a file that says what varies, and writes a directory with the configuration of each task, the table tasks.tsv and\n"
     "sweep.sbatch, the script of a job array, with memory and time filled in from the plan of the search on this machine.\n"
     "Every configuration is checked before anything is written.\n"
     "\n"
     "  -o, --output DIR       where the sweep goes (default: the name of the file without its ending)\n"
     "      --plan             print tasks, memory and time, and stop\n"
     "      --submit           give the array to Slurm, and print the command that collects it afterwards\n"
     "      --extend           keep the sweep that is in the directory, and add the tasks that are new\n"
     "      --overwrite        replace it; its runs are kept, as runs.1\n"
     "      --set KEY=VALUE    overrides a key of the base for all tasks; may be given again\n"
     "  -q, --quiet            print nothing but errors and what was submitted\n"
     "  -h, --help             this text\n"
     "\n"
     "The file (see doc/sweep.md, and the example sweep.yaml):\n"
     "  base     the keys that all tasks share, or the path of a configuration\n"
     "  grid     keys, each with the list of its values: all combinations, the last key varying fastest\n"
     "  list     mappings of keys to values, one for each task; with a grid, each of them with all combinations\n"
     "  name     what a task is called: \"{outcome.column}-{seed}\"; {task} is its number\n"
     "  job      ntasks, nodes, partition, account, memory, time, limit (tasks at a time), requeue (how often at most), launch,\n"
     "           sbatch (further options), commands (lines of the shell before the search, as module load)\n"
     "Any key of `shihyo help keys` may vary, and a whole section: grammar: [{max_complexity: 5}, {operators: [+, -]}].\n"
     "The same sweep again changes nothing; another one in the same directory is refused, with the difference.\n"
     "\n"
     "examples:\n"
     "  shihyo sweep sweep.yaml --plan\n"
     "  shihyo sweep sweep.yaml -o study --submit\n"
     "  sh study/sweep.sbatch 3      (task 3 here, without Slurm)\n"
     "\n"
     "exit status: 0 done, 2 wrong data or file, or sbatch has refused it, 3 a file cannot be read or written, 4 not enough\n"
     "memory, 64 wrong command line, 1 a defect of the program.\n"},
    {"collect", "join the runs of a sweep into one table and one front",
     "usage: shihyo collect DIR [options]\n"
     "\n"
     "Reads what the tasks of a sweep have left so far, at any time, and writes collected.tsv (a line for each task: state, what\n"
     "varies, chosen formula, apparent and held-out performance, p), front.tsv (the best formulas of all tasks that can be compared,\n"
     "for each outcome and measure) and collected.json (both). Prints them, what so many searches do to a p, and the command that\n"
     "submits what is left.\n"
     "\n"
     "States: done; running; stopped (saved: goes on when submitted again); failed (with the first line of the error); damaged\n"
     "(results that cannot be read); missing (not begun, or lost before anything was saved).\n"
     "\n"
     "  -o, --output DIR       where the files go (default: the directory of the sweep)\n"
     "      --json             print collected.json instead of tables\n"
     "      --strict           exit status 10 unless all tasks are done\n"
     "  -q, --quiet            print nothing but errors\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo collect study/\n"
     "  shihyo collect study/ --quiet --strict || echo 'not yet'\n"
     "\n"
     "exit status: 0, also while tasks are left; with --strict 10 while any is; 2 no sweep, 3 a file cannot be read or written,\n"
     "4 not enough memory, 64 wrong command line, 1 a defect of the program.\n"},
    {"top", "look at a running search",
     "usage: shihyo top DIR... [options]\n"
     "\n"
     "Shows how the runs whose output directories these are stand: how far, how fast, the best formula so far, how busy the ranks\n"
     "are, how old the checkpoint is, and the time that is left. It only reads files (events.jsonl first of all), so it can be\n"
     "called on any machine that sees the directory, such as a login node, and disturbs nobody. Of several runs, and of the\n"
     "directory of a sweep, each is a line. On a terminal the picture is kept up to date until all runs have ended (Ctrl-C ends\n"
     "it sooner); elsewhere it is printed once. A run from which nothing is heard for some time is called silent: perhaps its\n"
     "job was killed.\n"
     "\n"
     "  -i, --interval SECONDS look again after so many seconds (default: 2)\n"
     "      --once             print once, also on a terminal\n"
     "      --json             print once, one line of JSON for each run\n"
     "  -h, --help             this text\n"
     "\n"
     "examples:\n"
     "  shihyo top out/\n"
     "  shihyo top sweep/ --once\n"
     "  shihyo top out/ --json\n"
     "\n"
     "exit status: 0 done, 3 there is no run or a directory cannot be read, 64 wrong command line\n"},
};

const shy_help_page *shy_help_pages(size_t *count_out)
{
    *count_out = sizeof pages / sizeof *pages;
    return pages;
}

static const page *find(const char *name)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(pages[i].name, name) == 0) return &pages[i];
    return NULL;
}

void shy_help_program(FILE *stream)
{
    fputs("Shihyo finds simple formulas that explain a clinical outcome.\n"
          "\n"
          "usage: shihyo COMMAND ...\n"
          "\n",
          stream);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        fprintf(stream, "  %-10s %s\n", pages[i].name, pages[i].summary);
    fputs("  help       explain a command, or with `help keys` the configuration; `help manual COMMAND`: the manual page\n"
          "\n"
          "  --version  versions of the program and its libraries\n"
          "  --help     this text; after a command its own help\n"
          "\n"
          "example:\n"
          "  shihyo import patients.csv -o cohort.h5\n"
          "  mpirun -n 4 shihyo search run.yaml -o out/\n"
          "  shihyo show out/\n",
          stream);
}

bool shy_help_command(const char *command, FILE *stream)
{
    const page *found = find(command);

    if (found == NULL) return false;
    fputs(found->text, stream);
    return true;
}

bool shy_help_topic(const char *topic, const char *of, FILE *stream)
{
    if (strcmp(topic, "manual") == 0) return shy_manual_print(of, stream);
    if (of != NULL) return false;
    if (strcmp(topic, "keys") == 0)
        shy_config_print_keys(stream);
    else if (strcmp(topic, "completion") == 0)
        shy_completion_print(stream);
    else if (strcmp(topic, "example") == 0)
        shy_config_print_example(stream);
    else
        return shy_help_command(topic, stream);
    return true;
}
