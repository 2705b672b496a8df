/* verdict.c: what the run says in words, what that means, what it does not mean, and what would change it. */
#include "shy_config.h"

#include <math.h>
#include <string.h>

#include "page/evidence.h"

#define STABLE_FROM 0.5

#define ITEM(...) shy_html_message_element(page, "li", NULL, __VA_ARGS__, NULL)

/* ---- the level --------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *level;
    shy_message head, means;
} levels[] = {
    {"unchecked", SHY_MSG_LEVEL_UNCHECKED, SHY_MSG_MEANS_UNCHECKED}, {"chance", SHY_MSG_LEVEL_CHANCE, SHY_MSG_MEANS_CHANCE},
    {"signal", SHY_MSG_LEVEL_SIGNAL, SHY_MSG_MEANS_SIGNAL},          {"weak", SHY_MSG_LEVEL_WEAK, SHY_MSG_MEANS_WEAK},
    {"replaceable", SHY_MSG_LEVEL_REPLACEABLE, SHY_MSG_MEANS_REPLACEABLE}, {"supported", SHY_MSG_LEVEL_SUPPORTED, SHY_MSG_MEANS_SUPPORTED},
};

/* Of a run without a verdict: nothing was looked at. */
static size_t level_of(const shy_facts *f)
{
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++)
        if (shy_facts_level(f, levels[k].level)) return k;
    return 0;
}

static bool is_single(const shy_facts *f)
{
    return json_array_size(json_object_get(shy_prose_chosen(f->front), "factors")) == 1;
}

static void write_level(shy_page *page, const shy_facts *f)
{
    const size_t k = level_of(f);
    char class[32];

    snprintf(class, sizeof class, "level level-%.15s", levels[k].level);
    shy_html_message_element(page, "p", class, levels[k].head, NULL);
}

/* The sentences of the search, a paragraph each. */
static void write_sentences(shy_page *page, const shy_facts *f)
{
    shy_buffer text = {0};

    shy_facts_say(f, page->language, &text);
    if (text.status != SHY_OK) page->out->status = text.status;
    for (char *from = text.bytes, *end; from != NULL && *from != '\0'; from = end) {
        end = from + strcspn(from, "\n");
        if (*end == '\n') *end++ = '\0';
        shy_html_element(page, "p", "verdict", from);
    }
    shy_buffer_free(&text);
}

static void write_meaning(shy_page *page, const shy_facts *f)
{
    const bool single = shy_facts_level(f, "supported") && is_single(f);

    shy_html_message_element(page, "h3", NULL, SHY_MSG_MEANS, NULL);
    shy_html_message_element(page, "p", NULL, single ? SHY_MSG_MEANS_SUPPORTED_SINGLE : levels[level_of(f)].means, NULL);
}

/* ---- what it does not mean ------------------------------------------------------------------------------------------------------------------------- */

static void write_limits(shy_page *page, const shy_facts *f)
{
    const bool chance = shy_facts_level(f, "chance");

    shy_html_message_element(page, "h3", NULL, SHY_MSG_MEANS_NOT, NULL);
    shy_html_raw(page, "<ul>\n");
    if (chance) ITEM(SHY_MSG_NOT_PROOF_OF_NONE);
    if (!chance && f->significance) ITEM(SHY_MSG_NOT_USE);
    if (!chance && f->any) ITEM(SHY_MSG_NOT_ONLY);
    if (!chance) ITEM(SHY_MSG_NOT_CAUSE);
    if (!chance && f->nested) ITEM(SHY_MSG_NOT_ELSEWHERE);
    ITEM(SHY_MSG_NOT_ONE_PATIENT);
    shy_html_raw(page, "</ul>\n");
}

/* ---- what would change it --------------------------------------------------------------------------------------------------------------------------- */

/* Where no permutation did as well, p is as small as so many can make it. */
static void write_permutations(shy_page *page, const shy_facts *f)
{
    char count[SHY_NUMBER_ROOM], least[SHY_NUMBER_ROOM];

    if (!f->significance || f->exceeding > 0) return;
    ITEM(SHY_MSG_CHANGE_PERMUTATIONS, "count", shy_html_count((uint64_t)f->permutations, count), "least", shy_html_number(1.0 / (f->permutations + 1.0), 2, least));
}

