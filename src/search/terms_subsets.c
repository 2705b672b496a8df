/* The search among sums: all pairs and triples, larger sums step by step. Everything happens in the Gram matrix: no sample is touched. */
#include "shy_config.h"

#include <string.h>

#include "terms.h"

/* ---- all pairs and triples ----------------------------------------------------------------------------------------------- */

/* The scan judges by half the limit, the score by the limit: they round differently. */
#define NOTHING (0.5 * SHY_TERM_NOTHING)

/* Offers every formula from `first` on that, added to the `terms` chosen ones, may enter a list. `explained`: by the chosen ones. */
static void extend(shy_sums *s, const shy_extension *e, int terms, const int32_t *chosen, double explained, int first, int32_t *index)
{
    const shy_terms *from = s->from;
    int32_t sum[SHY_TERMS_MAX];
    int complexity = terms * s->cost;
    memcpy(sum, chosen, (size_t)terms * sizeof *sum);
    for (int k = 0; k < terms; k++) complexity += from->term[chosen[k]].complexity;
    for (int c = 1; c + complexity <= s->complexity_most; c++) {
        const int begin = from->first[c] > first ? from->first[c] : first, end = from->first[c + 1];
        if (begin >= end) continue;
        const double floor = shy_sums_floor(s, terms + 1, complexity + c);
        if (floor > 1.0) continue;
        const int found = shy_extend(e, begin, end, floor - explained, index);
        for (int i = 0; i < found; i++) {
            sum[terms] = index[i];
            shy_sums_offer(s, terms + 1, sum);
        }
    }
}

void shy_sums_scan(shy_sums *s, int first, int terms_most, double *room, int32_t *index)
{
    const shy_terms *from = s->from;
    const size_t count = (size_t)from->count;
    const double *before = from->gram + (size_t)first * count, b = from->explained[first];
    double *rest = room, *length = room + count, *zero = room + 2 * count;
    int32_t chosen[2] = {first, 0};
    memset(zero, 0, count * sizeof *zero);
    for (size_t k = 0; k < count; k++) rest[k] = from->explained[k] - b * before[k], length[k] = 1.0 - before[k] * before[k];
    shy_sums_offer(s, 1, chosen);
    if (terms_most < 2) return;
    const shy_extension pairs = {.before = before, .next = zero, .rest = rest, .length = length, .nothing = NOTHING};
    extend(s, &pairs, 1, chosen, b * b, first + 1, index);
    for (int j = first + 1; terms_most > 2 && j < from->count; j++) {
        if (!(length[j] > NOTHING)) continue;
        const shy_extension triples = {.before = before,
                                       .next = from->gram + (size_t)j * count,
                                       .rest = rest,
                                       .length = length,
                                       .along = before[j],
                                       .explained = rest[j] / length[j],
                                       .inverse = 1.0 / length[j],
                                       .nothing = NOTHING};
        chosen[1] = j;
        extend(s, &triples, 2, chosen, b * b + rest[j] * rest[j] / length[j], j + 1, index);
    }
}

/* ---- larger sums ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    double *rest, *length, *zero;
    double *row[SHY_TERMS_MAX]; /* what the terms before leave of each term's row of the Gram matrix */
    double *memory;
    int32_t *index;
} shy_ladder;

static void ladder_free(shy_ladder *l)
{
    shy_free(&l->memory);
    shy_free(&l->index);
}

static shy_status ladder_create(int count, shy_ladder *ladder_out)
{
    shy_status st = SHY_OK;
    shy_ladder l = {0};
    SHY_TRY(shy_new((size_t)count * (SHY_TERMS_MAX + 3), sizeof(double), &l.memory));
    SHY_TRY(shy_new((size_t)count, sizeof *l.index, &l.index));
    l.rest = l.memory, l.length = l.rest + count, l.zero = l.length + count;
    for (int k = 0; k < SHY_TERMS_MAX; k++) l.row[k] = l.zero + (size_t)(k + 1) * (size_t)count;
    *ladder_out = l;
    return SHY_OK;
out:
    ladder_free(&l);
    return st;
}

