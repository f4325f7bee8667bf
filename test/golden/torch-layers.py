"""Writes torch-layers.json beside itself, for torch-layers.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-layers.py

Stacks of nn.RNN, nn.LSTM and nn.GRU in float64, in one direction and in two, with random weights and initial states, three
sequences of 4, 1 and 3 steps, packed. The loss is the sum of outputs and final states, each weighted by a random adjoint.
"""

import json
from pathlib import Path

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
B, T, I, H = 3, 4, 3, 2
LENGTHS = [4, 1, 3]


def draw(*shape, spread=1.0):
    """Uniform in ±spread, rounded to float32 so that both kinds of kernel start from the same numbers."""
    return ((2 * torch.rand(*shape) - 1) * spread).float().double()


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def stack(cell, layers, bidirectional):
    states = ["h", "c"] if cell == "LSTM" else ["h"]
    module = getattr(torch.nn, cell)(I, H, layers, batch_first=True, bidirectional=bidirectional)
    for parameter in module.parameters():
        parameter.data = draw(*parameter.shape, spread=0.9)
    ends = [f"_l{l}{d}" for l in range(layers) for d in (["", "_reverse"] if bidirectional else [""])]
    x = draw(B, T, I, spread=1.5).requires_grad_()
    initial = {s: draw(len(ends), B, H).requires_grad_() for s in states}
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    h, *c = initial.values()
    output, final = module(packed, (h, *c) if c else h)
    y, _ = pad_packed_sequence(output, batch_first=True, total_length=T)
    final = dict(zip(states, final if isinstance(final, tuple) else (final,)))
    dy, d_state = draw(*y.shape), {s: draw(len(ends), B, H) for s in states}
    ((y * dy).sum() + sum((final[s] * d_state[s]).sum() for s in states)).backward()
    by_name = lambda of: {f"{s}{end}": plain(of[s][i]) for s in states for i, end in enumerate(ends)}
    return {
        "cell": cell.lower(),
        "layers": layers,
        "bidirectional": bidirectional,
        "lengths": LENGTHS,
        "x": plain(x),
        "weights": {n: plain(p) for n, p in module.named_parameters()},
        "state": by_name(initial),
        "adjoints": {"y": plain(dy), "state": by_name(d_state)},
        "y": plain(y),
        "final": by_name(final),
        "gradients": {
            "x": plain(x.grad),
            "weights": {n: plain(p.grad) for n, p in module.named_parameters()},
            "state": by_name({s: v.grad for s, v in initial.items()}),
        },
    }


stacks = [
    stack("RNN", 1, True),
    stack("LSTM", 1, True),
    stack("LSTM", 2, False),
    stack("GRU", 2, True),
    stack("LSTM", 3, True),
]
lines = ",\n".join("  " + json.dumps(item, separators=(",", ":")) for item in stacks)
Path(__file__).with_name("torch-layers.json").write_text(
    f'{{\n"torch": "{torch.__version__.split("+")[0]}",\n"stacks": [\n{lines}\n]\n}}\n'
)
