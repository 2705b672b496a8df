/*
 * Tests of survival: partial likelihoods, residuals and measures against their definitions worked out pair by pair, the laws that
 * they obey, verdicts, horizons, and the same bits on any grid.
 */
#include "shy_config.h"

#include "survival_check.h"

enum { C, UNO_C, AUC_T, IBS };

/* what of the data there is, bit by bit */
enum { ENTRY = 1, WEIGHT = 2, STRATA = 4, TIES = 8, COVARIATES = 16, ALL_KINDS = 32 };

static void make(int n, int terms, int kinds)
{
    data.n = n, data.terms = terms;
    data.has_entry = kinds & ENTRY, data.has_weight = kinds & WEIGHT, data.has_stratum = kinds & STRATA;
    data.strata = data.has_stratum ? 3 : 0;
    data.covariates = kinds & COVARIATES ? 2 : 0;
    for (int i = 0; i < n; i++) {
        double eta = 0.0;
        for (int k = 0; k < TERMS_MOST; k++) {
            data.x[k][i] = noise(1 + (uint64_t)k, i);
            eta += k < terms ? (k == 1 ? -0.5 : 0.7) * data.x[k][i] : 0.0;
        }
        data.x[0][i] = rint(4.0 * data.x[0][i]) / 4.0 + 100.0;
        data.c[0][i] = 50.0 + 10.0 * noise(5, i) + 3.0 * data.x[1][i], data.c[1][i] = uniform(6, i) < 0.4;
        eta += data.covariates ? 0.05 * (data.c[0][i] - 50.0) + data.c[1][i] : 0.0;
        data.stratum[i] = (int)(3.0 * uniform(7, i));
        const double death = -log(uniform(8, i)) * exp(-eta) * (1.0 + (data.has_stratum ? data.stratum[i] : 0)), out = 4.0 * uniform(9, i);
        data.event[i] = death <= out;
        data.time[i] = fmin(death, out) + 0.01;
        if (kinds & TIES) data.time[i] = ceil(data.time[i] * 8.0) / 8.0;
        data.entry[i] = data.time[i] * fmax(uniform(10, i) * 1.5 - 0.6, 0.0);
        if (kinds & TIES) data.entry[i] = floor(data.entry[i] * 8.0) / 8.0;
        data.weight[i] = i % 9 == 4 ? 0.0 : 0.5 + uniform(11, i);
    }
}

/* ---- definitions, pair by pair --------------------------------------------------------------------------------- */

static int stratum_of(int i)
{
    return data.has_stratum ? data.stratum[i] : 0;
}

static bool takes_part(int i)
{
    return weight_of(i) > 0.0;
}

static bool is_at_risk(int j, int i, double t) /* in the stratum of i */
{
    return takes_part(j) && stratum_of(j) == stratum_of(i) && data.time[j] >= t && (!data.has_entry || data.entry[j] < t);
}

/* Efron's partial likelihood, each time of death anew: visited at its first death in the order of the samples. */
static double efron(const double *eta)
{
    double sum = 0.0;

    for (int i = 0; i < data.n; i++) {
        double risk = 0.0, dead = 0.0, weight = 0.0;
        int deaths = 0;
        bool first = data.event[i] != 0.0 && takes_part(i);
        for (int j = 0; j < i && first; j++)
            first = !(takes_part(j) && data.event[j] != 0.0 && data.time[j] == data.time[i] && stratum_of(j) == stratum_of(i));
        if (!first) continue;
        for (int j = 0; j < data.n; j++) {
            if (!is_at_risk(j, i, data.time[i])) continue;
            risk += weight_of(j) * exp(eta[j]);
            if (data.event[j] == 0.0 || data.time[j] != data.time[i]) continue;
            deaths++;
            dead += weight_of(j) * exp(eta[j]), weight += weight_of(j);
            sum += weight_of(j) * eta[j];
        }
        for (int l = 0; l < deaths; l++)
            sum -= weight / deaths * log(risk - (double)l / deaths * dead);
    }
    return sum;
}

/* Kaplan–Meier of censoring just before t: one factor for each time at which somebody is censored. */
static double uncensored_before(double t)
{
    double product = 1.0;

    for (int i = 0; i < data.n; i++) {
        double risk = 0.0, censored = 0.0;
        bool first = data.event[i] == 0.0 && data.time[i] < t && takes_part(i);
        for (int j = 0; j < i && first; j++)
            first = !(takes_part(j) && data.event[j] == 0.0 && data.time[j] == data.time[i]);
        if (!first) continue;
        for (int j = 0; j < data.n; j++) {
            if (!takes_part(j) || data.time[j] < data.time[i] || (data.has_entry && data.entry[j] >= data.time[i])) continue;
            if (data.time[j] > data.time[i] || data.event[j] == 0.0) risk += weight_of(j);
            if (data.time[j] == data.time[i] && data.event[j] == 0.0) censored += weight_of(j);
        }
        if (risk - censored > 1e-9) product *= 1.0 - censored / risk;
    }
    return product;
}

