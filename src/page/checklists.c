/* checklists.c: TRIPOD+AI and REMARK. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_checklists(shy_page *page)
{
    (void)page;
}
