/* config_help.c: the table of keys for people: on the terminal, in the manual page, as an example configuration. */
#include "shy_config.h"

#include <string.h>

#include "app/config.h"
#include "app/manual.h"

#define LINE 100

static bool is_weight(int key)
{
    return key >= SHY_KEY_GRAMMAR_COMPLEXITY && key < SHY_KEY_GRAMMAR_COMPLEXITY + SHY_OPS;
}

/* The weights are one entry to a reader. */
static bool is_shown(int key)
{
    return !is_weight(key) || key == SHY_KEY_GRAMMAR_COMPLEXITY;
}

static const char *shown_name(int key)
{
    return is_weight(key) ? "grammar.complexity" : shy_key_get(key)->name;
}

static const char *shown_help(int key)
{
    if (is_weight(key))
        return "What an operator, a factor or a constant adds to the complexity, as {log: 2, constant: 2}.";
    return shy_key_get(key)->help;
}

static const char *shown_accepts(int key, char *text, size_t size)
{
    char range[128];

    if (!is_weight(key)) return shy_key_accepts(key, text, size);
    shy_key_accepts(key, range, sizeof range);
    snprintf(text, size, "a mapping of operators, factor and constant to %s", range);
    return text;
}

static const char *shown_default(int key)
{
    const char *fallback = shy_key_get(key)->fallback;

    if (fallback == NULL) return "none, required";
    if (is_weight(key)) return "1 for each";
    return *fallback == '\0' ? "none" : fallback;
}

/* Breaks `text` at blanks into lines of at most LINE bytes, each after `lead`. */
static void print_wrapped(FILE *stream, const char *lead, const char *text)
{
    size_t room = LINE - strlen(lead);

    while (*text != '\0') {
        size_t length = strlen(text);
        if (length > room)
            for (length = room; length > 1 && text[length] != ' ';)
                length--;
        fprintf(stream, "%s%.*s\n", lead, (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

void shy_config_print_keys(FILE *stream)
{
    char accepts[512], line[1024];

    fprintf(
        stream,
        "Keys of a configuration file and of --set KEY=VALUE. In the file, grammar.units stands as \"units\" under\n"
        "\"grammar\"; --set overrides the file.\n\n");
    for (int key = 0; key < SHY_KEYS; key++) {
        if (!is_shown(key)) continue;
        fprintf(stream, "%s\n", shown_name(key));
        print_wrapped(stream, "    ", shown_help(key));
        snprintf(line, sizeof line, "Takes %s. Default: %s.", shown_accepts(key, accepts, sizeof accepts),
                 shown_default(key));
        print_wrapped(stream, "    ", line);
    }
}

void shy_config_print_manual(FILE *stream)
{
    char accepts[512], line[1024];

    for (int key = 0; key < SHY_KEYS; key++) {
        if (!is_shown(key)) continue;
        fputs(".TP\n.B ", stream);
        shy_roff_line(stream, shown_name(key));
        shy_roff_text(stream, shown_help(key));
        snprintf(line, sizeof line, "Takes %s. Default: %s.", shown_accepts(key, accepts, sizeof accepts),
                 shown_default(key));
        shy_roff_text(stream, line);
    }
}

/* Opens the mappings that `name` stands in and the one before it did not; returns how deep `name` is. */
static int print_sections(FILE *stream, const char *name, const char *previous)
{
    int depth = 0;

    for (const char *dot = strchr(name, '.'), *word = name; dot != NULL;
         word = dot + 1, dot = strchr(word, '.'), depth++)
        if (strncmp(name, previous, (size_t)(dot - name) + 1) != 0)
            fprintf(stream, "%*s%.*s:\n", 2 * depth, "", (int)(dot - word), word);
    return depth;
}

void shy_config_print_example(FILE *stream)
{
    const char *previous = "";
    char accepts[512], lead[16], line[1024];

    fputs(
        "# Every key of a search with its default; cohort and outcome.column have none and are required. Run it with\n"
        "#   mpirun -n 4 shihyo search search.yaml -o out/\n\n",
        stream);
    for (int key = 0; key < SHY_KEYS; key++) {
        const shy_key *k = shy_key_get(key);
        const char *name = shown_name(key);
        if (!is_shown(key)) continue;
        if (strcspn(name, ".") != strcspn(previous, ".") || strncmp(name, previous, strcspn(name, ".")) != 0)
            fputs(*previous ? "\n" : "", stream);
        int depth = print_sections(stream, name, previous);
        const char *word = strrchr(name, '.') == NULL ? name : strrchr(name, '.') + 1;
        snprintf(lead, sizeof lead, "%*s# ", 2 * depth, "");
        print_wrapped(stream, lead, shown_help(key));
        snprintf(line, sizeof line, "Takes %s.", shown_accepts(key, accepts, sizeof accepts));
        print_wrapped(stream, lead, line);
        if (k->fallback != NULL && k->example != NULL) fprintf(stream, "%sExample: %s: %s\n", lead, word, k->example);
        const char *value = is_weight(key)         ? "{}"
                            : k->fallback == NULL  ? k->example
                            : *k->fallback == '\0' ? "\"\""
                                                   : k->fallback;
        fprintf(stream, "%*s%s: %s\n", 2 * depth, "", word, value);
        previous = name;
    }
}
