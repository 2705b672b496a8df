/** Follow-up on arrays of one rank, in the types of follow.h. */
#ifndef SHIHYO_MODEL_FOLLOWED_H
#define SHIHYO_MODEL_FOLLOWED_H

#include "follow.h"

/** What shy_follow_create wants. Owns what it had to make. */
struct shy_plain {
    struct shy_follow_data data;
    double *one; /* times of matched sets */
    int *stratum;
};
shy_status shy_plain_take(const shy_followed *data, struct shy_plain *plain_out);
void shy_plain_release(struct shy_plain *plain);

#endif