/* Offers the chosen terms with each formula. */
static void climb(shy_sums *s, shy_ladder *l, int terms, const int32_t *chosen)
{
    const shy_terms *from = s->from;
    const size_t count = (size_t)from->count;
    double explained = 0.0;
    for (size_t k = 0; k < count; k++) l->rest[k] = from->explained[k], l->length[k] = 1.0;
    for (int t = 0; t < terms; t++) {
        const int32_t a = chosen[t];
        memcpy(l->row[t], from->gram + (size_t)a * count, count * sizeof(double));
        for (int m = 0; m < t; m++) {
            const double factor = l->row[m][a] / l->row[m][chosen[m]];
            for (size_t k = 0; k < count; k++) l->row[t][k] -= factor * l->row[m][k];
        }
        const double pivot = l->row[t][a], factor = l->rest[a] / pivot;
        explained += l->rest[a] * factor;
        for (size_t k = 0; k < count; k++) {
            l->rest[k] -= factor * l->row[t][k];
            l->length[k] -= l->row[t][k] * l->row[t][k] / pivot;
        }
    }
    const shy_extension e = {.before = l->zero, .next = l->zero, .rest = l->rest, .length = l->length, .nothing = NOTHING};
    extend(s, &e, terms, chosen, explained, 0, l->index);
}

/* From every sum of one term less that is kept. */
static shy_status grow(shy_sums *s, shy_ladder *l, shy_journal *journal, int terms)
{
    shy_status st = SHY_OK;
    for (int c = 1; c <= s->complexity_most; c++) {
        const int list = shy_sums_list(terms - 1, c);
        for (int i = 0; i < s->count[list]; i++) {
            SHY_TRY(shy_journal_poll(journal));
            climb(s, l, terms - 1, s->sum[(size_t)list * (size_t)s->keep + (size_t)i].term);
        }
    }
out:
    return st;
}

enum { SWAPPED = 4, ROUNDS = 20 }; /* sums of each list whose terms are exchanged; rounds of that, should they not end before */

static void swap(shy_sums *s, shy_ladder *l, const shy_sum *sum)
{
    for (int out = 0; out < sum->terms; out++) {
        int32_t others[SHY_TERMS_MAX];
        int count = 0;
        for (int k = 0; k < sum->terms; k++) {
            if (k != out) others[count++] = sum->term[k];
        }
        climb(s, l, count, others);
    }
}

static shy_status exchange(shy_sums *s, shy_ladder *l, shy_journal *journal, int terms)
{
    shy_status st = SHY_OK;
    uint64_t changes = s->changes + 1;
    for (int round = 0; round < ROUNDS && changes != s->changes; round++) {
        changes = s->changes;
        for (int c = 1; c <= s->complexity_most; c++) {
            const int list = shy_sums_list(terms, c);
            for (int i = 0; i < SWAPPED && i < s->count[list]; i++) {
                const shy_sum sum = s->sum[(size_t)list * (size_t)s->keep + (size_t)i];
                SHY_TRY(shy_journal_poll(journal));
                swap(s, l, &sum);
            }
        }
    }
out:
    return st;
}

static shy_status enlarge(shy_sums *s, shy_journal *journal, int exhaustive)
{
    shy_status st = SHY_OK;
    shy_ladder ladder = {0};
    SHY_TRY(ladder_create(s->from->count, &ladder));
    for (int terms = exhaustive + 1; terms <= s->terms_most; terms++) {
        SHY_TRY(grow(s, &ladder, journal, terms));
        SHY_TRY(exchange(s, &ladder, journal, terms));
    }
out:
    ladder_free(&ladder);
    return st;
}

/* ---- on the ranks ------------------------------------------------------------------------------------------------------------ */

/* The scan as a step of the journal: first terms 0 … done − 1 are done, and the lists are those of rank 0. */
typedef struct {
    shy_sums *sums;
    const shy_team *team;
    shy_journal *journal;
    int exhaustive;
    uint64_t done, last; /* the present batch: done … last − 1 */
} shy_scan;

