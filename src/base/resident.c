/* What this process holds in memory, as the operating system counts it. */
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
