"""Writes keras-recurrent.json beside itself, for keras-recurrent.test.ts.

Made with Python 3.11, torch 2.15.0, keras 3.15.1:
    pip install torch keras && KERAS_BACKEND=torch python test/golden/keras-recurrent.py

SimpleRNN, LSTM and GRU of Keras in float64, in one direction, the other, and both, alone and stacked, from given initial states,
with gradients by the autograd of its PyTorch backend. Sequences of several lengths are padded on the right and masked: on a masked
step Keras keeps its states and repeats its last output, or zeros where there was none yet. `y` is held against the mask, which
leaves zeros there as in packed sequences. Kernels, biases and gates are in Keras's layout, states under our names.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from keras.layers import GRU, LSTM, Bidirectional, SimpleRNN
from keras.src.backend.common import dtypes

from vectors import case, draw, ends_of, write

torch.manual_seed(17)
keras.utils.set_random_seed(17)
keras.config.set_floatx("float64")
# Its PyTorch backend multiplies matrices of float64 in float32, but for this.
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
B, T, I, H = 3, 4, 2, 2
RAGGED = [[4, 0, 3], [2, 4, 1], [0, 3, 4], [1, 4, 2]]
MERGES = {"concat": "concat", "sum": "sum", "mean": "ave"}
KINDS = {"SimpleRNN": (SimpleRNN, "rnn", ["h"]), "LSTM": (LSTM, "lstm", ["h", "c"]), "GRU": (GRU, "gru", ["h"])}
cases = []


def hard_sigmoid(x):
    """Keras's, written out: PyTorch's has a slope of 1/6 in float32 even on float64."""
    y = keras.ops.relu6(x + 3) / 6
    assert (y - keras.activations.hard_sigmoid(x)).abs().max() < 1e-15
    return y


# Our names and values for options of Keras's; those that decide no more than which weights there are have none.
OPTIONS = {"reset_after": "reset", "activation": "activation", "recurrent_activation": "recurrentActivation"}
VALUES = {True: "after", False: "before", hard_sigmoid: {"name": "hardSigmoid", "alpha": 1 / 6}}


def stack_of(make, options, ends, bidirectional, reverse, returns):
    """Keras's layers one upon another, each with what its weights and states end with in our names."""
    stack, features = [], I
    for names in ends:
        sequences = returns == "all" or names is not ends[-1]
        layer = make(H, return_sequences=sequences, return_state=True, go_backwards=reverse, **options)
        layer = Bidirectional(layer, merge_mode=MERGES[bidirectional]) if bidirectional else layer
        layer.build((B, T, features))
        stack.append((layer, names))
        features = 2 * H if bidirectional == "concat" else H
    return stack


def weights_of(layer, names):
    """By name: those of the forward layer, then those of the backward one."""
    variables = layer.trainable_variables
    return {f"{v.name}{names[i * len(names) // len(variables)]}": v for i, v in enumerate(variables)}


def add(kind, about, lengths=None, initial=True, draws=True, **options):
    """`about`: the layer by our options. Weights are drawn, or as Keras starts them, in steps of 1/64."""
    make, cell, states = KINDS[kind]
    layers, bidirectional, reverse, returns = (about.get(name) for name in ("layers", "bidirectional", "reverse", "returns"))
    returns, counts = returns or "all", lengths or [T] * B
    mask = torch.arange(T)[None] < torch.tensor(counts)[:, None]
    stack = stack_of(make, options, ends_of(layers or 1, bidirectional), bidirectional, reverse or False, returns)
    inputs = {"x": draw(B, T, I, spread=1.5)}
    for layer, names in stack:
        for name, variable in weights_of(layer, names).items():
            started = (variable.value.detach() * 64).round() / 64
            inputs[name] = draw(*variable.shape, spread=0.9) if draws else started
        inputs |= {f"{s}{end}": draw(B, H) for end in names for s in states} if initial else {}

    def run(given):
        read, outputs = given["x"], {}
        for layer, names in stack:
            ends = [f"{s}{end}" for end in names for s in states]
            more = ({"initial_state": [given[end] for end in ends]} if initial else {}) | ({"mask": mask} if lengths else {})
            weights, others = [given[name] for name in weights_of(layer, names)], [v.value for v in layer.non_trainable_variables]
            (y, *final), _ = layer.stateless_call(weights, others, read, **more)
            outputs |= dict(zip(ends, final, strict=True))
            if y.dim() == 2:
                return {"y": y, **outputs}
            # go_backwards gives its outputs in the order in which it read the steps.
            read = y.flip(1) if reverse else y
            for b, count in enumerate(counts if not bidirectional and not reverse else []):
                assert (y[b, count:] == (y[b, count - 1] if count else 0)).all()
        return {"y": read * mask[..., None], **outputs}

    told = {OPTIONS[name]: VALUES.get(value, value) for name, value in options.items() if name in OPTIONS}
    layer = {"cell": cell, "options": told, "units": H} | about
    settings = about | {name: getattr(value, "__name__", value) for name, value in options.items()}
    title = [kind, *(f"{name} {value}" for name, value in settings.items()), *([] if initial else ["from zero"])]
    cases.append(case(", ".join(title), layer, inputs, run, lengths))


for kind, options in [("SimpleRNN", {}), ("LSTM", {}), ("GRU", {"reset_after": True}), ("GRU", {"reset_after": False})]:
    add(kind, {}, RAGGED[0], **options)
    add(kind, {"reverse": True}, RAGGED[1], **options)
    for lengths, merge in zip(RAGGED, MERGES):
        add(kind, {"bidirectional": merge}, lengths, **options)
    add(kind, {"layers": 2, "bidirectional": "concat"}, RAGGED[3], **options)
    add(kind, {}, initial=False, **options)
    add(kind, {"layers": 2, "returns": "last"}, [4, 1, 3], **options)
    add(kind, {"bidirectional": "concat", "returns": "last"}, [2, 4, 1], **options)
add("SimpleRNN", {}, RAGGED[2], activation="relu")
add("LSTM", {"reverse": True}, RAGGED[2], recurrent_activation=hard_sigmoid, activation="relu")
add("LSTM", {"layers": 3}, RAGGED[1], recurrent_activation=hard_sigmoid)
for reset_after in (True, False):
    add("GRU", {}, RAGGED[0], recurrent_activation=hard_sigmoid, reset_after=reset_after)
add("LSTM", {}, RAGGED[3], initial=False, draws=False, unit_forget_bias=True)
add("LSTM", {}, RAGGED[2], use_bias=False)
add("GRU", {}, RAGGED[2], use_bias=False, reset_after=True)
write(__file__, {"keras": keras.__version__, "torch": torch.__version__}, cases)
