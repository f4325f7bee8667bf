"""Writes torch-cells.json beside itself, for torch-cells.test.ts and torch-optimizers.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-cells.py

Cells: one layer of nn.RNN, nn.LSTM and nn.GRU in float64 with random weights and initial states, three sequences of
4, 2 and 3 steps, packed. The loss is the sum of outputs and final states, each weighted by a random adjoint.
Optimizers: a linear model of 3 inputs and 2 outputs on 6 samples, mean squared error, 20 steps on all samples at once.
"""

import json
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
B, T, I, H = 3, 4, 2, 3
LENGTHS = [4, 2, 3]


def draw(*shape, spread=1.0):
    """Uniform in ±spread, rounded to float32 so that both kinds of kernel start from the same numbers."""
    return ((2 * torch.rand(*shape) - 1) * spread).float().double()


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def cell(name, layer, states):
    for parameter in layer.parameters():
        parameter.data = draw(*parameter.shape, spread=0.9)
    x = draw(B, T, I, spread=1.5).requires_grad_()
    initial = {s: draw(1, B, H).requires_grad_() for s in states}
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    h, *c = initial.values()
    output, final = layer(packed, (h, *c) if c else h)
    y, _ = pad_packed_sequence(output, batch_first=True, total_length=T)
    final = dict(zip(states, final if isinstance(final, tuple) else (final,)))
    dy, d_state = draw(B, T, H), {s: draw(B, H) for s in states}
    ((y * dy).sum() + sum((final[s][0] * d_state[s]).sum() for s in states)).backward()
    weights = {n.removesuffix("_l0"): p for n, p in layer.named_parameters()}
    return {
        "name": name,
        "lengths": LENGTHS,
        "x": plain(x),
        "weights": {n: plain(p) for n, p in weights.items()},
        "state": {s: plain(v[0]) for s, v in initial.items()},
        "adjoints": {"y": plain(dy), "state": {s: plain(v) for s, v in d_state.items()}},
        "y": plain(y),
        "final": {s: plain(v[0]) for s, v in final.items()},
        "gradients": {
            "x": plain(x.grad),
            "weights": {n: plain(p.grad) for n, p in weights.items()},
            "state": {s: plain(v.grad[0]) for s, v in initial.items()},
        },
    }


def optimizer(name, make, clip=None):
    x, y, model = inputs, targets, torch.nn.Linear(3, 2)
    model.weight.data, model.bias.data = start["weight"].clone(), start["bias"].clone()
    optim, losses, norms = make(model.parameters()), [], []
    for _ in range(20):
        optim.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        gradients = torch.cat([p.grad.flatten() for p in model.parameters()])
        norms.append(gradients.norm().item())
        if clip is not None:
            clip_grad_norm_(model.parameters(), clip)
        optim.step()
        losses.append(loss.item())
    return {"name": name, "losses": losses, "norms": norms, "weight": plain(model.weight), "bias": plain(model.bias)}


cells = [
    cell("rnn tanh", torch.nn.RNN(I, H, batch_first=True), ["h"]),
    cell("rnn relu", torch.nn.RNN(I, H, nonlinearity="relu", batch_first=True), ["h"]),
    cell("lstm", torch.nn.LSTM(I, H, batch_first=True), ["h", "c"]),
    cell("gru", torch.nn.GRU(I, H, batch_first=True), ["h"]),
]
inputs, targets = draw(6, 3), draw(6, 2, spread=3.0)
start = {"weight": draw(2, 3), "bias": draw(2)}
optimizers = [
    optimizer("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
    optimizer("sgd clipped", lambda p: torch.optim.SGD(p, lr=0.1), clip=0.9),
    optimizer("adam", lambda p: torch.optim.Adam(p, lr=0.05)),
    optimizer("adam with options", lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3)),
]
problem = {"inputs": plain(inputs), "targets": plain(targets), **{n: plain(v) for n, v in start.items()}}

lines = lambda items: ",\n".join("  " + json.dumps(item, separators=(",", ":")) for item in items)
Path(__file__).with_name("torch-cells.json").write_text(
    f'{{\n"torch": "{torch.__version__.split("+")[0]}",\n"cells": [\n{lines(cells)}\n],\n'
    f'"problem": {json.dumps(problem, separators=(",", ":"))},\n"optimizers": [\n{lines(optimizers)}\n]\n}}\n'
)
