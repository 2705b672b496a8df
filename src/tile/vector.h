/* One text, compiled once per instruction set; the loader picks the widest that the processor has. */
#ifndef SHY_TILE_VECTOR_H
#define SHY_TILE_VECTOR_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define SHY_NO_CLONES 1
#endif
#endif

/* Sanitisers instrument the resolver before their run time has started. */
#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(SHY_NO_CLONES)
#define SHY_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SHY_VECTOR_CLONES
#endif

#endif
