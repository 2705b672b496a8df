/*
 * completion.c: a script that completes command lines in bash, made of the pages of help and of the table of keys. It holds
 * all it offers: to start the program at each press of a key would take too long.
 */
#include "shy_config.h"

#include <string.h>

#include "app/config.h"
#include "app/help.h"
#include "app/help_parts.h"
#include "app/manual.h"

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ="

/* What a word in capitals of a usage or an option stands for: how the script completes it. Others are the user's own words. */
static const struct {
    const char *placeholder, *how;
} values[] = {
    {"CONFIGURATION", "_shihyo_files yaml yml"},
    {"SWEEP", "_shihyo_files yaml yml"},
    {"COHORT", "_shihyo_files h5"},
    {"TABLE", "_shihyo_files csv tsv txt csv.gz tsv.gz txt.gz"},
    {"DIR", "_shihyo_files /"},
    {"FILE", "_shihyo_files"},
    {"KEY=VALUE", "_shihyo_keys"},
};

static const char *how_to_complete(const char *placeholder)
{
    size_t count = strspn(placeholder, CAPITALS);

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strlen(values[i].placeholder) == count && strncmp(values[i].placeholder, placeholder, count) == 0) return values[i].how;
    return ":";
}

static bool next_option(const char **text, shy_part *part)
{
    while (shy_part_next(text, part))
        if (part->kind == SHY_PART_OPTION) return true;
    return false;
}

static void print_options(FILE *stream, const shy_help_page *page)
{
    shy_part part = {.kind = SHY_PART_USAGE};
    const char *text = page->text, *separator = "";
    char option[64];

    fprintf(stream, "        %s) echo '", page->name);
    while (next_option(&text, &part))
        for (const char *at = part.term; shy_part_option(&at, option, sizeof option); separator = " ")
            fprintf(stream, "%s%s", separator, option);
    fputs("' ;;\n", stream);
}

static void print_option_values(FILE *stream, const shy_help_page *page)
{
    shy_part part = {.kind = SHY_PART_USAGE};
    const char *text = page->text;
    char option[64];

    while (next_option(&text, &part)) {
        const char *value = part.term;
        while (shy_part_option(&value, option, sizeof option))
            ;
        if (*value == '\0') continue;
        for (const char *at = part.term; shy_part_option(&at, option, sizeof option);)
            fprintf(stream, "        '%s %s') how='%s' ;;\n", page->name, option, how_to_complete(value));
    }
}

/* The words in capitals of the first line of the usage, by their place; one that may be given again stands for all that follow. */
static void print_arguments(FILE *stream, const shy_help_page *page)
{
    shy_part part = {.kind = SHY_PART_USAGE};
    const char *text = page->text;
    int place = 0;

    if (!shy_part_next(&text, &part)) return;
    for (const char *word = strpbrk(part.text, CAPITALS); word != NULL; word = strpbrk(word, CAPITALS)) {
        if (word[-1] != ' ') break; /* what is not an argument, as in an option */
        const char *how = how_to_complete(word);
        word += strspn(word, CAPITALS);
        bool again = strncmp(word, "...", 3) == 0;
        char number[16] = "*";
        if (!again) snprintf(number, sizeof number, "%d", place);
        fprintf(stream, "        %s\\ %s) how='%s' ;;\n", page->name, number, how);
        if (again || strncmp(word, " -", 2) == 0) break;
        place++;
    }
}

static void print_choices(FILE *stream, const shy_key *key)
{
    const char *names[SHY_CHOICES_MAX], *separator = "";
    size_t count = key->choices != NULL ? key->choices(names) : 0;
    bool automatic = key->type == SHY_KEY_IS_AUTO_INTEGER || key->type == SHY_KEY_IS_SIZE;

    if (automatic && count == 0) names[count++] = "auto";
    if (count == 0 || shy_key_is_mapping(key)) return;
    fprintf(stream, "        %s) echo '", key->name);
    for (size_t i = 0; i < count; i++, separator = " ")
        fprintf(stream, "%s%s", separator, names[i]);
    fputs("' ;;\n", stream);
}

static void print_each(FILE *stream, const char *head, void (*print)(FILE *stream, const shy_help_page *page), const char *tail)
{
    size_t count;
    const shy_help_page *pages = shy_help_pages(&count);

    fputs(head, stream);
    for (size_t i = 0; i < count; i++)
        print(stream, &pages[i]);
    fputs(tail, stream);
}

static void print_name(FILE *stream, const shy_help_page *page)
{
    fprintf(stream, "%s ", page->name);
}

