/* references.h: the works that a paragraph on methods cites, numbered as they come. */
#ifndef SHIHYO_PAGE_REFERENCES_H
#define SHIHYO_PAGE_REFERENCES_H

#include "page/prose.h"

typedef enum {
    SHY_REF_COX, SHY_REF_IPCW, SHY_REF_LOVELL, SHY_REF_SCORE, SHY_REF_MARTINGALE, SHY_REF_FIRTH, SHY_REF_HEINZE, SHY_REF_MICE, SHY_REF_RUBIN, SHY_REF_HARRELL,
    SHY_REF_UNO, SHY_REF_UNO_T, SHY_REF_GRAF, SHY_REF_VARMA, SHY_REF_HASTIE, SHY_REF_PHIPSON, SHY_REF_WESTFALL, SHY_REF_FREEDMAN, SHY_REF_SHAH, SHY_REF_DELONG,
    SHY_REF_BOOTSTRAP, SHY_REF_ZOU, SHY_REF_BRIER, SHY_REF_ICI, SHY_REF_VICKERS, SHY_REF_LAUSEN_92, SHY_REF_LAUSEN_94, SHY_REFERENCES
} shy_reference;

typedef struct {
    int count, place[SHY_REFERENCES]; /* place: 1 … count, 0: not cited */
    shy_reference order[SHY_REFERENCES];
} shy_citations;

#define SHY_CITE_ROOM 24
/* "[3]", "[3, 4]"; the second is left out where it is SHY_REFERENCES. Returns room. */
const char *shy_cite(shy_citations *citations, shy_reference first, shy_reference second, char room[SHY_CITE_ROOM]);
/* The list of those cited. */
void shy_references_write(shy_page *page, const shy_citations *citations);

#endif
