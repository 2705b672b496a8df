/* evidence_words.c: the verdict of the search in the language of the page. The order of its sentences is that of src/assess/verdict_words.c. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/evidence.h"

/* A sentence behind another. */
#define SAY(...) (shy_prose_gap(text, language), shy_prose_add(text, language, __VA_ARGS__, NULL))
#define WORD(message) shy_message_text(language, message)

/* ---- numbers --------------------------------------------------------------------------------------------------------------------------------- */

/* "0.79 ± 0.02" */
static const char *spread(double mean, double error, int decimals, char room[SHY_NUMBER_ROOM])
{
    char mean_text[SHY_NUMBER_ROOM], error_text[SHY_NUMBER_ROOM];

    shy_prose_decimals(mean, decimals, mean_text);
    if (isnan(error)) snprintf(room, SHY_NUMBER_ROOM, "%.16s", mean_text);
    else snprintf(room, SHY_NUMBER_ROOM, "%.16s \xc2\xb1 %.16s", mean_text, shy_prose_decimals(error, decimals, error_text));
    return room;
}

/* No smaller than counting can show: of no permutation that did as well, rounded up to one digit. Owned by the caller. */
static void say_p(const shy_facts *f, shy_language language, shy_buffer *out)
{
    char room[SHY_NUMBER_ROOM];
    const double unit = pow(10.0, floor(log10(f->p)));

    if (f->exceeding > 0) snprintf(room, sizeof room, "%.2g", f->p);
    else snprintf(room, sizeof room, "%.1g", unit * ceil(f->p / unit * (1.0 - 1e-9)));
    shy_prose_add(out, language, f->exceeding > 0 ? SHY_MSG_P_EQUAL : SHY_MSG_P_AT_MOST, "p", room, NULL);
}

/* ---- sentences -------------------------------------------------------------------------------------------------------------------------------- */

static void say_chance(const shy_facts *f, shy_language language, shy_buffer *text)
{
    shy_buffer p = {0};

    if (!f->any) {
        SAY(SHY_MSG_SAY_NOTHING);
        return;
    }
    say_p(f, language, &p);
    SAY(SHY_MSG_SAY_CHANCE, "p", shy_prose_text(&p));
    shy_buffer_free(&p);
}

static void say_signal(const shy_facts *f, shy_language language, shy_buffer *text)
{
    shy_buffer p = {0};

    say_p(f, language, &p);
    SAY(SHY_MSG_SAY_SIGNAL, "p", shy_prose_text(&p));
    shy_buffer_free(&p);
}

static void say_none(const shy_facts *f, shy_language language, shy_buffer *text)
{
    char none[SHY_NUMBER_ROOM];

    SAY(f->covariates ? SHY_MSG_SAY_NONE_BETTER_COVARIATES : SHY_MSG_SAY_NONE_BETTER, "metric", WORD(f->metric), "none",
        shy_prose_decimals(f->none, shy_prose_decimals_for(f->none_error), none));
}

static void say_held_out(const shy_facts *f, bool with_p, shy_language language, shy_buffer *text)
{
    const int decimals = shy_prose_decimals_for(f->error);
    char value[SHY_NUMBER_ROOM], apparent[SHY_NUMBER_ROOM], none[SHY_NUMBER_ROOM];
    shy_buffer p = {0};

    if (with_p) say_p(f, language, &p);
    SAY(with_p ? SHY_MSG_SAY_HELD_OUT_P : SHY_MSG_SAY_HELD_OUT, "formula", f->formula, "p", shy_prose_text(&p), "metric", WORD(f->metric), "value",
        spread(f->mean, f->error, decimals, value), "apparent", shy_prose_decimals(f->apparent, decimals, apparent), "none",
        shy_prose_decimals(f->none, decimals, none), "without", WORD(f->covariates ? SHY_MSG_FOR_COVARIATES : SHY_MSG_WITHOUT_FORMULA));
    shy_buffer_free(&p);
}

static void say_gain(const shy_facts *f, shy_language language, shy_buffer *text)
{
    char gain[SHY_NUMBER_ROOM];

    if (!(f->gain > 0.0)) SAY(f->covariates ? SHY_MSG_SAY_NO_GAIN_COVARIATES : SHY_MSG_SAY_NO_GAIN);
    else
        SAY(SHY_MSG_SAY_GAIN, "what", WORD(f->covariates ? SHY_MSG_COVARIATES_ALONE : SHY_MSG_NO_FORMULA), "gain",
            spread(f->gain, f->gain_error, shy_prose_decimals_for(f->gain_error), gain));
}

static void say_overfit(const shy_facts *f, shy_language language, shy_buffer *text)
{
    if (f->gain > 0.0 && f->seems > 0.0 && f->gain < 0.5 * f->seems) SAY(SHY_MSG_SAY_OVERFIT);
}

