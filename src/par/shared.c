/* shared.c: memory that the ranks of a node see together. */
#include "shy_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "par_impl.h"

/*
 * A segment of POSIX rather than a window of MPI (MPI_Win_allocate_shared): when there is no room for a window, Open MPI 4.1
 * returns an error on one rank and leaves the others in a broadcast. Here every step is agreed on.
 */
struct shy_shared {
    MPI_Comm node; /* borrowed */
    int members;
    void *bytes;
    uint64_t count, charged;
};

enum { NAME_ROOM = 64, NAMES_TRIED = 64 };

static bool all_of(MPI_Comm node, bool mine)
{
    int verdict = mine;

    MPI_Allreduce(MPI_IN_PLACE, &verdict, 1, MPI_INT, MPI_LAND, node);
    return verdict != 0;
}

/* ---- the file behind it ---------------------------------------------------------------------------------------- */

static int create_file(uint64_t bytes, char name[NAME_ROOM])
{
    static unsigned number;
    int file = -1;

    for (int tries = 0; file < 0 && tries < NAMES_TRIED; tries++) {
        snprintf(name, NAME_ROOM, "/shihyo-%ld-%u", (long)getpid(), number++);
        file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
        if (file < 0 && errno != EEXIST) break;
    }
    if (file >= 0 && ftruncate(file, (off_t)bytes) != 0) {
        shm_unlink(name);
        close(file);
        file = -1;
    }
    if (file < 0) name[0] = '\0';
    return file;
}

/* The first member makes it and tells the others its name; −1 if it could not. */
static int open_file(const shy_team *team, uint64_t bytes, char name[NAME_ROOM])
{
    int file = team->node_rank == 0 ? create_file(bytes, name) : -1;

    MPI_Bcast(name, NAME_ROOM, MPI_CHAR, 0, team->node);
    if (team->node_rank > 0 && name[0] != '\0') file = shm_open(name, O_RDWR, 0);
    return file;
}

/* Claims the pages of one member's part: a full file system refuses now, and not by a signal when they are written to. */
static bool claim_part(const shy_team *team, int file, uint64_t bytes)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pages = (bytes + page - 1) / page;
    const uint64_t me = (uint64_t)team->node_rank, members = (uint64_t)team->node_size;
    const uint64_t from = pages * me / members * page, to = pages * (me + 1) / members * page;
    int failure;

    if (to == from) return true;
    do {
        failure = posix_fallocate(file, (off_t)from, (off_t)(to - from));
    } while (failure == EINTR);
    return failure == 0;
}

/* NULL on all members if it failed on one. */
static void *map_segment(const shy_team *team, uint64_t bytes)
{
    char name[NAME_ROOM] = "";
    const int file = open_file(team, bytes, name);
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    const bool mapped = all_of(team->node, map != MAP_FAILED);

    if (team->node_rank == 0 && file >= 0) shm_unlink(name); /* it lives on while it is open or mapped */
    const bool claimed = all_of(team->node, mapped && claim_part(team, file, bytes));
    if (file >= 0) close(file);
    if (map != MAP_FAILED && !claimed) munmap(map, bytes);
    return claimed ? map : NULL;
}

/* ---- the object ------------------------------------------------------------------------------------------------ */

/* What may fail on one member alone. */
static shy_status prepare(const shy_team *team, uint64_t bytes, shy_shared **shared_out)
{
    shy_status st = SHY_OK;
    shy_shared *shared = NULL;
    const uint64_t members = (uint64_t)team->node_size;

    SHY_TRY(shy_new(1, sizeof *shared, &shared));
    *shared_out = shared;
    shared->node = team->node;
    shared->members = team->node_size;
    shared->count = bytes > 0 ? bytes : 1;
    if (members == 1) {
        SHY_TRY(shy_new(bytes, 1, &shared->bytes));
    } else {
        SHY_TRY(shy_memory_charge((bytes + members - 1) / members));
        shared->charged = (bytes + members - 1) / members;
    }
out:
    return st;
}

shy_status shy_shared_create(const shy_team *team, uint64_t bytes, shy_shared **shared_out)
{
    shy_status st = SHY_OK;
    shy_shared *shared = NULL;

    *shared_out = NULL;
    SHY_TRY(shy_comm_agree(team->node, prepare(team, bytes, &shared)));
    if (shared->members > 1) shared->bytes = map_segment(team, shared->count);
    if (shared->bytes != NULL) *shared_out = shared, shared = NULL;
out:
    shy_shared_destroy(&shared);
    return st;
}

void *shy_shared_memory(const shy_shared *shared)
{
    return shared->bytes;
}

void shy_shared_publish(const shy_shared *shared)
{
    if (shared->members > 1) MPI_Barrier(shared->node);
}

void shy_shared_destroy(shy_shared **shared)
{
    shy_shared *s = *shared;

    if (s == NULL) return;
    if (s->members == 1) shy_free(&s->bytes);
    if (s->members > 1 && s->bytes != NULL) munmap(s->bytes, s->count);
    shy_memory_discharge(s->charged);
    shy_free(shared);
}
