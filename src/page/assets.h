/* assets.h: style and scripts of the page, which stand beside this file as what they are; make turns them into text of the program (build-aux/text-to-c). */
#ifndef SHIHYO_PAGE_ASSETS_H
#define SHIHYO_PAGE_ASSETS_H

/* Lines with their ends, NULL after the last. */
extern const char *const shy_page_css[];
extern const char *const shy_page_js[];
extern const char *const shy_charts_data_js[];
extern const char *const shy_charts_js[];
extern const char *const shy_vega_licence[]; /* to stand wherever Vega does */

#endif