static bool lives_at(int j, double t)
{
    return takes_part(j) && (!data.has_entry || data.entry[j] < t) && (data.time[j] > t || (data.time[j] == t && data.event[j] == 0.0));
}

/* Both concordances; the second up to the last death with a tenth uncensored. */
static void concordances(const double *eta, double *harrell, double *uno)
{
    double won[2] = {0.0}, pairs[2] = {0.0};

    for (int i = 0; i < data.n; i++) {
        if (data.event[i] == 0.0 || !takes_part(i)) continue;
        const double g = uncensored_before(data.time[i]), weights[2] = {1.0, g >= 0.1 ? 1.0 / (g * g) : 0.0};
        for (int j = 0; j < data.n; j++) {
            if (!lives_at(j, data.time[i]) || stratum_of(j) != stratum_of(i)) continue;
            for (int k = 0; k < 2; k++) {
                const double pair = weight_of(i) * weight_of(j) * weights[k];
                pairs[k] += pair;
                won[k] += eta[i] > eta[j] ? pair : eta[i] == eta[j] ? 0.5 * pair : 0.0;
            }
        }
    }
    *harrell = won[0] / pairs[0], *uno = won[1] / pairs[1];
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Breslow's hazard of the stratum of i up to t. */
static double hazard(const double *eta, int i, double t)
{
    double sum = 0.0;

    for (int d = 0; d < data.n; d++) {
        double risk = 0.0;
        if (data.event[d] == 0.0 || !takes_part(d) || stratum_of(d) != stratum_of(i) || data.time[d] > t) continue;
        for (int j = 0; j < data.n; j++)
            if (is_at_risk(j, d, data.time[d])) risk += weight_of(j) * exp(eta[j]);
        sum += weight_of(d) / risk;
    }
    return sum;
}

static double auc_by_pairs(const double *eta, double t)
{
    static double risk[MOST], over[MOST];
    double won = 0.0, pairs = 0.0, level[3];

    for (int s = 0; s < 3; s++)
        for (int i = 0; i < data.n; i++)
            if (stratum_of(i) == s) level[s] = log(hazard(eta, i, t));
    for (int i = 0; i < data.n; i++) {
        risk[i] = eta[i] + (data.has_stratum ? level[stratum_of(i)] : 0.0);
        over[i] = data.event[i] != 0.0 ? 1.0 / uncensored_before(data.time[i]) : 0.0;
    }
    for (int i = 0; i < data.n; i++) {
        if (data.event[i] == 0.0 || data.time[i] > t || !takes_part(i)) continue;
        for (int j = 0; j < data.n; j++) {
            if (!lives_at(j, t)) continue;
            const double pair = weight_of(i) * weight_of(j) * over[i];
            pairs += pair;
            won += risk[i] > risk[j] ? pair : risk[i] == risk[j] ? 0.5 * pair : 0.0;
        }
    }
    return won / pairs;
}

static double brier_at(const double *eta, double t)
{
    double sum = 0.0, total = 0.0, level[3];
    const double alive = uncensored_before(t);

    for (int s = 0; s < 3; s++)
        for (int i = 0; i < data.n; i++)
            if (stratum_of(i) == s) level[s] = hazard(eta, i, t);
    for (int i = 0; i < data.n; i++) {
        const double survival = exp(-level[stratum_of(i)] * exp(eta[i]));
        total += weight_of(i);
        if (lives_at(i, t))
            sum += weight_of(i) / alive * (1.0 - survival) * (1.0 - survival);
        else if (data.event[i] != 0.0 && data.time[i] <= t)
            sum += weight_of(i) / uncensored_before(data.time[i]) * survival * survival;
    }
    return sum / total;
}

/* Times of death up to the last one with a tenth uncensored, ascending. */
static int deaths_of(double *time)
{
    int count = 0;

    for (int i = 0; i < data.n; i++)
        if (data.event[i] != 0.0 && takes_part(i) && uncensored_before(data.time[i]) >= 0.1) time[count++] = data.time[i];
    qsort(time, (size_t)count, sizeof *time, compare);
    return count;
}

static double mean_auc(const double *eta)
{
    static double time[MOST];
    const int count = deaths_of(time);
    double sum = 0.0;

    for (int quarter = 1; quarter <= 3; quarter++)
        sum += auc_by_pairs(eta, time[quarter * (count - 1) / 4]) / 3.0;
    return sum;
}

static double integrated_brier(const double *eta)
{
    static double time[MOST];
    const int count = deaths_of(time);
    double area = 0.0, before = brier_at(eta, time[0]), at = time[0];

    for (int k = 1; k < 20; k++) {
        const double next = time[k * (count - 1) / 19], here = next == at ? before : brier_at(eta, next);
        area += 0.5 * (before + here) * (next - at);
        before = here, at = next;
    }
    return area / (time[count - 1] - time[0]);
}

/* ---- fits against definitions ----------------------------------------------------------------------------------- */

static void check_near(const char *what, int kinds, double ours, double theirs, double tolerance)
{
    if (!(fabs(ours - theirs) <= tolerance * (1.0 + fabs(theirs)))) fail_msg("%s of kind %d is %.15g, not %.15g", what, kinds, ours, theirs);
}

/* The likelihood ratio is that of Efron's formula; the likelihood is highest there, and its curvature gives the errors. */
static void the_fit_is_the_maximum_of_the_formula(void **state)
{
    static const double none[MOST];
    static double eta[MOST], moved[MOST];

    (void)state;
    for (int kinds = 0; kinds < COVARIATES; kinds++) {
        make(120, 1, kinds);
        const shy_fit fit = refit("survival");
        assert_int_equal(fit.verdict, SHY_FITTED);
        predictor(&fit, eta);
        for (int i = 0; i < data.n; i++)
            eta[i] -= 100.0 * fit.coefficient[0];
        const double top = efron(eta), step = 0.1 * fit.error[0];
        double beside[2];
        check_near("likelihood ratio", kinds, fit.likelihood_ratio, 2.0 * (top - efron(none)), 1e-11);
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < data.n; i++)
                moved[i] = eta[i] + (side ? step : -step) * (data.x[0][i] - 100.0);
            beside[side] = efron(moved);
            assert_true(beside[side] < top);
        }
        /* log likelihood = top − step² / (2 error²) + third order, which the sum of both sides cancels */
        check_near("error", kinds, step / sqrt(2.0 * top - beside[0] - beside[1]), fit.error[0], 0.01);
        double events = 0.0;
        for (int i = 0; i < data.n; i++)
            events += takes_part(i) ? weight_of(i) * data.event[i] : 0.0;
        check_near("loss", kinds, fit.loss, exp(-fit.likelihood_ratio / events), 1e-12);
    }
}

