"""Coefficients of src/kernels/wasm/functions.ts: least squares with Lawson's reweighting, which drives the largest
relative error down. Needs numpy: python scripts/fit.py"""

import numpy as np


def lawson(design, target, weight, rounds):
    share = np.ones(len(target))
    for _ in range(rounds):
        scale = np.sqrt(share) * weight
        solution = np.linalg.lstsq(design * scale[:, None], target * scale, rcond=None)[0]
        error = abs((design @ solution - target) * weight)
        share = share * (error + 1e-30)
        share /= share.sum()
    return solution, error.max()


half = np.log(2) / 2 * 1.0001
r = np.cos(np.pi * (np.arange(4000) + 0.5) / 4000) * half
powers = np.vander(r, 7, increasing=True)[:, 2:]
coefficients, worst = lawson(powers, np.exp(r) - 1 - r, np.exp(-r), 300)
print("exp", worst, coefficients.astype(np.float32))

limit = 9.02
x = np.cos(np.pi * (np.arange(6000) + 0.5) / 12000) * limit
u, y = (x / limit) ** 2, np.tanh(x) / x
share, denominator = np.ones(len(u)), np.ones(len(u))
for _ in range(600):  # linearised: the previous denominator divides the error
    scale = np.sqrt(share) / (y * denominator)
    top, bottom = np.vander(u, 5, increasing=True), np.vander(u, 5, increasing=True)[:, 1:]
    design = np.hstack([top, -y[:, None] * bottom])
    solution = np.linalg.lstsq(design * scale[:, None], y * scale, rcond=None)[0]
    p, q = solution[:5], np.r_[1, solution[5:]]
    error = abs(top @ p / (1 + bottom @ q[1:]) - y) / y
    denominator = abs(1 + bottom @ q[1:])
    share = share * (error / error.max() + 1e-3) ** 0.7
    share /= share.sum()
powers = limit ** (2 * np.arange(5))
print("tanh", error.max(), (p / powers).astype(np.float32), (q / powers).astype(np.float32))
