/* horizons.c: which factors carry the fronts of which years. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_horizons(shy_page *page)
{
    (void)page;
}
