# MCML (C, Wang, Jacques and Zheng 1995), a program `mcml` on the path: the decks with an absorption grid by radius and depth.
import resource
import shutil
import subprocess

ABSENT = ["mcml"]
PHOTONS = {"A1": 4_000_000, "A3": 400_000, "S5": 100_000}


def scene(case):
    lines = ["1.0", "1", f"{case}.mco A", str(PHOTONS[case]), "0.005 0.005", "50 100 1", str(len(DECKS[case])), "1.0"]
    lines += [f"{n} {mua} {mus} {g} {d}" for n, mua, mus, g, d in DECKS[case]] + ["1.0"]
    return "\n".join(lines) + "\n"


def reflected(case):
    """Specular and diffuse reflectance as it stands in the output."""
    with open(f"{case}.mco", errors="replace") as file:
        values = {line.split("#")[1].split()[0]: float(line.split("#")[0]) for line in file if "#Specular" in line or "#Diffuse" in line}
    return values["Specular"] + values["Diffuse"]


def work():
    program = shutil.which("mcml")
    if program is None:
        raise ModuleNotFoundError("mcml", name="mcml")
    figures = {}
    for case in DECKS:
        with open(f"{case}.mci", "w") as file:
            file.write(scene(case))
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([program, f"{case}.mci"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        cpu_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        figures[case] = {"value": PHOTONS[case] / max(cpu_s, 1e-3), "result": f"R {reflected(case):.5f}"}
    return "on the path", figures


begin(work)
