/* vega.h: Vega, which draws the charts, as Debian's package libjs-vega has it. */
#ifndef SHIHYO_PAGE_VEGA_H
#define SHIHYO_PAGE_VEGA_H

#include "shihyo/base.h"

/**
 * Adds a script that defines `vega` (with vega.expressionInterpreter, so that no expression is evaluated by the browser). directory NULL: the
 * environment's SHY_VEGA, or where configure says. SHY_IO if a file is not there: the message names package and option.
 */
shy_status shy_vega_script(const char *directory, shy_buffer *out);

#endif
