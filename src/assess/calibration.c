/* calibration */
#include "shy_config.h"

#include "assess_impl.h"

shy_status shy_calibration_run(shy_assessment *a)
{
    (void)a;
    return SHY_OK;
}