static void say_stability(const shy_facts *f, shy_language language, shy_buffer *text)
{
    char found[SHY_NUMBER_ROOM], sets[SHY_NUMBER_ROOM], share[SHY_NUMBER_ROOM];

    shy_prose_decimals(f->found, 0, found), shy_prose_decimals(f->sets, 0, sets), shy_prose_decimals(floor(100.0 * f->returns + 1e-9), 0, share);
    if (f->sets > 0.0 && !isnan(f->returns)) SAY(SHY_MSG_SAY_FOUND_AND_RETURNS, "found", found, "sets", sets, "share", share);
    else if (f->sets > 0.0) SAY(SHY_MSG_SAY_FOUND, "found", found, "sets", sets);
    else if (!isnan(f->returns)) SAY(SHY_MSG_SAY_RETURNS, "share", share);
}

static void say_calibration(const shy_facts *f, shy_language language, shy_buffer *text)
{
    char slope[SHY_NUMBER_ROOM];

    if (shy_facts_miscalibrated(f)) SAY(f->slope < 1.0 ? SHY_MSG_SAY_EXTREME : SHY_MSG_SAY_TIMID, "slope", shy_prose_decimals(f->slope, 2, slope));
}

static shy_message message_of(const shy_rival *rival)
{
    static const struct {
        const char *kind;
        shy_message message;
    } table[] = {{"single", SHY_MSG_LINE_SINGLE}, {"covariates", SHY_MSG_LINE_COVARIATES}, {"elastic", SHY_MSG_LINE_NET}, {"elastic_log", SHY_MSG_LINE_NET_LOGS}};

    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (strcmp(rival->kind, table[k].kind) == 0) return table[k].message;
    return SHY_MSG_LINE_NAMED;
}

/* "A (0.64), B (0.60) and C (0.55)" of one standing. */
static void say_rivals(const shy_facts *f, shy_rival_standing standing, bool net, shy_message message, shy_language language, shy_buffer *text)
{
    size_t count = 0, said = 0;
    shy_buffer list = {0};

    for (int k = 0; k < f->rivals; k++) count += f->rival[k].standing == standing && f->rival[k].net == net;
    for (int k = 0; k < f->rivals; k++) {
        char value[SHY_NUMBER_ROOM];
        shy_buffer item = {0};
        if (f->rival[k].standing != standing || f->rival[k].net != net) continue;
        shy_prose_add(&item, language, message_of(&f->rival[k]), "name", f->rival[k].name, "value",
                      shy_prose_decimals(f->rival[k].mean, shy_prose_decimals_for(f->error), value), NULL);
        shy_prose_item(&list, language, said++, count, shy_prose_text(&item));
        shy_buffer_free(&item);
    }
    if (count > 0) SAY(message, "list", shy_prose_text(&list));
    shy_buffer_free(&list);
}

static void say_versus(const shy_facts *f, shy_language language, shy_buffer *text)
{
    static const struct {
        shy_rival_standing standing;
        bool net;
        shy_message message;
    } said[] = {{SHY_RIVAL_SAME, false, SHY_MSG_SAY_SAME},        {SHY_RIVAL_WORSE, false, SHY_MSG_SAY_BEATS},       {SHY_RIVAL_ALIKE, false, SHY_MSG_SAY_ALIKE},
                {SHY_RIVAL_BETTER, false, SHY_MSG_SAY_LOSES},     {SHY_RIVAL_WORSE, true, SHY_MSG_SAY_BEATS_NETS},   {SHY_RIVAL_ALIKE, true, SHY_MSG_SAY_ALIKE_NETS},
                {SHY_RIVAL_BETTER, true, SHY_MSG_SAY_LOSES_NETS}};

    for (size_t k = 0; k < sizeof said / sizeof *said; k++) say_rivals(f, said[k].standing, said[k].net, said[k].message, language, text);
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------------------------------- */

static void say_without_choice(const shy_facts *f, shy_language language, shy_buffer *text)
{
    if (f->significance) say_signal(f, language, text);
    if (!f->nested) SAY(SHY_MSG_SAY_NOT_CHECKED);
    else say_none(f, language, text);
    if (f->significance && json_is_object(json_object_get(f->front, "interaction"))) SAY(SHY_MSG_SAY_INTERACTION);
}

void shy_facts_say(const shy_facts *f, shy_language language, shy_buffer *text)
{
    const bool chance = shy_facts_level(f, "chance"), weak = shy_facts_level(f, "weak"), chosen = *f->formula != '\0';

    if (shy_facts_level(f, "unchecked")) {
        SAY(SHY_MSG_SAY_UNCHECKED);
    } else if (chance && (!f->any || f->significance)) {
        shy_buffer second = {0};
        say_chance(f, language, text);
        if (f->any && chosen) say_held_out(f, false, language, &second), shy_buffer_text(text, "\n"), shy_buffer_text(text, shy_prose_text(&second));
        shy_buffer_free(&second);
    } else if (!chosen) {
        say_without_choice(f, language, text);
    } else {
        say_held_out(f, f->significance, language, text);
        if (weak || chance) say_gain(f, language, text);
        else say_overfit(f, language, text);
        say_stability(f, language, text);
        say_calibration(f, language, text);
        say_versus(f, language, text);
    }
}
