/* file_read.c: a checkpoint from disk, if it is complete. Nothing that it says of itself is believed before its checksum, and no length without a look at what is left. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_impl.h"

typedef struct {
    const char *path;
    int fd;
    uint64_t length, left; /* of the file; before the checksum */
    journal_head head;
    size_t next, filled; /* of the buffer */
    unsigned char buffer[32768];
} input;

static shy_status damaged(const input *in, const char *what)
{
    return shy_fail(SHY_INPUT, "%s: this checkpoint is damaged (%s) and cannot be used.", in->path, what);
}

/* ---- bytes ---- */

static shy_status read_some(input *in, void *bytes, size_t count, size_t *count_out)
{
    ssize_t got;

    do
        got = read(in->fd, bytes, count);
    while (got < 0 && errno == EINTR);
    if (got < 0) return shy_fail(SHY_IO, "%s: the checkpoint cannot be read: %s.", in->path, strerror(errno));
    if (got == 0) return damaged(in, "it ends too early");
    *count_out = (size_t)got;
    return SHY_OK;
}

/* The next bytes, which are not more than are left. Large ones do not go through the buffer. */
static shy_status take(input *in, void *bytes, uint64_t count)
{
    shy_status st = SHY_OK;
    unsigned char *to = bytes;
    size_t part = 0;

    if (count > in->left) return damaged(in, "a length in it is wrong");
    in->left -= count;
    for (; count > 0; to += part, count -= part) {
        if (in->next < in->filled) {
            part = in->filled - in->next < count ? in->filled - in->next : count;
            memcpy(to, in->buffer + in->next, part);
            in->next += part;
        } else if (count >= sizeof in->buffer) {
            SHY_TRY(read_some(in, to, count < ((uint64_t)1 << 30) ? count : (size_t)1 << 30, &part));
        } else {
            part = 0, in->next = 0, in->filled = 0;
            SHY_TRY(read_some(in, in->buffer, sizeof in->buffer, &in->filled));
        }
    }
out:
    return st;
}

static shy_status rewind_to(input *in, uint64_t length)
{
    in->next = 0, in->filled = 0, in->left = length;
    if (lseek(in->fd, 0, SEEK_SET) != 0) return shy_fail(SHY_IO, "%s: the checkpoint cannot be read: %s.", in->path, strerror(errno));
    return SHY_OK;
}

/* ---- is it complete? ---- */

static shy_status check_digest(input *in)
{
    shy_status st = SHY_OK;
    shy_hash *hash = NULL;
    unsigned char part[16384];
    char digest[JOURNAL_DIGEST + 1], written[JOURNAL_DIGEST];

    SHY_TRY(rewind_to(in, in->length - JOURNAL_DIGEST));
    SHY_TRY(shy_hash_begin(&hash));
    while (in->left > 0) {
        const size_t count = in->left < sizeof part ? in->left : sizeof part;
        SHY_TRY(take(in, part, count));
        SHY_TRY(shy_hash_add(hash, part, count));
    }
    SHY_TRY(shy_hash_end(&hash, digest));
    in->left = sizeof written;
    SHY_TRY(take(in, written, sizeof written));
    if (memcmp(written, digest, sizeof written) != 0) st = damaged(in, "its checksum is wrong");
out:
    shy_hash_free(&hash);
    return st;
}

static shy_status check_whole(input *in)
{
    shy_status st = SHY_OK;

    if (in->length < sizeof in->head + JOURNAL_DIGEST) return damaged(in, "it ends too early");
    SHY_TRY(rewind_to(in, in->length));
    SHY_TRY(take(in, &in->head, sizeof in->head));
    if (memcmp(in->head.magic, JOURNAL_MAGIC, sizeof in->head.magic) != 0) return damaged(in, "it does not begin as one");
    if (in->head.order == __builtin_bswap32(JOURNAL_ORDER))
        return shy_fail(SHY_INPUT, "%s: this checkpoint was written on a machine with another order of bytes. Go on there.", in->path);
    if (in->head.length != in->length) return damaged(in, in->length < in->head.length ? "it ends too early" : "its length is wrong");
    SHY_TRY(check_digest(in));
    if (in->head.order != JOURNAL_ORDER) st = damaged(in, "its order of bytes is wrong");
out:
    return st;
}

/* ---- what it holds ---- */

static shy_status take_string(input *in, uint64_t length, char **text_out)
{
    shy_status st = SHY_OK;
    char *text = NULL;

    if (length > in->left) return damaged(in, "a length in it is wrong");
    SHY_TRY(shy_new(length + 1, 1, &text));
    SHY_TRY(take(in, text, length));
    if (strlen(text) != length) SHY_TRY(damaged(in, "a text in it ends too early"));
    *text_out = text, text = NULL;
out:
    shy_free(&text);
    return st;
}

