/* asker.c: the farm as the leader of another group sees it: it always has one job in reserve. Protocol: par_impl.h. */
#include "shy_config.h"

#include <stdio.h>
#include <string.h>

#include "par_impl.h"

enum { DEALER = 0 };

struct shy_asker {
    MPI_Comm comm;
    int marks_count;
    bool waiting; /* a request has not been answered yet */
    bool stopped; /* STOP has come; its status and text: */
    shy_status status;
    MPI_Request receive, send;
    shy_farm_message *inbox, *outbox;
    char text[SHY_TEXT_ROOM];
};

shy_status shy_asker_create(int marks_count, shy_asker **asker_out)
{
    shy_status st = SHY_OK;
    shy_asker *a = NULL;

    SHY_TRY(shy_new(1, sizeof *a, &a));
    a->marks_count = marks_count, a->receive = a->send = MPI_REQUEST_NULL;
    SHY_TRY(shy_new(1, shy_farm_message_size(marks_count), &a->inbox));
    SHY_TRY(shy_new(1, shy_farm_message_size(marks_count), &a->outbox));
    *asker_out = a, a = NULL;
out:
    shy_asker_destroy(&a);
    return st;
}

void shy_asker_destroy(shy_asker **asker)
{
    if (*asker == NULL) return;
    shy_free(&(*asker)->outbox);
    shy_free(&(*asker)->inbox);
    shy_free(asker);
}

static void listen(shy_asker *a)
{
    int size = (int)shy_farm_message_size(a->marks_count);

    MPI_Irecv(a->inbox, size, MPI_BYTE, DEALER, SHY_TAG_FARM, a->comm, &a->receive);
}

void shy_asker_open(shy_asker *a, MPI_Comm comm)
{
    a->comm = comm;
    listen(a);
}

static void say(shy_asker *a, shy_farm_kind kind, uint64_t finished, shy_status status)
{
    int size = (int)shy_farm_message_size(a->marks_count);

    /* What was said before has been answered, or the dealer listens: it cannot be on its way for long. */
    MPI_Wait(&a->send, MPI_STATUS_IGNORE);
    a->outbox->head = (shy_farm_head){.kind = (int32_t)kind, .status = (int32_t)status, .number = finished};
    MPI_Isend(a->outbox, size, MPI_BYTE, DEALER, SHY_TAG_FARM, a->comm, &a->send);
}

static void ask(shy_asker *a, uint64_t finished, const double *marks)
{
    MPI_Wait(&a->send, MPI_STATUS_IGNORE);
    if (a->marks_count > 0) memcpy(a->outbox->marks, marks, (size_t)a->marks_count * sizeof *marks);
    say(a, SHY_FARM_REQUEST, finished, SHY_OK);
    a->waiting = true;
}

static void hear_stop(shy_asker *a)
{
    a->stopped = true;
    a->status = (shy_status)a->inbox->head.status;
    if (a->status != SHY_OK)
        MPI_Recv(a->text, SHY_TEXT_ROOM, MPI_BYTE, DEALER, SHY_TAG_TEXT, a->comm, MPI_STATUS_IGNORE);
}

/* True if a job has come, whose number and marks are then in the message; false after STOP. */
static bool hear_answer(shy_asker *a, shy_farm_message *message)
{
    int more;

    MPI_Wait(&a->receive, MPI_STATUS_IGNORE);
    a->waiting = false;
    if (a->inbox->head.kind == SHY_FARM_STOP) {
        hear_stop(a);
        return false;
    }
    message->head.number = a->inbox->head.number;
    shy_farm_raise(message->marks, a->inbox->marks, a->marks_count);
    listen(a);
    /* Nothing has been asked since: if there is more, dealing has ended early and this job is not to be done. */
    MPI_Test(&a->receive, &more, MPI_STATUS_IGNORE);
    if (more) hear_stop(a);
    return !more;
}

/* A request with many marks leaves only while its sender is inside MPI. */
void shy_asker_serve(shy_asker *a)
{
    int sent;

    MPI_Test(&a->send, &sent, MPI_STATUS_IGNORE);
}

void shy_asker_next(shy_asker *a, uint64_t finished, shy_farm_message *message)
{
    if (!a->stopped && !a->waiting) ask(a, finished, message->marks);
    bool job = !a->stopped && hear_answer(a, message);

    message->head.kind = job ? SHY_FARM_JOB : SHY_FARM_STOP;
    message->head.status = (int32_t)a->status;
    if (job) ask(a, finished, message->marks);
    if (a->status != SHY_OK) shy_error_set(a->text);
}

void shy_asker_close(shy_asker *a, uint64_t finished, shy_status mine)
{
    char text[SHY_TEXT_ROOM] = "";

    say(a, SHY_FARM_LEAVE, finished, mine);
    if (mine != SHY_OK) {
        snprintf(text, sizeof text, "%s", shy_error_message());
        MPI_Send(text, SHY_TEXT_ROOM, MPI_BYTE, DEALER, SHY_TAG_TEXT, a->comm);
    }
    while (!a->stopped) {
        MPI_Wait(&a->receive, MPI_STATUS_IGNORE);
        if (a->inbox->head.kind == SHY_FARM_STOP)
            hear_stop(a);
        else
            listen(a); /* the job in reserve, which nobody will do */
    }
    MPI_Wait(&a->send, MPI_STATUS_IGNORE);
}
