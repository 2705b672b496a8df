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

static shy_status digest_stream(FILE *file, const char *path, EVP_MD_CTX *context, unsigned char *digest)
{
    unsigned char part[16384];
    size_t count;

    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        return shy_fail(SHY_INTERNAL, "SHA-256 is not available in the libcrypto of this machine.");
    while ((count = fread(part, 1, sizeof part, file)) > 0)
        if (EVP_DigestUpdate(context, part, count) != 1) return shy_fail(SHY_INTERNAL, "%s: SHA-256 failed.", path);
    if (ferror(file)) return shy_fail(SHY_IO, "%s: reading failed: %s.", path, strerror(errno));
    if (EVP_DigestFinal_ex(context, digest, NULL) != 1) return shy_fail(SHY_INTERNAL, "%s: SHA-256 failed.", path);
    return SHY_OK;
}

shy_status shy_hash_file(const char *path, char hex_out[65])
{
    shy_status st = SHY_OK;
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = NULL;
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        st = shy_fail(SHY_IO, "%s: cannot be opened: %s.", path, strerror(errno));
        goto out;
    }
    context = EVP_MD_CTX_new();
    if (context == NULL) {
        st = shy_fail(SHY_MEMORY, "%s: no memory for computing its SHA-256.", path);
        goto out;
    }
    SHY_TRY(digest_stream(file, path, context, digest));
    for (int i = 0; i < 32; i++)
        snprintf(hex_out + 2 * i, 3, "%02x", digest[i]);
out:
    EVP_MD_CTX_free(context);
    if (file != NULL) fclose(file);
    return st;
}
