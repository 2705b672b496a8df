/* two_axis.c: two formulas of the front side by side. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_two_axis(shy_page *page)
{
    (void)page;
}
