/* hdf5_parts.c: attributes and datasets of results.h5. */
#include "shy_config.h"

#include "hdf5_impl.h"

shy_status shy_hdf5_failed(const char *what)
{
    return shy_fail(SHY_INTERNAL, "results.h5 could not be built: HDF5 refused %s. Please report this.", what);
}

/* A variable-length UTF-8 text as attribute. HDF5 is given "" for no text. */
shy_status shy_hdf5_text(hid_t object, hid_t text_type, const char *name, const char *text)
{
    const char *value = text == NULL ? "" : text;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, text_type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, text_type, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? shy_hdf5_failed(name) : SHY_OK;
}

shy_status shy_hdf5_integer(hid_t object, const char *name, uint64_t value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_UINT64, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? shy_hdf5_failed(name) : SHY_OK;
}

shy_status shy_hdf5_number(hid_t object, const char *name, double value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? shy_hdf5_failed(name) : SHY_OK;
}

/* A list of texts as attribute; HDF5 has no attribute of zero elements in its old format, so an empty list is left out. */
shy_status shy_hdf5_list(hid_t object, hid_t text_type, const char *name, const char *const *list, hsize_t count)
{
    if (count == 0) return SHY_OK;
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate2(object, name, text_type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t err = attribute < 0 ? -1 : H5Awrite(attribute, text_type, list);

    if (attribute >= 0) H5Aclose(attribute);
    if (space >= 0) H5Sclose(space);
    return err < 0 ? shy_hdf5_failed(name) : SHY_OK;
}

/* rows × width values (width 0: one dimension) of type `memory` in the file as `file`. */
shy_status shy_hdf5_dataset(const shy_hdf5_table *t, const char *name, hsize_t width, hid_t file, hid_t memory,
                            const void *values, const char *help)
{
    const hsize_t size[2] = {t->count, width};
    shy_status st = SHY_OK;
    hid_t space = H5Screate_simple(width == 0 ? 1 : 2, size, NULL);
    hid_t set = H5Dcreate2(t->group, name, file, space, H5P_DEFAULT, t->dataset_plist, H5P_DEFAULT);

    if (set < 0) st = shy_hdf5_failed(name);
    if (st == SHY_OK && t->count > 0 && H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        st = shy_hdf5_failed(name);
    if (st == SHY_OK) st = shy_hdf5_text(set, t->text_type, "description", help);
    if (set >= 0) H5Dclose(set);
    if (space >= 0) H5Sclose(space);
    return st;
}
