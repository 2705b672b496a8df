/* Matrix products by oneDNN: a primitive is compiled for every shape once and kept. */
#include "shy_config.h"

#include <string.h>

#include "tile/matmul.h"

#ifdef HAVE_DNNL
#include <dnnl.h>

/* oneDNN runs on the threads of OpenMP: one, since the ranks are the parallelism. Weak: not every build of oneDNN has OpenMP. */
extern void omp_set_num_threads(int count) __attribute__((weak));

typedef struct {
    int precision, m, n, rows, stride, ldc, accumulate;
} shy_shape_key;

typedef struct {
    shy_shape_key key;
    dnnl_primitive_t primitive; /* NULL: oneDNN will not do it */
    dnnl_memory_t a, b, c;
    bool used;
} shy_product;

enum { PRODUCTS = 1024 };

static struct {
    bool tried, works;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    shy_product product[PRODUCTS]; /* by hash; the last of two that collide stays */
} library;

static void cap_instructions(void)
{
    switch (shy_isa_get()) {
    case SHY_ISA_PORTABLE: (void)dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41); break;
    case SHY_ISA_AVX2: (void)dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2); break;
    default: break;
    }
}

static bool start(void)
{
    if (library.tried) return library.works;
    library.tried = true;
    if (omp_set_num_threads) omp_set_num_threads(1);
#ifdef HAVE_X86_KERNELS
    cap_instructions();
#else
    (void)cap_instructions;
#endif
    library.works = dnnl_engine_create(&library.engine, dnnl_cpu, 0) == dnnl_success &&
                    dnnl_stream_create(&library.stream, library.engine, dnnl_stream_default_flags) == dnnl_success;
    return library.works;
}

/* A is m × rows and B rows × n, both with the samples side by side. */
static bool describe(const shy_shape_key *key, dnnl_memory_desc_t *a, dnnl_memory_desc_t *b, dnnl_memory_desc_t *c)
{
    const dnnl_data_type_t type = key->precision == SHY_BF16 ? dnnl_bf16 : dnnl_f32;
    const dnnl_dims_t da = {key->m, key->rows}, db = {key->rows, key->n}, dc = {key->m, key->n};
    const dnnl_dims_t sa = {key->stride, 1}, sb = {1, key->stride}, sc = {key->ldc, 1};
    return dnnl_memory_desc_init_by_strides(a, 2, da, type, sa) == dnnl_success && dnnl_memory_desc_init_by_strides(b, 2, db, type, sb) == dnnl_success &&
           dnnl_memory_desc_init_by_strides(c, 2, dc, dnnl_f32, sc) == dnnl_success;
}

static dnnl_primitive_t compile(const shy_shape_key *key, const dnnl_memory_desc_t *a, const dnnl_memory_desc_t *b, const dnnl_memory_desc_t *c)
{
    dnnl_matmul_desc_t operation;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t after = NULL;
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_t primitive = NULL;
    bool good = dnnl_matmul_desc_init(&operation, a, b, NULL, c) == dnnl_success && dnnl_primitive_attr_create(&attributes) == dnnl_success &&
                dnnl_post_ops_create(&after) == dnnl_success;
    if (good && key->accumulate) good = dnnl_post_ops_append_sum(after, 1.0F) == dnnl_success;
    good = good && dnnl_primitive_attr_set_post_ops(attributes, after) == dnnl_success &&
           dnnl_primitive_desc_create(&descriptor, &operation, attributes, library.engine, NULL) == dnnl_success;
    if (good && dnnl_primitive_create(&primitive, descriptor) != dnnl_success) primitive = NULL;
    if (descriptor) (void)dnnl_primitive_desc_destroy(descriptor);
    if (after) (void)dnnl_post_ops_destroy(after);
    if (attributes) (void)dnnl_primitive_attr_destroy(attributes);
    return primitive;
}

static void forget(shy_product *product)
{
    if (product->a) (void)dnnl_memory_destroy(product->a);
    if (product->b) (void)dnnl_memory_destroy(product->b);
    if (product->c) (void)dnnl_memory_destroy(product->c);
    if (product->primitive) (void)dnnl_primitive_destroy(product->primitive);
    *product = (shy_product){.used = false};
}

static shy_product *product_of(const shy_shape_key *key)
{
    dnnl_memory_desc_t a, b, c;
    shy_product *product = &library.product[shy_hash_bytes(key, sizeof *key, 1) % PRODUCTS];
    if (product->used && memcmp(&product->key, key, sizeof *key) == 0) return product;
    forget(product);
    product->used = true;
    product->key = *key;
    if (!describe(key, &a, &b, &c)) return product;
    product->primitive = compile(key, &a, &b, &c);
    if (!product->primitive) return product;
    if (dnnl_memory_create(&product->a, &a, library.engine, DNNL_MEMORY_NONE) == dnnl_success &&
        dnnl_memory_create(&product->b, &b, library.engine, DNNL_MEMORY_NONE) == dnnl_success &&
        dnnl_memory_create(&product->c, &c, library.engine, DNNL_MEMORY_NONE) == dnnl_success) return product;
    (void)dnnl_primitive_destroy(product->primitive);
    product->primitive = NULL;
    return product;
}

bool shy_dnnl_multiply(shy_precision precision, int m, int n, int rows, const void *a, const void *b, int stride, void *c, int ldc, bool accumulate)
{
    if (!start()) return false;
    const shy_shape_key key = {(int)precision, m, n, rows, stride, ldc, accumulate};
    shy_product *p = product_of(&key);
    if (!p->primitive) return false;
    /* The library takes its inputs by pointers that are not const, and does not write to them. */
    if (dnnl_memory_set_data_handle(p->a, (void *)(uintptr_t)a) != dnnl_success || dnnl_memory_set_data_handle(p->b, (void *)(uintptr_t)b) != dnnl_success ||
        dnnl_memory_set_data_handle(p->c, c) != dnnl_success) return false;
    const dnnl_exec_arg_t arguments[3] = {{DNNL_ARG_SRC, p->a}, {DNNL_ARG_WEIGHTS, p->b}, {DNNL_ARG_DST, p->c}};
    return dnnl_primitive_execute(p->primitive, library.stream, 3, arguments) == dnnl_success && dnnl_stream_wait(library.stream) == dnnl_success;
}

bool shy_dnnl_native_bf16(void)
{
    if (!start()) return false;
#ifdef HAVE_X86_KERNELS
    /* Its numbers are sets of bits: what includes AVX512-BF16, AMX among them. */
    const unsigned isa = (unsigned)dnnl_get_effective_cpu_isa(), bf16 = (unsigned)dnnl_cpu_isa_avx512_core_bf16;
    return (isa & bf16) == bf16;
#else
    return false; /* other processors: until it has been tried there, bf16 is emulated */
#endif
}

#else

bool shy_dnnl_native_bf16(void)
{
    return false;
}

bool shy_dnnl_multiply(shy_precision precision, int m, int n, int rows, const void *a, const void *b, int stride, void *c, int ldc, bool accumulate)
{
    (void)precision, (void)m, (void)n, (void)rows, (void)a, (void)b, (void)stride, (void)c, (void)ldc, (void)accumulate;
    return false;
}

#endif