static void residuals_are_derivatives(void **state)
{
    static double eta[MOST], residual[MOST], response[MOST], null[MOST];
    const double h = 1e-4;

    (void)state;
    for (int kinds = 0; kinds < COVARIATES; kinds++) {
        shy_fit fit;
        make(70, 2, kinds);
        assert_int_equal(refit_on(one, "survival", 8, &fit, residual, response), SHY_OK);
        predictor(&fit, eta);
        double sum = 0.0, along[2] = {0.0};
        for (int i = 0; i < data.n; i++)
            eta[i] -= 100.0 * fit.coefficient[0], null[i] = 0.0;
        for (int i = 0; i < data.n; i++) {
            const double at = eta[i];
            eta[i] = at + h;
            const double up = efron(eta);
            eta[i] = at - h;
            check_near("residual", kinds, residual[i], (up - efron(eta)) / (2.0 * h), 1e-7);
            eta[i] = at;
            null[i] = h;
            const double null_up = efron(null);
            null[i] = -h;
            check_near("response", kinds, response[i], (null_up - efron(null)) / (2.0 * h), 1e-7);
            null[i] = 0.0;
            sum += residual[i];
            for (int k = 0; k < 2; k++)
                along[k] += residual[i] * (data.x[k][i] - (k == 0 ? 100.0 : 0.0));
        }
        assert_true(fabs(sum) < 1e-10 && fabs(along[0]) < 1e-9 && fabs(along[1]) < 1e-9);
    }
}

static void measures_are_those_of_all_pairs(void **state)
{
    static double eta[MOST];

    (void)state;
    for (int kinds = 0; kinds < COVARIATES; kinds++) {
        double harrell, uno;
        make(90, kinds & TIES ? 1 : 2, kinds); /* the first column is full of ties */
        const shy_fit fit = refit("survival");
        predictor(&fit, eta);
        for (int i = 0; i < data.n; i++)
            eta[i] = rint((eta[i] - 100.0 * fit.coefficient[0]) * 1e10) / 1e10; /* no ties by rounding, nor none */
        concordances(eta, &harrell, &uno);
        check_near("c", kinds, fit.metric[C], harrell, 1e-12);
        check_near("uno_c", kinds, fit.metric[UNO_C], uno, 1e-11);
        check_near("auc_t", kinds, fit.metric[AUC_T], mean_auc(eta), 1e-11);
        check_near("ibs", kinds, fit.metric[IBS], integrated_brier(eta), 1e-8);
    }
}

/* ---- laws --------------------------------------------------------------------------------------------------------- */

static void the_order_of_the_samples_does_not_matter(void **state)
{
    (void)state;
    for (int kinds = 0; kinds < ALL_KINDS; kinds++) {
        make(200, 2, kinds);
        const shy_fit fit = refit("survival");
        permute();
        const shy_fit other = refit("survival");
        for (int k = 0; k < 2; k++) {
            check_near("coefficient", kinds, other.coefficient[k], fit.coefficient[k], 1e-10);
            check_near("error", kinds, other.error[k], fit.error[k], 1e-9);
        }
        for (int m = 0; m < 4; m++)
            check_near("metric", kinds, other.metric[m], fit.metric[m], 1e-9);
    }
}

static double stretched(double t)
{
    return t * t * t + 2.0 * t;
}

