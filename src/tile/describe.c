/* Says which BLAS, which oneDNN and which instruction set the tiles run on. */
#include "shy_config.h"

#include "shihyo/tile.h"

#ifdef HAVE_DNNL
#include <dnnl.h>
#endif
#ifdef HAVE_OPENBLAS_GET_CONFIG
char *openblas_get_config(void);
char *openblas_get_corename(void);
#endif

void shy_tile_describe(char *text, size_t size)
{
    char dnnl[64] = "no oneDNN", blas[160] = "BLAS of the site";
#ifdef HAVE_DNNL
    const dnnl_version_t *version = dnnl_version();
    (void)snprintf(dnnl, sizeof dnnl, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
#endif
#ifdef HAVE_OPENBLAS_GET_CONFIG
    (void)snprintf(blas, sizeof blas, "%.90s (%.40s)", openblas_get_config(), openblas_get_corename());
#endif
    (void)snprintf(text, size, "BLAS: %s; %s; kernels %s", blas, dnnl, shy_isa_name(shy_isa_get()));
}
