"""Writes torch-layers.json beside itself, for torch.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-layers.py

nn.RNN (tanh and relu), nn.LSTM, nn.GRU and nn.LSTM with proj_size in float64, of one to three layers, in one direction and in
two, packed, from given initial states. Each also goes through the plain loop of vectors.py, which has to give the same. A packed
sequence has one step or more; sequences of none, and one direction last step first, come from the loop alone.
"""

from functools import partial

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import steps
from vectors import case, ends_of, inputs_of, stack, write

torch.manual_seed(11)
B, T, I, H, P = 3, 4, 2, 2, 1
RAGGED = [[4, 1, 3], [2, 4, 1], [1, 3, 4]]
# Ours by name and options, PyTorch's, one step, its states, and its weights for I inputs.
CELLS = {
    "rnn tanh": ({"cell": "rnn"}, torch.nn.RNN, steps.elman(torch.tanh), {"h": (H,)}, steps.stacked(1, H, H)),
    "rnn relu": (
        {"cell": "rnn", "options": {"activation": "relu"}},
        partial(torch.nn.RNN, nonlinearity="relu"),
        steps.elman(torch.relu),
        {"h": (H,)},
        steps.stacked(1, H, H),
    ),
    "lstm": ({"cell": "lstm"}, torch.nn.LSTM, steps.lstm, {"h": (H,), "c": (H,)}, steps.stacked(4, H, H)),
    "gru": ({"cell": "gru"}, torch.nn.GRU, steps.gru, {"h": (H,)}, steps.stacked(3, H, H)),
    "projected lstm": (
        {"cell": "projectedLstm", "projection": P},
        partial(torch.nn.LSTM, proj_size=P),
        steps.projected_lstm,
        {"h": (P,), "c": (H,)},
        steps.stacked(4, H, P, weight_hr=(P, H)),
    ),
}


def packed(module, states, inputs, lengths, ends):
    weights = {name: inputs[name] for name, _ in module.named_parameters()}
    initial = [torch.stack([inputs[f"{s}{end}"] for end in ends]) for s in states]
    rows = pack_padded_sequence(inputs["x"], lengths, batch_first=True, enforce_sorted=False)
    begin = tuple(initial) if len(initial) > 1 else initial[0]
    output, final = torch.func.functional_call(module, weights, (rows, begin))
    y, _ = pad_packed_sequence(output, batch_first=True, total_length=T)
    named = zip(states, final if len(initial) > 1 else [final])
    return {"y": y, **{f"{s}{end}": value[i] for s, value in named for i, end in enumerate(ends)}}


def make(name, about, lengths, packs=True):
    ours, module, step, states, weights = CELLS[name]
    layers, bidirectional = about["layers"], about.get("bidirectional")
    inputs = inputs_of(weights, states, ((B, T, I), states["h"][0]), **about)
    by_loop = lambda given: stack(step, states, given, lengths, **about)
    told = [f"layers {layers}"] if layers > 1 else []
    title = ", ".join([name, *told, *(key for key in ("bidirectional", "reverse") if key in about)])
    ours = ours | {"units": H} | about
    if not packs:
        return case(title + ", by steps", ours, inputs, by_loop, lengths)
    ends = [end for pair in ends_of(layers, bidirectional) for end in pair]
    theirs = module(I, H, num_layers=layers, batch_first=True, bidirectional=bidirectional is not None)
    assert [key for key in inputs if key.startswith(("weight", "bias"))] == [key for key, _ in theirs.named_parameters()]
    return case(title, ours, inputs, lambda given: packed(theirs, states, given, lengths, ends), lengths, also=by_loop)


cases = []
for name in CELLS:
    for layers in (1, 2, 3):
        for directions in ({}, {"bidirectional": "concat"}):
            cases.append(make(name, {"layers": layers} | directions, RAGGED[len(cases) % 3]))
    cases.append(make(name, {"layers": 1, "reverse": True}, [3, 0, 4], packs=False))
    cases.append(make(name, {"layers": 2, "bidirectional": "concat"}, [0, 4, 1], packs=False))
write(__file__, {"torch": torch.__version__}, cases)
