/* files.c: a file of the program as a whole: on the disk under another name before it gets its own. */
#include "shy_config.h"

#include <string.h>

#include "report_impl.h"

shy_status shy_file_put(const char *directory, const char *name, const char *text)
{
    const shy_buffer buffer = {.bytes = (char *)(uintptr_t)text, .count = strlen(text)};

    return shy_report_put(directory, name, &buffer);
}
