/* page.c: the page, section by section. */
#include "shy_config.h"

#include "page/html.h"

shy_status shy_page_make(const json_t *document, const shy_page_options *options, shy_buffer *out)
{
    shy_page page = {.document = document, .language = options->language, .out = out};

    shy_html_raw(&page, "<!DOCTYPE html>\n<html lang=\"");
    shy_html_raw(&page, options->language == SHY_JAPANESE ? "ja" : "en");
    shy_html_raw(&page, "\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n");
    shy_page_verdict(&page);
    shy_page_data(&page);
    shy_page_front(&page);
    shy_page_formula(&page);
    shy_page_two_axis(&page);
    shy_page_horizons(&page);
    shy_page_network(&page);
    shy_page_methods(&page);
    shy_page_checklists(&page);
    shy_page_settings(&page);
    shy_page_released(&page);
    shy_html_raw(&page, "</body>\n</html>\n");
    return out->status;
}
