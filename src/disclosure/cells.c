/* cells.c: cells of tables that are too small to show are hidden or joined with their neighbours. */
#include "shy_config.h"

#include "shihyo/disclosure.h"

static bool all_shown(const shy_sdc *sdc, int bins, int bin, int series, const int64_t *count)
{
    for (int s = 0; s < series; s++)
        if (!shy_sdc_shows(sdc, count[(size_t)s * (size_t)bins + (size_t)bin])) return false;
    return true;
}

static void add_bin(int bins, int from, int to, int series, int64_t *count)
{
    for (int s = 0; s < series; s++) count[(size_t)s * (size_t)bins + (size_t)to] += count[(size_t)s * (size_t)bins + (size_t)from];
}

static void move_bin(int bins, int from, int to, int series, int64_t *count)
{
    for (int s = 0; s < series; s++) count[(size_t)s * (size_t)bins + (size_t)to] = count[(size_t)s * (size_t)bins + (size_t)from];
}

/* May the bins be shown if they are one? */
static bool whole_shown(const shy_sdc *sdc, int bins, int series, const int64_t *count)
{
    for (int s = 0; s < series; s++) {
        int64_t sum = 0;
        for (int b = 0; b < bins; b++) sum += count[(size_t)s * (size_t)bins + (size_t)b];
        if (!shy_sdc_shows(sdc, sum)) return false;
    }
    return true;
}

int shy_sdc_join_bins(const shy_sdc *sdc, int bins, double *edge, int series, int64_t *count)
{
    int left = 0;
    bool open = false; /* bin left − 1 has too few yet */

    if (!whole_shown(sdc, bins, series, count)) return 0;
    for (int b = 0; b < bins; b++) {
        double end = edge[b + 1];
        if (open)
            add_bin(bins, b, left - 1, series, count);
        else
            move_bin(bins, b, left++, series, count);
        edge[left] = end;
        open = !all_shown(sdc, bins, left - 1, series, count);
    }
    /* What is left over joins the bins before it. These had enough, or an allowed zero that is none any more: so on, until it is enough. */
    while (open && left > 1) {
        add_bin(bins, left - 1, left - 2, series, count);
        edge[left - 1] = edge[left];
        left--;
        open = !all_shown(sdc, bins, left - 1, series, count);
    }
    return left;
}

int shy_sdc_hide(const shy_sdc *sdc, int groups, const int64_t *count, bool *hidden)
{
    int number = 0;
    int64_t smallest = -1; /* of the cells with people that could be shown */

    for (int g = 0; g < groups; g++) {
        hidden[g] = !shy_sdc_shows(sdc, count[g]);
        number += hidden[g];
        if (!hidden[g] && count[g] > 0 && (smallest < 0 || count[g] < smallest)) smallest = count[g];
    }
    if (number == 0 || sdc->round_to > 1) return number;
    /* All with the same count go together: then whichever of the hidden ones is the small one, the same are hidden. */
    for (int g = 0; g < groups; g++) {
        if (hidden[g] || (smallest >= 0 && count[g] != smallest)) continue;
        hidden[g] = true;
        number++;
    }
    return number;
}

/* One of the two columns; what is hidden already stays so. */
static int hide_column(const shy_sdc *sdc, int groups, const int64_t *part, const int64_t *whole, bool rest, bool *hidden)
{
    int number = 0;
    int64_t smallest = -1;

    for (int g = 0; g < groups; g++) {
        const int64_t count = rest ? whole[g] - part[g] : part[g];
        hidden[g] = hidden[g] || !shy_sdc_shows(sdc, count);
        number += hidden[g];
        if (!hidden[g] && count > 0 && (smallest < 0 || count < smallest)) smallest = count;
    }
    if (number == 0 || sdc->round_to > 1) return number;
    for (int g = 0; g < groups; g++) {
        const int64_t count = rest ? whole[g] - part[g] : part[g];
        if (hidden[g] || (smallest >= 0 && count != smallest)) continue;
        hidden[g] = true;
        number++;
    }
    return number;
}

int shy_sdc_hide_parts(const shy_sdc *sdc, int groups, const int64_t *part, const int64_t *whole, bool *hidden)
{
    bool of_rest[SHY_SDC_GROUPS];
    int number = 0;

    for (int g = 0; g < groups; g++) hidden[g] = of_rest[g] = !shy_sdc_shows(sdc, whole[g]);
    hide_column(sdc, groups, part, whole, false, hidden);
    hide_column(sdc, groups, part, whole, true, of_rest);
    for (int g = 0; g < groups; g++) {
        hidden[g] = hidden[g] || of_rest[g];
        number += hidden[g];
    }
    return number;
}

int shy_sdc_steps(const shy_sdc *sdc, int times, const int64_t *events, const int64_t *censored, bool *keep)
{
    int64_t left = 0, since = 0; /* people who leave later; events since the last step */
    int number = 0, last = -1, end = -1; /* end: the last event, if enough people are left after it */

    for (int k = 0; k < times; k++) left += events[k] + censored[k];
    for (int k = 0; k < times; k++) {
        since += events[k];
        left -= events[k] + censored[k];
        if (events[k] > 0) end = left >= sdc->threshold ? k : -1;
        keep[k] = shy_sdc_is_on(sdc) ? since >= sdc->threshold && left >= sdc->threshold : events[k] > 0;
        if (!keep[k]) continue;
        since = 0;
        number++;
        last = k;
    }
    if (shy_sdc_is_on(sdc) && since > 0 && since < sdc->threshold && last >= 0) {
        keep[last] = false; /* too few have the event after it: they are one step with it, or none */
        if (end >= 0) keep[end] = true;
        else number--;
    }
    return number;
}
