/* What the files of the verdict share: what is known, and how it is said. Serial, on rank 0. */
#ifndef SHY_VERDICT_H
#define SHY_VERDICT_H

#include "assess_impl.h"

/* ---- judgement (verdict.c) --------------------------------------------------------------------------------------------------------------- */

/*
 * UNCHECKED    nothing was looked at that could tell
 * CHANCE       a front as good comes from permuted outcomes (p > 0.05), or nothing predicts held-out samples better than no formula
 * SIGNAL       not chance, but held-out performance was not looked at
 * WEAK         not chance, but better than no formula by less than twice the error on held-out samples, or with no formula that is better
 * REPLACEABLE  clearly better than no formula, but not than something that is in use already (a baseline, a single factor, the covariates)
 * SUPPORTED    clearly better than no formula, and nothing that is in use is as good
 */
typedef enum { SHY_LEVEL_UNCHECKED, SHY_LEVEL_CHANCE, SHY_LEVEL_SIGNAL, SHY_LEVEL_WEAK, SHY_LEVEL_REPLACEABLE, SHY_LEVEL_SUPPORTED } shy_verdict_level;
const char *shy_verdict_level_name(shy_verdict_level level);

#define SHY_VERDICT_LINES 24

/* How something stands beside the chosen formula on held-out samples, by the 95 % interval of the difference. */
typedef enum { SHY_LINE_WORSE, SHY_LINE_ALIKE, SHY_LINE_BETTER, SHY_LINE_SAME } shy_line_standing;
typedef struct {
    const char *name;
    double mean;
    bool article; /* "the" belongs before the name */
    bool net; /* a model of many factors: no index, but what is to be had without one */
    shy_line_standing standing;
} shy_verdict_line;

typedef struct {
    bool front, nested, significance; /* there are formulas; what was looked at */
    double p;                         /* of the front */
    int exceeding, permutations;
    double gain, gain_error;          /* held-out metric over that without a formula, positive: better */
    int lines;
    shy_verdict_line line[SHY_VERDICT_LINES];
} shy_evidence;

shy_status shy_evidence_take(const shy_assessment *a, shy_evidence *evidence);
shy_verdict_level shy_evidence_weigh(const shy_assessment *a, const shy_evidence *evidence);

/* ---- words (verdict_words.c) -------------------------------------------------------------------------------------------------------------- */

/* text_out: owned. */
shy_status shy_verdict_words(const shy_assessment *a, const shy_evidence *evidence, shy_verdict_level level, char **text_out);

#endif
