/* How fast the library multiplies matrices here, if it is given nothing else to do: what the speed of a search is held against. */
#include "shy_config.h"

#include "tile/matmul.h"

enum { M = 768, N = 512, ROWS = 256 }; /* about the stacks of a tile, all of which lie in the caches */

/* Ones in the type of the products; any numbers would do. */
static void fill(shy_precision precision, size_t count, void *to)
{
    for (size_t k = 0; k < count; k++) {
        if (precision == SHY_FP64) ((double *)to)[k] = 1.0;
        else if (precision == SHY_BF16 && shy_bf16_native()) ((uint16_t *)to)[k] = 0x3f80;
        else ((float *)to)[k] = 1.0F;
    }
}

double shy_product_rate(shy_precision precision, double seconds)
{
    shy_status st = SHY_OK;
    double *a = NULL, *c = NULL, rate = 0.0, took = 0.0; /* doubles: room for every type */
    int products = -1;

    SHY_TRY(shy_new((size_t)(M + N) * ROWS, sizeof *a, &a));
    SHY_TRY(shy_new((size_t)M * N, sizeof *c, &c));
    fill(precision, (size_t)(M + N) * ROWS, a);
    const size_t size = precision == SHY_FP64 ? sizeof(double) : precision == SHY_BF16 && shy_bf16_native() ? sizeof(uint16_t) : sizeof(float);
    const char *b = (const char *)a + (size_t)M * ROWS * size;
    double start = 0.0;
    for (; took < seconds || products < 1; products++) { /* the first one warms up */
        if (products == 0) start = shy_time_seconds();
        SHY_TRY(shy_matmul(precision, M, N, ROWS, a, b, ROWS, c, N));
        took = products < 0 ? 0.0 : shy_time_seconds() - start;
    }
    rate = 2.0 * M * N * ROWS * products / took;
out:
    shy_free(&a);
    shy_free(&c);
    if (st != SHY_OK) shy_error_clear(); /* not to know it is no failure */
    return rate;
}
