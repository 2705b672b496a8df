/* charts.c: the Vega specifications of all charts. */
#include "shy_config.h"

#include "page/html.h"

json_t *shy_page_charts(const shy_page *page)
{
    (void)page;
    return json_object();
}
