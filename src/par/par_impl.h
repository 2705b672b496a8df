/* par_impl.h: what the files of par share. */
#ifndef SHIHYO_PAR_IMPL_H
#define SHIHYO_PAR_IMPL_H

#include "shihyo/par.h"

/* Tags on the communicators of a team and of a farm, one per kind of message. */
enum { SHY_TAG_SUM = 1, SHY_TAG_BYTES, SHY_TAG_MERGE, SHY_TAG_FARM, SHY_TAG_TEXT };

enum { SHY_TEXT_ROOM = 2048 }; /* longer messages are cut when they travel */

/** Agreement over a communicator: see shy_team_agree. Collective over `comm`. */
shy_status shy_comm_agree(MPI_Comm comm, shy_status mine);

/** Bytes of any size from one rank to another, in parts that MPI can count. The receiver knows the size. */
void shy_bytes_send(MPI_Comm comm, int to, const void *bytes, uint64_t count);
void shy_bytes_receive(MPI_Comm comm, int from, void *bytes, uint64_t count);

/* ---- farm ------------------------------------------------------------------------------------------------------ */

/*
 * Messages between the dealer (rank 0) and the askers (the leaders of the other groups), all with one tag, so that
 * those between the same two ranks arrive in the order in which they were sent:
 *
 *     asker  -> dealer   REQUEST*  LEAVE     a request only after the answer to the one before; LEAVE is the last
 *     dealer -> asker    JOB*      STOP      a JOB per request, until STOP, which is the last and needs no request
 *
 * STOP is the answer when no job is left, or comes unasked when dealing ends early. A LEAVE or a STOP whose status
 * is not SHY_OK is followed by the text of the error. Each asker sends exactly one LEAVE and receives exactly one
 * STOP: whoever has seen the other's last message knows that nothing is on its way.
 */
typedef enum { SHY_FARM_REQUEST = 1, SHY_FARM_LEAVE, SHY_FARM_JOB, SHY_FARM_STOP } shy_farm_kind;

typedef struct {
    int32_t kind;    /* shy_farm_kind */
    int32_t status;  /* shy_status, of LEAVE and STOP */
    uint64_t number; /* of JOB: which; of REQUEST and LEAVE: how many jobs this group has finished */
} shy_farm_head;

typedef struct {
    shy_farm_head head;
    double marks[]; /* of REQUEST and JOB */
} shy_farm_message;

static inline size_t shy_farm_message_size(int marks_count)
{
    return sizeof(shy_farm_message) + (size_t)marks_count * sizeof(double);
}

/** shy_farm_create with the choice that it takes from shy_farm_only_deals. */
shy_status shy_farm_create_dealing(const shy_team *team, uint64_t jobs, int marks_count, bool only_deals,
                                   shy_farm **farm_out);

/** into[k] = max(into[k], from[k]). */
void shy_farm_raise(double *into, const double *from, int count);

typedef struct shy_dealer shy_dealer; /* rank 0's side: knows all groups */
/* only_deals: group 0 gets no job, unless it is alone. */
shy_status shy_dealer_create(int groups, uint64_t jobs, int marks_count, bool only_deals, shy_dealer **dealer_out);
void shy_dealer_open(shy_dealer *dealer, MPI_Comm comm); /* from here on messages may come */
void shy_dealer_serve(shy_dealer *dealer);
/* For group 0; raises marks. If it only deals, deals until nothing is left, and says STOP. */
void shy_dealer_take(shy_dealer *dealer, uint64_t finished, shy_farm_message *message);
bool shy_dealer_dealing(const shy_dealer *dealer); /* it only deals, and is not done with it */
void shy_dealer_end(shy_dealer *dealer);           /* deals no more */
/* Waits for every LEAVE. finished: jobs of group 0. */
void shy_dealer_close(shy_dealer *dealer, uint64_t finished, shy_status mine);
/* When it is closed: as shy_farm_pause says. */
shy_status shy_dealer_left(const shy_dealer *dealer, uint64_t *next_out, uint64_t **left_out, uint64_t *count_out);
uint64_t shy_dealer_finished(const shy_dealer *dealer);
void shy_dealer_destroy(shy_dealer **dealer);

typedef struct shy_asker shy_asker; /* a leader's side */
shy_status shy_asker_create(int marks_count, shy_asker **asker_out);
void shy_asker_open(shy_asker *asker, MPI_Comm comm);
void shy_asker_serve(shy_asker *asker);
/* Waits for the answer; raises marks. */
void shy_asker_next(shy_asker *asker, uint64_t finished, shy_farm_message *message);
void shy_asker_close(shy_asker *asker, uint64_t finished, shy_status mine); /* waits for STOP */
void shy_asker_destroy(shy_asker **asker);

#endif
