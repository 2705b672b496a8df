/* journal_impl.h: what a journal holds, and the file that it is written to. */
#ifndef SHIHYO_JOURNAL_IMPL_H
#define SHIHYO_JOURNAL_IMPL_H

#include "shihyo/journal.h"

typedef struct {
    char *name, *text;
} journal_text;

typedef struct {
    char *name;
    unsigned char *bytes;
    uint64_t count, room;
    bool done;
} journal_step;

/* What a checkpoint holds. Only rank 0 has steps. */
typedef struct {
    journal_text *text;
    uint64_t texts, texts_room;
    journal_step *step;
    uint64_t steps, steps_room;
} journal_content;

/* Made once: saving needs next to no memory. */
typedef struct {
    char *path, *partial, *previous, *directory;
} journal_paths;

struct shy_journal {
    const shy_team *team;
    journal_paths paths;
    shy_journal_options options;
    journal_content content;
    /* The sequence of steps. */
    uint64_t begun;          /* steps that have been begun */
    bool open;               /* the last of them is not done */
    unsigned char *received; /* ranks other than 0: the bytes of the present step */
    /* Saving. */
    bool changed;                 /* something is known that is not on disk */
    double saved_at, save_lasted; /* when the last save ended (or the journal was made), and what it took */
    uint64_t saves, save_bytes;
    double save_seconds;
    /* Stopping. */
    bool time_up; /* the deadline has been found to have passed, or a test has asked for it */
    int signal;   /* that has been found */
};

/* ---- contents ---- */

shy_status shy_journal_content_text(journal_content *content, const char *name, const char *text); /* replaces one of that name */
shy_status shy_journal_content_step(journal_content *content, const char *name, journal_step **step_out); /* one more; borrowed */
shy_status shy_journal_step_room(journal_step *step, uint64_t room); /* at least; geometric */
void shy_journal_step_trim(journal_step *step);
void shy_journal_content_free(journal_content *content);

/* ---- the file ---- */

/**
 * In the byte order of the machine that wrote it, lengths and counts in 8 bytes:
 *
 *     magic (16) | byte order (4) | version (4) | length of the file | texts | steps
 *     a text: length of its name | length | name | text
 *     a step: length of its name | length | done | name | bytes
 *     SHA-256 of all before it, 64 hexadecimal digits
 *
 * Whatever the version, the first 32 bytes and the last 64 have this meaning: so that another version can be told from damage.
 */
#define JOURNAL_MAGIC "shihyo journal\n" /* 16 bytes with its end */
#define JOURNAL_VERSION 1
enum { JOURNAL_ORDER = 0x01020304, JOURNAL_DIGEST = 64 };

typedef struct {
    char magic[16];
    uint32_t order, version;
    uint64_t length, texts, steps;
} journal_head;

/* All bytes to PATH.partial and to the disk, then PATH becomes PATH.previous, and this PATH. Rank 0. */
shy_status shy_journal_file_write(const journal_paths *paths, const journal_content *content, uint64_t *bytes_out);
/* From PATH or, with a warning, from PATH.previous. *from_previous_out: the latter. Rank 0. */
shy_status shy_journal_file_read(const journal_paths *paths, journal_content *content, bool *from_previous_out);

#endif
