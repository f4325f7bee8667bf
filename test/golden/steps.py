"""One step of each cell as its paper or its documentation has it, one sequence at a time: step(x, past, w) -> next states.

Weights go by PyTorch's names and order of gates. Nothing here knows of the library's own equations.
"""

import torch
from torch import sigmoid, tanh
from torch.nn.functional import layer_norm


def linear(x, h, w):
    """W x + b + U h + b', all gates stacked, as PyTorch's documentation has it."""
    return w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ h + w["bias_hh"]


def elman(activation):
    return lambda x, past, w: {"h": activation(linear(x, past["h"][-1], w))}


def lstm(x, past, w, clip=lambda z: z):
    """PyTorch's nn.LSTM; with `clip`, ONNX's bound on what each gate and the candidate are given."""
    i, f, g, o = clip(linear(x, past["h"][-1], w)).chunk(4)
    c = sigmoid(f) * past["c"][-1] + sigmoid(i) * tanh(g)
    return {"h": sigmoid(o) * tanh(c), "c": c}


def clipped_lstm(x, past, w):
    return lstm(x, past, w, lambda z: z.clamp(-0.7, 0.7))


def projected_lstm(x, past, w):
    """Sak et al. 2014; PyTorch's proj_size."""
    now = lstm(x, past, w)
    return {"h": w["weight_hr"] @ now["h"], "c": now["c"]}


def peephole_lstm(x, past, w):
    """Gers & Schmidhuber 2000: gates see c, the output gate as it is after the step."""
    c = past["c"][-1]
    i, f, g, o = linear(x, past["h"][-1], w).chunk(4)
    c, before = sigmoid(f + w["peephole_forget"] * c) * c, c
    c = c + sigmoid(i + w["peephole_input"] * before) * tanh(g)
    return {"h": sigmoid(o + w["peephole_output"] * c) * tanh(c), "c": c}


def coupled_lstm(x, past, w):
    """Greff et al. 2017, CIFG: f = 1 - i. Gates: input, candidate, output."""
    i, g, o = linear(x, past["h"][-1], w).chunk(3)
    c = (1 - sigmoid(i)) * past["c"][-1] + sigmoid(i) * tanh(g)
    return {"h": sigmoid(o) * tanh(c), "c": c}


def coupled_peephole_lstm(x, past, w):
    i, g, o = linear(x, past["h"][-1], w).chunk(3)
    before = past["c"][-1]
    i = sigmoid(i + w["peephole_input"] * before)
    c = (1 - i) * before + i * tanh(g)
    return {"h": sigmoid(o + w["peephole_output"] * c) * tanh(c), "c": c}


def layer_norm_lstm(x, past, w):
    """Ba et al. 2016, each gate on its own as in TensorFlow's LayerNormBasicLSTMCell, with torch's layer_norm."""
    norm = lambda name, v: layer_norm(v, v.shape, w[f"gain_{name}"], w[f"shift_{name}"])
    names = ("input", "forget", "candidate", "output")
    i, f, g, o = (norm(name, v) for name, v in zip(names, linear(x, past["h"][-1], w).chunk(4)))
    c = sigmoid(f) * past["c"][-1] + sigmoid(i) * tanh(g)
    return {"h": sigmoid(o) * tanh(norm("cell", c)), "c": c}


def gru(x, past, w):
    """PyTorch's nn.GRU: the reset gate acts on U h + b'."""
    h = past["h"][-1]
    (r, z, n), (rh, zh, nh) = (w["weight_ih"] @ x + w["bias_ih"]).chunk(3), (w["weight_hh"] @ h + w["bias_hh"]).chunk(3)
    r, z = sigmoid(r + rh), sigmoid(z + zh)
    return {"h": (1 - z) * tanh(n + r * nh) + z * h}


def gru_reset_before(x, past, w):
    """Cho et al. 2014: the reset gate acts on h, before its product."""
    h = past["h"][-1]
    (wr, wz, wn), (ur, uz, un) = w["weight_ih"].chunk(3), w["weight_hh"].chunk(3)
    br, bz, bn = (w["bias_ih"] + w["bias_hh"]).chunk(3)
    r, z = sigmoid(wr @ x + ur @ h + br), sigmoid(wz @ x + uz @ h + bz)
    return {"h": (1 - z) * tanh(wn @ x + un @ (r * h) + bn) + z * h}


def mgu(x, past, w):
    """Zhou et al. 2016: f both forgets and resets."""
    h = past["h"][-1]
    (wf, wn), (uf, un), (bf, bn) = w["weight_ih"].chunk(2), w["weight_hh"].chunk(2), (w["bias_ih"] + w["bias_hh"]).chunk(2)
    f = sigmoid(wf @ x + uf @ h + bf)
    return {"h": (1 - f) * h + f * tanh(wn @ x + un @ (f * h) + bn)}


def leaky(alpha):
    """Jaeger et al. 2007, with α of the old state kept; `alpha` is a number, one a unit, or made of the weights."""

    def step(x, past, w):
        a = alpha(w) if callable(alpha) else torch.tensor(alpha)
        return {"h": a * past["h"][-1] + (1 - a) * tanh(linear(x, past["h"][-1], w))}

    return step


def min_gru(x, past, w):
    """Feng et al. 2024."""
    z, candidate = (w["weight_ih"] @ x + w["bias_ih"]).chunk(2)
    return {"h": (1 - sigmoid(z)) * past["h"][-1] + sigmoid(z) * candidate}


def min_lstm(x, past, w):
    """Feng et al. 2024: f and i divided by their sum."""
    f, i, candidate = (w["weight_ih"] @ x + w["bias_ih"]).chunk(3)
    f, i = sigmoid(f), sigmoid(i)
    return {"h": f / (f + i) * past["h"][-1] + i / (f + i) * candidate}


def several_skips(x, past, w):
    """An RNN that also reads itself two and three steps back (Lin et al. 1996)."""
    z = linear(x, past["h"][-1], w)
    for back in (2, 3):
        z = z + w[f"weight_hh_back{back}"] @ past["h"][-back] + w[f"bias_hh_back{back}"]
    return {"h": tanh(z)}


def gated_skip(x, past, w):
    """A gate on the state three steps back, two gates on the state before (Zhang et al. 2016), and c from two steps back."""
    h, c = past["h"], past["c"]
    keep_x, write_x = (w["weight_ih"] @ x + w["bias_ih"]).chunk(2)
    keep = sigmoid(keep_x + w["weight_hh_back3"] @ h[-3] + w["bias_hh_back3"])
    write = tanh(write_x + w["weight_hh"] @ h[-1] + w["bias_hh"] + w["weight_ch_back2"] @ c[-2] + w["bias_ch_back2"])
    now = keep * c[-2] + (1 - keep) * write
    return {"h": tanh(now) - 0.3 * h[-2], "c": now}


def stacked(gates, H, read, **more):
    """Shapes of weight_ih and weight_hh with their biases, for `gates` of H numbers that read `read` of h; and others."""

    def weights(I):
        matrices = {"weight_ih": (gates * H, I)} | ({"weight_hh": (gates * H, read)} if read else {})
        return matrices | {name.replace("weight", "bias"): (gates * H,) for name in matrices} | more

    return weights
