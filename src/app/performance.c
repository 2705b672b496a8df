/* performance.c: what is measured along a run, and at its end. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "app/performance.h"
#include "app/progress.h"
#include "app/search_run.h"
#include "shihyo/tile.h"

#define TRIAL_SECONDS 0.05 /* of products, on all ranks at once */
#define TRIAL_WORTH 2.0    /* a shorter search is not held up for it */

shy_performance_mark shy_performance_now(void)
{
    shy_performance_mark mark = {.time = shy_time_seconds()};

    mark.known = shy_process_io(&mark.read, &mark.written);
    return mark;
}

shy_status shy_performance_read(shy_search_session *s, const shy_performance_mark *start)
{
    shy_status st = SHY_OK;
    const shy_performance_mark now = shy_performance_now();
    uint64_t count[2] = {now.known && start->known ? now.read - start->read : 0, !(now.known && start->known)};

    SHY_TRY(shy_team_sum_counts(s->team, count, 2));
    s->performance.reading = now.time - start->time;
    s->performance.bytes_read = count[1] > 0 ? 0.0 : (double)count[0];
out:
    return st;
}

static int stage_of(shy_performance *p, const char *name)
{
    int k = 0;

    while (k < p->stages && strcmp(p->stage[k].name, name) != 0) k++;
    if (k == SHY_PERFORMANCE_STAGES) return k - 1; /* the last takes what has no place */
    if (k == p->stages) snprintf(p->stage[p->stages++].name, sizeof p->stage->name, "%.47s", name);
    return k;
}

void shy_performance_stage(shy_performance *p, const char *name)
{
    const double now = shy_time_seconds();

    if (p->running > 0) p->stage[p->running - 1].seconds += now - p->since;
    p->running = name == NULL ? 0 : 1 + stage_of(p, name);
    p->since = now;
}

void shy_performance_written(shy_performance *p, const shy_performance_mark *start)
{
    const shy_performance_mark now = shy_performance_now();

    p->writing = now.time - start->time;
    p->bytes_written = now.known && start->known ? (double)(now.written - start->written) : 0.0;
}

/* ---- after a target --------------------------------------------------------------------------------------------------- */

/* Which rank held most: the lowest of them. Collective over the world. */
static shy_status measure_memory(shy_search_session *s)
{
    shy_status st = SHY_OK;
    uint64_t peak, shared;

    shy_memory_resident(&peak, &shared);
    uint64_t sum = peak;
    double most[] = {(double)peak, (double)shared};
    SHY_TRY(shy_team_maximum(s->team, most, 2));
    SHY_TRY(shy_team_sum_counts(s->team, &sum, 1));
    double first = (double)peak == most[0] ? -(double)s->team->rank : -(double)s->team->size;
    SHY_TRY(shy_team_maximum(s->team, &first, 1));
    s->performance.peak = most[0], s->performance.shared = most[1];
    s->performance.peak_mean = (double)sum / s->team->size;
    s->performance.peak_rank = (int)-first;
out:
    return st;
}

/* All ranks multiply at once, as they did in the search: together they have what the nodes can give. Collective over the world. */
static shy_status measure_products(shy_search_session *s)
{
    shy_status st = SHY_OK;
    int precision = s->result != NULL && s->performance.screening >= TRIAL_WORTH && s->performance.product_rate <= 0.0 ? (int)s->result->precision : -1;

    SHY_TRY(shy_team_broadcast(s->team, &precision, sizeof precision));
    if (precision < 0) goto out;
    uint64_t rate = (uint64_t)shy_product_rate((shy_precision)precision, TRIAL_SECONDS);
    SHY_TRY(shy_team_sum_counts(s->team, &rate, 1));
    s->performance.product_rate = (double)rate;
out:
    return st;
}

/* Rank 0. */
static void add_up(shy_search_session *s)
{
    shy_performance *p = &s->performance;
    const shy_search_result *r = s->result;

    p->screening += r->times.search;
    p->planning += r->times.plan;
    p->refits += fmax(r->seconds - r->times.search - r->times.plan, 0.0);
    p->formulas += (double)r->formulas_scored;
    p->flops += r->plan.flops;
    p->idle_worst = fmax(p->idle_worst, r->idle_worst);
    p->idle_mean = fmax(p->idle_mean, r->idle_mean);
    shy_journal_cost(s->problem->journal, &p->saves, &p->saving, &(uint64_t){0});
}

shy_status shy_performance_searched(shy_search_session *s)
{
    shy_status st = SHY_OK;

    if (s->result != NULL) add_up(s);
    SHY_TRY(measure_memory(s));
    SHY_TRY(measure_products(s));
out:
    return st;
}

/* ---- for programs ------------------------------------------------------------------------------------------------------- */

double shy_performance_share(const shy_performance *p)
{
    if (p->resumed || !(p->product_rate > 0.0) || !(p->screening >= TRIAL_WORTH)) return NAN;
    return p->flops / p->screening / p->product_rate;
}

static shy_status add_seconds(const shy_performance *p, shy_record *all)
{
    shy_status st = SHY_OK;
    shy_record *seconds, *validation;

    SHY_TRY(shy_record_object(all, "seconds", &seconds));
    SHY_TRY(shy_record_number(seconds, "reading", p->reading));
    SHY_TRY(shy_record_number(seconds, "planning", p->planning));
    SHY_TRY(shy_record_number(seconds, "screening", p->screening));
    SHY_TRY(shy_record_number(seconds, "refits", p->refits));
    SHY_TRY(shy_record_object(seconds, "validation", &validation));
    for (int k = 0; k < p->stages; k++) SHY_TRY(shy_record_number(validation, p->stage[k].name, p->stage[k].seconds));
    SHY_TRY(shy_record_number(seconds, "checkpoints", p->saving));
out:
    return st;
}

