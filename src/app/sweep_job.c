/* sweep_job.c: the section `job` of a sweep: what is asked of Slurm. */
#include "shy_config.h"

#include <ctype.h>
#include <string.h>
#include <yaml.h>

#include "app/sweep.h"

enum { NTASKS, NODES, PARTITION, ACCOUNT, MEMORY, TIME, LIMIT, REQUEUE, LAUNCH, SBATCH, COMMANDS, NAMES };
static const char *const names[NAMES] = {"ntasks", "nodes", "partition", "account", "memory", "time", "limit", "requeue", "launch", "sbatch", "commands"};

#define LAUNCH_DEFAULT "srun --mpi=pmix --wait=30" /* no rank is waited for when another has ended */
#define REQUEUE_DEFAULT 10

/* ---- times ------------------------------------------------------------------------------------------------------------- */

static bool number(const char **text, int64_t *value_out)
{
    int64_t value = 0;

    if (!isdigit((unsigned char)**text)) return false;
    for (; isdigit((unsigned char)**text) && value < 100000000; ++*text) value = 10 * value + (**text - '0');
    *value_out = value;
    return true;
}

/* minutes, minutes:seconds, hours:minutes:seconds, days-hours, days-hours:minutes, days-hours:minutes:seconds. */
bool shy_sweep_time_parse(const char *text, int64_t *seconds_out)
{
    int64_t part[3] = {0}, days = -1;
    int parts = 0;

    if (!number(&text, &part[parts++])) return false;
    if (*text == '-') {
        days = part[0], text++;
        if (!number(&text, &part[0])) return false;
    }
    while (*text == ':' && parts < 3) {
        text++;
        if (!number(&text, &part[parts++])) return false;
    }
    if (*text != '\0') return false;
    if (days >= 0) *seconds_out = ((days * 24 + part[0]) * 60 + part[1]) * 60 + part[2];
    else if (parts == 3) *seconds_out = (part[0] * 60 + part[1]) * 60 + part[2];
    else *seconds_out = part[0] * 60 + part[1];
    return *seconds_out > 0;
}

/* ---- its values ---------------------------------------------------------------------------------------------------------- */

static shy_status refuse(const char *where, const char *name, const char *text, const char *accepts)
{
    return shy_fail(SHY_INPUT, "%s: job.%s is \"%s\"; it takes %s.", where, name, text, accepts);
}

static shy_status read_count(const char *where, int key, const char *text, int least, int *count_out)
{
    int64_t value = 0;
    char accepts[64];

    snprintf(accepts, sizeof accepts, "an integer from %d to 1000000", least);
    if (!shy_text_integer(text, &value) || value < least || value > 1000000) return refuse(where, names[key], text, accepts);
    *count_out = (int)value;
    return SHY_OK;
}

/* Each becomes a part of a line of a script. */
static bool is_line(const char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text)) return false;
    return true;
}

static shy_status read_scalar(const char *where, int key, const char *text, shy_sweep_job *job)
{
    char **words[NAMES] = {[PARTITION] = &job->partition, [ACCOUNT] = &job->account, [LAUNCH] = &job->launch};
    const bool automatic = strcmp(text, "auto") == 0;

    if (!is_line(text) || (*text == '\0' && key != LAUNCH)) return refuse(where, names[key], text, "a line of text");
    switch (key) {
    case NTASKS: return read_count(where, key, text, 1, &job->ntasks);
    case NODES: return read_count(where, key, text, 1, &job->nodes);
    case LIMIT: return read_count(where, key, text, 1, &job->limit);
    case REQUEUE: return read_count(where, key, text, 0, &job->requeue);
    case MEMORY:
        if (automatic || shy_size_parse(text, &job->memory)) return SHY_OK;
        return refuse(where, names[key], text, "auto or a size such as 512MiB or 4GiB, for each rank");
    case TIME:
        if (automatic || shy_sweep_time_parse(text, &job->seconds)) return SHY_OK;
        return refuse(where, names[key], text, "auto, minutes, or a time such as 02:30:00 or 1-12:00:00");
    case PARTITION:
    case ACCOUNT:
        if (strpbrk(text, " \"'\\") != NULL) return refuse(where, names[key], text, "a name");
        break;
    default: break;
    }
    shy_free(words[key]);
    return shy_string_copy(text, words[key]);
}

