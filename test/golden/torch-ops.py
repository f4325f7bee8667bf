"""Writes torch-ops.json beside itself, for torch-ops.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-ops.py

Each case: an operation in float64 on drawn inputs, its result, and the gradient of every input that is a variable, by a
random adjoint of the result. Options are named as ours are; what PyTorch is given for them stands beside.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(23)


def draw(*shape, spread=1.0):
    """Uniform in ±spread, rounded to float32 so that both kinds of kernel start from the same numbers."""
    return ((2 * torch.rand(shape) - 1) * spread).float().double()


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


cases = []


def case(op, name, inputs, run, data=(), **options):
    """Inputs by number: those in `data` are not differentiated by."""
    for i, tensor in enumerate(inputs):
        tensor.requires_grad_(i not in data)
    y = run(*inputs)
    adjoint = draw(*y.shape)
    y.backward(adjoint)
    cases.append(
        {
            "op": op,
            "name": name,
            "options": options,
            "inputs": [plain(tensor) for tensor in inputs],
            "data": list(data),
            "y": plain(y),
            "adjoint": plain(adjoint),
            "gradients": [None if i in data else plain(t.grad) for i, t in enumerate(inputs)],
        }
    )


# Losses of one number for each target.
bce = F.binary_cross_entropy_with_logits
case("binaryCrossEntropy", "zeros and ones", [draw(6, 5, spread=3.0), torch.randint(2, (6, 5)).double()], bce, [1])
case("binaryCrossEntropy", "shares", [draw(2, 3, 4), draw(2, 3, 4).abs()], bce, [1])
case("binaryCrossEntropy", "far from 0, and 0", [torch.tensor([-500.0, -40, -1, 0, 0, 1, 40, 500]), draw(8).abs()], bce, [1])

# Several numbers for each target, side by side.
halves = lambda p: p.chunk(2, -1)


def gaussian(variance, eps):
    def run(p, y):
        mean, s = halves(p)
        return F.gaussian_nll_loss(mean, y, variance(s), eps=eps)

    return run


case("gaussian", "log-variance", [draw(5, 6, spread=2.0), draw(5, 3, spread=2.0)], gaussian(torch.exp, 1e-12), [1])
softplus = lambda s: (F.softplus(s) + 1e-3) ** 2
case("gaussian", "softplus", [draw(2, 4, 2, spread=3.0), draw(2, 4, 1)], gaussian(softplus, 1e-12), [1], scale="softplus")


def pinball(quantiles):
    def run(p, y):
        errors = [y - block for block in p.chunk(len(quantiles), -1)]
        return torch.stack([torch.maximum(q * e, (q - 1) * e) for q, e in zip(quantiles, errors)]).mean()

    return run


case("quantile", "three", [draw(7, 6), draw(7, 2)], pinball([0.1, 0.5, 0.9]), [1], quantiles=[0.1, 0.5, 0.9])
case("quantile", "one", [draw(2, 3, 2), draw(2, 3, 2)], pinball([0.75]), [1], quantiles=[0.75])

# Class indices, where -1 is ignored.
for name, shape, weights, smoothing, ignored in [
    ("smoothed", (9, 5), None, 0.1, []),
    ("weighted", (9, 5), [1, 0.5, 3, 0, 2], 0, [2]),
    ("both", (2, 4, 6), [1, 0.25, 3, 0.5, 2, 1], 0.2, [0, 5]),
    ("both, far apart", (5, 3), [0.5, 1, 1.5], 0.3, []),
]:
    classes = torch.randint(shape[-1], shape[:-1])
    classes.view(-1)[ignored] = -1

    def run(logits, target):
        weight = torch.tensor(weights, dtype=torch.float64) if weights else None
        flat = logits.reshape(-1, shape[-1]), target.reshape(-1).long()
        return F.cross_entropy(*flat, weight=weight, label_smoothing=smoothing, ignore_index=-1)

    spread = 500.0 if "far" in name else 2.0
    options = {"smoothing": smoothing, **({"weights": weights} if weights else {})}
    case("crossEntropy", name, [draw(*shape, spread=spread), classes.double()], run, [1], **options)

# Normalisation, products and attention.
case("layerNorm", "rows", [draw(5, 7, spread=3.0), draw(7), draw(7)], lambda x, g, b: F.layer_norm(x, [7], g, b), epsilon=1e-5)
far = draw(2, 3, 4) + torch.tensor([1000.0, -50, 0]).view(1, 3, 1)
case("layerNorm", "far from 0", [far.float().double(), draw(4), draw(4)], lambda x, g, b: F.layer_norm(x, [4], g, b, 1e-3), epsilon=1e-3)
case("product", "plain", [draw(3, 4, 5), draw(3, 5, 2)], torch.bmm)
case("product", "transposed", [draw(2, 3, 4), draw(2, 6, 4)], lambda a, b: a @ b.mT, transposed=True)
case("concat", "three", [draw(2, 3, 4), draw(2, 3, 1), draw(2, 3, 5)], lambda *parts: torch.cat(parts, -1))

# One key at least for each sample: PyTorch gives NaN where there is none.
LENGTHS = [4, 1, 3]
seen = (torch.arange(4) < torch.tensor(LENGTHS)[:, None])[:, None, :]
attend = F.scaled_dot_product_attention
case("attention", "all keys", [draw(3, 2, 5), draw(3, 4, 5), draw(3, 4, 6)], attend)
case(
    "attention",
    "ragged",
    [draw(3, 2, 5, spread=4.0), draw(3, 4, 5, spread=4.0), draw(3, 4, 6)],
    lambda q, k, v: attend(q, k, v, attn_mask=seen),
    lengths=LENGTHS,
)
general = lambda q, k, v, w: torch.softmax(q @ w.mT @ k.mT, -1) @ v
case("generalAttention", "written out", [draw(2, 3, 5), draw(2, 4, 6), draw(2, 4, 2), draw(6, 5)], general)


def additive(q, k, v, w, u, score):
    hidden = torch.tanh((q @ w.mT)[:, :, None] + (k @ u.mT)[:, None])
    scores = (hidden @ score.mT)[..., 0].masked_fill(~seen, -torch.inf)
    return torch.softmax(scores, -1) @ v


inputs = [draw(3, 2, 5), draw(3, 4, 6), draw(3, 4, 2), draw(7, 5), draw(7, 6), draw(1, 7)]
case("additiveAttention", "written out, ragged", inputs, additive, lengths=LENGTHS)

# CTC: targets have -1 behind their ends. Repeats, an empty target, short inputs, a blank elsewhere, no way to emit.
ragged = lambda rows, most: torch.tensor([row + [-1] * (most - len(row)) for row in rows], dtype=torch.float64)
for name, shape, rows, options in [
    ("plain", (2, 6, 5), [[1, 2, 3], [4, 1, 2]], {}),
    ("repeats, empty, short", (4, 8, 4), [[1, 1, 2, 2], [], [3, 1, 3], [2]], {"lengths": [8, 3, 5, 1]}),
    ("just enough steps", (2, 5, 3), [[1, 1, 2, 1], [2, 2, 2]], {"lengths": [5, 5]}),
    ("blank last", (3, 7, 4), [[0, 0, 1], [2, 1, 0], [1]], {"blank": 3, "lengths": [7, 6, 4]}),
    ("some impossible", (3, 4, 4), [[1, 1, 1], [2, 3], [3, 2, 1]], {"lengths": [4, 4, 2], "zeroInfinity": True}),
    ("long and sure", (2, 30, 6), [[5, 5, 1] * 3, [4, 1, 2, 5, 3] * 2], {"lengths": [30, 21]}),
]:

    def run(logits, target):
        return F.ctc_loss(
            logits.log_softmax(-1).transpose(0, 1),
            torch.tensor([label for row in rows for label in row]),
            torch.tensor(options.get("lengths", [shape[1]] * shape[0])),
            torch.tensor([len(row) for row in rows]),
            blank=options.get("blank", 0),
            zero_infinity=options.get("zeroInfinity", False),
        )

    spread = 20.0 if "sure" in name else 2.0
    case("ctc", name, [draw(*shape, spread=spread), ragged(rows, max(map(len, rows)))], run, [1], **options)

# Convolutions and pooling, channels last as ours are.
first = lambda t: t.movedim(-1, 1)
last = lambda t: t.movedim(1, -1)
window = lambda size, stride, dilation, padding: {
    "size": size, "stride": stride, "dilation": dilation, "padding": [[p, p] for p in padding]
}
for name, shape, outputs, size, stride, dilation, padding in [
    ("time", (2, 6, 3), 2, [3], [1], [1], [0]),
    ("time, strides and gaps", (2, 8, 2), 3, [3], [2], [2], [3]),
    ("one place", (1, 4, 5), 3, [1], [1], [1], [0]),
    ("image", (1, 4, 5, 2), 3, [3, 3], [1, 1], [1, 1], [1, 1]),
    ("image, strides and gaps", (1, 5, 6, 2), 2, [2, 3], [2, 1], [2, 3], [1, 2]),
]:
    conv = (F.conv1d, F.conv2d)[len(size) - 1]
    run = lambda x, w, b: last(conv(first(x), w, b, stride, padding, dilation))
    inputs = [draw(*shape), draw(outputs, shape[-1], *size), draw(outputs)]
    case("convolution", name, inputs, run, **window(size, stride, dilation, padding))

for name, shape, size, stride, padding in [
    ("time", (2, 6, 2), [2], [2], [0]),
    ("time, padded", (2, 7, 2), [3], [2], [1]),
    ("image", (1, 4, 6, 2), [2, 2], [2, 2], [0, 0]),
    ("image, padded", (1, 5, 5, 2), [3, 2], [1, 2], [1, 1]),
]:
    maximum, mean = ((F.max_pool1d, F.avg_pool1d), (F.max_pool2d, F.avg_pool2d))[len(size) - 1]
    options = window(size, stride, [1] * len(size), padding)
    case("pooling", name, [draw(*shape)], lambda x: last(maximum(first(x), size, stride, padding)), by="max", **options)
    run = lambda x: last(mean(first(x), size, stride, padding, count_include_pad=False))
    case("pooling", name, [draw(*shape)], run, by="average", **options)
case("average", "image", [draw(2, 3, 2, 3)], lambda x: F.adaptive_avg_pool2d(first(x), 1)[..., 0, 0])

lines = ",\n".join("  " + json.dumps(item, separators=(",", ":")) for item in cases)
Path(__file__).with_name("torch-ops.json").write_text(
    f'{{\n"torch": "{torch.__version__.split("+")[0]}",\n"cases": [\n{lines}\n]\n}}\n'
)
