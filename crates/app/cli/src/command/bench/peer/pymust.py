# PyMUST (LGPL-3): SIMUS in element-wise mode and a delay-and-sum matrix, L11-5v, plane wave.
ABSENT = ["pymust"]


def work():
    import pymust
    import numpy as np

    probe = pymust.getparam("L11-5v")
    probe.fs = 4 * probe.fc
    delays = np.zeros((1, int(probe.Nelements)))
    count = 3000
    chance = np.random.default_rng(1)
    x, z = chance.uniform(-19e-3, 19e-3, count), chance.uniform(5e-3, 25e-3, count)
    simus_s, (records, _) = spent(lambda: pymust.simus(x, z, np.ones(count), delays, probe))
    signals = pymust.rf2iq(records, probe)
    signals = signals[0] if isinstance(signals, tuple) else signals
    probe.fnumber = 1.5
    xs, zs = np.meshgrid(np.linspace(-19e-3, 19e-3, 140), np.linspace(5e-3, 25e-3, 280))
    das_s, _ = spent(lambda: pymust.dasmtx(signals, xs, zs, delays, probe) @ signals.flatten(order="F"))
    figures = {"simus": {"value": 1e3 * simus_s / count}, "dasmtx": {"value": das_s}}
    return version("pymust"), figures


begin(work)
