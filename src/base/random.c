/* random.c: counter-based random numbers, a function of (seed, purpose, index) and of nothing else. */
#include "shy_config.h"

#include <math.h>

#include "shihyo/base.h"

typedef struct {
    uint64_t first, second;
} word_pair;

/*
 * Philox 2x64 with ten rounds. The pair (index, purpose) is the counter and the seed is the key: for one seed the map from
 * counters to results is one to one, so that two streams can never overlap.
 * Source: Salmon, Moraes, Dror and Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
 */
static word_pair philox(uint64_t seed, uint64_t purpose, uint64_t index)
{
    const uint64_t multiplier = 0xD2B74407B1CE6E93u, key_step = 0x9E3779B97F4A7C15u;
    word_pair counter = {index, purpose};

    for (int round = 0; round < 10; round++) {
        unsigned __int128 product = (unsigned __int128)multiplier * counter.first;
        counter.first = (uint64_t)(product >> 64) ^ seed ^ counter.second;
        counter.second = (uint64_t)product;
        seed += key_step;
    }
    return counter;
}

/* 52 bits and a half: 53 bits would round up to 1 at the upper end. */
static double uniform_of(uint64_t bits)
{
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

uint64_t shy_random_bits(uint64_t seed, uint64_t purpose, uint64_t index)
{
    return philox(seed, purpose, index).first;
}

double shy_random_uniform(uint64_t seed, uint64_t purpose, uint64_t index)
{
    return uniform_of(philox(seed, purpose, index).first);
}

double shy_random_normal(uint64_t seed, uint64_t purpose, uint64_t index)
{
    const double two_pi = 6.283185307179586;
    word_pair bits = philox(seed, purpose, index);

    return sqrt(-2.0 * log(uniform_of(bits.first))) * cos(two_pi * uniform_of(bits.second));
}
