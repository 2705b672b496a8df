/* Samples with their predictions, taken together from the arrays of all samples: what statistics of a fold work on. Not collective. */
#ifndef SHY_ASSESS_JUDGED_H
#define SHY_ASSESS_JUDGED_H

#include "metrics.h"


/* Those who take part, in the order of `sample`; arrays as in shy_truth, NULL where it has none, but weights are always there. */
struct shy_judged {
    shy_judge kind;
    int levels;
    size_t n;
    size_t *sample;    /* [n] of all samples */
    size_t *order;     /* [n] by ascending predictor */
    double *predictor, *y, *time, *entry, *exposure, *weight;
    int32_t *stratum;
};

/* also: [truth->n] a second prediction that must be there, too; NULL: none. Owned: shy_judged_free. */
shy_status shy_judged_create(const shy_truth *truth, const size_t *sample, size_t count, const double *predictor, const double *also,
                             struct shy_judged *judged_out);
void shy_judged_free(struct shy_judged *judged);
/* shy_headline with these weights, all above 0. */
shy_status shy_judged_headline(const struct shy_judged *judged, const double *weight, double reference, double *value_out);
/* What sample k loses (continuous: squared error, count: half the deviance) by its prediction, and by the reference. */
void shy_judged_losses(const struct shy_judged *judged, size_t k, double reference, double *left_out, double *whole_out);
/* Follow-up, or matched sets; borrows from judged. */
shy_followed shy_judged_followed(const struct shy_judged *judged, const double *weight);

/* The samples of fold f in repeat r, or with `outside` all others; room for folds' n. Returns their number. */
size_t shy_fold_samples(const shy_truth *truth, const shy_folds *folds, int set, bool outside, size_t *sample);
/* Half the pairs of equal scores, and all with the higher level on top, over the pairs of different levels, weighted; NaN without one. */
shy_status shy_levels_share(size_t n, const double *score, const size_t *order, const double *y, int levels, const double *weight,
                            double *share_out);


#endif
