# results_data.sh: sourced by the tests that compare results: the data of results.h5, as text.
# shellcheck shell=sh disable=SC2034 # variables are used by who sources this

# The data of results.h5: all but /run, which says when and where. Written by whatever can read HDF5.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import h5py' 2>/dev/null && break
    python=
done
cat >data.py <<'END'
import h5py, numpy, sys
def describe(name, item):
    if name == "run" or name.startswith("run/"):
        return
    for key in sorted(item.attrs):
        print(name, "@" + key, repr(item.attrs[key]))
    if isinstance(item, h5py.Dataset):
        values = numpy.asarray(item[()]).ravel()
        exact = [v.tobytes().hex() if values.dtype.kind in "fiu" else repr(v) for v in values]
        print(name, item.shape, item.dtype, exact)
for path in sys.argv[1:]:
    file = h5py.File(path, "r")
    describe("/", file)
    file.visititems(describe)
END
data_of() { # data_of RESULTS.h5
    if [ -n "$python" ]; then
        "$python" data.py "$1"
    else
        for group in /front /best /levels; do h5dump -g "$group" "$1" | sed 1d; done
    fi
}
data=yes
if [ -z "$python" ] && ! command -v h5dump >/dev/null 2>&1; then
    data=
    echo 'ok - skipped: the data of results.h5 are compared with h5py or h5dump (Debian: python3-h5py or hdf5-tools)'
fi