/* Fits that are not what they seem. */
static void write_fit(shy_page *page, const shy_facts *f)
{
    const char *fit = shy_json_word(shy_prose_chosen(f->front), "verdict");

    if (strcmp(fit, "separated") == 0) ITEM(SHY_MSG_CHANGE_SEPARATED);
    else if (strcmp(fit, "firth") == 0) ITEM(SHY_MSG_CHANGE_FIRTH);
    else if (*fit != '\0') ITEM(SHY_MSG_CHANGE_UNFITTED, "verdict", fit);
}

static void write_screened(shy_page *page, const shy_facts *f)
{
    char chance[SHY_NUMBER_ROOM];

    if (shy_prose_percent(shy_prose_number(f->front, "lost_chance"), chance)) ITEM(SHY_MSG_CHANGE_SCREENED, "chance", chance);
}

static void write_rivals(shy_page *page, const shy_facts *f)
{
    bool named = false, beaten = false;

    for (int k = 0; k < f->rivals; k++) {
        const char *kind = f->rival[k].kind;
        named = named || !(f->rival[k].net || strcmp(kind, "single") == 0 || strcmp(kind, "covariates") == 0);
        beaten = beaten || (f->rival[k].net && f->rival[k].standing == SHY_RIVAL_BETTER);
    }
    if (beaten) ITEM(SHY_MSG_CHANGE_NETS);
    if (!named && f->rivals > 0) ITEM(SHY_MSG_CHANGE_COMPARE);
}

static void write_checks(shy_page *page, const shy_facts *f)
{
    char share[SHY_NUMBER_ROOM], slope[SHY_NUMBER_ROOM];

    write_fit(page, f);
    if (f->returns < STABLE_FROM) ITEM(SHY_MSG_CHANGE_STABILITY, "share", shy_prose_decimals(floor(100.0 * f->returns + 1e-9), 0, share));
    if (shy_facts_miscalibrated(f)) ITEM(SHY_MSG_CHANGE_CALIBRATION, "slope", shy_prose_decimals(f->slope, 2, slope));
    write_rivals(page, f);
    write_screened(page, f);
    if (f->nested && shy_prose_at(f->front, "nested.by") == NULL) ITEM(SHY_MSG_CHANGE_CENTRE);
}

/* With fewer than 100 events a validation says little (Collins, Ogundimu and Altman, Stat Med 2016). */
static shy_message validation_of(const shy_facts *f)
{
    if (shy_prose_is(f->front, "outcome_kind", "binary")) return SHY_MSG_CHANGE_VALIDATE_BINARY;
    return shy_prose_is(f->front, "outcome_kind", "survival") ? SHY_MSG_CHANGE_VALIDATE_SURVIVAL : SHY_MSG_CHANGE_VALIDATE;
}

static void write_changes(shy_page *page, const shy_facts *f)
{
    shy_html_message_element(page, "h3", NULL, SHY_MSG_CHANGES, NULL);
    shy_html_raw(page, "<ul>\n");
    if (shy_facts_level(f, "chance") || shy_facts_level(f, "weak")) ITEM(SHY_MSG_CHANGE_PATIENTS);
    if (level_of(f) == 0) ITEM(SHY_MSG_CHANGE_FULL);
    if (shy_facts_level(f, "signal")) ITEM(SHY_MSG_CHANGE_NESTED);
    if (!shy_facts_level(f, "chance")) ITEM(validation_of(f));
    write_checks(page, f);
    write_permutations(page, f);
    shy_html_raw(page, "</ul>\n");
}

/* ---- the section -------------------------------------------------------------------------------------------------------------------------------------- */

void shy_page_verdict(shy_page *page)
{
    shy_facts facts;

    if (shy_prose_front(page) == NULL) return;
    shy_facts_take(shy_prose_front(page), &facts);
    shy_html_begin_section(page, "verdict", SHY_MSG_SECTION_VERDICT);
    write_level(page, &facts);
    write_sentences(page, &facts);
    write_meaning(page, &facts);
    write_limits(page, &facts);
    write_changes(page, &facts);
    shy_html_end_section(page);
}
