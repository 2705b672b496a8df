/* dealer.c: the farm as rank 0 sees it: who asks is answered, who leaves is counted. Protocol: par_impl.h. */
#include "shy_config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "par_impl.h"

enum { SEND_JOB, SEND_STOP, SEND_TEXT, SENDS };

enum { HELD = 2 }; /* jobs that a group may have without having finished them: the present one and the reserve */

typedef struct {
    shy_farm_message *outbox; /* borrowed from the dealer's `boxes` */
    shy_farm_head stop;       /* apart from the outbox, where a job may still be on its way */
    MPI_Request sends[SENDS];
    bool stopped;      /* STOP has been sent */
    uint64_t finished; /* jobs, as heard */
    uint64_t given;    /* jobs; the last two of them: */
    uint64_t last[HELD];
} client;

/*
 * One receive from anybody stands open as long as somebody may write. One per group would be simpler to reason about, but
 * asking after 100,000 of them takes half a millisecond each time (measured), after one half a microsecond.
 */
struct shy_dealer {
    MPI_Comm comm;
    int groups, marks_count;
    bool only_deals; /* group 0 does not work */
    uint64_t jobs, dealt, finished;
    bool ended;            /* dealing was ended before all was dealt, or by a failure */
    shy_status status;     /* of the failure that ended it; the first one */
    int present;           /* askers that have not left */
    double *marks;         /* maximum of all that was heard */
    client *clients;       /* groups; that of group 0 only counts */
    char *boxes;           /* groups messages */
    shy_farm_message *inbox;
    MPI_Request receive;
    char text[SHY_TEXT_ROOM]; /* of the failure; does not change once STOPs refer to it */
};

void shy_farm_raise(double *into, const double *from, int count)
{
    for (int k = 0; k < count; k++)
        if (from[k] > into[k]) into[k] = from[k];
}

static void lay_out(shy_dealer *d)
{
    size_t size = shy_farm_message_size(d->marks_count);

    for (int k = 0; k < d->marks_count; k++)
        d->marks[k] = -INFINITY;
    for (int g = 0; g < d->groups; g++) {
        client *c = &d->clients[g];
        c->outbox = (shy_farm_message *)(void *)(d->boxes + (size_t)g * size);
        for (int k = 0; k < SENDS; k++)
            c->sends[k] = MPI_REQUEST_NULL;
    }
}

shy_status shy_dealer_create(int groups, uint64_t jobs, int marks_count, bool only_deals, shy_dealer **dealer_out)
{
    shy_status st = SHY_OK;
    shy_dealer *d = NULL;
    size_t count = (size_t)groups;

    SHY_TRY(shy_new(1, sizeof *d, &d));
    d->groups = groups, d->jobs = jobs, d->marks_count = marks_count, d->present = groups - 1;
    d->only_deals = only_deals && groups > 1, d->receive = MPI_REQUEST_NULL;
    SHY_TRY(shy_new((size_t)marks_count, sizeof *d->marks, &d->marks));
    SHY_TRY(shy_new(count, sizeof *d->clients, &d->clients));
    SHY_TRY(shy_new(count, shy_farm_message_size(marks_count), &d->boxes));
    SHY_TRY(shy_new(1, shy_farm_message_size(marks_count), &d->inbox));
    lay_out(d);
    *dealer_out = d, d = NULL;
out:
    shy_dealer_destroy(&d);
    return st;
}

void shy_dealer_destroy(shy_dealer **dealer)
{
    shy_dealer *d = *dealer;

    if (d == NULL) return;
    shy_free(&d->inbox);
    shy_free(&d->boxes);
    shy_free(&d->clients);
    shy_free(&d->marks);
    shy_free(dealer);
}

static void listen(shy_dealer *d)
{
    int size = (int)shy_farm_message_size(d->marks_count);

    if (d->present > 0) MPI_Irecv(d->inbox, size, MPI_BYTE, MPI_ANY_SOURCE, SHY_TAG_FARM, d->comm, &d->receive);
}

void shy_dealer_open(shy_dealer *d, MPI_Comm comm)
{
    d->comm = comm;
    listen(d);
}

/* ---- what rank 0 says ---- */

static uint64_t deal_one(shy_dealer *d, int group)
{
    client *c = &d->clients[group];

    c->last[c->given++ % HELD] = d->dealt;
    return d->dealt++;
}

static void send_job(shy_dealer *d, int group)
{
    client *c = &d->clients[group];

    /* The asker has answered the job before by this request: its message has arrived, and the wait is none. */
    MPI_Wait(&c->sends[SEND_JOB], MPI_STATUS_IGNORE);
    c->outbox->head = (shy_farm_head){.kind = SHY_FARM_JOB, .number = deal_one(d, group)};
    if (d->marks_count > 0) memcpy(c->outbox->marks, d->marks, (size_t)d->marks_count * sizeof *d->marks);
    MPI_Isend(c->outbox, (int)shy_farm_message_size(d->marks_count), MPI_BYTE, group, SHY_TAG_FARM, d->comm,
              &c->sends[SEND_JOB]);
}