/* Only the order of times matters to Cox, to the concordances and to AUCs at quantiles. */
static void stretching_time_changes_nothing_but_the_brier_score(void **state)
{
    (void)state;
    for (int kinds = 0; kinds < ALL_KINDS; kinds++) {
        make(150, 2, kinds);
        const shy_fit fit = refit("survival");
        for (int i = 0; i < data.n; i++)
            data.time[i] = stretched(data.time[i]), data.entry[i] = stretched(data.entry[i]);
        shy_fit other = refit("survival");
        assert_true(fabs(other.metric[IBS] - fit.metric[IBS]) < 0.1);
        other.metric[IBS] = fit.metric[IBS];
        assert_memory_equal(&other, &fit, sizeof fit);
    }
}

static void entering_at_the_start_is_no_late_entry(void **state)
{
    (void)state;
    for (int kinds = 0; kinds < ALL_KINDS; kinds += 2) {
        make(150, 2, kinds);
        const shy_fit fit = refit("survival");
        data.has_entry = true;
        for (int i = 0; i < data.n; i++)
            data.entry[i] = 0.0;
        const shy_fit other = refit("survival");
        assert_memory_equal(&other, &fit, sizeof fit);
    }
}

/* Whole weights are copies of samples, as far as no deaths are tied: Efron's formula takes a mean of the weights of ties. */
static void whole_weights_are_copies_of_censored_samples(void **state)
{
    (void)state;
    make(120, 2, 0);
    data.has_weight = true;
    for (int i = 0; i < data.n; i++)
        data.weight[i] = data.event[i] != 0.0 ? 1.0 : 1.0 + i % 3;
    const shy_fit fit = refit("survival");
    const int n = data.n;
    for (int i = 0; i < n; i++)
        for (int copy = 1; copy < data.weight[i]; copy++, data.n++) {
            data.time[data.n] = data.time[i], data.event[data.n] = data.event[i];
            data.x[0][data.n] = data.x[0][i], data.x[1][data.n] = data.x[1][i];
        }
    data.has_weight = false;
    const shy_fit other = refit("survival");
    for (int k = 0; k < 2; k++)
        check_near("coefficient", WEIGHT, fit.coefficient[k], other.coefficient[k], 1e-11);
    for (int m = 0; m < 4; m++)
        check_near("metric", WEIGHT, fit.metric[m], other.metric[m], 1e-10);
}

/* Terms after covariates are as terms after terms. */
static void covariates_are_columns_of_every_model(void **state)
{
    (void)state;
    for (int kinds = 0; kinds < COVARIATES; kinds++) {
        static double residual[MOST], response[MOST];
        shy_outcome *outcome = NULL;
        shy_fit fit;
        int count = 0;
        double along[2] = {0.0};
        make(200, 1, kinds | COVARIATES);
        const shy_rows rows = rows_of(one, data.n, 8);
        const double *basis[] = {data.x[0]};
        assert_int_equal(create("survival", &rows, &outcome), SHY_OK);
        memcpy(response, shy_outcome_metric(outcome)->response, (size_t)data.n * sizeof *response);
        assert_int_equal(shy_outcome_metric(outcome)->directions, 2);
        assert_int_equal(shy_outcome_refit(outcome, 1, basis, &fit), SHY_OK);
        const double *covariate = shy_outcome_covariates(outcome, &count);
        assert_int_equal(count, 2);
        data.covariates = 0, data.terms = 3;
        memcpy(data.x[1], data.c[0], sizeof data.x[1]), memcpy(data.x[2], data.c[1], sizeof data.x[2]);
        const shy_fit whole = refit("survival");
        check_near("coefficient", kinds, fit.coefficient[0], whole.coefficient[0], 1e-10);
        check_near("error", kinds, fit.error[0], whole.error[0], 1e-10);
        for (int m = 0; m < 4; m++)
            check_near("metric", kinds, fit.metric[m], whole.metric[m], 1e-10);
        for (int k = 0; k < 2; k++)
            check_near("covariate", kinds, covariate[k], whole.coefficient[1 + k], 1e-10);
        memcpy(data.x[0], data.c[0], sizeof data.x[0]), memcpy(data.x[1], data.c[1], sizeof data.x[1]), data.terms = 2;
        shy_fit part;
        assert_int_equal(refit_on(one, "survival", 8, &part, residual, NULL), SHY_OK);
        check_near("likelihood ratio", kinds, fit.likelihood_ratio, whole.likelihood_ratio - part.likelihood_ratio, 1e-10);
        for (int m = 0; m < 4; m++)
            check_near("null metric", kinds, shy_outcome_null(outcome)->metric[m], part.metric[m], 1e-10);
        for (int i = 0; i < data.n; i++) {
            check_near("response", kinds, response[i], residual[i], 1e-9);
            for (int k = 0; k < 2; k++)
                along[k] += response[i] * data.c[k][i];
        }
        assert_true(fabs(along[0]) < 1e-8 && fabs(along[1]) < 1e-8);
        shy_outcome_destroy(&outcome);
    }
}

/*
 * A covariate whose likelihood has no maximum tells nothing any more at its finite coefficient: it keeps that in every refit, and the
 * coefficients say so.
 */
