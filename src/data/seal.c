/* seal.c: the first 512 bytes of a cohort file, by which a truncated or damaged one is known before HDF5 touches it. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "file_impl.h"

#define MAGIC "Shihyo cohort, format "
enum { BLOCK_BYTES = 1 << 20 };

static shy_status io_error(const char *path, const char *what)
{
    return shy_fail(SHY_IO, "%s: %s: %s.", path, what, strerror(errno));
}

static shy_status sum_contents(int file, const char *path, uint32_t *sum_out)
{
    shy_status st = SHY_OK;
    unsigned char *block = NULL;
    off_t from = SHY_SEAL_BYTES;
    uLong sum = crc32(0, NULL, 0);
    ssize_t count;

    SHY_TRY(shy_new(BLOCK_BYTES, 1, &block));
    while ((count = pread(file, block, BLOCK_BYTES, from)) > 0) {
        sum = crc32(sum, block, (uInt)count);
        from += count;
    }
    if (count < 0) st = io_error(path, "reading failed");
    *sum_out = (uint32_t)sum;
out:
    shy_free(&block);
    return st;
}

static void print_seal(char seal[SHY_SEAL_BYTES], uint64_t bytes, uint32_t sum)
{
    memset(seal, 0, SHY_SEAL_BYTES);
    snprintf(seal, SHY_SEAL_BYTES, MAGIC "%d\nbytes %" PRIu64 "\ncrc32 %08" PRIx32 "\n", SHY_FORMAT, bytes, sum);
}

shy_status shy_seal_write(const char *path, const char *name)
{
    shy_status st = SHY_OK;
    char seal[SHY_SEAL_BYTES];
    struct stat about;
    uint32_t sum;
    int file = open(path, O_RDWR | O_CLOEXEC);

    if (file < 0 || fstat(file, &about) != 0) {
        st = io_error(name, "cannot be opened again");
        goto out;
    }
    if (ftruncate(file, about.st_size) != 0) { /* gives back what was reserved behind the end */
        st = io_error(name, "cannot be written");
        goto out;
    }
    SHY_TRY(sum_contents(file, name, &sum));
    print_seal(seal, (uint64_t)about.st_size, sum);
    if (pwrite(file, seal, sizeof seal, 0) != (ssize_t)sizeof seal || fsync(file) != 0)
        st = io_error(name, "cannot be written");
out:
    if (file >= 0 && close(file) != 0 && st == SHY_OK) st = io_error(name, "cannot be written");
    return st;
}

/* HDF5 looks for its signature at 0, 512, 1024, 2048, …: finding one tells a foreign HDF5 file from something else. */
static bool has_hdf5_signature(int file)
{
    char bytes[8];

    for (off_t at = 0; at <= 4096; at = at == 0 ? 512 : 2 * at)
        if (pread(file, bytes, sizeof bytes, at) == 8 && memcmp(bytes, "\211HDF\r\n\032\n", 8) == 0) return true;
    return false;
}

static shy_status foreign_file(int file, const char *path)
{
    if (has_hdf5_signature(file))
        return shy_fail(SHY_INPUT,
                        "%s: is an HDF5 file but not a cohort. Cohorts are made by: shihyo import TABLE -o %s", path,
                        path);
    return shy_fail(SHY_INPUT, "%s: is not an HDF5 file. A table becomes a cohort by: shihyo import TABLE -o cohort.h5",
                    path);
}

/* The checksum leaves the seal out, so every byte of it is compared with what such a seal is made of. */
static bool is_as_written(const char *seal, uint64_t bytes, uint32_t sum)
{
    char expected[SHY_SEAL_BYTES];

    print_seal(expected, bytes, sum);
    return memcmp(seal, expected, SHY_SEAL_BYTES) == 0;
}

/* `seal` ends with a NUL. */
static shy_status read_seal(int file, const char *path, uint64_t *bytes_out, uint32_t *sum_out)
{
    char seal[SHY_SEAL_BYTES + 1] = {0};
    struct stat about;
    int format;

    if (fstat(file, &about) != 0) return io_error(path, "cannot be examined");
    if (!S_ISREG(about.st_mode)) return shy_fail(SHY_INPUT, "%s: is not a regular file.", path);
    if (pread(file, seal, SHY_SEAL_BYTES, 0) < 0) return io_error(path, "reading failed");
    if (about.st_size == 0)
        return shy_fail(SHY_INPUT, "%s: is empty. Copy the cohort again, or import it again.", path);
    if (strncmp(seal, MAGIC, strlen(MAGIC)) != 0) return foreign_file(file, path);
    if (sscanf(seal + strlen(MAGIC), "%d", &format) == 1 && format > SHY_FORMAT)
        return shy_fail(
            SHY_INPUT,
            "%s: is a cohort of format %d; this program reads format %d. Use a newer version, or import again.", path,
            format, SHY_FORMAT);
    if (about.st_size >= SHY_SEAL_BYTES &&
        (sscanf(seal + strlen(MAGIC), "%d\nbytes %" SCNu64 "\ncrc32 %" SCNx32 "\n", &format, bytes_out, sum_out) != 3 ||
         !is_as_written(seal, *bytes_out, *sum_out)))
        return shy_fail(SHY_INPUT, "%s: is a damaged cohort (its first bytes). Copy it again, or import again.", path);
    if (about.st_size < SHY_SEAL_BYTES || (uint64_t)about.st_size < *bytes_out)
        return shy_fail(
            SHY_INPUT, "%s: is truncated: it has %jd bytes instead of %" PRIu64 ". Copy it again, or import again.",
            path, (intmax_t)about.st_size, about.st_size < SHY_SEAL_BYTES ? (uint64_t)SHY_SEAL_BYTES : *bytes_out);
    if ((uint64_t)about.st_size > *bytes_out)
        return shy_fail(SHY_INPUT,
                        "%s: is a damaged cohort: it has %jd bytes instead of %" PRIu64
                        ". Copy it again, or import again.",
                        path, (intmax_t)about.st_size, *bytes_out);
    return SHY_OK;
}

static shy_status check(const char *path, bool contents, uint64_t *bytes_out)
{
    shy_status st = SHY_OK;
    uint32_t expected = 0, found = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0) return io_error(path, "cannot be opened");
    SHY_TRY(read_seal(file, path, bytes_out, &expected));
    if (!contents) goto out;
    SHY_TRY(sum_contents(file, path, &found));
    if (found != expected)
        st = shy_fail(SHY_INPUT,
                      "%s: is corrupted: its checksum is %08" PRIx32 " instead of %08" PRIx32
                      ". Copy it again, or import again.",
                      path, found, expected);
out:
    close(file);
    return st;
}

shy_status shy_seal_check(const char *path, uint64_t *bytes_out)
{
    return check(path, false, bytes_out);
}

shy_status shy_seal_check_contents(const char *path)
{
    uint64_t bytes;

    return check(path, true, &bytes);
}