static void send_stop(shy_dealer *d, int group)
{
    client *c = &d->clients[group];

    if (c->stopped) return;
    c->stopped = true;
    c->stop = (shy_farm_head){.kind = SHY_FARM_STOP, .status = (int32_t)d->status};
    MPI_Isend(&c->stop, (int)sizeof c->stop, MPI_BYTE, group, SHY_TAG_FARM, d->comm, &c->sends[SEND_STOP]);
    if (d->status == SHY_OK) return;
    MPI_Isend(d->text, SHY_TEXT_ROOM, MPI_BYTE, group, SHY_TAG_TEXT, d->comm, &c->sends[SEND_TEXT]);
}

/* The first end counts. Who has been told that no job is left learns of a later failure when the farm finishes. */
static void end_dealing(shy_dealer *d, shy_status status, const char *text)
{
    if (d->ended) return;
    d->ended = true;
    d->status = status;
    snprintf(d->text, sizeof d->text, "%s", text);
    for (int g = 1; g < d->groups; g++)
        send_stop(d, g);
}

/* ---- what rank 0 hears ---- */

static void hear_leave(shy_dealer *d, int group)
{
    client *c = &d->clients[group];
    char text[SHY_TEXT_ROOM] = "";

    d->present--;
    if (d->inbox->head.status != SHY_OK) {
        MPI_Recv(text, SHY_TEXT_ROOM, MPI_BYTE, group, SHY_TAG_TEXT, d->comm, MPI_STATUS_IGNORE);
        end_dealing(d, (shy_status)d->inbox->head.status, text);
    } else if (!c->stopped) {
        end_dealing(d, SHY_OK, ""); /* it leaves although there may be more to do */
    }
    send_stop(d, group);
}

static void hear_request(shy_dealer *d, int group)
{
    client *c = &d->clients[group];

    shy_farm_raise(d->marks, d->inbox->marks, d->marks_count);
    if (c->stopped) return; /* the STOP that is on its way is the answer */
    if (d->dealt < d->jobs)
        send_job(d, group);
    else
        send_stop(d, group);
}

static void count_finished(shy_dealer *d, int group, uint64_t finished)
{
    d->finished += finished - d->clients[group].finished;
    d->clients[group].finished = finished;
}

/* What has come from `group` into the inbox. */
static void hear(shy_dealer *d, int group)
{
    count_finished(d, group, d->inbox->head.number);
    if (d->inbox->head.kind == SHY_FARM_LEAVE)
        hear_leave(d, group);
    else
        hear_request(d, group);
    listen(d);
}

/* As many as there are groups at most: those that ask again at once must not keep rank 0 from its own work. */
void shy_dealer_serve(shy_dealer *d)
{
    MPI_Status from;
    int heard = 1;

    for (int k = 0; k < d->groups && d->present > 0; k++) {
        MPI_Test(&d->receive, &heard, &from);
        if (!heard) return;
        hear(d, from.MPI_SOURCE);
    }
}

static void wait_and_hear(shy_dealer *d)
{
    MPI_Status from;

    MPI_Wait(&d->receive, &from);
    hear(d, from.MPI_SOURCE);
}

bool shy_dealer_dealing(const shy_dealer *d)
{
    return d->only_deals && !d->ended && d->dealt < d->jobs;
}

/* ---- group 0's own work ---- */

void shy_dealer_take(shy_dealer *d, uint64_t finished, shy_farm_message *message)
{
    count_finished(d, 0, finished);
    shy_farm_raise(d->marks, message->marks, d->marks_count);
    shy_dealer_serve(d);
    while (shy_dealer_dealing(d))
        wait_and_hear(d);
    if (d->marks_count > 0) memcpy(message->marks, d->marks, (size_t)d->marks_count * sizeof *d->marks);
    message->head.kind = d->ended || d->dealt == d->jobs ? SHY_FARM_STOP : SHY_FARM_JOB;
    message->head.status = (int32_t)d->status;
    if (message->head.kind == SHY_FARM_JOB) message->head.number = deal_one(d, 0);
    if (d->status != SHY_OK) shy_error_set(d->text);
}

void shy_dealer_end(shy_dealer *d)
{
    if (d->dealt < d->jobs) end_dealing(d, SHY_OK, "");
}

void shy_dealer_close(shy_dealer *d, uint64_t finished, shy_status mine)
{
    count_finished(d, 0, finished);
    if (mine != SHY_OK || d->dealt < d->jobs) end_dealing(d, mine, mine == SHY_OK ? "" : shy_error_message());
    while (d->present > 0)
        wait_and_hear(d);
    for (int g = 1; g < d->groups; g++) {
        MPI_Status ends[SENDS]; /* MPICH's MPI_STATUSES_IGNORE is the address 1, which gcc warns of */
        MPI_Waitall(SENDS, d->clients[g].sends, ends);
    }
}

uint64_t shy_dealer_finished(const shy_dealer *d)
{
    return d->finished;
}

/* A group works off its jobs in the order in which it got them. */
shy_status shy_dealer_left(const shy_dealer *d, uint64_t *next_out, uint64_t **left_out, uint64_t *count_out)
{
    shy_status st = SHY_OK;
    uint64_t *left = NULL, count = 0;

    SHY_TRY(shy_new((size_t)(d->dealt - d->finished), sizeof *left, &left));
    for (int g = 0; g < d->groups; g++) {
        const client *c = &d->clients[g];
        for (uint64_t k = c->finished; k < c->given; k++)
            left[count++] = c->last[k % HELD];
    }
    *next_out = d->dealt, *left_out = left, *count_out = count;
out:
    return st;
}
