/* file_write.c: a checkpoint on disk, whole or not at all. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_impl.h"

/* Small parts are collected, so that a checkpoint of many short texts is not as many calls of the system. */
typedef struct {
    int fd, error; /* error: the first errno, and nothing is written after it */
    shy_status status; /* of the checksum */
    shy_hash *hash;
    uint64_t count; /* bytes so far */
    size_t waiting;
    unsigned char buffer[32768];
} output;

#define PIECE ((uint64_t)1 << 20) /* is still in the cache when it is written after its checksum */

static void write_out(output *out, const unsigned char *bytes, uint64_t count)
{
    while (out->error == 0 && count > 0) {
        ssize_t written = write(out->fd, bytes, count < PIECE ? count : PIECE);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            out->error = written == 0 ? ENOSPC : errno;
        else
            bytes += written, count -= (uint64_t)written;
    }
}

static void flush(output *out)
{
    write_out(out, out->buffer, out->waiting);
    out->waiting = 0;
}

static void put(output *out, const void *bytes, uint64_t count)
{
    const unsigned char *next = bytes;

    out->count += count;
    for (uint64_t piece; count > 0 && out->error == 0 && out->status == SHY_OK; next += piece, count -= piece) {
        piece = count < PIECE ? count : PIECE;
        if (out->hash != NULL) out->status = shy_hash_add(out->hash, next, piece);
        if (piece > sizeof out->buffer - out->waiting) flush(out);
        if (piece > sizeof out->buffer) {
            write_out(out, next, piece);
        } else {
            memcpy(out->buffer + out->waiting, next, piece);
            out->waiting += piece;
        }
    }
}

static uint64_t length_of(const journal_content *content)
{
    uint64_t length = sizeof(journal_head) + JOURNAL_DIGEST;

    for (uint64_t i = 0; i < content->texts; i++)
        length += 2 * sizeof(uint64_t) + strlen(content->text[i].name) + strlen(content->text[i].text);
    for (uint64_t i = 0; i < content->steps; i++)
        length += 3 * sizeof(uint64_t) + strlen(content->step[i].name) + content->step[i].count;
    return length;
}

static void put_text(output *out, const journal_text *text)
{
    const uint64_t length[2] = {strlen(text->name), strlen(text->text)};

    put(out, length, sizeof length);
    put(out, text->name, length[0]);
    put(out, text->text, length[1]);
}

static void put_step(output *out, const journal_step *step)
{
    const uint64_t length[3] = {strlen(step->name), step->count, step->done};

    put(out, length, sizeof length);
    put(out, step->name, length[0]);
    put(out, step->bytes, length[1]);
}

static shy_status put_all(output *out, const journal_content *content)
{
    shy_status st = SHY_OK;
    char digest[JOURNAL_DIGEST + 1];
    journal_head head = {.magic = JOURNAL_MAGIC, .order = JOURNAL_ORDER, .version = JOURNAL_VERSION, .length = length_of(content),
                         .texts = content->texts, .steps = content->steps};

    SHY_TRY(shy_hash_begin(&out->hash));
    put(out, &head, sizeof head);
    for (uint64_t i = 0; i < content->texts; i++)
        put_text(out, &content->text[i]);
    for (uint64_t i = 0; i < content->steps; i++)
        put_step(out, &content->step[i]);
    SHY_TRY(out->status);
    SHY_TRY(shy_hash_end(&out->hash, digest));
    put(out, digest, JOURNAL_DIGEST);
    flush(out);
out:
    shy_hash_free(&out->hash);
    return st;
}

static shy_status refuse(const char *path, int error)
{
    const char *advice = "See that the directory is there, and may be written to";

    if (error == ENOSPC) advice = "Free some space there";
    if (error == EDQUOT) advice = "Free some of your quota there";
    if (error == EFBIG) advice = "Allow larger files (ulimit -f)";
    return shy_fail(SHY_IO, "%s: the checkpoint cannot be written: %s. %s; the checkpoint before it, if any, is as it was.", path,
                    strerror(error), advice);
}

/* A file system without it says EINVAL, which is no failure. */
static int synchronise(int fd)
{
    int result;

    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL ? 0 : errno;
}

/* On the disk when this returns. A full disk may show only when a file is synchronised or closed. */
static shy_status write_partial(const journal_paths *paths, const journal_content *content, uint64_t *bytes_out)
{
    shy_status st = SHY_OK;
    output out = {.fd = -1};

    /* What a killed run has left goes first: so the file is ours, has the rights of now, and no link is followed. */
    if (unlink(paths->partial) != 0 && errno != ENOENT) return refuse(paths->partial, errno);
    /* It has what searches of parts of the patients have found: for its owner alone, whatever the umask. */
    out.fd = open(paths->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out.fd < 0) return refuse(paths->path, errno);
    st = put_all(&out, content);
    if (st == SHY_OK && out.error == 0) out.error = synchronise(out.fd);
    if (close(out.fd) != 0 && out.error == 0 && errno != EINTR) out.error = errno; /* Linux has closed it all the same */
    *bytes_out = out.count;
    return st != SHY_OK || out.error == 0 ? st : refuse(paths->path, out.error);
}

/*
 * At every moment PATH or PATH.previous is complete: with a second name PATH is there all the time; where a file system has no second names, it is
 * PATH.previous between the two renames.
 */
static shy_status replace(const journal_paths *paths)
{
    struct stat info;
    bool moved = false;

    if (lstat(paths->path, &info) == 0 && S_ISREG(info.st_mode)) { /* anything else is in the way, and the last rename says so */
        (void)unlink(paths->previous);
        if (link(paths->path, paths->previous) != 0) {
            if (rename(paths->path, paths->previous) != 0) return refuse(paths->path, errno);
            moved = true;
        }
    }
    if (rename(paths->partial, paths->path) != 0) {
        const int error = errno;
        if (moved) (void)rename(paths->previous, paths->path);
        return refuse(paths->path, error);
    }
    return SHY_OK;
}

/* Names are on the disk only when their directory is; some file systems cannot, which is no failure. */
static void sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

shy_status shy_journal_file_write(const journal_paths *paths, const journal_content *content, uint64_t *bytes_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(write_partial(paths, content, bytes_out));
    SHY_TRY(replace(paths));
    sync_directory(paths->directory);
out:
    if (st != SHY_OK) (void)unlink(paths->partial);
    return st;
}
