/* front.c: the front of accuracy against complexity. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_front(shy_page *page)
{
    (void)page;
}