static void a_covariate_without_maximum_keeps_its_coefficient(void **state)
{
    static const double none[MOST];
    static double eta[MOST], null[MOST];

    (void)state;
    for (int kinds = 0; kinds < COVARIATES; kinds++) {
        shy_outcome *outcome = NULL;
        shy_fit fit;
        int count = 0;
        make(200, 1, kinds);
        data.covariates = 1;
        for (int i = 0; i < data.n; i++)
            data.c[0][i] = data.event[i] == 0.0 && i % 2; /* none of these dies */
        const shy_rows rows = rows_of(one, data.n, 8);
        const double *basis[] = {data.x[0]};
        assert_int_equal(create("survival", &rows, &outcome), SHY_OK);
        assert_int_equal(shy_outcome_null(outcome)->verdict, SHY_SEPARATED);
        const double *covariate = shy_outcome_covariates(outcome, &count);
        assert_int_equal(count, 1);
        for (int i = 0; i < data.n; i++)
            null[i] = covariate[0] * data.c[0][i];
        assert_true(covariate[0] < -5.0 && efron(null) - efron(none) > 1.0);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(shy_outcome_refit(outcome, 1, basis, &fit), SHY_OK);
            covariate = shy_outcome_covariates(outcome, &count);
            for (int i = 0; i < data.n; i++)
                eta[i] = fit.coefficient[0] * (data.x[0][i] - 100.0) + covariate[0] * data.c[0][i];
            check_near("likelihood ratio", kinds, fit.likelihood_ratio, 2.0 * (efron(eta) - efron(null)), 1e-9);
            assert_true(covariate[0] < -5.0);
        }
        shy_outcome_destroy(&outcome);
    }
}

/* One with an enormous hazard who leaves early must not leave rounding errors behind for those who come after. */
static void who_leaves_takes_nothing_along(void **state)
{
    static double eta[MOST];

    (void)state;
    make(150, 1, ENTRY);
    for (int i = 0; i < data.n; i++)
        data.x[0][i] -= 100.0;
    for (int i = 0; i < 12; i++) { /* they meet one another only */
        data.x[0][i] = 40.0 + 0.25 * i + 0.01 * noise(31, i);
        data.time[i] = 40.0 - i + (i % 3 == 0 ? 2.5 : 0.0), data.entry[i] = 28.0, data.event[i] = 1.0;
    }
    const shy_fit fit = refit("survival");
    predictor(&fit, eta);
    if (!(fit.coefficient[0] > 0.6)) fail_msg("%g", fit.coefficient[0]); /* so that these hazards are 10^10 times the others */
    static const double none[MOST];
    check_near("likelihood ratio", ENTRY, fit.likelihood_ratio, 2.0 * (efron(eta) - efron(none)), 1e-10);
    assert_true(isfinite(fit.metric[IBS]));
}

/*
 * Under a strong covariate, formulas that are correlated with it but say nothing more are found significant as often as they should: the
 * statistic of screening, and the likelihood ratio of the refit, against the 95 % quantile of chi-square.
 */
static void a_formula_without_effect_is_seldom_significant(void **state)
{
    enum { REPLICATES = 400 };
    int screened = 0, refitted = 0;

    (void)state;
    for (int r = 0; r < REPLICATES; r++) {
        shy_outcome *outcome = NULL;
        shy_fit fit;
        double yz = 0.0, zz = 0.0, yy = 0.0, mean = 0.0, qz = 0.0;
        make(150, 1, 0);
        data.covariates = 1;
        for (int i = 0; i < data.n; i++) {
            const int at = r * data.n + i;
            data.c[0][i] = noise(40, at), data.x[0][i] = noise(41, at) + data.c[0][i];
            const double death = -log(uniform(42, at)) * exp(-1.2 * data.c[0][i]), out = 3.0 * uniform(43, at);
            data.event[i] = death <= out, data.time[i] = fmin(death, out);
            mean += data.x[0][i] / data.n;
        }
        const shy_rows rows = rows_of(one, data.n, 16);
        const double *basis[] = {data.x[0]};
        assert_int_equal(create("survival", &rows, &outcome), SHY_OK);
        const shy_metric *metric = shy_outcome_metric(outcome);
        for (int i = 0; i < data.n; i++) {
            const double z = data.x[0][i] - mean;
            yz += metric->response[i] * z, zz += z * z, qz += metric->direction[0][i] * z;
            yy += metric->response[i] * metric->response[i];
        }
        screened += data.n * yz * yz / ((zz - qz * qz / data.n) * yy) > 3.841;
        assert_int_equal(shy_outcome_refit(outcome, 1, basis, &fit), SHY_OK);
        refitted += fit.likelihood_ratio > 3.841;
        shy_outcome_destroy(&outcome);
    }
    print_message("# of %d formulas without effect, %d are significant in screening, %d when refitted\n", REPLICATES, screened, refitted);
    assert_true(screened >= 0.03 * REPLICATES && screened <= 0.07 * REPLICATES);
    assert_true(refitted >= 0.03 * REPLICATES && refitted <= 0.07 * REPLICATES);
}

