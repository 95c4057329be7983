# PyXOpto (GPL-3, run as a program of its own) on the processor by OpenCL: the decks, f32, totals only.
ABSENT = ["xopto"]
PHOTONS = {"A1": 4_000_000, "A3": 500_000, "S5": 100_000}


def work():
    from xopto.cl import clinfo
    from xopto.mcml import mc
    import numpy as np

    device = clinfo.cpu()
    figures = {}
    for case, deck in DECKS.items():
        around = mc.mclayer.Layer(d=np.inf, n=1.0, mua=0.0, mus=0.0, pf=mc.mcpf.Hg(0.0))
        inside = [mc.mclayer.Layer(d=1e-2 * d, n=n, mua=1e2 * mua, mus=1e2 * mus, pf=mc.mcpf.Hg(g)) for n, mua, mus, g, d in deck]
        totals = mc.mcdetector.Detectors(top=mc.mcdetector.Total(), bottom=mc.mcdetector.Total())
        engine = mc.Mc(mc.mclayer.Layers([around, *inside, around]), mc.mcsource.Line(), totals, cl_devices=device)
        engine.rmax = 1e3
        engine.run(1000)
        cpu_s, _ = spent(lambda: engine.run(PHOTONS[case]))
        figures[case] = {"value": PHOTONS[case] / max(cpu_s, 1e-3)}
    return version("pyxopto"), figures


begin(work)
