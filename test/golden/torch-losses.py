"""Writes torch-losses.json beside itself, for torch-losses.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-losses.py

Cross-entropy of logits against class indices, where -1 is ignored, with its gradient; log_softmax of every row; softmax
with the gradient by a random adjoint. Embedding: rows of a table with padding_idx, and the table's gradient. In float64.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)


def draw(*shape, spread=1.0):
    """Uniform in ±spread, rounded to float32 so that both kinds of kernel start from the same numbers."""
    return ((2 * torch.rand(*shape) - 1) * spread).float().double()


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def loss(name, logits, ignored=()):
    classes = logits.shape[-1]
    targets = torch.randint(classes, logits.shape[:-1])
    targets.view(-1)[list(ignored)] = -1
    logits.requires_grad_()
    value = F.cross_entropy(logits.reshape(-1, classes), targets.reshape(-1), ignore_index=-1)
    value.backward()
    adjoint, copy = draw(*logits.shape), logits.detach().clone().requires_grad_()
    softmax = F.softmax(copy, -1)
    softmax.backward(adjoint)
    return {
        "name": name,
        "logits": plain(logits),
        "targets": plain(targets),
        "loss": value.item(),
        "gradient": plain(logits.grad),
        "logSoftmax": plain(F.log_softmax(logits, -1)),
        "softmax": plain(softmax),
        "adjoint": plain(adjoint),
        "softmaxGradient": plain(copy.grad),
    }


def embedding():
    ids, table = torch.tensor([[3, 0, 5, 3], [1, 1, 0, 4]]), draw(6, 3)
    table[0] = 0
    table.requires_grad_()
    adjoint = draw(2, 4, 3)
    y = F.embedding(ids, table, padding_idx=0)
    y.backward(adjoint)
    return {n: plain(t) for n, t in dict(ids=ids, table=table, y=y, adjoint=adjoint, gradient=table.grad).items()}


losses = [
    loss("one row", draw(1, 4)),
    loss("rows", draw(9, 5, spread=3.0)),
    loss("some ignored", draw(9, 5, spread=3.0), ignored=[0, 3, 4, 8]),
    loss("sequences", draw(2, 4, 17, spread=2.0), ignored=[3, 6, 7]),
    loss("characters", draw(3, 65, spread=4.0)),
    loss("far apart", draw(6, 7, spread=2000.0), ignored=[2]),
    loss("one class", draw(3, 1)),
]
lines = ",\n".join("  " + json.dumps(item, separators=(",", ":")) for item in losses)
Path(__file__).with_name("torch-losses.json").write_text(
    f'{{\n"torch": "{torch.__version__.split("+")[0]}",\n"losses": [\n{lines}\n],\n'
    f'"embedding": {json.dumps(embedding(), separators=(",", ":"))}\n}}\n'
)
