/* data.c: who, how many, what outcome, what was searched. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_data(shy_page *page)
{
    (void)page;
}
