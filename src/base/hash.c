/* hash.c: a fast hash for tables and a cryptographic one for the provenance of files. */
#include "shy_config.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "shihyo/base.h"

/* The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): one to one, every bit depends on every bit. */
static uint64_t mix(uint64_t word)
{
    word ^= word >> 30;
    word *= 0xBF58476D1CE4E5B9u;
    word ^= word >> 27;
    word *= 0x94D049BB133111EBu;
    return word ^ word >> 31;
}

/* Each step is one to one in the word it takes in: strings of equal length that differ in one word never collide. */
uint64_t shy_hash_bytes(const void *bytes, size_t count, uint64_t seed)
{
    const unsigned char *next = bytes;
    const uint64_t step = 0x9E3779B97F4A7C15u;
    uint64_t hash = mix(seed + step), word;

    hash = mix((hash ^ count) + step);
    for (; count >= sizeof word; count -= sizeof word, next += sizeof word) {
        memcpy(&word, next, sizeof word);
        hash = mix((hash ^ word) + step);
    }
    if (count > 0) {
        word = 0;
        memcpy(&word, next, count);
        hash = mix((hash ^ word) + step);
    }
    return hash;
}

/* ---- SHA-256 ---- */

struct shy_hash {
    EVP_MD_CTX *context;
};

shy_status shy_hash_begin(shy_hash **hash_out)
{
    shy_status st = SHY_OK;
    shy_hash *hash = NULL;

    SHY_TRY(shy_new(1, sizeof *hash, &hash));
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL) SHY_TRY(shy_fail(SHY_MEMORY, "There is no memory for computing a SHA-256."));
    if (EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1)
        SHY_TRY(shy_fail(SHY_INTERNAL, "SHA-256 is not available in the libcrypto of this machine."));
    *hash_out = hash, hash = NULL;
out:
    shy_hash_free(&hash);
    return st;
}

shy_status shy_hash_add(shy_hash *hash, const void *bytes, size_t count)
{
    if (EVP_DigestUpdate(hash->context, bytes, count) == 1) return SHY_OK;
    return shy_fail(SHY_INTERNAL, "SHA-256 failed.");
}

shy_status shy_hash_end(shy_hash **hash, char hex_out[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    const bool good = EVP_DigestFinal_ex((*hash)->context, digest, NULL) == 1;

    shy_hash_free(hash);
    if (!good) return shy_fail(SHY_INTERNAL, "SHA-256 failed.");
    for (int i = 0; i < 32; i++)
        snprintf(hex_out + 2 * i, 3, "%02x", digest[i]);
    return SHY_OK;
}

void shy_hash_free(shy_hash **hash)
{
    if (*hash != NULL) EVP_MD_CTX_free((*hash)->context);
    shy_free(hash);
}

static shy_status add_stream(shy_hash *hash, FILE *file, const char *path)
{
    shy_status st = SHY_OK;
    unsigned char part[16384];
    size_t count;

    while ((count = fread(part, 1, sizeof part, file)) > 0)
        SHY_TRY(shy_hash_add(hash, part, count));
    if (ferror(file)) st = shy_fail(SHY_IO, "%s: reading failed: %s.", path, strerror(errno));
out:
    return st;
}

shy_status shy_hash_file(const char *path, char hex_out[65])
{
    shy_status st = SHY_OK;
    shy_hash *hash = NULL;
    FILE *file = fopen(path, "rb");

    if (file == NULL) SHY_TRY(shy_fail(SHY_IO, "%s: cannot be opened: %s.", path, strerror(errno)));
    SHY_TRY(shy_hash_begin(&hash));
    SHY_TRY(add_stream(hash, file, path));
    SHY_TRY(shy_hash_end(&hash, hex_out));
out:
    shy_hash_free(&hash);
    if (file != NULL) fclose(file);
    return st;
}
