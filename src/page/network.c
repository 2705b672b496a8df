/* network.c: which factors stand together. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_network(shy_page *page)
{
    (void)page;
}
