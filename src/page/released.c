/* released.c: what disclosure control left out. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_released(shy_page *page)
{
    (void)page;
}
