/* output.c: the results directory: is it free and writable before the work, and how five files appear in it at once after. */
#include "shy_config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report_impl.h"

/* run.json is renamed last: a directory that has it is complete. */
static const char *const file_names[] = {"individual.h5", "results.h5", "front.tsv", "front.json", "suppressed.json", "run.json"};
enum { INDIVIDUAL, RESULTS, FRONT_TABLE, FRONT, SUPPRESSED, FILES = sizeof file_names / sizeof *file_names };

#define PROBE_BYTES 4096
#define SHARED 0666 /* as the umask says */
#define OWNER 0600

shy_status shy_report_path(const char *directory, const char *name, char **path_out)
{
    size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";

    return shy_string_format(path_out, "%s%s%s", directory, slash, name);
}

static shy_status partial_path(const char *directory, const char *name, char **path_out)
{
    char partial[64];

    snprintf(partial, sizeof partial, ".%s.partial", name);
    return shy_report_path(directory, partial, path_out);
}

/* All bytes, on the disk when this returns. Errors of the file system name the file that the user will look for. */
static shy_status write_bytes(const char *partial, const char *shown, mode_t mode, const char *bytes, size_t count)
{
    unlink(partial); /* of a run that died; or somebody's link to another file, in a directory that others may write to */
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode), error = 0;

    if (fd < 0 || (mode != SHARED && fchmod(fd, mode) != 0)) error = errno; /* it may have been there */
    while (error == 0 && count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            error = written == 0 ? ENOSPC : errno;
        else
            bytes += written, count -= (size_t)written;
    }
    if (error == 0 && fsync(fd) != 0 && errno != EINVAL) error = errno; /* EINVAL: a file system without fsync */
    if (fd >= 0 && close(fd) != 0 && error == 0) error = errno;
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return shy_fail(SHY_IO, "%s: cannot be written: %s. Free some space or choose another directory with -o.",
                        shown, strerror(error));
    if (error != 0)
        return shy_fail(SHY_IO, "%s: cannot be written: %s. Choose another directory with -o.", shown, strerror(error));
    return SHY_OK;
}

/* ---- before the work ------------------------------------------------------------------------------------------- */

/* Where the last name of a path starts, and how long it is: "b" in "a/b//". */
static size_t last_name(const char *path, size_t *length_out)
{
    size_t end = strlen(path), start;

    while (end > 0 && path[end - 1] == '/')
        end--;
    for (start = end; start > 0 && path[start - 1] != '/';)
        start--;
    *length_out = end - start;
    return start;
}

/* "." and ".." stand for a directory that has another name, by which rmdir wants it. */
static bool is_detour(const char *name, size_t length)
{
    return (length == 1 || (length == 2 && name[1] == '.')) && name[0] == '.';
}

/* Removes the last `count` directories of a path as far as they are empty. Shortens the path. */
static void remove_directories(char *path, int count)
{
    size_t start, length;

    while (count > 0) {
        start = last_name(path, &length);
        if (length == 0) return;
        if (!is_detour(path + start, length)) {
            if (rmdir(path) != 0) return;
            count--;
        }
        path[start] = '\0';
    }
}

/* Creates the directory and those above it that are missing; *created_out: how many, so that they can be removed again. */
static shy_status make_directory(const char *directory, int *created_out)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    size_t length;
    int created = 0;

    *created_out = 0;
    SHY_TRY(shy_string_copy(directory, &path));
    for (char *p = path + 1; *path != '\0' && *p != '\0'; p++) {
        if (*p != '/' || p[1] == '\0') continue;
        *p = '\0';
        created += mkdir(path, 0777) == 0; /* if not, whether it is there shows below */
        *p = '/';
    }
    if (mkdir(path, 0777) == 0) {
        created++;
    } else if (errno != EEXIST) {
        st = shy_fail(SHY_IO, "%s: the output directory cannot be created: %s. Choose another one with -o.", directory,
                      strerror(errno));
        path[last_name(path, &length)] = '\0';
        remove_directories(path, created);
        created = 0;
    }
    *created_out = created;