/* First terms are dealt back and forth, as early ones have more partners. Members of a group would do the same: one of them works. */
static shy_status scan_mine(const shy_scan *scan)
{
    shy_status st = SHY_OK;
    shy_sums *s = scan->sums;
    const size_t count = (size_t)s->from->count;
    const uint64_t groups = (uint64_t)scan->team->groups, group = (uint64_t)scan->team->group;
    double *room = NULL;
    int32_t *index = NULL;
    if (scan->team->row_block > 0) return shy_journal_poll(scan->journal);
    SHY_TRY(shy_new(count * 3, sizeof *room, &room));
    SHY_TRY(shy_new(count, sizeof *index, &index));
    for (uint64_t i = scan->done; i < scan->last; i++) {
        const uint64_t turn = (i - scan->done) % (2 * groups);
        if ((turn < groups ? turn : 2 * groups - 1 - turn) != group) continue;
        SHY_TRY(shy_journal_poll(scan->journal));
        shy_sums_scan(s, (int)i, scan->exhaustive, room, index);
    }
out:
    shy_free(&room);
    shy_free(&index);
    return st;
}

/* Rank 0 keeps how many first terms are done, and the lists. */
static shy_status write_part(const shy_scan *scan)
{
    shy_status st = SHY_OK;
    void *bytes = NULL;
    uint64_t count = 0;
    SHY_TRY(shy_sums_pack(scan->sums, &bytes, &count));
    SHY_TRY(shy_journal_write(scan->journal, 0, &scan->done, sizeof scan->done));
    SHY_TRY(shy_journal_write(scan->journal, sizeof scan->done, bytes, count));
out:
    shy_free(&bytes);
    return st;
}

static shy_status keep_part(const shy_scan *scan)
{
    if (!scan->journal) return SHY_OK;
    return shy_team_agree(scan->team, scan->team->rank == 0 ? write_part(scan) : SHY_OK);
}

/* A sum that is merged a second time finds itself there: lists need not be emptied in between. Collective over the world. */
static shy_status scan_batch(shy_scan *scan)
{
    shy_status st = SHY_OK;
    const shy_merge merge = {shy_sums_absorb, shy_sums_pack, scan->sums};
    SHY_TRY_ALL(scan->team, scan_mine(scan));
    SHY_TRY(shy_team_merge(scan->team, &merge));
    scan->done = scan->last;
    SHY_TRY(keep_part(scan));
out:
    return st;
}

/* Without a journal all first terms are one batch. Collective over the world. */
static shy_status scan_all(shy_scan *scan)
{
    shy_status st = SHY_OK;
    const uint64_t count = (uint64_t)scan->sums->from->count, groups = (uint64_t)scan->team->groups;
    for (uint64_t each = scan->journal ? 1 : count; scan->done < count;) {
        const double start = shy_time_seconds();
        scan->last = each > (count - scan->done) / groups ? count : scan->done + each * groups;
        SHY_TRY(scan_batch(scan));
        if (!scan->journal) break;
        SHY_TRY_ALL(scan->team, shy_journal_poll(scan->journal));
        if (scan->team->rank == 0) each = shy_batch_next(each, shy_time_seconds() - start);
        SHY_TRY(shy_team_broadcast(scan->team, &each, sizeof each));
    }
out:
    return st;
}

/* What the journal has of it. Collective over the world. */
static shy_status take_kept(shy_scan *scan, bool *done_out)
{
    shy_status st = SHY_OK;
    shy_journal_step step = {0};
    SHY_TRY(shy_journal_begin(scan->journal, "sums", &step));
    *done_out = step.done;
    if (step.count == 0) return SHY_OK;
    if (step.count < sizeof scan->done) return shy_fail(SHY_INTERNAL, "The checkpoint has %.0f bytes where there are sums.", (double)step.count);
    memcpy(&scan->done, step.bytes, sizeof scan->done);
    SHY_TRY(shy_sums_absorb(scan->sums, (const char *)step.bytes + sizeof scan->done, step.count - sizeof scan->done));
out:
    return st;
}

shy_status shy_sums_search(shy_sums *s, const shy_team *team, shy_journal *journal, int exhaustive)
{
    shy_status st = SHY_OK;
    bool done = false;
    shy_scan scan = {.sums = s, .team = team, .journal = journal, .exhaustive = exhaustive < s->terms_most ? exhaustive : s->terms_most};
    if (journal) SHY_TRY(take_kept(&scan, &done));
    if (done) return SHY_OK;
    SHY_TRY(scan_all(&scan));
    SHY_TRY_ALL(team, team->rank == 0 ? enlarge(s, journal, scan.exhaustive) : SHY_OK);
    SHY_TRY(keep_part(&scan));
    if (journal) shy_journal_end(journal);
out:
    return st;
}
