/* policy.h: what a browser lets the page do: run the scripts and use the styles that stand in it, show pictures that stand in it, nothing else. */
#ifndef SHIHYO_PAGE_POLICY_H
#define SHIHYO_PAGE_POLICY_H

#include "shihyo/base.h"

/** Adds 'sha256-…' of a text: the source of a policy that allows a script or style of exactly these bytes. */
shy_status shy_policy_source(const char *text, size_t count, shy_buffer *out);

#endif
