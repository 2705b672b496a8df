/* settings.c: configuration, versions, seed. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_settings(shy_page *page)
{
    (void)page;
}
