/* reader.c: splits a stream of text into rows and fields (RFC 4180, and what programs make of it). */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "reader.h"
#include "text_impl.h"

enum { BUFFER_BYTES = 1 << 20, GZIP_BUFFER_BYTES = 1 << 17 };

struct shy_reader {
    const char *path;
    gzFile stream;
    char *buffer;      /* BUFFER_BYTES, and one for the NUL of a field that ends the file */
    size_t begin, end; /* bytes not yet handed out */
    bool ended;        /* nothing more in the stream */
    bool keep_empty;
    bool row_open;     /* the next field continues a row */
    bool after_return; /* the last row ended with a carriage return: a line feed belongs to it */
    char separator;
    uint64_t rows; /* begun so far, with the heading */
    uint64_t line, row_line;
    bool ends_field[256];
};

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static shy_status stream_error(const shy_reader *r, int code, const char *text)
{
    if (code == Z_ERRNO) return shy_fail(SHY_IO, "%s: reading failed: %s.", r->path, strerror(errno));
    if (code == Z_MEM_ERROR) return shy_fail(SHY_MEMORY, "%s: there is not enough memory to unpack it.", r->path);
    if (code == Z_BUF_ERROR)
        return shy_fail(SHY_INPUT,
                        "%s: the gzip file is truncated: it ends in the middle (near line %llu). Copy it again.",
                        r->path, (unsigned long long)r->line);
    return shy_fail(SHY_INPUT, "%s: the gzip file is damaged near line %llu (%s). Copy it again.", r->path,
                    (unsigned long long)r->line, text);
}

static shy_status binary_error(const shy_reader *r)
{
    const unsigned char *bytes = (const unsigned char *)r->buffer;

    if (r->rows == 0 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return shy_fail(SHY_INPUT, "%s: is UTF-16 text. Save it as UTF-8 (for example: iconv -f utf-16 -t utf-8).",
                        r->path);
    return shy_fail(
        SHY_INPUT,
        "%s: is a binary file (it holds zero bytes), not a CSV or TSV table. A workbook can be saved as CSV UTF-8.",
        r->path);
}

/* Moves what is left to the front and reads behind it, until the buffer is full or the stream ends. */
static shy_status refill(shy_reader *r)
{
    memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
    r->end -= r->begin, r->begin = 0;
    while (r->end < BUFFER_BYTES && !r->ended) {
        int code, count = gzread(r->stream, r->buffer + r->end, (unsigned)(BUFFER_BYTES - r->end));
        const char *text = gzerror(r->stream, &code);
        if (code != Z_OK && code != Z_STREAM_END) return stream_error(r, code, text);
        if (count <= 0)
            r->ended = true;
        else if (memchr(r->buffer + r->end, '\0', (size_t)count) != NULL)
            return binary_error(r);
        else
            r->end += (size_t)count;
    }
    return SHY_OK;
}

static shy_status open_stream(shy_reader *r)
{
    struct stat about;
    int file = open(r->path, O_RDONLY | O_CLOEXEC);

    if (file < 0) return shy_fail(SHY_IO, "%s: cannot be opened: %s.", r->path, strerror(errno));
    if (fstat(file, &about) == 0 && !S_ISREG(about.st_mode)) {
        close(file);
        return shy_fail(SHY_IO,
                        "%s: is not a regular file. A table is read more than once, so it has to be a file on disk.",
                        r->path);
    }
    r->stream = gzdopen(file, "rb");
    if (r->stream == NULL) {
        close(file);
        return shy_fail(SHY_MEMORY, "%s: there is not enough memory to open it.", r->path);
    }
    gzbuffer(r->stream, GZIP_BUFFER_BYTES);
    return SHY_OK;
}

/* A tab in the heading decides; without one the more frequent of comma and semicolon. Quoted ones do not count. */
static char detect_separator(const shy_reader *r)
{
    size_t commas = 0, semicolons = 0;
    bool quoted = false;

    for (size_t i = r->begin; i < r->end; i++) {
        char c = r->buffer[i];
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '\t') return '\t';
        if ((c == '\n' || c == '\r') && commas + semicolons > 0) break;
        commas += c == ',', semicolons += c == ';';
    }
    return semicolons > commas ? ';' : ',';
}

