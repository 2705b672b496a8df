/**
 * base: what every floor stands on: status and the one error message, memory, log, counter-based random numbers, hash.
 *
 * Floor 0. Names no library but libc (and libcrypto, for SHA-256). Knows no ranks: par wraps it for them.
 */
#ifndef SHIHYO_BASE_H
#define SHIHYO_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- status ---------------------------------------------------------------------------------------------------- */

/** What a function that can fail returns. The value is also the exit status of the program (SHY_USAGE: see sysexits). */
typedef enum {
    SHY_OK = 0,
    SHY_INTERNAL = 1, /* a defect of this program: please report */
    SHY_INPUT = 2,    /* the user's data or configuration: the message says file, row, column, value and what to do */
    SHY_IO = 3,       /* the file system: missing, unreadable, full */
    SHY_MEMORY = 4,   /* an allocation failed, or a plan exceeds the budget */
    SHY_USAGE = 64,   /* the command line */
    SHY_STOPPED = 85  /* told to stop (a signal, a time limit); what was done is saved and can be gone on from */
} shy_status;

/**
 * Records the one message of a failure and returns `status`. Called where the failure is detected, nowhere else; callers
 * pass the status on. The message is one sentence or two: what, where, which value, what to do; no trailing newline.
 * A second call before shy_error_clear() keeps the first message (the first failure is the cause).
 */
