/* methods.c: a paragraph for a paper. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_methods(shy_page *page)
{
    (void)page;
}