out:
    shy_free(&path);
    return st;
}

static shy_status check_free(const char *directory, bool overwrite)
{
    shy_status st = SHY_OK;
    char *path = NULL;
    struct stat info;

    if (stat(directory, &info) != 0)
        return shy_fail(SHY_IO, "%s: the output directory cannot be read: %s. Choose another one with -o.", directory,
                        strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return shy_fail(SHY_IO, "%s: is a file, not a directory for results. Choose another name with -o.", directory);
    for (int f = 0; f <= FILES; f++) {
        const char *name = f < FILES ? file_names[f] : SHY_TARGETS_FILE;
        shy_free(&path);
        SHY_TRY(shy_report_path(directory, name, &path));
        if (lstat(path, &info) != 0) continue;
        if (S_ISDIR(info.st_mode)) {
            SHY_TRY(shy_fail(
                SHY_IO, "%s: is a directory where a result file has to go. Choose another output directory with -o.",
                path));
        }
        if (!overwrite)
            SHY_TRY(shy_fail(
                SHY_INPUT,
                "%s: holds results already (%s). Choose another directory with -o, or replace them with --overwrite.",
                directory, name));
    }
out:
    shy_free(&path);
    return st;
}

/* Writes and removes one small file, as only that tells whether there are the rights and the space. */
static shy_status check_writable(const char *directory)
{
    static const char zeros[PROBE_BYTES];
    shy_status st = SHY_OK;
    char *path = NULL;

    SHY_TRY(partial_path(directory, "probe", &path));
    st = write_bytes(path, directory, SHARED, zeros, sizeof zeros);
    unlink(path);
out:
    shy_free(&path);
    return st;
}

shy_status shy_output_check(const char *directory, bool overwrite, int *created_out)
{
    shy_status st = SHY_OK;
    int created = 0;

    *created_out = 0;
    if (*directory == '\0') return shy_fail(SHY_INPUT, "The output directory has no name. Give one with -o.");
    SHY_TRY(make_directory(directory, &created));
    SHY_TRY(check_free(directory, overwrite));
    SHY_TRY(check_writable(directory));
    *created_out = created;
out:
    if (st != SHY_OK) shy_output_release(directory, created);
    return st;
}

void shy_output_release(const char *directory, int created)
{
    char *path = NULL;

    if (created > 0 && shy_string_copy(directory, &path) == SHY_OK) remove_directories(path, created);
    shy_free(&path);
}

const char *shy_output_finished(const char *directory)
{
    static const char *const last[] = {"run.json", SHY_TARGETS_FILE};
    const char *found = NULL;
    char *path = NULL;

    for (size_t f = 0; f < sizeof last / sizeof *last && found == NULL; f++) {
        shy_free(&path);
        if (shy_report_path(directory, last[f], &path) == SHY_OK && access(path, F_OK) == 0) found = last[f];
    }
    shy_free(&path);
    return found;
}

/* ".results.h5.partial", and "checkpoint.partial", which has no reader either. */
static bool is_partial(const char *name)
{
    static const char end[] = ".partial";
    const size_t length = strlen(name);

    return length > sizeof end - 1 && strcmp(name + length - (sizeof end - 1), end) == 0 && (*name == '.' || strncmp(name, "checkpoint", 10) == 0);
}

static void clean(const char *directory, bool deeper)
{
    DIR *list = opendir(directory);
    const struct dirent *entry;
    struct stat info;
    char *path = NULL;

    while (list != NULL && (entry = readdir(list)) != NULL) {
        shy_free(&path);
        if (shy_report_path(directory, entry->d_name, &path) != SHY_OK || lstat(path, &info) != 0) continue;
        if (S_ISREG(info.st_mode) && is_partial(entry->d_name)) unlink(path);
        if (deeper && S_ISDIR(info.st_mode) && entry->d_name[0] != '.') clean(path, false);
    }
    shy_free(&path);
    if (list != NULL) closedir(list);
}

void shy_output_clean(const char *directory)
{
    clean(directory, true);
}

/* ---- after the work -------------------------------------------------------------------------------------------- */

static shy_status json_bytes(json_t *document, shy_buffer *buffer)
{
    if (document == NULL) return shy_fail(SHY_MEMORY, "There is not enough memory to write the results as JSON.");
    shy_json_text(document, buffer);
    json_decref(document);
    return buffer->status;
}

static shy_status file_bytes(const shy_results *results, int file, shy_buffer *buffer)
{
    switch (file) {
    case INDIVIDUAL:
        return shy_report_individual(results, buffer);
    case RESULTS:
        return shy_report_hdf5(results, buffer);
    case FRONT_TABLE:
        shy_report_tsv(results, buffer);
        return buffer->status;
    case FRONT:
        return json_bytes(shy_report_front_json(results), buffer);
    case SUPPRESSED:
        return json_bytes(shy_report_released_json(results), buffer);
    default:
        return json_bytes(shy_report_run_json(results), buffer);
    }
}

static bool is_individual(int file)
{
    return file == INDIVIDUAL;
}

/* One is written on demand; what an earlier run has left of it goes. */
static bool is_wanted(const shy_results *results, int file)
{
    return !is_individual(file) || results->individual != NULL;
}

static shy_status write_partial(const shy_results *results, int file, const char *partial, const char *shown)
{
    shy_buffer buffer = {0};
    shy_status st = file_bytes(results, file, &buffer);

    if (st == SHY_OK) st = write_bytes(partial, shown, is_individual(file) ? OWNER : SHARED, buffer.bytes, buffer.count);
    shy_buffer_free(&buffer);
    return st;
}

/* The names are in the directory only when it is on the disk too; some file systems cannot, which is no failure. */
static void sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) return;
    (void)fsync(fd);
    close(fd);
}