static shy_status judge_beginning(shy_reader *r)
{
    if (r->end >= 3 && memcmp(r->buffer, "\xEF\xBB\xBF", 3) == 0) r->begin = 3;
    if (strspn(r->buffer + r->begin, " \t\r\n") == r->end - r->begin && r->ended)
        return shy_fail(SHY_INPUT, "%s: is empty. A table starts with a line of column names.", r->path);
    r->separator = detect_separator(r);
    return SHY_OK;
}

shy_status shy_reader_open(const char *path, shy_reader **reader_out)
{
    shy_status st = SHY_OK;
    shy_reader *r = NULL;

    SHY_TRY(shy_new(1, sizeof *r, &r));
    r->path = path;
    r->line = 1;
    SHY_TRY(shy_new(BUFFER_BYTES + 1, 1, &r->buffer));
    SHY_TRY(open_stream(r));
    SHY_TRY(refill(r));
    SHY_TRY(judge_beginning(r));
    r->ends_field['\n'] = r->ends_field['\r'] = r->ends_field[(unsigned char)r->separator] = true;
    *reader_out = r, r = NULL;
out:
    shy_reader_close(&r);
    return st;
}

void shy_reader_close(shy_reader **reader)
{
    if (*reader == NULL) return;
    if ((*reader)->stream != NULL) gzclose_r((*reader)->stream);
    shy_free(&(*reader)->buffer);
    shy_free(reader);
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

/* How far a field reaches, in offsets from r->begin: its text, and the separator or line end behind it. */
typedef struct {
    size_t text, length, stop;
    bool complete; /* false: the buffer ends before the field does */
} extent;

static extent plain_extent(const shy_reader *r)
{
    const unsigned char *from = (const unsigned char *)r->buffer + r->begin;
    size_t available = r->end - r->begin, i = 0;

    while (i < available && !r->ends_field[from[i]])
        i++;
    return (extent){.text = 0, .length = i, .stop = i, .complete = i < available || r->ended};
}

/* Takes the quotes off in place: the text moves to the left. Only done once the whole field is known to be there. */
static size_t unquote(char *text, const char *from, const char *closing)
{
    char *to = text;

    while (from < closing) {
        if (*from == '"') from++; /* the first of two, which stand for one */
        *to++ = *from++;
    }
    return (size_t)(to - text);
}

static shy_status misplaced_quote(const shy_reader *r, char c)
{
    return shy_fail(
        SHY_INPUT,
        "%s, row %llu (line %llu): '%c' follows a closing quote, where a separator or the end of the line has to be. "
        "A quote inside a quoted field is written twice.",
        r->path, (unsigned long long)(r->rows - 1), (unsigned long long)r->row_line, c);
}

static shy_status unclosed_quote(const shy_reader *r)
{
    return shy_fail(SHY_INPUT, "%s, row %llu (line %llu): a quote is opened here and not closed %s.", r->path,
                    (unsigned long long)(r->rows - 1), (unsigned long long)r->row_line,
                    r->ended ? "before the file ends" : "within 1 MiB");
}

static shy_status quoted_extent(shy_reader *r, size_t opening, extent *extent_out)
{
    char *from = r->buffer + r->begin;
    size_t available = r->end - r->begin, i = opening + 1;

    for (;; i += 2) {
        const char *quote = memchr(from + i, '"', available - i);
        if (quote == NULL) {
            *extent_out = (extent){.complete = false};
            return r->ended ? unclosed_quote(r) : SHY_OK;
        }
        i = (size_t)(quote - from);
        if (i + 1 == available && !r->ended) {
            *extent_out = (extent){.complete = false};
            return SHY_OK;
        }
        if (i + 1 == available || from[i + 1] != '"') break;
    }
    size_t closing = i++;
    while (i < available && from[i] == ' ')
        i++;
    extent_out->complete = i < available || r->ended;
    if (!extent_out->complete) return SHY_OK;
    if (i < available && !r->ends_field[(unsigned char)from[i]]) return misplaced_quote(r, from[i]);
    extent_out->stop = i;
    for (const char *c = from + opening; c < from + closing; c++)
        r->line += *c == '\n';
    extent_out->text = opening + 1;
    extent_out->length = unquote(from + opening + 1, from + opening + 1, from + closing);
    return SHY_OK;
}

static shy_status find_extent(shy_reader *r, extent *extent_out)
{
    const char *from = r->buffer + r->begin;
    size_t available = r->end - r->begin, blanks = 0;

    while (blanks < available && from[blanks] == ' ')
        blanks++;
    if (blanks < available && from[blanks] == '"') return quoted_extent(r, blanks, extent_out);
    *extent_out = plain_extent(r);
    return SHY_OK;
}

static shy_status complete_extent(shy_reader *r, extent *extent_out)
{
    shy_status st = SHY_OK;

    SHY_TRY(find_extent(r, extent_out));
    if (extent_out->complete) return st;
    SHY_TRY(refill(r));
    SHY_TRY(find_extent(r, extent_out));
    if (extent_out->complete) return st;
    if (r->buffer[r->begin + strspn(r->buffer + r->begin, " ")] == '"') return unclosed_quote(r);
    st = shy_fail(SHY_INPUT, "%s, row %llu (line %llu): a field is longer than 1 MiB. Is this a CSV or TSV table?",
                  r->path, (unsigned long long)(r->rows - 1), (unsigned long long)r->row_line);
out:
    return st;
}

static bool at_end(const shy_reader *r)
{
    return r->ended && r->begin == r->end;
}

/* Passes the line feed of CR LF and, between rows, lines with nothing on them. */
static shy_status begin_row(shy_reader *r)
{
    shy_status st = SHY_OK;

    for (;;) {
        if (r->end - r->begin < 2 && !r->ended) SHY_TRY(refill(r));
        if (at_end(r)) break;
        char c = r->buffer[r->begin];
        if (r->after_return && c == '\n')
            r->begin++; /* counted with the carriage return */
        else if (!r->keep_empty && (c == '\n' || c == '\r'))
            r->begin++, r->line++;
        else
            break;
        r->after_return = !r->keep_empty && c == '\r';
    }
    r->after_return = false;
    r->row_line = r->line;
    if (!at_end(r)) r->rows++;
out:
    return st;
}

shy_status shy_reader_next(shy_reader *r, shy_field *field_out)
{
    shy_status st = SHY_OK;
    extent field = {0};

    if (!r->row_open) SHY_TRY(begin_row(r));
    if (!r->row_open && at_end(r)) {
        *field_out = (shy_field){.exhausted = true};
        return SHY_OK;
    }
    SHY_TRY(complete_extent(r, &field));
    char *text = r->buffer + r->begin + field.text;
    r->begin += field.stop;
    char stop = r->begin < r->end ? r->buffer[r->begin] : '\n';
    if (r->begin < r->end) r->begin++;
    if (stop == '\n' || stop == '\r') r->line++;
    r->row_open = stop != '\n' && stop != '\r';
    r->after_return = stop == '\r';
    *field_out = (shy_field){.last = !r->row_open, .length = field.length};
    field_out->text = shy_cell_trim(text, &field_out->length);
out:
    return st;
}

char shy_reader_separator(const shy_reader *r)
{
    return r->separator;
}

uint64_t shy_reader_row(const shy_reader *r)
{
    return r->rows - 1;
}

uint64_t shy_reader_line(const shy_reader *r)
{
    return r->row_line;
}

void shy_reader_keep_empty(shy_reader *r, bool keep)
{
    r->keep_empty = keep;
}