static shy_status read_lines(yaml_document_t *document, const yaml_node_t *node, const char *where, int key, char ***line, int *count)
{
    shy_status st = SHY_OK;

    if (node->type != YAML_SEQUENCE_NODE) return shy_fail(SHY_INPUT, "%s: job.%s takes a list of texts; write [a, b].", where, names[key]);
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
        const yaml_node_t *item = yaml_document_get_node(document, *i);
        const char *text = item->type == YAML_SCALAR_NODE ? (const char *)item->data.scalar.value : "";
        if (*text == '\0' || !is_line(text)) SHY_TRY(shy_fail(SHY_INPUT, "%s: job.%s takes texts of one line.", where, names[key]));
        if (key == SBATCH && *text != '-') SHY_TRY(refuse(where, names[key], text, "options of sbatch, such as --qos=long"));
        SHY_TRY(shy_grow((size_t)*count + 1, sizeof **line, line));
        SHY_TRY(shy_string_copy(text, &(*line)[*count]));
        ++*count;
    }
out:
    return st;
}

static shy_status read_pair(const char *path, yaml_document_t *document, const yaml_node_pair_t *pair, bool *given, shy_sweep_job *job)
{
    const yaml_node_t *word = yaml_document_get_node(document, pair->key), *value = yaml_document_get_node(document, pair->value);
    const char *name = word->type == YAML_SCALAR_NODE ? (const char *)word->data.scalar.value : "";
    char where[4096];
    int key = 0;

    snprintf(where, sizeof where, "%s:%zu:%zu", path, word->start_mark.line + 1, word->start_mark.column + 1);
    while (key < NAMES && strcmp(names[key], name) != 0) key++;
    if (key == NAMES) {
        const char *near = shy_text_nearest(name, names, NAMES);
        return shy_fail(SHY_INPUT, "%s: there is no key job.%s%s%s%s `shihyo help sweep` lists them.", where, name, near ? "; did you mean job." : "",
                        near ? near : "", near ? "?" : ".");
    }
    if (given[key]) return shy_fail(SHY_INPUT, "%s: job.%s is given twice. Keep one of them.", where, name);
    given[key] = true;
    if (key == SBATCH) return read_lines(document, value, where, key, &job->option, &job->options);
    if (key == COMMANDS) return read_lines(document, value, where, key, &job->command, &job->commands);
    if (value->type != YAML_SCALAR_NODE) return shy_fail(SHY_INPUT, "%s: job.%s takes one value.", where, name);
    return read_scalar(where, key, (const char *)value->data.scalar.value, job);
}

shy_status shy_sweep_read_job(const char *path, void *document, const void *node, shy_sweep_job *job_out)
{
    shy_status st = SHY_OK;
    const yaml_node_t *mapping = node;
    shy_sweep_job job = {.ntasks = 1, .requeue = REQUEUE_DEFAULT};
    bool given[NAMES] = {false};

    SHY_TRY(shy_string_copy(LAUNCH_DEFAULT, &job.launch));
    if (mapping != NULL && mapping->type != YAML_MAPPING_NODE)
        SHY_TRY(shy_fail(SHY_INPUT, "%s:%zu:%zu: job is a section; write job: {time: auto}.", path, mapping->start_mark.line + 1,
                         mapping->start_mark.column + 1));
    for (yaml_node_pair_t *p = mapping ? mapping->data.mapping.pairs.start : NULL; mapping && p < mapping->data.mapping.pairs.top; p++)
        SHY_TRY(read_pair(path, document, p, given, &job));
    if (job.nodes > job.ntasks)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: job.nodes is %d, more than the %d rank%s of a task (job.ntasks).", path, job.nodes, job.ntasks,
                         job.ntasks == 1 ? "" : "s"));
    *job_out = job, job = (shy_sweep_job){0};
out:
    shy_sweep_job_free(&job);
    return st;
}

void shy_sweep_job_free(shy_sweep_job *job)
{
    for (int i = 0; i < job->options; i++) shy_free(&job->option[i]);
    for (int i = 0; i < job->commands; i++) shy_free(&job->command[i]);
    shy_free(&job->option);
    shy_free(&job->command);
    shy_free(&job->partition);
    shy_free(&job->account);
    shy_free(&job->launch);
    *job = (shy_sweep_job){0};
}
