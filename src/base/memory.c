/* memory.c: the only place that asks the C library for memory. Called by one thread at a time. */
#include "shy_config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shihyo/base.h"

/*
 * A block, with what the C library returned as `raw`:
 *
 *     raw .... padding .... | block_note | payload (aligned to 64 bytes) ....
 *
 * calloc and realloc are used rather than an aligned allocator: large zeroed blocks then cost nothing until they are
 * touched, and a large block grows without being copied.
 */
enum { ALIGNMENT = 64, OVERHEAD = 2 * ALIGNMENT };

typedef struct {
    void *raw;
    size_t bytes;
} block_note;

_Static_assert(sizeof(block_note) <= ALIGNMENT, "the note must fit into the space that is kept before a block");

static uint64_t in_use, peak;
static uint64_t until_failure; /* allocations until the one that fails; 0: none will */
static uint64_t limit;         /* of the bytes in use; 0: none */
static uint64_t beside;        /* what libraries may hold besides */

static bool exceeds_limit(size_t bytes)
{
    return limit > 0 && (in_use > limit || bytes > limit - in_use);
}

static shy_status refuse_excess(size_t bytes)
{
    const uint64_t allowed = limit + beside, wanted = in_use + bytes + beside;
    const bool small = allowed < UINT64_C(10) << 20;
    const int unit = small ? 10 : 20;

    return shy_fail(SHY_MEMORY,
                    "The search needs more memory per rank than the %llu %s allowed: %llu %s, of which the libraries hold %llu. "
                    "Raise parallel.memory, start fewer ranks on a node, or make the search smaller: fewer factors, a lower "
                    "grammar.max_complexity or factors.max, a smaller search.keep.",
                    (unsigned long long)(allowed >> unit), small ? "KiB" : "MiB", (unsigned long long)(wanted >> unit) + 1,
                    small ? "KiB" : "MiB", (unsigned long long)(beside >> unit));
}

static shy_status refuse(size_t count, size_t size)
{
    size_t bytes;

    if (!__builtin_mul_overflow(count, size, &bytes) && exceeds_limit(bytes)) return refuse_excess(bytes);
    if (count == 1)
        return shy_fail(SHY_MEMORY,
                        "Out of memory: %zu bytes are needed and %llu are in use on this rank. "
                        "Use more nodes or fewer ranks per node.",
                        size, (unsigned long long)in_use);
    return shy_fail(SHY_MEMORY,
                    "Out of memory: %zu × %zu = %.0f bytes are needed and %llu are in use on this rank. "
                    "Use more nodes or fewer ranks per node.",
                    count, size, (double)count * (double)size, (unsigned long long)in_use);
}

/* True if the allocation must be refused: the test asked for it, or the size cannot be expressed. */
static bool refused(size_t count, size_t size, size_t *bytes_out)
{
    if (until_failure > 0 && --until_failure == 0) return true;
    return __builtin_mul_overflow(count, size, bytes_out) || *bytes_out > PTRDIFF_MAX - OVERHEAD;
}

static void *payload_of(void *raw)
{
    return (void *)(((uintptr_t)raw + OVERHEAD - 1) / ALIGNMENT * ALIGNMENT);
}

static block_note *note_of(void *payload)
{
    return (block_note *)((char *)payload - ALIGNMENT);
}

static void book(size_t bytes, size_t bytes_before)
{
    in_use += bytes;
    in_use -= bytes_before;
    if (in_use > peak) peak = in_use;
}

static void *settle(void *raw, size_t bytes, size_t bytes_before)
{
    void *payload = payload_of(raw);

    *note_of(payload) = (block_note){.raw = raw, .bytes = bytes};
    book(bytes, bytes_before);
    return payload;
}

shy_status shy_memory_new(size_t count, size_t size, void **out)
{
    size_t bytes = 0;
    void *raw = refused(count, size, &bytes) || exceeds_limit(bytes) ? NULL : calloc(1, bytes + OVERHEAD);

    if (raw == NULL) return refuse(count, size);
    *out = settle(raw, bytes, 0);
    return SHY_OK;
}

shy_status shy_memory_grow(size_t count, size_t size, void **inout)
{
    size_t bytes = 0;

    if (*inout == NULL) return shy_memory_new(count, size, inout);
    block_note old = *note_of(*inout);
    if (refused(count, size, &bytes) || (bytes > old.bytes && exceeds_limit(bytes - old.bytes)))
        return refuse(count, size);
    ptrdiff_t offset = (char *)*inout - (char *)old.raw;
    char *raw = realloc(old.raw, bytes + OVERHEAD);
    if (raw == NULL) return refuse(count, size);
    /* The new place may be aligned otherwise than the old one was. */
    void *payload = payload_of(raw);
    if (payload != raw + offset) memmove(payload, raw + offset, bytes < old.bytes ? bytes : old.bytes);
    *inout = settle(raw, bytes, old.bytes);
    return SHY_OK;
}

void shy_memory_free(void **inout)
{
    if (*inout == NULL) return;
    block_note note = *note_of(*inout);
    in_use -= note.bytes;
    free(note.raw);
    *inout = NULL;
}

shy_status shy_memory_charge(uint64_t bytes)
{
    size_t counted = 0;

    if (refused(1, bytes, &counted) || exceeds_limit(counted)) return refuse(1, bytes);
    book(counted, 0);
    return SHY_OK;
}

void shy_memory_discharge(uint64_t bytes)
{
    in_use -= bytes;
}

shy_status shy_string_copy(const char *text, char **copy_out)
{
    size_t size = strlen(text) + 1;
    char *copy = NULL;
    shy_status st = shy_new(size, 1, &copy);

    if (st != SHY_OK) return st;
    memcpy(copy, text, size);
    *copy_out = copy;
    return SHY_OK;
}

shy_status shy_string_format(char **text_out, const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) return shy_fail(SHY_INTERNAL, "A text could not be formatted: %.200s", format);
    shy_status st = shy_new((size_t)length + 1, 1, &text);
    if (st != SHY_OK) return st;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    *text_out = text;
    return SHY_OK;
}

void shy_memory_fail_at(uint64_t nth)
{
    until_failure = nth;
}

void shy_memory_limit(uint64_t bytes, uint64_t aside)
{
    limit = bytes;
    beside = aside;
}

uint64_t shy_memory_in_use(void)
{
    return in_use;
}

uint64_t shy_memory_peak(void)
{
    return peak;
}