static const char functions[] =
    "# Words of a list that begin as what is typed.\n"
    "_shihyo_words() {\n"
    "    local word list\n"
    "    read -ra list <<<\"$1\"\n"
    "    for word in \"${list[@]}\"; do\n"
    "        [[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
    "    done\n"
    "}\n"
    "\n"
    "# Directories, and files with one of these endings, or all; with / no files.\n"
    "_shihyo_files() {\n"
    "    local name ending\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    while IFS= read -r name; do\n"
    "        if [[ -d ${name/#\\~\\//$HOME/} || $# -eq 0 ]]; then COMPREPLY+=(\"$name\"); fi\n"
    "        for ending in \"$@\"; do\n"
    "            if [[ $name == *.\"$ending\" && ! -d ${name/#\\~\\//$HOME/} ]]; then COMPREPLY+=(\"$name\"); fi\n"
    "        done\n"
    "    done < <(compgen -f -- \"$cur\")\n"
    "}\n"
    "\n"
    "# KEY=VALUE; of a list its last item.\n"
    "_shihyo_keys() {\n"
    "    local key=${cur%%=*} value=${cur#*=} head choice list\n"
    "    if [[ $cur != *=* ]]; then\n"
    "        _shihyo_words \"$_shihyo_all_keys\"\n"
    "        COMPREPLY=(\"${COMPREPLY[@]/%/=}\")\n"
    "        compopt -o nospace 2>/dev/null\n"
    "        return\n"
    "    fi\n"
    "    head=${value%\"${value##*[[, ]}\"}\n"
    "    read -ra list <<<\"$(_shihyo_choices \"$key\")\"\n"
    "    for choice in \"${list[@]}\"; do\n"
    "        [[ $head$choice == \"$value\"* ]] && COMPREPLY+=(\"$key=$head$choice\")\n"
    "    done\n"
    "}\n"
    "\n"
    "_shihyo() {\n"
    "    local words=() word last='' cur option command how i place=0 lead=''\n"
    "    COMPREPLY=()\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do # bash parts words at = as well\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $i -gt 1 && -n $word && ( -z ${word//=/} || ( -n $last && -z ${last//=/} ) ) ]]; then\n"
    "            words[${#words[@]} - 1]+=$word\n"
    "        else\n"
    "            words+=(\"$word\")\n"
    "        fi\n"
    "        last=$word\n"
    "    done\n"
    "    cur=${words[${#words[@]} - 1]} command=${words[1]}\n"
    "    if [[ ${#words[@]} -le 2 ]]; then\n"
    "        _shihyo_words \"$_shihyo_commands help --help --version\"\n"
    "        return\n"
    "    fi\n"
    "    if [[ $command == help ]]; then\n"
    "        [[ ${#words[@]} -eq 3 ]] && _shihyo_words \"$_shihyo_commands keys example manual completion\"\n"
    "        [[ ${#words[@]} -eq 4 && ${words[2]} == manual ]] && _shihyo_words \"$_shihyo_commands\"\n"
    "        return\n"
    "    fi\n"
    "    for ((i = 2; i < ${#words[@]} - 1; i++)); do\n"
    "        case ${words[i]} in\n"
    "            --*=*) ;;\n"
    "            -*) _shihyo_value \"$command\" \"${words[i]}\" && i=$((i + 1)) ;;\n"
    "            *) place=$((place + 1)) ;;\n"
    "        esac\n"
    "    done\n"
    "    option=''\n"
    "    if [[ $i -ge ${#words[@]} ]]; then\n"
    "        option=${words[${#words[@]} - 2]}\n"
    "    elif [[ $cur == --*=* ]]; then\n"
    "        option=${cur%%=*} lead=${cur%%=*}= cur=${cur#*=}\n"
    "    fi\n"
    "    how=''\n"
    "    if [[ -n $option ]]; then\n"
    "        _shihyo_value \"$command\" \"$option\" && $how\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        _shihyo_words \"$(_shihyo_options \"$command\")\"\n"
    "    else\n"
    "        _shihyo_argument \"$command\" $place && $how\n"
    "    fi\n"
    "    # What is replaced begins behind the last = where bash parts words there, else at the word.\n"
    "    if [[ $COMP_WORDBREAKS == *=* ]]; then\n"
    "        last=${cur%\"${cur##*=}\"}\n"
    "        [[ $cur == *=* ]] && COMPREPLY=(\"${COMPREPLY[@]#\"$last\"}\")\n"
    "    else\n"
    "        COMPREPLY=(\"${COMPREPLY[@]/#/$lead}\")\n"
    "    fi\n"
    "}\n"
    "complete -F _shihyo shihyo\n";

void shy_completion_print(FILE *stream)
{
    print_each(stream,
               "# shellcheck shell=bash disable=SC2034,SC2317\n"
               "# Completion of shihyo in bash. Printed by `shihyo help completion`; `make manual` writes it anew.\n\n"
               "_shihyo_commands='",
               print_name, "'\n_shihyo_all_keys='");
    for (int key = 0; key < SHY_KEYS; key++)
        fprintf(stream, "%s%s", key > 0 ? " " : "", shy_key_get(key)->name);
    print_each(stream, "'\n\n_shihyo_options() {\n    case $1 in\n", print_options, "    esac\n}\n\n");
    print_each(stream, "# What completes the value of an option; false if it takes none.\n_shihyo_value() {\n    case \"$1 $2\" in\n", print_option_values,
               "        *) return 1 ;;\n    esac\n}\n\n");
    print_each(stream, "# What completes an argument, by its place.\n_shihyo_argument() {\n    case \"$1 $2\" in\n", print_arguments,
               "        *) return 1 ;;\n    esac\n}\n\n");
    fputs("_shihyo_choices() {\n    case $1 in\n", stream);
    for (int key = 0; key < SHY_KEYS; key++)
        print_choices(stream, shy_key_get(key));
    fputs("    esac\n}\n\n", stream);
    fputs(functions, stream);
}