shy_status shy_report_put(const char *directory, const char *name, const shy_buffer *buffer)
{
    shy_status st = SHY_OK;
    char *partial = NULL, *final = NULL;

    SHY_TRY(partial_path(directory, name, &partial));
    SHY_TRY(shy_report_path(directory, name, &final));
    SHY_TRY(write_bytes(partial, final, SHARED, buffer->bytes, buffer->count));
    if (rename(partial, final) != 0)
        SHY_TRY(shy_fail(SHY_IO, "%s: cannot be put in place: %s. Choose another directory with -o.", final, strerror(errno)));
    sync_directory(directory);
out:
    if (st != SHY_OK && partial != NULL) unlink(partial);
    shy_free(&partial);
    shy_free(&final);
    return st;
}

shy_status shy_results_write(const shy_results *results, const char *directory)
{
    shy_status st = SHY_OK;
    char *partial[FILES] = {0}, *final[FILES] = {0};

    for (int f = 0; f < FILES; f++) {
        SHY_TRY(partial_path(directory, file_names[f], &partial[f]));
        SHY_TRY(shy_report_path(directory, file_names[f], &final[f]));
    }
    for (int f = 0; f < FILES; f++)
        if (is_wanted(results, f)) SHY_TRY(write_partial(results, f, partial[f], final[f]));
    if (!is_wanted(results, INDIVIDUAL) && unlink(final[INDIVIDUAL]) != 0 && errno != ENOENT)
        SHY_TRY(shy_fail(SHY_IO, "%s: of an earlier run, cannot be removed: %s.", final[INDIVIDUAL], strerror(errno)));
    for (int f = 0; f < FILES; f++)
        if (is_wanted(results, f) && rename(partial[f], final[f]) != 0)
            SHY_TRY(shy_fail(SHY_IO, "%s: cannot be put in place: %s. Choose another directory with -o.", final[f],
                             strerror(errno)));
    sync_directory(directory);
out:
    for (int f = 0; f < FILES; f++) {
        if (st != SHY_OK && partial[f] != NULL) unlink(partial[f]);
        shy_free(&partial[f]);
        shy_free(&final[f]);
    }
    return st;
}
