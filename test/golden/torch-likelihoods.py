"""Writes torch-likelihoods.json beside itself, for torch-likelihoods.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-likelihoods.py

Mean -log_prob of torch.distributions at targets, with the gradient by a model's outputs [B, blocks·F], in blocks of F. In float64.
"""

import torch
from torch import distributions as d
from torch.nn.functional import softplus

from vectors import draw, plain, write

torch.manual_seed(17)
COMPONENTS = 3


def deviation(raw):
    return softplus(raw) + 1e-3


def gaussian(mean, raw):
    return d.Normal(mean, deviation(raw))


def student_t(mean, raw, freedom):
    return d.StudentT(2 + softplus(freedom), mean, deviation(raw))


def negative_binomial(log_mean, raw):
    alpha = softplus(raw) + 1e-6
    return d.NegativeBinomial(1 / alpha, logits=log_mean + alpha.log())


def mixed(of):
    def mixture(*blocks):
        logits, means, raws = (torch.stack(blocks[i * COMPONENTS : (i + 1) * COMPONENTS], -1) for i in range(3))
        return d.MixtureSameFamily(d.Categorical(logits=logits), of(means, deviation(raws)))

    return mixture


def case(name, of, blocks, targets, spread=3.0):
    rows, columns = targets.shape
    outputs = draw(rows, blocks * columns, spread=spread).requires_grad_()
    loss = -of(*outputs.split(columns, -1)).log_prob(targets).mean()
    loss.backward()
    return {"name": name, "outputs": plain(outputs), "targets": plain(targets), "loss": loss.item(), "gradient": plain(outputs.grad)}


def counts(*shape, most):
    return torch.randint(most, shape).double()


def above_zero(*shape):
    return draw(*shape, spread=4.0).abs() + 1 / 64


write(
    __file__,
    {"torch": torch.__version__},
    [
        case("gaussian", gaussian, 2, draw(5, 4, spread=4.0)),
        case("studentT", student_t, 3, draw(5, 4, spread=4.0)),
        case("studentT", student_t, 3, draw(7, 1, spread=40.0), spread=20.0),
        case("negativeBinomial", negative_binomial, 2, counts(5, 4, most=9)),
        case("negativeBinomial", negative_binomial, 2, counts(7, 1, most=900), spread=7.0),
        case("negativeBinomial", negative_binomial, 2, torch.zeros(3, 2), spread=12.0),
        case("gaussian mixture", mixed(d.Normal), 3 * COMPONENTS, draw(5, 4, spread=4.0)),
        case("gaussian mixture", mixed(d.Normal), 3 * COMPONENTS, draw(7, 1, spread=4.0), spread=20.0),
        case("logNormal mixture", mixed(d.LogNormal), 3 * COMPONENTS, above_zero(5, 4)),
        case("logNormal mixture", mixed(d.LogNormal), 3 * COMPONENTS, above_zero(7, 1), spread=20.0),
    ],
)