/* Ten equal refits in a row give ten equal results: nothing is left of one in the next. */
static void a_refit_forgets_the_one_before(void **state)
{
    shy_outcome *outcome = NULL;
    shy_fit first, between, last;

    (void)state;
    make(150, 2, ENTRY | STRATA | COVARIATES);
    data.x[2][7] = INFINITY;
    const shy_rows rows = rows_of(one, data.n, 8);
    const double *basis[] = {data.x[0], data.x[1]}, *bad[] = {data.x[1], data.x[2], data.c[0]};
    assert_int_equal(create("survival", &rows, &outcome), SHY_OK);
    memset(&first, 0, sizeof first), memset(&last, 0, sizeof last);
    assert_int_equal(shy_outcome_refit(outcome, 2, basis, &first), SHY_OK);
    for (int terms = 3; terms >= 0; terms--)
        assert_int_equal(shy_outcome_refit(outcome, terms, bad, &between), SHY_OK);
    assert_true(between.loss == 1.0 && between.likelihood_ratio == 0.0);
    assert_int_equal(shy_outcome_refit(outcome, 2, basis, &last), SHY_OK);
    assert_memory_equal(&first, &last, sizeof first);
    shy_outcome_destroy(&outcome);
}

/* ---- verdicts -------------------------------------------------------------------------------------------------- */

static void a_likelihood_without_maximum_is_separated(void **state)
{
    (void)state;
    for (int variant = 0; variant < 3; variant++) {
        make(100, 1, variant == 2 ? TIES : 0);
        for (int i = 0; i < data.n; i++) {
            if (variant == 0) data.x[0][i] = -data.time[i];                             /* the higher, the earlier: always */
            if (variant == 1) data.x[0][i] = data.event[i] != 0.0;                      /* none of the others dies */
            if (variant == 2) data.x[0][i] = data.event[i] != 0.0 ? 0.0 : i % 2 ? 0.0 : 1.0; /* none of those with 1 dies */
        }
        const shy_fit fit = refit("survival");
        if (fit.verdict != SHY_SEPARATED) fail_msg("variant %d is %s", variant, shy_verdict_name(fit.verdict));
        check_finite(&fit);
        assert_true(fit.loss < 0.95 && fit.likelihood_ratio > 5.0);
        if (variant == 0) assert_true(fit.metric[C] == 1.0);
    }
}

static void far_samples_and_few_events_are_no_separation(void **state)
{
    (void)state;
    make(200, 2, 0);
    data.x[1][3] = 300.0;
    assert_int_equal(refit("survival").verdict, SHY_FITTED);
    for (int i = 0; i < data.n; i++)
        data.event[i] = i % 50 == 0;
    data.terms = 1;
    assert_int_equal(refit("survival").verdict, SHY_FITTED);
}

static void superfluous_columns_are_singular(void **state)
{
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        make(150, 1, variant % 2 ? STRATA | ENTRY : 0);
        const shy_fit plain = refit("survival");
        data.terms = 3;
        for (int i = 0; i < data.n; i++) {
            data.x[1][i] = variant < 2 ? 3.0 : 1e8 - 2.0 * data.x[0][i];
            data.x[2][i] = variant == 0 ? 0.1 * data.x[0][i] + 7.0 : 5.0 * stratum_of(i); /* the same for all of a stratum */
        }
        const shy_fit fit = refit("survival");
        assert_int_equal(fit.verdict, SHY_SINGULAR);
        check_finite(&fit);
        assert_true(fit.coefficient[1] == 0.0 && fit.coefficient[2] == 0.0 && isnan(fit.error[1]) && isnan(fit.error[2]));
        check_near("coefficient", variant, fit.coefficient[0], plain.coefficient[0], 1e-11);
        check_near("loss", variant, fit.loss, plain.loss, 1e-11);
    }
    /* differs among those censored before the first death alone */
    make(100, 1, 0);
    for (int i = 0; i < data.n; i++)
        data.x[0][i] = 1.0, data.time[i] += 1.0;
    for (int i = 0; i < 5; i++)
        data.x[0][i] = 2.0 + i, data.time[i] = 0.5, data.event[i] = 0.0;
    const shy_fit fit = refit("survival");
    assert_int_equal(fit.verdict, SHY_SINGULAR);
    assert_true(fit.coefficient[0] == 0.0 && fabs(fit.loss - 1.0) < 1e-12);
}

static void infinite_columns_diverge_to_the_null_model(void **state)
{
    static const double bad[] = {INFINITY, -INFINITY, NAN};

    (void)state;
    for (int b = 0; b < 3; b++) {
        make(100, 2, WEIGHT | COVARIATES);
        data.x[1][99] = bad[b];
        const shy_fit fit = refit("survival");
        assert_int_equal(fit.verdict, SHY_DIVERGED);
        check_finite(&fit);
        assert_true(fit.loss == 1.0 && fit.coefficient[0] == 0.0 && fit.coefficient[1] == 0.0);
        data.x[1][99] = 0.0, data.x[1][4] = bad[b]; /* of weight 0 */
        assert_int_equal(refit("survival").verdict, SHY_FITTED);
    }
}

