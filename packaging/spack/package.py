# A Spack recipe: copy to <your repository>/packages/shihyo/package.py and fill in where the source is.
# Not run with Spack itself: the machine it was written on has none. Options and dependencies are those of configure.ac.
from spack.package import *


class Shihyo(AutotoolsPackage):
    """Exhaustive search for the simple formula behind a clinical outcome, on MPI."""

    maintainers = []
    license("Apache-2.0")
    version("0.1.0")  # url or git, and a checksum, belong here

    variant("petsc", default=True, description="Minimise by PETSc's TAO instead of by the program's own minimiser")
    variant("onednn", default=False, description="Matrix products in bf16 by oneDNN 2")

    depends_on("c", type="build")
    depends_on("autoconf@2.69:", type="build")
    depends_on("automake@1.15:", type="build")
    depends_on("libtool", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3:")
    depends_on("hdf5@1.10.2:+mpi")
    depends_on("openblas threads=none")  # the ranks are the parallelism
    depends_on("scalapack")
    depends_on("petsc@3.15:+mpi~complex+double", when="+petsc")
    depends_on("onednn@2", when="+onednn")
    depends_on("libcyaml")
    depends_on("libyaml")
    depends_on("jansson")
    depends_on("zlib-api")
    depends_on("openssl")
    depends_on("cmocka", type="test")

    def autoreconf(self, spec, prefix):
        Executable("./bootstrap")()

    def configure_args(self):
        args = ["CC={0}".format(self.spec["mpi"].mpicc)]
        args += self.with_or_without("petsc", activation_value="prefix")
        if "~onednn" in self.spec:
            args.append("--without-dnnl")
        return args

    def setup_run_environment(self, env):
        env.set("OPENBLAS_NUM_THREADS", "1")
        env.set("OMP_NUM_THREADS", "1")
