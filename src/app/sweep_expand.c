/* sweep_expand.c: from what varies to the tasks: a configuration for each, all different. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/sweep.h"

/* ---- values and configurations ------------------------------------------------------------------------------------------ */

static shy_status copy_value(const shy_value *from, shy_value *to)
{
    shy_status st = SHY_OK;
    shy_value copy = {0};

    if (from->text != NULL) SHY_TRY(shy_value_set_text(&copy, from->text));
    for (unsigned i = 0; i < from->count; i++) SHY_TRY(shy_value_add_item(&copy, from->item[i], strlen(from->item[i])));
    shy_value_clear(to);
    *to = copy, copy = (shy_value){0};
out:
    shy_value_clear(&copy);
    return st;
}

static shy_status copy_config(const shy_config *from, shy_config **copy_out)
{
    shy_status st = SHY_OK;
    shy_config *copy = NULL;

    SHY_TRY(shy_new(1, sizeof *copy, &copy));
    for (int key = 0; key < SHY_KEYS; key++) SHY_TRY(copy_value(&from->value[key], &copy->value[key]));
    *copy_out = copy, copy = NULL;
out:
    shy_config_free(&copy);
    return st;
}

shy_status shy_sweep_identity(const shy_config *config, char **yaml_out)
{
    shy_config plain = *config; /* borrows all values but one */
    char output[16];

    snprintf(output, sizeof output, "%s", shy_key_get(SHY_KEY_OUTPUT)->fallback);
    plain.value[SHY_KEY_OUTPUT] = (shy_value){.text = output};
    return shy_config_save(&plain, yaml_out);
}

/* The text of a list is not to be mistaken for that of another one. */
static bool needs_quotes(const char *item)
{
    const size_t length = strlen(item);
    return length == 0 || strpbrk(item, ",[]{}\"'") != NULL || *item == ' ' || item[length - 1] == ' ';
}

shy_status shy_sweep_value_text(const shy_value *value, char **text_out)
{
    shy_status st = SHY_OK;
    char *text = NULL, *at;
    size_t room = 3;

    if (value->text != NULL || value->item == NULL) return shy_string_copy(value->text ? value->text : value->count == 0 ? "" : "[]", text_out);
    for (unsigned i = 0; i < value->count; i++) room += 2 * strlen(value->item[i]) + 4;
    SHY_TRY(shy_new(room, 1, &text));
    at = text;
    *at++ = '[';
    for (unsigned i = 0; i < value->count; i++) {
        const bool quoted = needs_quotes(value->item[i]);
        if (i > 0) *at++ = ',', *at++ = ' ';
        if (quoted) *at++ = '"';
        for (const char *p = value->item[i]; *p != '\0'; p++) {
            if (quoted && (*p == '"' || *p == '\\')) *at++ = '\\';
            *at++ = *p;
        }
        if (quoted) *at++ = '"';
    }
    *at++ = ']', *at = '\0';
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    return st;
}

/* ---- names ---------------------------------------------------------------------------------------------------------------- */

static shy_status append(char **text, const char *more, size_t length)
{
    const size_t used = *text ? strlen(*text) : 0;
    const shy_status st = shy_grow(used + length + 1, 1, text);

    if (st != SHY_OK) return st;
    for (size_t i = 0; i < length; i++) (*text)[used + i] = (unsigned char)more[i] < ' ' ? ' ' : more[i];
    (*text)[used + length] = '\0';
    return SHY_OK;
}

/* What stands in braces: a key, or task. */
static shy_status append_field(const shy_sweep *sweep, const shy_config *config, int number, const char *field, char **name)
{
    shy_status st = SHY_OK;
    char *text = NULL, digits[16];
    const int key = shy_key_find(field);

    if (strcmp(field, "task") == 0) {
        snprintf(digits, sizeof digits, "%d", number);
        return append(name, digits, strlen(digits));
    }
    if (key < 0) {
        const char *near = shy_key_nearest(field);
        return shy_fail(SHY_INPUT, "%s: name: there is no key {%s}%s%s%s A name may hold {task} and keys.", sweep->path, field,
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : ".");
    }
    SHY_TRY(shy_sweep_value_text(&config->value[key], &text));
    SHY_TRY(append(name, text, strlen(text)));
out:
    shy_free(&text);
    return st;
}

