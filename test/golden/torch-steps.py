"""Writes torch-steps.json beside itself, for torch.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-steps.py

Cells that PyTorch has no layer for, as loops over the equations of their papers (steps.py), with gradients by autograd, in
float64: alone and stacked, in one direction and in two, with sequences of no step, and with every way in which a layer puts
directions and layers together. The cells that skip steps are no cells of the library: vectors.ts defines them.
"""

import torch
from torch import sigmoid

import steps
from vectors import case, inputs_of, stack, write

torch.manual_seed(13)
B, T, I = 3, 4, 2
RAGGED = [[4, 0, 3], [2, 4, 1], [0, 3, 4], [1, 4, 2]]


def cells_of(H):
    """Of H units: ours by name and options, one step, its states, and its weights for I inputs."""
    peepholes = {f"peephole_{name}": (H,) for name in ("forget", "input", "output")}
    coupled = {f"peephole_{name}": (H,) for name in ("input", "output")}
    norms = {f"{kind}_{name}": (H,) for name in ("forget", "input", "candidate", "output", "cell") for kind in ("gain", "shift")}
    one, two = {"h": (H,)}, {"h": (H,), "c": (H,)}
    lstm, gru, rnn = (steps.stacked(gates, H, H) for gates in (4, 3, 1))
    back = {f"{kind}_hh_back{n}": (H, H) if kind == "weight" else (H,) for n in (2, 3) for kind in ("weight", "bias")}
    gated = {"weight_hh": (H, H), "bias_hh": (H,), "weight_hh_back3": (H, H), "bias_hh_back3": (H,)}
    gated |= {"weight_ch_back2": (H, H), "bias_ch_back2": (H,)}
    leaky = lambda alpha: {"cell": "leaky", "options": {"alpha": alpha}}
    alphas = [0.125, 0.5, 0.9375][-H:]
    P = H - 1
    return {
        "peephole lstm": ({"cell": "peepholeLstm"}, steps.peephole_lstm, two, steps.stacked(4, H, H, **peepholes)),
        "coupled lstm": ({"cell": "coupledLstm"}, steps.coupled_lstm, two, steps.stacked(3, H, H)),
        "coupled lstm with peepholes": (
            {"cell": "coupledLstm", "options": {"peepholes": True}},
            steps.coupled_peephole_lstm,
            two,
            steps.stacked(3, H, H, **coupled),
        ),
        "clipped lstm": ({"cell": "lstm", "options": {"clip": 0.7}}, steps.clipped_lstm, two, lstm),
        "layer norm lstm": ({"cell": "layerNormLstm"}, steps.layer_norm_lstm, two, steps.stacked(4, H, H, **norms)),
        "gru reset before": ({"cell": "gru", "options": {"reset": "before"}}, steps.gru_reset_before, one, gru),
        "mgu": ({"cell": "mgu"}, steps.mgu, one, steps.stacked(2, H, H)),
        "leaky": (leaky(0.75), steps.leaky(0.75), one, rnn),
        "leaky, α of each unit": (leaky(alphas), steps.leaky(alphas), one, rnn),
        "leaky learned": (
            leaky("learned"),
            steps.leaky(lambda w: sigmoid(w["alpha_logit"])),
            one,
            steps.stacked(1, H, H, alpha_logit=(H,)),
        ),
        "minGru": ({"cell": "minGru"}, steps.min_gru, one, steps.stacked(2, H, 0)),
        "minLstm": ({"cell": "minLstm"}, steps.min_lstm, one, steps.stacked(3, H, 0)),
        "several skips": ({"cell": "severalSkips"}, steps.several_skips, {"h": (3, H)}, steps.stacked(1, H, H, **back)),
        "gated skip": (
            {"cell": "gatedSkip"},
            steps.gated_skip,
            {"h": (3, H), "c": (2, H)},
            lambda I: {"weight_ih": (2 * H, I), "bias_ih": (2 * H,)} | gated,
        ),
        "lstm": ({"cell": "lstm"}, steps.lstm, two, lstm),
        "gru": ({"cell": "gru"}, steps.gru, one, gru),
        "rnn": ({"cell": "rnn"}, steps.elman(torch.tanh), one, rnn),
        "projected lstm": (
            {"cell": "projectedLstm", "projection": P},
            steps.projected_lstm,
            {"h": (P,), "c": (H,)},
            steps.stacked(4, H, P, weight_hr=(P, H)),
        ),
    }


cases = []


def add(name, lengths=None, initial="given", H=2, **about):
    ours, step, states, weights = cells_of(H)[name]
    lengths = lengths or RAGGED[len(cases) % 4]
    width = next(iter(states.values()))[-1]
    inputs = inputs_of(weights, states, ((B, T, I), width), initial=initial, **about)
    learned = {"initial": "learned"} if initial == "learned" else {}
    title = ", ".join([name, *(key if value is True else f"{key} {value}" for key, value in (learned | about).items())])
    run = lambda given: stack(step, states, given, lengths, **about)
    cases.append(case(title, ours | {"units": H} | learned | about, inputs, run, lengths))


for name in list(cells_of(3))[:-4]:
    add(name, H=3)
for name in ("peephole lstm", "gru reset before", "leaky, α of each unit", "several skips"):
    add(name, reverse=True)
for name in ("coupled lstm with peepholes", "gru reset before", "mgu", "minLstm", "gated skip"):
    add(name, layers=2, bidirectional="concat")
add("layer norm lstm", H=3, layers=2, bidirectional="concat")
add("leaky learned", layers=3, bidirectional="concat")
add("minGru", layers=3)
for merge in ("sum", "mean"):
    add("lstm", layers=2, bidirectional=merge)
    add("gru", bidirectional=merge)
    add("gated skip", layers=2, bidirectional=merge)
add("projected lstm", layers=2, bidirectional="mean")
add("lstm", layers=3, residual=True)
add("gru", layers=2, residual=True, bidirectional="sum")
add("rnn", layers=2, residual=True, bidirectional="concat")
add("gru", layers=2, residual=True, returns="last", lengths=[2, 4, 1])
add("several skips", layers=2, residual=True, reverse=True, returns="last", lengths=[4, 1, 3])
add("lstm", initial="learned", layers=2, bidirectional="concat")
add("several skips", initial="learned", layers=2)
add("projected lstm", initial="learned", reverse=True)
add("gru", initial="zero", layers=2, bidirectional="concat")
add("gated skip", initial="zero")
add("lstm", layers=2, bidirectional="concat", returns="last")
add("projected lstm", returns="last")
write(__file__, {"torch": torch.__version__}, cases)
