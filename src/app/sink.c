/* sink.c: files that are written beside their place, and fields of CSV. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/sink.h"

/* ---- files ------------------------------------------------------------------------------------------------------------ */

static const char *volatile unfinished; /* removed by a signal that ends the program */

static void end_by_signal(int number)
{
    if (unfinished != NULL) unlink(unfinished);
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_signals(const char *partial)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

    unfinished = partial;
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        if (signal(numbers[k], partial != NULL ? end_by_signal : SIG_DFL) == SIG_IGN) signal(numbers[k], SIG_IGN);
}

static shy_status cannot_write(const shy_sink *sink, int error)
{
    return shy_fail(SHY_IO, "%s: cannot be written: %s.%s", sink->partial != NULL ? sink->path : "Standard output", strerror(error),
                    error == ENOSPC || error == EDQUOT ? " Free some space, or choose another place with -o." : "");
}

shy_status shy_sink_check(const char *path, bool overwrite)
{
    struct stat about;

    if (strcmp(path, "-") == 0) return SHY_OK;
    if (*path == '\0' || path[strlen(path) - 1] == '/') return shy_fail(SHY_INPUT, "-o \"%s\" is not the name of a file.", path);
    if (stat(path, &about) != 0) return SHY_OK;
    if (!S_ISREG(about.st_mode)) return shy_fail(SHY_INPUT, "%s: is not a file. Choose the name of one with -o; - stands for standard output.", path);
    if (!overwrite) return shy_fail(SHY_INPUT, "%s: is there already. Choose another file with -o, or replace it with --overwrite.", path);
    return SHY_OK;
}

static shy_status open_partial(shy_sink *sink)
{
    shy_status st = SHY_OK;
    const char *slash = strrchr(sink->path, '/');
    int file = -1;

    SHY_TRY(shy_string_format(&sink->partial, "%.*s.shihyo-%ld.partial", slash == NULL ? 0 : (int)(slash + 1 - sink->path), sink->path, (long)getpid()));
    file = open(sink->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) {
        st = cannot_write(sink, errno);
        shy_free(&sink->partial); /* it is not ours */
        goto out;
    }
    watch_signals(sink->partial);
    sink->stream = fdopen(file, "w");
    if (sink->stream == NULL) {
        close(file);
        SHY_TRY(shy_fail(SHY_MEMORY, "There is not enough memory to write %s.", sink->path));
    }
out:
    return st;
}

shy_status shy_sink_open(const char *path, bool overwrite, shy_sink *sink_out)
{
    shy_status st = SHY_OK;
    shy_sink sink = {.path = path, .stream = stdout};

    if (strcmp(path, "-") != 0) {
        sink.stream = NULL;
        SHY_TRY(shy_sink_check(path, overwrite));
        SHY_TRY(open_partial(&sink));
    }
    *sink_out = sink, sink = (shy_sink){0};
out:
    shy_sink_abandon(&sink);
    return st;
}

/* EINVAL: a file system without fsync. */
static int flush(const shy_sink *sink)
{
    if (fflush(sink->stream) != 0 || ferror(sink->stream)) return errno != 0 ? errno : EIO;
    if (sink->partial != NULL && fsync(fileno(sink->stream)) != 0 && errno != EINVAL) return errno;
    return 0;
}

shy_status shy_sink_finish(shy_sink *sink)
{
    shy_status st = SHY_OK;
    int error;

    errno = 0;
    error = flush(sink);
    if (error != 0) SHY_TRY(cannot_write(sink, error));
    if (sink->partial == NULL) goto out;
    error = fclose(sink->stream) != 0 ? errno : 0;
    sink->stream = NULL;
    if (error == 0 && rename(sink->partial, sink->path) != 0) error = errno;
    if (error != 0) SHY_TRY(cannot_write(sink, error));
    watch_signals(NULL);
    shy_free(&sink->partial);
out:
    shy_sink_abandon(sink);
    return st;
}

void shy_sink_abandon(shy_sink *sink)
{
    if (sink->partial != NULL) {
        if (sink->stream != NULL) fclose(sink->stream);
        unlink(sink->partial);
        watch_signals(NULL);
    }
    shy_free(&sink->partial);
    *sink = (shy_sink){0};
}

shy_status shy_sink_put(const char *path, bool overwrite, const shy_buffer *text)
{
    shy_status st = SHY_OK;
    shy_sink sink = {0};

    SHY_TRY(shy_sink_open(path, overwrite, &sink));
    errno = 0;
    if (fwrite(text->bytes, 1, text->count, sink.stream) != text->count) SHY_TRY(cannot_write(&sink, errno != 0 ? errno : EIO));
    SHY_TRY(shy_sink_finish(&sink));
out:
    shy_sink_abandon(&sink);
    return st;
}

/* ---- fields ------------------------------------------------------------------------------------------------------------ */

static bool is_plain(const char *text)
{
    const char *at = text;

    while ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_' || *at == '.') at++;
    return *at == '\0';
}

static bool is_formula(const char *text)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    double number;

    for (size_t k = 0; k < sizeof begins / sizeof *begins; k++)
        if (strncmp(text, begins[k], strlen(begins[k])) == 0) return !shy_text_number(text, &number);
    return false;
}

void shy_csv_text(shy_buffer *buffer, const char *text)
{
    if (is_plain(text)) {
        shy_buffer_text(buffer, text);
        return;
    }
    shy_buffer_text(buffer, is_formula(text) ? "\"'" : "\"");
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        shy_buffer_add(buffer, text, (size_t)(quote - text));
        shy_buffer_text(buffer, "\"\"");
    }
    shy_buffer_text(buffer, text);
    shy_buffer_text(buffer, "\"");
}

void shy_csv_number(shy_buffer *buffer, double value)
{
    char text[40];

    if (isnan(value)) return;
    shy_buffer_add(buffer, text, (size_t)snprintf(text, sizeof text, "%.15g", value));
}
