/* The instruction set that kernels run on: the widest that the processor and this build have, or what SHY_ISA names. */
#include "shy_config.h"

#include <stdlib.h>
#include <string.h>

#include "shihyo/base.h"

static shy_isa most = SHY_ISAS - 1;

static const char *const name[SHY_ISAS] = {"portable", "avx2", "avx512"};

const char *shy_isa_name(shy_isa isa)
{
    return name[isa];
}

bool shy_isa_available(shy_isa isa)
{
#ifdef HAVE_X86_KERNELS
    __builtin_cpu_init();
    switch (isa) {
    case SHY_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw");
    case SHY_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default: return true;
    }
#else
    return isa == SHY_ISA_PORTABLE;
#endif
}

static int find(const char *text)
{
    int isa = 0;
    while (isa < SHY_ISAS && strcmp(text, name[isa]) != 0) isa++;
    return isa;
}

shy_status shy_isa_check(void)
{
    const char *text = getenv("SHY_ISA");
    if (!text || *text == '\0') return SHY_OK;
    const int isa = find(text);
    if (isa == SHY_ISAS) return shy_fail(SHY_USAGE, "SHY_ISA is \"%s\"; it may be portable, avx2 or avx512, or not set.", text);
    if (shy_isa_available((shy_isa)isa)) return SHY_OK;
    return shy_fail(SHY_USAGE, "SHY_ISA is \"%s\", which this processor or this build of the program does not have.", text);
}

void shy_isa_limit(shy_isa isa)
{
    if (isa < most) most = isa;
}

shy_isa shy_isa_get(void)
{
    const char *text = getenv("SHY_ISA");
    int isa = text ? find(text) : SHY_ISAS;
    if (isa > (int)most) isa = (int)most;
    while (!shy_isa_available((shy_isa)isa)) isa--;
    return (shy_isa)isa;
}