/* ---- the same bits --------------------------------------------------------------------------------------------- */

static void results_do_not_depend_on_who_holds_the_rows(void **state)
{
    static double alone_residual[MOST], residual[MOST], alone_response[MOST], response[MOST];
    static const int shapes[][2] = {{30, 1}, {61, 8}, {700, 48}, {60, 64}};
    bool right = true;

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
        for (int kinds = 0; kinds < ALL_KINDS; kinds += s == 2 ? 1 : 7)
            for (int terms = 0; terms <= TERMS_MOST; terms++) {
                shy_fit alone, together;
                make(shapes[s][0], terms, kinds);
                const shy_rows rows = rows_of(grid, data.n, shapes[s][1]);
                right = right && refit_on(one, "survival", shapes[s][1], &alone, alone_residual, alone_response) == SHY_OK;
                right = right && refit_on(grid, "survival", shapes[s][1], &together, residual, response) == SHY_OK;
                right = right && memcmp(&alone, &together, sizeof alone) == 0;
                right = right && memcmp(alone_residual + rows.first, residual, (size_t)rows.rows * sizeof *residual) == 0;
                right = right && memcmp(alone_response + rows.first, response, (size_t)rows.rows * sizeof *response) == 0;
                right = everywhere(right);
            }
    assert_true(right);
}

/* ---- horizons --------------------------------------------------------------------------------------------------- */

static shy_status weigh(const shy_team *team, double horizon, double *y, double *weight)
{
    const shy_rows rows = rows_of(team, data.n, 8);

    return shy_horizon_weights(&rows, data.time + rows.first, data.event + rows.first, data.has_entry ? data.entry + rows.first : NULL,
                               horizon, y, weight);
}

static void horizons_weigh_by_the_chance_of_being_uncensored(void **state)
{
    static double y[MOST], weight[MOST], together_y[MOST], together_weight[MOST];

    (void)state;
    for (int kinds = 0; kinds < COVARIATES; kinds++) {
        const double horizon = kinds & TIES ? 1.25 : 1.3;
        make(200, 0, kinds);
        data.has_weight = false;
        assert_int_equal(weigh(one, horizon, y, weight), SHY_OK);
        for (int i = 0; i < data.n; i++) {
            const bool dead = data.event[i] != 0.0 && data.time[i] <= horizon && (!data.has_entry || data.entry[i] < horizon);
            const double wanted =
                lives_at(i, horizon) ? 1.0 / uncensored_before(horizon) : dead ? 1.0 / uncensored_before(data.time[i]) : 0.0;
            assert_true(y[i] == dead);
            check_near("weight", kinds, weight[i], wanted, 1e-12);
        }
        const shy_rows rows = rows_of(grid, data.n, 8);
        bool right = weigh(grid, horizon, together_y, together_weight) == SHY_OK;
        right = right && memcmp(y + rows.first, together_y, (size_t)rows.rows * sizeof *y) == 0;
        right = right && memcmp(weight + rows.first, together_weight, (size_t)rows.rows * sizeof *weight) == 0;
        assert_true(everywhere(right));
    }
}

/* Without late entry the weights of those at risk before the horizon add up to all samples, whoever was censored. */
static void the_weights_of_a_horizon_add_up_to_all_samples(void **state)
{
    static double y[MOST], weight[MOST];

    (void)state;
    for (int kinds = 0; kinds <= TIES; kinds += TIES) {
        double sum = 0.0;
        make(300, 0, kinds);
        assert_int_equal(weigh(one, 1.5, y, weight), SHY_OK);
        for (int i = 0; i < data.n; i++)
            sum += weight[i];
        check_near("sum", kinds, sum, data.n, 1e-12);
    }
    make(50, 0, 0); /* all followed for two years exactly: all count at two years */
    for (int i = 0; i < data.n; i++)
        data.event[i] = i % 3 == 0, data.time[i] = i % 3 == 0 ? 1.0 + i / 100.0 : 2.0;
    assert_int_equal(weigh(one, 2.0, y, weight), SHY_OK);
    for (int i = 0; i < data.n; i++)
        assert_true(weight[i] == 1.0 && y[i] == data.event[i]);
}

static bool is_horizon_refused(double horizon, const char *message)
{
    static double y[MOST], weight[MOST];
    const shy_status st = weigh(grid, horizon, y, weight);
    const bool right = st == SHY_INPUT && strstr(shy_error_message(), message);

    if (!right) print_error("wanted \"%s\", got \"%s\"\n", message, shy_error_message());
    shy_error_clear();
    return everywhere(right);
}

static void horizons_out_of_reach_are_refused(void **state)
{
    (void)state;
    make(60, 0, 0);
    assert_true(is_horizon_refused(0.0001, "before the first event"));
    assert_true(is_horizon_refused(100.0, "nobody is followed up to the horizon 100"));
    for (int i = 0; i < data.n; i++)
        data.event[i] = 0.0;
    assert_true(is_horizon_refused(1.0, "nobody has the event"));
}

