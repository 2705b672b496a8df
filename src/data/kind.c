/* kind.c: the names of the kinds of columns, and what the module stands on. */
#include "shy_config.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "import_impl.h"

static const char *const names[] = {"numeric", "binary", "categorical", "identifier", "time", "event"};

const char *shy_kind_name(shy_kind kind)
{
    size_t index = (size_t)kind;

    return index < sizeof names / sizeof *names ? names[index] : index == SHY_KIND_SKIP ? "skip" : "unknown";
}

bool shy_kind_parse(const char *text, shy_kind *kind_out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *kind_out = (shy_kind)i;
            return true;
        }
    return false;
}

void shy_data_describe(char *text, size_t size)
{
    unsigned major = 0, minor = 0, release = 0;

    H5get_libversion(&major, &minor, &release);
    snprintf(text, size, "HDF5 %u.%u.%u (parallel), zlib %s", major, minor, release, zlibVersion());
}
