/* formula.c: everything that follows the selected formula. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_formula(shy_page *page)
{
    (void)page;
}