shy_status shy_fail(shy_status status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
const char *shy_error_message(void); /* "" if none; borrowed */
void shy_error_set(const char *message); /* replaces it: used by par to spread one rank's message */
void shy_error_clear(void);

/** Leaves through the label `out` with the status in the local variable `st`. */
#define SHY_TRY(call)                                                                                                  \
    do {                                                                                                               \
        st = (call);                                                                                                   \
        if (st != SHY_OK) goto out;                                                                                    \
    } while (0)

/* ---- memory ---------------------------------------------------------------------------------------------------- */

/**
 * The only allocations of the program. `shy_new(count, size, &p)`: count × size zeroed bytes, aligned to 64 bytes, never
 * NULL on success (also for count 0). Fails with SHY_MEMORY and a message that says how many bytes; overflow is a failure.
 * `shy_grow(count, size, &p)` resizes (new bytes are not zeroed, alignment kept, old block kept on failure).
 * `shy_free(&p)`: frees and sets NULL; accepts NULL. Pass the address of the pointer.
 */
#define shy_new(count, size, pointer) shy_memory_new((count), (size), (void **)(pointer))
#define shy_grow(count, size, pointer) shy_memory_grow((count), (size), (void **)(pointer))
#define shy_free(pointer) shy_memory_free((void **)(pointer))
shy_status shy_memory_new(size_t count, size_t size, void **out);
shy_status shy_memory_grow(size_t count, size_t size, void **inout);
void shy_memory_free(void **inout);
shy_status shy_string_copy(const char *text, char **copy_out);                 /* owned */
shy_status shy_string_format(char **text_out, const char *format, ...) __attribute__((format(printf, 2, 3))); /* owned */

void shy_memory_fail_at(uint64_t nth); /* tests: the nth allocation from now (1 = next) fails; 0 = never */
/**
 * From now on an allocation that would bring the bytes in use above `bytes` fails with SHY_MEMORY; 0 = no limit. The message names the key that sets it,
 * parallel.memory, and counts `aside` more bytes, which libraries hold, as allowed.
 */
void shy_memory_limit(uint64_t bytes, uint64_t aside);
/**
 * Counts `bytes` that did not come from shy_new (a share of memory that several ranks see, the cache of a library) as in use, or no
 * longer. Charging fails as an allocation of that size would.
 */
shy_status shy_memory_charge(uint64_t bytes);
void shy_memory_discharge(uint64_t bytes);
uint64_t shy_memory_in_use(void);      /* bytes */
/**
 * The most that this process has held in memory, and what it holds now of memory shared with others, bytes; 0 where the system does not
 * say (Linux does).
 */
void shy_memory_resident(uint64_t *peak_out, uint64_t *shared_out);
uint64_t shy_memory_peak(void);        /* bytes */
/** Bytes that this process has read and written so far, by whatever way; false where the system does not say (Linux does). */
bool shy_process_io(uint64_t *read_out, uint64_t *written_out);

/* ---- bytes that grow ------------------------------------------------------------------------------------------ */

/**
 * Bytes that grow. The first failure sticks: later additions do nothing, and the caller asks for `status` once at the end.
 * Starts as {0}; ends with shy_buffer_free.
 */
typedef struct {
    char *bytes; /* always followed by a NUL once something was added */
    size_t count, room;
    shy_status status;
} shy_buffer;

void shy_buffer_add(shy_buffer *buffer, const void *bytes, size_t count);
void shy_buffer_text(shy_buffer *buffer, const char *text);
void shy_buffer_format(shy_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void shy_buffer_free(shy_buffer *buffer);

/* ---- log ------------------------------------------------------------------------------------------------------- */

typedef enum { SHY_LOG_ERROR, SHY_LOG_WARNING, SHY_LOG_INFO, SHY_LOG_DEBUG } shy_log_level;
/**
 * One line to stderr, "shihyo: text"; what is no failure says so: "shihyo: note: text", "shihyo: warning: text". Only the rank
 * with shy_log_speaker(true) prints (par sets this).
 */
void shy_log(shy_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void shy_log_speaker(bool speaks);
void shy_log_threshold(shy_log_level level);
/** From now on `listener` hears every line of the rank that speaks, without prefix and newline, also those below the threshold; NULL: nobody does. */
typedef void (*shy_log_listener)(void *context, shy_log_level level, const char *text);
void shy_log_listen(shy_log_listener listener, void *context);

/* ---- signals: what a job is told while it runs ----------------------------------------------------------------------- */

/** From now on SIGTERM and SIGINT ask this process to stop, and SIGUSR1 asks it to save, instead of ending it. A second SIGINT ends it. */
void shy_signals_catch(void);     /* by the thread that computes: handlers run on a stack of their own */
int shy_signals_stop(void);       /* the signal that asked to stop; 0: none has */
bool shy_signals_save(void);      /* a save has been asked for and not been seen to */
void shy_signals_save_seen(void); /* now it has */

/* ---- random numbers, counter based: the same for any number of ranks ------------------------------------------ */

/** 64 random bits that depend on (seed, purpose, index) alone. Philox-like or SplitMix finalisers; no state. */
uint64_t shy_random_bits(uint64_t seed, uint64_t purpose, uint64_t index);
double shy_random_uniform(uint64_t seed, uint64_t purpose, uint64_t index); /* in (0, 1) */
double shy_random_normal(uint64_t seed, uint64_t purpose, uint64_t index);  /* N(0, 1), Box–Muller */

/* ---- hash ------------------------------------------------------------------------------------------------------ */

uint64_t shy_hash_bytes(const void *bytes, size_t count, uint64_t seed); /* fast, not cryptographic */
/** SHA-256 of a file as 64 lower-case hexadecimal digits and a NUL. Fails with SHY_IO. */
shy_status shy_hash_file(const char *path, char hex_out[65]);
/** The same of bytes that come in parts. shy_hash_end frees it, too, and sets *hash to NULL; shy_hash_free is for who gives up before. */
typedef struct shy_hash shy_hash;
shy_status shy_hash_begin(shy_hash **hash_out);
shy_status shy_hash_add(shy_hash *hash, const void *bytes, size_t count);
shy_status shy_hash_end(shy_hash **hash, char hex_out[65]);
void shy_hash_free(shy_hash **hash);

/* ---- instruction sets: kernels are written once and compiled once for each of these ------------------------------------ */

typedef enum { SHY_ISA_PORTABLE, SHY_ISA_AVX2, SHY_ISA_AVX512, SHY_ISAS } shy_isa;
/** The widest that processor and build have, or the one that the environment's SHY_ISA names ("portable", "avx2", "avx512"). */
shy_isa shy_isa_get(void);
bool shy_isa_available(shy_isa isa);
/** From now on none wider than this: ranks that decide together must compute alike. Before the first kernel is called; those chosen stay. */
void shy_isa_limit(shy_isa isa);
const char *shy_isa_name(shy_isa isa);
/** SHY_USAGE if SHY_ISA names none of them, or one that is not available. */
shy_status shy_isa_check(void);

/* In a kernel file (KERNELS in Makefile.am): SHY_KERNEL(f) is f_avx512 in the build for AVX-512, and so on. */
#define SHY_KERNEL_PASTE(f, isa) f##_##isa
#define SHY_KERNEL_OF(f, isa) SHY_KERNEL_PASTE(f, isa)
#define SHY_KERNEL(f) SHY_KERNEL_OF(f, SHY_KERNEL_ISA)

/* ---- vector loops: one text, compiled once per instruction set; the loader picks the widest that the processor has -- */

/* Sanitisers instrument the resolver before their run time has started; clang names the clones so that other files do not
 * find them (14) and those of static functions collide. There the loops are compiled once, for the least processor. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#define SHY_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SHY_VECTOR_CLONES
#endif

/* ---- records: named values in order, for files that programs read --------------------------------------------------- */

/**
 * An object (named entries in the order they were added) or a list (entries without names). Entries are numbers, whole numbers, truth values, texts,
 * arrays of numbers, arrays of texts, and further records. A name that is there already is SHY_INTERNAL. NULL as `record` is allowed everywhere and does nothing,
 * so that ranks that keep none can run the same code: *child_out is then NULL. Adding copies. Not collective.
 */
typedef struct shy_record shy_record;
shy_status shy_record_create(shy_record **record_out);
void shy_record_free(shy_record **record); /* with all that is in it */
shy_status shy_record_number(shy_record *record, const char *name, double value); /* no number: null in JSON */
shy_status shy_record_integer(shy_record *record, const char *name, int64_t value);
shy_status shy_record_truth(shy_record *record, const char *name, bool value);
shy_status shy_record_text(shy_record *record, const char *name, const char *text); /* NULL: null */
shy_status shy_record_numbers(shy_record *record, const char *name, const double *value, size_t count);
shy_status shy_record_texts(shy_record *record, const char *name, const char *const *text, size_t count); /* NULL in it: "" */
/** A record within; borrowed: it belongs to `record`. */
shy_status shy_record_object(shy_record *record, const char *name, shy_record **child_out);
shy_status shy_record_list(shy_record *record, const char *name, shy_record **child_out);
shy_status shy_record_append(shy_record *list, shy_record **child_out); /* an object at the end of a list */

typedef enum {
    SHY_RECORD_NUMBER,
    SHY_RECORD_INTEGER,
    SHY_RECORD_TRUTH,
    SHY_RECORD_TEXT,
    SHY_RECORD_NUMBERS,
    SHY_RECORD_TEXTS,
    SHY_RECORD_OBJECT,
    SHY_RECORD_LIST
} shy_record_kind;

/** One entry, for who writes records to a file; all borrowed. */
typedef struct {
    const char *name; /* "" in a list */
    shy_record_kind kind;
    double number;
    int64_t integer;
    bool truth;
    const char *text;
    size_t count;
    const double *numbers;
    const char *const *texts;
    const shy_record *record; /* OBJECT, LIST */
} shy_record_entry;
size_t shy_record_count(const shy_record *record);
bool shy_record_at(const shy_record *record, size_t index, shy_record_entry *entry_out);
/** The entry at a path of names, "nested.selected.mean"; false: there is none. */
bool shy_record_find(const shy_record *record, const char *path, shy_record_entry *entry_out);

/* ---- text ------------------------------------------------------------------------------------------------------ */

/** Strict: the whole text is one finite number (no "4k", no "0x", no blank). Returns false otherwise. */
bool shy_text_number(const char *text, double *value_out);
bool shy_text_integer(const char *text, int64_t *value_out);
/** Shortest decimal text that reads back to exactly `value`. `out` holds at least 32 bytes. Returns out. */
char *shy_text_shortest(double value, char *out);
/** 12588 → "12,588". Returns out. */
char *shy_text_thousands(uint64_t count, char out[32]);
/** The candidate nearest to `word` by edit distance, or NULL if none is near (distance > 1 + length/3). Borrowed. */
const char *shy_text_nearest(const char *word, const char *const *candidates, size_t count);
double shy_time_seconds(void);     /* monotonic */
double shy_time_own_seconds(void); /* in which this thread had a processor; ten times as dear to ask */

#endif
