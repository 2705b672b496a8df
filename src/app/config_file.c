/* config_file.c: the text of a configuration file. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config.h"

#define FILE_BYTES_MAX ((off_t)1 << 20)

static shy_status read_all(int fd, const char *path, char *text, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = read(fd, text + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return shy_fail(SHY_IO, "%s: cannot be read: %s.", path, strerror(errno));
        if (count == 0) return shy_fail(SHY_IO, "%s: became shorter while it was read.", path);
        done += (size_t)count;
    }
    return SHY_OK;
}

shy_status shy_config_file(const char *path, char **text_out, uint64_t *length_out)
{
    shy_status st = SHY_OK;
    struct stat info;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return shy_fail(SHY_IO, "%s: cannot be read: %s. Give the path of a configuration file.", path,
                        strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        SHY_TRY(shy_fail(SHY_INPUT, "%s: is not a file. Give the path of a configuration file.", path));
    if (info.st_size > FILE_BYTES_MAX)
        SHY_TRY(shy_fail(SHY_INPUT, "%s: is too large for a configuration (%lld bytes); is it the right file?", path,
                         (long long)info.st_size));
    SHY_TRY(shy_new((size_t)info.st_size + 1, 1, &text));
    SHY_TRY(read_all(fd, path, text, (size_t)info.st_size));
    *text_out = text, text = NULL;
    *length_out = (uint64_t)info.st_size;
out:
    shy_free(&text);
    close(fd);
    return st;
}