static shy_status take_text(input *in, journal_content *content)
{
    shy_status st = SHY_OK;
    uint64_t length[2];
    char *name = NULL, *text = NULL;

    SHY_TRY(take(in, length, sizeof length));
    SHY_TRY(take_string(in, length[0], &name));
    SHY_TRY(take_string(in, length[1], &text));
    SHY_TRY(shy_journal_content_text(content, name, text));
out:
    shy_free(&name);
    shy_free(&text);
    return st;
}

static shy_status take_step(input *in, journal_content *content, bool last)
{
    shy_status st = SHY_OK;
    uint64_t length[3];
    char *name = NULL;
    journal_step *step;

    SHY_TRY(take(in, length, sizeof length));
    SHY_TRY(take_string(in, length[0], &name));
    if (length[2] > 1 || (length[2] == 0 && !last)) SHY_TRY(damaged(in, "a step in it has no end"));
    if (length[1] > in->left) SHY_TRY(damaged(in, "a length in it is wrong"));
    SHY_TRY(shy_journal_content_step(content, name, &step));
    step->done = length[2] == 1;
    if (length[1] > 0) {
        SHY_TRY(shy_journal_step_room(step, length[1]));
        SHY_TRY(take(in, step->bytes, length[1]));
        step->count = length[1];
    }
out:
    shy_free(&name);
    return st;
}

static shy_status take_all(input *in, journal_content *content)
{
    shy_status st = SHY_OK;

    SHY_TRY(rewind_to(in, in->length - JOURNAL_DIGEST));
    SHY_TRY(take(in, &in->head, sizeof in->head));
    for (uint64_t i = 0; i < in->head.texts; i++)
        SHY_TRY(take_text(in, content));
    for (uint64_t i = 0; i < in->head.steps; i++)
        SHY_TRY(take_step(in, content, i + 1 == in->head.steps));
    if (in->left > 0) st = damaged(in, "there is more in it than it says");
out:
    return st;
}

/* ---- which of the two ---- */

typedef enum { USABLE, ABSENT, UNUSABLE, REFUSED } verdict; /* REFUSED: the other one is not looked at */

static shy_status open_file(input *in)
{
    struct stat info;

    in->fd = open(in->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe of that name would wait */
    if (in->fd < 0 || fstat(in->fd, &info) != 0)
        return shy_fail(SHY_IO, "%s: the checkpoint cannot be opened: %s.", in->path, strerror(errno));
    if (!S_ISREG(info.st_mode)) return shy_fail(SHY_IO, "%s: is not a file, so it is no checkpoint.", in->path);
    in->length = (uint64_t)info.st_size;
    return SHY_OK;
}

static shy_status read_one(const char *path, journal_content *content, verdict *verdict_out)
{
    shy_status st = SHY_OK;
    struct stat info;
    input in = {.path = path, .fd = -1};

    *verdict_out = lstat(path, &info) != 0 && errno == ENOENT ? ABSENT : UNUSABLE;
    if (*verdict_out == ABSENT) SHY_TRY(shy_fail(SHY_IO, "%s: there is no such file.", path));
    SHY_TRY(open_file(&in));
    SHY_TRY(check_whole(&in));
    if (in.head.version != JOURNAL_VERSION) {
        *verdict_out = REFUSED;
        SHY_TRY(shy_fail(SHY_INPUT,
                         "%s: this checkpoint is of version %u of its format, and this program reads version %d. Go on with the program that wrote it.",
                         path, (unsigned)in.head.version, JOURNAL_VERSION));
    }
    SHY_TRY(take_all(&in, content));
    *verdict_out = USABLE;
out:
    if (in.fd >= 0) close(in.fd);
    if (st != SHY_OK) shy_journal_content_free(content);
    if (st == SHY_MEMORY || st == SHY_INTERNAL) *verdict_out = REFUSED;
    return st;
}

shy_status shy_journal_file_read(const journal_paths *paths, journal_content *content, bool *from_previous_out)
{
    char why[1024];
    verdict current, previous;
    shy_status st = read_one(paths->path, content, &current), st_previous;

    *from_previous_out = false;
    if (current == USABLE || current == REFUSED) return st;
    snprintf(why, sizeof why, "%s", shy_error_message());
    shy_error_clear();
    st_previous = read_one(paths->previous, content, &previous);
    if (previous == USABLE) {
        *from_previous_out = true;
        shy_log(SHY_LOG_WARNING, "%s The run goes on from the checkpoint before it, %s.", why, paths->previous);
        return SHY_OK;
    }
    if (previous == REFUSED) return st_previous;
    if (previous == ABSENT && current == ABSENT) {
        shy_error_clear();
        return shy_fail(SHY_IO, "%s: there is no checkpoint here. It may be that the run is complete, or was never begun.", paths->path);
    }
    if (current == ABSENT) return st_previous;
    if (previous == UNUSABLE) {
        char also[1024];
        snprintf(also, sizeof also, "%s", shy_error_message());
        shy_error_clear();
        return shy_fail(st, "%s %s Begin the run anew.", why, also);
    }
    shy_error_clear();
    return shy_fail(st, "%s There is none before it. Begin the run anew.", why);
}
