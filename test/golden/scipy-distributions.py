"""Writes scipy-distributions.json beside itself, for scipy-distributions.test.ts.

Made with Python 3.11, scipy 1.17.1:
    pip install scipy && python test/golden/scipy-distributions.py

Quantiles and log densities of distributions, and the CRPS as the integral of (F(x) - [x >= y])² by adaptive quadrature.
"""

import json
from pathlib import Path

import numpy as np
import scipy
from scipy import stats
from scipy.integrate import quad

LEVELS = [1e-6, 0.001, 0.025, 0.3, 0.5, 0.7, 0.9, 0.999]


def crps_of_numbers(d, y):
    below = quad(lambda x: d.cdf(x) ** 2, -np.inf, y, limit=500, epsabs=1e-12, epsrel=1e-12)[0]
    return below + quad(lambda x: d.sf(x) ** 2, y, np.inf, limit=500, epsabs=1e-12, epsrel=1e-12)[0]


def crps_of_counts(d, y):
    k = np.arange(100_000)
    return float(((d.cdf(k) - (k >= y)) ** 2).sum())


def case(name, parameters, d, at, density, crps):
    return {
        "name": name,
        "parameters": parameters,
        "quantiles": [[p, float(d.ppf(p))] for p in LEVELS],
        "at": [[y, float(density(y)), crps(d, y)] for y in at],
    }


def gaussian(mean, deviation):
    d = stats.norm(mean, deviation)
    return case("gaussian", [mean, deviation], d, [-4.0, 0.3, 2.0, 9.0], d.logpdf, crps_of_numbers)


def student(mean, scale, freedom):
    d = stats.t(freedom, mean, scale)
    return case("studentT", [mean, scale, freedom], d, [-4.0, 0.3, 2.0, 9.0], d.logpdf, crps_of_numbers)


def counts(mean, alpha, at):
    d = stats.nbinom(1 / alpha, 1 / (1 + alpha * mean))
    return case("negativeBinomial", [mean, alpha], d, at, d.logpmf, crps_of_counts)


def log_normal(mean, deviation):
    d = stats.lognorm(deviation, scale=np.exp(mean))
    return case("logNormal", [mean, deviation], d, [0.01, 1.0, 3.0, 20.0], d.logpdf, crps_of_numbers)


cases = [
    gaussian(0.5, 1.5),
    student(0.5, 1.5, 2.2),
    student(-1.0, 0.7, 30.0),
    counts(0.4, 2.0, [0, 1, 5]),
    counts(7.0, 0.3, [0, 6, 30]),
    counts(300.0, 1e-4, [240, 300, 350]),
    log_normal(0.2, 0.8),
]
lines = ",\n".join("  " + json.dumps(one, separators=(",", ":")) for one in cases)
Path(__file__).with_suffix(".json").write_text(f'{{\n"scipy": "{scipy.__version__}",\n"cases": [\n{lines}\n]\n}}\n')