static shy_status name_by_template(const shy_sweep *sweep, const shy_config *config, int number, char **name)
{
    shy_status st = SHY_OK;
    const char *p = sweep->name;
    char field[64];

    while (*p != '\0') {
        const size_t plain = strcspn(p, "{"), length = strcspn(p + plain, "}");
        SHY_TRY(append(name, p, plain));
        p += plain;
        if (*p == '\0') break;
        if (p[length] == '\0' || length - 1 >= sizeof field)
            SHY_TRY(shy_fail(SHY_INPUT, "%s: name: \"%s\" has a { without its }.", sweep->path, sweep->name));
        snprintf(field, sizeof field, "%.*s", (int)length - 1, p + 1);
        SHY_TRY(append_field(sweep, config, number, field, name));
        p += length + 1;
    }
out:
    return st;
}

/* "column=bmi seed=3": the last words of the keys that vary. */
static shy_status name_by_values(const shy_sweep_tasks *tasks, const shy_sweep_task *task, char **name)
{
    shy_status st = SHY_OK;

    for (int k = 0; k < tasks->keys; k++) {
        const char *key = shy_key_get(tasks->key[k])->name, *dot = strrchr(key, '.');
        const char *part[] = {k > 0 ? " " : "", dot ? dot + 1 : key, "=", task->value[k]};
        for (int i = 0; i < 4; i++) SHY_TRY(append(name, part[i], strlen(part[i])));
    }
    if (*name == NULL) SHY_TRY(shy_string_copy("", name));
out:
    return st;
}

/* ---- one task --------------------------------------------------------------------------------------------------------------- */

static shy_status apply(const shy_sweep_change *change, shy_config *config)
{
    shy_status st = SHY_OK;

    for (int key = 0; key < SHY_KEYS; key++)
        if (change->present[key]) SHY_TRY(copy_value(&change->values.value[key], &config->value[key]));
out:
    return st;
}

/* Task `number`, from 0: its digits, one for each line of the grid, say which alternatives. */
static shy_status configure(const shy_sweep *sweep, int number, shy_config **config_out)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;
    int rest = number;

    SHY_TRY(copy_config(sweep->base, &config));
    for (int a = sweep->axes; a-- > 0; rest /= sweep->axis[a].count) SHY_TRY(apply(&sweep->axis[a].change[rest % sweep->axis[a].count], config));
    if (sweep->points > 0) SHY_TRY(apply(&sweep->point[rest].change[0], config));
    *config_out = config, config = NULL;
out:
    shy_config_free(&config);
    return st;
}

static shy_status check_task(const shy_sweep *sweep, int number, const char *name, const shy_config *config)
{
    shy_status st = SHY_OK;
    shy_grammar grammar;
    char *where = NULL;

    SHY_TRY(shy_string_format(&where, "%s: task %d (%s)", sweep->path, number, name));
    SHY_TRY(shy_config_check(config, where));
    SHY_TRY(shy_config_grammar(config, &grammar));
out:
    shy_free(&where);
    return st;
}

shy_status shy_sweep_fill(const shy_sweep *sweep, const shy_sweep_tasks *tasks, int index, const shy_config *config, shy_sweep_task *task)
{
    shy_status st = SHY_OK;

    task->bytes = task->seconds = NAN;
    SHY_TRY(shy_new((size_t)tasks->keys, sizeof *task->value, &task->value));
    for (int k = 0; k < tasks->keys; k++) SHY_TRY(shy_sweep_value_text(&config->value[tasks->key[k]], &task->value[k]));
    if (task->name == NULL) SHY_TRY(sweep->name ? name_by_template(sweep, config, index + 1, &task->name) : name_by_values(tasks, task, &task->name));
    SHY_TRY(check_task(sweep, index + 1, task->name, config));
    SHY_TRY(shy_sweep_identity(config, &task->yaml));
out:
    return st;
}

static shy_status make_task(const shy_sweep *sweep, shy_sweep_tasks *tasks, int index)
{
    shy_status st = SHY_OK;
    shy_config *config = NULL;

    SHY_TRY(configure(sweep, index, &config));
    SHY_TRY(shy_sweep_fill(sweep, tasks, index, config, &tasks->task[index]));
out:
    shy_config_free(&config);
    return st;
}

