/* Formulas that say nearly the same: one finding. */
#include "shy_config.h"

#include "stability.h"

/* Members of a family side by side. */
static shy_status sort_members(shy_families *f)
{
    shy_status st = SHY_OK;
    int *next = NULL;
    SHY_TRY(shy_new((size_t)f->families + 1U, sizeof *f->first, &f->first));
    SHY_TRY(shy_new((size_t)f->families, sizeof *next, &next));
    for (int i = 0; i < f->formulas; i++) f->first[f->family[i] + 1]++;
    for (int k = 0; k < f->families; k++) {
        f->first[k + 1] += f->first[k];
        next[k] = f->first[k];
    }
    for (int i = 0; i < f->formulas; i++) f->member[next[f->family[i]]++] = i;
out:
    shy_free(&next);
    return st;
}

shy_status shy_families_create(const shy_half_sums *sums, int formulas, shy_families *families_out)
{
    shy_status st = SHY_OK;
    shy_families f = {.formulas = formulas};
    int *leader = NULL;
    SHY_TRY(shy_new((size_t)formulas, sizeof *f.family, &f.family));
    SHY_TRY(shy_new((size_t)formulas, sizeof *f.member, &f.member));
    SHY_TRY(shy_new((size_t)formulas, sizeof *leader, &leader));
    for (int i = 0; i < formulas; i++) {
        int k = 0;
        SHY_TRY(shy_journal_poll(sums->journal));
        while (k < f.families && !(shy_half_sums_correlation(sums, leader[k], i) > SHY_FAMILY_CORRELATION)) k++;
        if (k == f.families) leader[f.families++] = i;
        f.family[i] = k;
    }
    SHY_TRY(sort_members(&f));
    *families_out = f, f = (shy_families){0};
out:
    shy_free(&leader);
    shy_families_free(&f);
    return st;
}

void shy_families_free(shy_families *families)
{
    shy_free(&families->family);
    shy_free(&families->first);
    shy_free(&families->member);
}
