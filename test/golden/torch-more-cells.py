"""Writes torch-more-cells.json beside itself, for torch-cells.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-more-cells.py

As torch-cells.py, for cells of later papers: nn.LSTM with proj_size, packed; an LSTM with torch's layer_norm on each gate
and on c; minGRU and minLSTM as the paper's listings have them. The last three go through one sequence at a time.
"""

import json
from pathlib import Path

import torch
from torch.nn.functional import layer_norm, sigmoid
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
B, T, I, H, P = 3, 4, 2, 5, 3
LENGTHS = [4, 2, 3]


def draw(*shape, spread=1.0):
    """Uniform in ±spread, rounded to float32 so that both kinds of kernel start from the same numbers."""
    return ((2 * torch.rand(*shape) - 1) * spread).float().double()


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def packed_lstm(x, w, state):
    layer = torch.nn.LSTM(I, H, proj_size=P, batch_first=True)
    packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    named = {f"{name}_l0": value for name, value in w.items()}
    output, (h, c) = torch.func.functional_call(layer, named, (packed, (state["h"][None], state["c"][None])))
    y, _ = pad_packed_sequence(output, batch_first=True, total_length=T)
    return y, {"h": h[0], "c": c[0]}


def stepwise(step):
    def run(x, w, state):
        y, finals = [], []
        for b, length in enumerate(LENGTHS):
            now = {name: value[b] for name, value in state.items()}
            rows = []
            for t in range(length):
                now = step(x[b, t], now, w)
                rows.append(now["h"])
            rows += [torch.zeros(H)] * (T - length)
            y.append(torch.stack(rows))
            finals.append(now)
        return torch.stack(y), {name: torch.stack([final[name] for final in finals]) for name in state}

    return run


def layer_norm_lstm(x, s, w):
    z = w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ s["h"] + w["bias_hh"]
    norm = lambda name, v: layer_norm(v, (H,), w[f"gain_{name}"], w[f"shift_{name}"])
    i, f, g, o = (norm(name, v) for name, v in zip(("input", "forget", "candidate", "output"), z.chunk(4)))
    c = sigmoid(f) * s["c"] + sigmoid(i) * torch.tanh(g)
    return {"h": sigmoid(o) * torch.tanh(norm("cell", c)), "c": c}


def min_gru(x, s, w):
    z, candidate = (w["weight_ih"] @ x + w["bias_ih"]).chunk(2)
    return {"h": (1 - sigmoid(z)) * s["h"] + sigmoid(z) * candidate}


def min_lstm(x, s, w):
    f, i, candidate = (w["weight_ih"] @ x + w["bias_ih"]).chunk(3)
    f, i = sigmoid(f), sigmoid(i)
    return {"h": f / (f + i) * s["h"] + i / (f + i) * candidate}


def golden(name, run, shapes, states):
    leaf = lambda *shape, spread=1.0: draw(*shape, spread=spread).requires_grad_()
    w = {key: leaf(*shape, spread=0.9) for key, shape in shapes.items()}
    x, initial = leaf(B, T, I, spread=1.5), {s: leaf(B, n) for s, n in states.items()}
    y, final = run(x, w, initial)
    dy, d_state = draw(*y.shape), {s: draw(B, n) for s, n in states.items()}
    ((y * dy).sum() + sum((final[s] * d_state[s]).sum() for s in states)).backward()
    all_plain = lambda tensors: {key: plain(value) for key, value in tensors.items()}
    return {
        "name": name,
        "lengths": LENGTHS,
        "x": plain(x),
        "weights": all_plain(w),
        "state": all_plain(initial),
        "adjoints": {"y": plain(dy), "state": all_plain(d_state)},
        "y": plain(y),
        "final": all_plain(final),
        "gradients": {
            "x": plain(x.grad),
            "weights": {key: plain(value.grad) for key, value in w.items()},
            "state": {key: plain(value.grad) for key, value in initial.items()},
        },
    }


def stacked(gates, rows, recurrent=None):
    both = {"weight_ih": (gates * rows, I), "bias_ih": (gates * rows,)}
    return both | ({"weight_hh": (gates * rows, recurrent), "bias_hh": (gates * rows,)} if recurrent else {})


norms = {f"{kind}_{name}": (H,) for name in ("forget", "input", "candidate", "output", "cell") for kind in ("gain", "shift")}
cells = [
    golden("projected lstm", packed_lstm, stacked(4, H, P) | {"weight_hr": (P, H)}, {"h": P, "c": H}),
    golden("layer norm lstm", stepwise(layer_norm_lstm), stacked(4, H, H) | norms, {"h": H, "c": H}),
    golden("minGru", stepwise(min_gru), stacked(2, H), {"h": H}),
    golden("minLstm", stepwise(min_lstm), stacked(3, H), {"h": H}),
]
lines = ",\n".join("  " + json.dumps(cell, separators=(",", ":")) for cell in cells)
Path(__file__).with_name("torch-more-cells.json").write_text(
    f'{{\n"torch": "{torch.__version__.split("+")[0]}",\n"cells": [\n{lines}\n]\n}}\n'
)
