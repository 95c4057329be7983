# pmmc (GPL-3, run as a program of its own): a cube of 60 mm as 6 tetrahedra, SSE code, one thread.
ABSENT = ["pmmc"]


def open_cl():
    """pmmc wants an OpenCL driver even where it does not use one; take the one that comes with pyopencl."""
    import glob
    import importlib.util

    found = importlib.util.find_spec("pyopencl")
    if "OCL_ICD_VENDORS" in os.environ or found is None or not found.submodule_search_locations:
        return
    drivers = glob.glob(os.path.join(found.submodule_search_locations[0], ".libs", "libpocl*.so*"))
    if drivers:
        with open("pocl.icd", "w") as file:
            file.write(os.path.abspath(drivers[0]) + "\n")
        os.environ["OCL_ICD_VENDORS"] = os.getcwd()


def work():
    open_cl()
    import pmmc
    import numpy as np

    corners = np.array([[x, y, z] for z in (0, 60) for y in (0, 60) for x in (0, 60)], dtype=float)
    tetrahedra = np.array([[1, 2, 4, 8], [1, 4, 3, 8], [1, 3, 7, 8], [1, 7, 5, 8], [1, 5, 6, 8], [1, 6, 2, 8]])
    figures = {}
    for case, outside, mirrors in (("matched", 1.37, 0), ("air", 1.0, 1)):
        count = 200_000
        scene = dict(
            nphoton=count, seed=7, node=corners, elem=tetrahedra, elemprop=np.ones(6, dtype=int),
            prop=np.array([[0, 0, 1, outside], [0.005, 1.0, 0.01, 1.37]]), isreflect=mirrors,
            tstart=0, tend=5e-9, tstep=5e-9, srcpos=[30.1, 30.2, 0.0], srcdir=[0, 0, 1], compute="sse",
        )
        grid_s, _ = spent(lambda: pmmc.run(scene))
        few = dict(scene, method="elem", basisorder=0, outputtype="energy")
        few_s, found = spent(lambda: pmmc.run(few))
        absorbed = f"absorbed {float(np.sum(found['flux'])):.4f}"
        figures[case] = {"value": count / grid_s, "result": absorbed}
        figures[case + " totals"] = {"value": count / few_s, "result": absorbed}
    return version("pmmc"), figures


begin(work)
