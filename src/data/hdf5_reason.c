/* hdf5_reason.c: what HDF5 says about a failure, reduced to the one phrase that a user can act on. */
#include "shy_config.h"

#include <hdf5.h>
#include <string.h>

#include "file_impl.h"

typedef struct {
    char *text;
    size_t size;
    bool system; /* an error of the operating system was found: nothing tells more */
} reason;

void shy_hdf5_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static herr_t note(unsigned depth, const H5E_error2_t *error, void *context)
{
    static const char mark[] = "error message = '";
    reason *r = context;
    const char *from = error->desc == NULL ? NULL : strstr(error->desc, mark);

    (void)depth;
    if (r->system || error->desc == NULL) return 0;
    if (from == NULL) {
        snprintf(r->text, r->size, "HDF5: %s", error->desc);
        return 0;
    }
    from += strlen(mark);
    snprintf(r->text, r->size, "%.*s", (int)strcspn(from, "'"), from);
    r->system = true;
    return 0;
}

const char *shy_hdf5_reason(char *text, size_t size)
{
    reason r = {.text = text, .size = size};

    snprintf(text, size, "HDF5 does not say why");
    /* From the outermost call inwards: the last description is the cause. */
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, note, &r);
    return text;
}
