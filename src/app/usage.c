/* usage.c: options of a command line; a wrong one gets one message that names the nearest right one. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "app/usage.h"

#define OPTIONS_MAX 32

void shy_usage_start(void)
{
    optind = 0; /* glibc: start anew, also for another argv */
    opterr = 0;
}

static const char *nearest(const char *word, const struct option *options)
{
    const char *names[OPTIONS_MAX];
    char name[64];
    size_t count = 0;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (; count < OPTIONS_MAX && options[count].name != NULL; count++)
        names[count] = options[count].name;
    return shy_text_nearest(name, names, count);
}

static shy_status unknown(const char *command, const char *word, const struct option *options)
{
    const char *near = strncmp(word, "--", 2) == 0 ? nearest(word + 2, options) : NULL;

    return shy_fail(SHY_USAGE, "There is no option %s%s%s%s `shihyo help %s` lists all.", word,
                    near != NULL ? "; did you mean --" : "", near != NULL ? near : "", near != NULL ? "?" : ".",
                    command);
}

shy_status shy_usage_next(int argc, char **argv, const char *short_options, const struct option *options,
                          int *option_out)
{
    char with_colon[64];

    /* A colon in front makes getopt tell a missing value from an unknown option. */
    snprintf(with_colon, sizeof with_colon, ":%s", short_options);
    *option_out = getopt_long(argc, argv, with_colon, options, NULL);
    const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    char letter[3] = {'-', (char)optopt, '\0'};
    if (*option_out == ':')
        return shy_fail(SHY_USAGE, "The option %s needs a value. `shihyo help %s` shows how.", word, argv[0]);
    if (*option_out == '?') return unknown(argv[0], optopt > 0 && strncmp(word, "--", 2) != 0 ? letter : word, options);
    return SHY_OK;
}