static shy_status add_products(const shy_performance *p, const char *precision, shy_record *all)
{
    shy_status st = SHY_OK;
    shy_record *products;

    SHY_TRY(shy_record_object(all, "matrix_products", &products));
    SHY_TRY(shy_record_text(products, "precision", precision));
    SHY_TRY(shy_record_number(products, "flops", p->flops));
    SHY_TRY(shy_record_number(products, "library_flops_per_second", p->product_rate > 0.0 ? p->product_rate : NAN));
    SHY_TRY(shy_record_number(products, "share", shy_performance_share(p)));
out:
    return st;
}

static shy_status add_memory(const shy_search_session *s, shy_record *all)
{
    shy_status st = SHY_OK;
    const shy_performance *p = &s->performance;
    shy_record *memory;

    SHY_TRY(shy_record_object(all, "memory", &memory));
    SHY_TRY(shy_record_number(memory, "planned", s->plan.bytes_per_rank));
    SHY_TRY(shy_record_number(memory, "allowed", (double)s->options.memory + (double)s->options.libraries));
    SHY_TRY(shy_record_number(memory, "peak", p->peak));
    SHY_TRY(shy_record_integer(memory, "peak_rank", p->peak_rank));
    SHY_TRY(shy_record_number(memory, "peak_mean", p->peak_mean));
    SHY_TRY(shy_record_number(memory, "shared", p->shared));
out:
    return st;
}

shy_status shy_performance_record(const shy_search_session *s, shy_record **record_out)
{
    shy_status st = SHY_OK;
    const shy_performance *p = &s->performance;
    shy_record *all = NULL, *reading;

    SHY_TRY(shy_record_create(&all));
    SHY_TRY(shy_record_truth(all, "resumed", p->resumed));
    SHY_TRY(shy_record_number(all, "formulas_per_second", p->screening > 0.0 ? p->formulas / p->screening : NAN));
    SHY_TRY(add_products(p, shy_precision_name(s->result->precision), all));
    SHY_TRY(shy_record_number(all, "idle_worst", p->idle_worst));
    SHY_TRY(shy_record_number(all, "idle_mean", p->idle_mean));
    SHY_TRY(add_seconds(p, all));
    SHY_TRY(shy_record_integer(all, "checkpoints", (int64_t)p->saves));
    SHY_TRY(shy_record_object(all, "reading", &reading));
    SHY_TRY(shy_record_number(reading, "bytes", p->bytes_read > 0.0 ? p->bytes_read : NAN));
    SHY_TRY(shy_record_number(reading, "bytes_per_second", p->bytes_read > 0.0 && p->reading > 0.0 ? p->bytes_read / p->reading : NAN));
    SHY_TRY(add_memory(s, all));
    *record_out = all, all = NULL;
out:
    shy_record_free(&all);
    return st;
}

/* ---- for people ----------------------------------------------------------------------------------------------------------- */

static void print_speed(const shy_search_session *s, FILE *stream)
{
    const shy_performance *p = &s->performance;
    const double share = shy_performance_share(p);
    char rate[32];

    fprintf(stream, "%s formulas/s on %d rank%s", p->screening > 0.0 ? shy_meter_count(p->formulas / p->screening, rate) : "unknown", s->team->size,
            s->team->size == 1 ? "" : "s");
    if (!isnan(share)) fprintf(stream, "; its matrix products at %.0f %% of the %.3g Gflop/s that the library reaches here alone", 100.0 * share, p->product_rate / 1e9);
    fputs(p->resumed ? ", in all parts of the run; reading, planning and memory are those of the last one.\n" : ".\n", stream);
}

static void print_part(const char *name, double seconds, FILE *stream)
{
    char text[32];
    fprintf(stream, ", %s %s", name, shy_meter_duration(seconds, text));
}

static void print_time(const shy_performance *p, FILE *stream)
{
    char text[32];

    fprintf(stream, "Time: reading %s", shy_meter_duration(p->reading, text));
    print_part("planning", p->planning, stream);
    print_part("screening", p->screening, stream);
    print_part("refits", p->refits, stream);
    for (int k = 0; k < p->stages; k++) print_part(p->stage[k].name, p->stage[k].seconds, stream);
    if (p->saves > 0) print_part("checkpoints", p->saving, stream);
    print_part("writing", p->writing, stream);
    fputs(".\n", stream);
}

void shy_performance_print(const shy_search_session *s, FILE *stream)
{
    const shy_performance *p = &s->performance;
    char text[32], more[32];

    print_speed(s, stream);
    if (s->team->size > 1)
        fprintf(stream, "Ranks waited %.1f %% of the time of dealing, the one that waited longest %.1f %%.\n", 100.0 * p->idle_mean, 100.0 * p->idle_worst);
    print_time(p, stream);
    fprintf(stream, "Memory of a rank: %s at most (rank %d), %s on average; %s planned.\n", shy_meter_bytes(p->peak, text), p->peak_rank,
            shy_meter_bytes(p->peak_mean, (char[32]){0}), shy_meter_bytes(s->plan.bytes_per_rank, more));
    if (p->bytes_read > 0.0 && p->bytes_written > 0.0)
        fprintf(stream, "Read %s of the cohort at %s/s; wrote %s of results.\n", shy_meter_bytes(p->bytes_read, text),
                shy_meter_bytes(p->bytes_read / fmax(p->reading, 1e-3), more), shy_meter_bytes(p->bytes_written, (char[32]){0}));
}