/* ---- all of them -------------------------------------------------------------------------------------------------------------- */

static void note_keys(const shy_sweep_changes *changes, shy_sweep_tasks *tasks)
{
    for (int i = 0; i < changes->count; i++)
        for (int key = 0; key < SHY_KEYS; key++) {
            bool known = !changes->change[i].present[key];
            for (int k = 0; !known && k < tasks->keys; k++) known = tasks->key[k] == key;
            if (!known) tasks->key[tasks->keys++] = key;
        }
}

/* The earlier task with the same text, by a table of hashes; −1 if there is none. */
static int find_same(const shy_sweep_tasks *tasks, int *slot, size_t slots, int number, bool names)
{
    const char *text = names ? tasks->task[number].name : tasks->task[number].yaml;
    size_t at = shy_hash_bytes(text, strlen(text), 1) % slots;

    for (; slot[at] != 0; at = (at + 1) % slots)
        if (strcmp(names ? tasks->task[slot[at] - 1].name : tasks->task[slot[at] - 1].yaml, text) == 0) return slot[at] - 1;
    slot[at] = number + 1;
    return -1;
}

static shy_status check_different(const shy_sweep *sweep, const shy_sweep_tasks *tasks, bool names)
{
    shy_status st = SHY_OK;
    int *slot = NULL;
    const size_t slots = 2 * (size_t)tasks->count + 1;

    SHY_TRY(shy_new(slots, sizeof *slot, &slot));
    for (int t = 0; t < tasks->count; t++) {
        const int other = find_same(tasks, slot, slots, t, names);
        if (other < 0) continue;
        if (names)
            SHY_TRY(shy_fail(SHY_INPUT, "%s: tasks %d and %d have the same name \"%s\". Put {task}, or a key that tells them apart, into name.",
                             sweep->path, other + 1, t + 1, tasks->task[t].name));
        SHY_TRY(shy_fail(SHY_INPUT, "%s: tasks %d and %d are the same configuration (%s, %s). Take one of them out of grid or list.", sweep->path,
                         other + 1, t + 1, tasks->task[other].name, tasks->task[t].name));
    }
out:
    shy_free(&slot);
    return st;
}

shy_status shy_sweep_check(const shy_sweep *sweep, const shy_sweep_tasks *tasks)
{
    const shy_status st = check_different(sweep, tasks, false);
    return st == SHY_OK ? check_different(sweep, tasks, true) : st;
}

shy_status shy_sweep_expand(const shy_sweep *sweep, shy_sweep_tasks *tasks_out)
{
    shy_status st = SHY_OK;
    shy_sweep_tasks tasks = {0};
    double count = sweep->points > 0 ? sweep->points : 1;

    for (int a = 0; a < sweep->axes; a++) count *= sweep->axis[a].count;
    if (count > SHY_SWEEP_MAX) SHY_TRY(shy_fail(SHY_INPUT, "%s: gives %.0f tasks; a sweep has at most %d.", sweep->path, count, SHY_SWEEP_MAX));
    for (int p = 0; p < sweep->points; p++) note_keys(&sweep->point[p], &tasks);
    for (int a = 0; a < sweep->axes; a++) note_keys(&sweep->axis[a], &tasks);
    SHY_TRY(shy_new((size_t)count, sizeof *tasks.task, &tasks.task));
    for (int t = 0; t < (int)count; t++) {
        tasks.count = t + 1;
        SHY_TRY(make_task(sweep, &tasks, t));
    }
    SHY_TRY(shy_sweep_check(sweep, &tasks));
    *tasks_out = tasks, tasks = (shy_sweep_tasks){0};
out:
    shy_sweep_tasks_free(&tasks);
    return st;
}

void shy_sweep_tasks_free(shy_sweep_tasks *tasks)
{
    for (int t = 0; tasks->task != NULL && t < tasks->count; t++) {
        shy_free(&tasks->task[t].name);
        shy_free(&tasks->task[t].yaml);
        for (int k = 0; tasks->task[t].value != NULL && k < tasks->keys; k++) shy_free(&tasks->task[t].value[k]);
        shy_free(&tasks->task[t].value);
    }
    shy_free(&tasks->task);
    *tasks = (shy_sweep_tasks){0};
}