/* ---- bad data and failures ------------------------------------------------------------------------------------------ */

static bool is_noted(const char *kind, const char *message)
{
    shy_outcome *outcome = NULL;
    const shy_rows rows = rows_of(grid, data.n, 4);
    int count = 0;
    bool right = create(kind, &rows, &outcome) == SHY_OK, found = false;

    if (right) {
        const char *const *notes = shy_outcome_notes(outcome, &count);
        for (int k = 0; k < count; k++)
            found = found || strstr(notes[k], message);
    }
    shy_outcome_destroy(&outcome);
    return everywhere(right && found);
}

static void data_that_cannot_be_used_are_refused(void **state)
{
    static const struct {
        double time, event, entry;
        const char *message;
    } cases[] = {{0.0, 1, -1, "the time is 0 in sample 18 "},   {-2.5, 1, -3, "the time is -2.5 in sample 18 "},
                 {INFINITY, 0, 0, "the time is inf in sample"}, {NAN, 0, 0, "the time is nan in sample"},
                 {3.0, 2, 0, "the event is 2 in sample 18 "},   {3.0, 1, 3.0, "sample 18 of those in use enters at 3 and its follow-up ends at 3"},
                 {3.0, 1, 7.0, "enters at 7"}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        make(60, 1, ENTRY | WEIGHT);
        data.time[17] = cases[c].time, data.event[17] = cases[c].event, data.entry[17] = cases[c].entry, data.weight[17] = 1.0;
        assert_true(is_refused("survival", cases[c].message) && is_refused("survival", "\"target\""));
    }
    make(60, 1, 0);
    for (int i = 0; i < data.n; i++)
        data.event[i] = 0.0;
    assert_true(is_refused("survival", "nobody among the 60 samples in use has the event"));
    make(60, 1, STRATA | COVARIATES);
    for (int i = 0; i < data.n; i++)
        data.c[1][i] = 2.0 * data.stratum[i] - data.c[0][i];
    assert_true(is_noted("survival", "Covariate \"sex\" is, but for the covariates before it, the same within each stratum"));
    for (int i = 0; i < data.n; i++)
        data.c[1][i] = -data.time[i];
    assert_true(is_noted("survival", "the likelihood of the covariates alone has no maximum"));
}

/* The smallest cohorts: any of them is fitted or told. */
static void tiny_cohorts_have_finite_results(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n++)
        for (int pattern = 1; pattern < 1 << n; pattern++)
            for (int kinds = 0; kinds < ALL_KINDS; kinds += 5) {
                make(n, 1, kinds & ~WEIGHT);
                for (int i = 0; i < n; i++)
                    data.event[i] = pattern >> i & 1;
                const shy_fit fit = refit("survival");
                check_finite(&fit);
                assert_true(fit.metric[C] >= 0.0 && fit.metric[C] <= 1.0 && fit.metric[AUC_T] >= 0.0 && fit.metric[AUC_T] <= 1.0);
            }
}

static void memory_that_runs_out_on_one_rank_fails_all(void **state)
{
    (void)state;
    make(60, 1, ENTRY | WEIGHT | STRATA | COVARIATES);
    assert_true(fails_together("survival"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fit_is_the_maximum_of_the_formula),
        cmocka_unit_test(residuals_are_derivatives),
        cmocka_unit_test(measures_are_those_of_all_pairs),
        cmocka_unit_test(the_order_of_the_samples_does_not_matter),
        cmocka_unit_test(stretching_time_changes_nothing_but_the_brier_score),
        cmocka_unit_test(entering_at_the_start_is_no_late_entry),
        cmocka_unit_test(whole_weights_are_copies_of_censored_samples),
        cmocka_unit_test(covariates_are_columns_of_every_model),
        cmocka_unit_test(a_covariate_without_maximum_keeps_its_coefficient),
        cmocka_unit_test(who_leaves_takes_nothing_along),
        cmocka_unit_test(a_formula_without_effect_is_seldom_significant),
        cmocka_unit_test(a_refit_forgets_the_one_before),
        cmocka_unit_test(a_likelihood_without_maximum_is_separated),
        cmocka_unit_test(far_samples_and_few_events_are_no_separation),
        cmocka_unit_test(superfluous_columns_are_singular),
        cmocka_unit_test(infinite_columns_diverge_to_the_null_model),
        cmocka_unit_test(results_do_not_depend_on_who_holds_the_rows),
        cmocka_unit_test(horizons_weigh_by_the_chance_of_being_uncensored),
        cmocka_unit_test(the_weights_of_a_horizon_add_up_to_all_samples),
        cmocka_unit_test(horizons_out_of_reach_are_refused),
        cmocka_unit_test(data_that_cannot_be_used_are_refused),
        cmocka_unit_test(tiny_cohorts_have_finite_results),
        cmocka_unit_test(memory_that_runs_out_on_one_rank_fails_all),
    };
    return cmocka_run_group_tests_name("model_survival", tests, start_all, stop_all);
}
