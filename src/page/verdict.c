/* verdict.c: what the run says in words, and what that rests on. */
#include "shy_config.h"

#include "page/html.h"

void shy_page_verdict(shy_page *page)
{
    (void)page;
}
