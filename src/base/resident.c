/* What this process holds in memory, and what it has read and written, as the operating system counts it. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "shihyo/base.h"

static uint64_t kibibytes(const char *line, const char *name)
{
    const size_t length = strlen(name);
    return strncmp(line, name, length) == 0 ? strtoull(line + length, NULL, 10) << 10 : 0;
}

void shy_memory_resident(uint64_t *peak_out, uint64_t *shared_out)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    *peak_out = *shared_out = 0;
    if (!status) return;
    while (fgets(line, sizeof line, status)) {
        *peak_out += kibibytes(line, "VmHWM:");
        *shared_out += kibibytes(line, "RssShmem:");
    }
    (void)fclose(status);
}

bool shy_process_io(uint64_t *read_out, uint64_t *written_out)
{
    char line[256];
    int found = 0;
    FILE *io = fopen("/proc/self/io", "r");
    *read_out = *written_out = 0;
    if (!io) return false;
    while (fgets(line, sizeof line, io)) {
        if (strncmp(line, "rchar: ", 7) == 0) *read_out = strtoull(line + 7, NULL, 10), found++;
        if (strncmp(line, "wchar: ", 7) == 0) *written_out = strtoull(line + 7, NULL, 10), found++;
    }
    (void)fclose(io);
    return found == 2;
}
