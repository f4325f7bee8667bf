"""Writes ort-recurrent.json beside itself, for ort-recurrent.test.ts.

Made with Python 3.11, torch 2.15.0, onnx 1.23.2, onnxruntime 1.32.0:
    pip install torch onnx onnxruntime && python test/golden/ort-recurrent.py

RNN, GRU and LSTM of ONNX, each direction with weights of its own, as ONNX Runtime computes them in float32 (`ort`). It has no
gradients for them, so the operators' equations, as ONNX's documentation has them, also go through the plain loop of vectors.py in
float64: that gives `outputs`, which have to agree with ONNX Runtime's within 1e-6, and their `gradients`.
Where a sequence has no step, ONNX Runtime ends in zeros and we where it began; the script sees to the first and notes the second.
First structures: directions, lengths, initial states, peepholes, coupled gates. Then every activation that ONNX Runtime has, with
settings of its own where it takes any, with a clip and without, from numbers large enough to reach the clip and all the kinks.
"""

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper

from vectors import agree, case, draw, loop, write

torch.manual_seed(5)
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
# By our names: ONNX's name, the function, and the settings given.
ACTIVATIONS = {
    "affine": ("Affine", lambda x, alpha, beta: alpha * x + beta, {"alpha": 0.6, "beta": 0.2}),
    "relu": ("Relu", torch.relu, {}),
    "leakyRelu": ("LeakyRelu", lambda x, alpha: torch.where(x < 0, alpha * x, x), {"alpha": 0.3}),
    "thresholdedRelu": ("ThresholdedRelu", lambda x, alpha: torch.where(x > alpha, x, 0), {"alpha": 0.4}),
    "tanh": ("Tanh", torch.tanh, {}),
    "scaledTanh": ("ScaledTanh", lambda x, alpha, beta: alpha * torch.tanh(beta * x), {"alpha": 1.3, "beta": 0.7}),
    "sigmoid": ("Sigmoid", torch.sigmoid, {}),
    "hardSigmoid": ("HardSigmoid", lambda x, alpha, beta: (alpha * x + beta).clamp(0, 1), {"alpha": 0.3, "beta": 0.4}),
    "elu": ("Elu", lambda x, alpha: torch.where(x < 0, alpha * (torch.exp(x) - 1), x), {"alpha": 1.4}),
    "softsign": ("Softsign", lambda x: x / (1 + x.abs()), {}),
    "softplus": ("Softplus", lambda x: torch.log(1 + torch.exp(x)), {}),
}
USUAL = {"RNN": ["tanh"], "GRU": ["sigmoid", "tanh"], "LSTM": ["sigmoid", "tanh", "tanh"]}


def step_of(op, activations, clip=None, input_forget=0, linear_before_reset=0, **_):
    """The equations under "Inputs" and "Equations" of onnx.ai/onnx/operators; W, R, B and P of one direction."""
    limit = lambda z: z if clip is None else z.clamp(-clip, clip)
    f, g, out = ([bounded(name, limit) for name in activations] + [None, None])[:3]

    def halves(w, gates):
        none = torch.zeros(2 * w["W"].shape[0])
        wb, rb = w.get("B", none).chunk(2)
        return w["W"].chunk(gates), w["R"].chunk(gates), wb.chunk(gates), rb.chunk(gates)

    def rnn(x, past, w):
        (wi,), (ri,), (wb,), (rb,) = halves(w, 1)
        return {"h": f(wi @ x + ri @ past["h"][-1] + wb + rb)}

    def gru(x, past, w):
        h = past["h"][-1]
        (wz, wr, wh), (rz, rr, rh), (wbz, wbr, wbh), (rbz, rbr, rbh) = halves(w, 3)
        z, r = f(wz @ x + rz @ h + wbz + rbz), f(wr @ x + rr @ h + wbr + rbr)
        inner = r * (rh @ h + rbh) if linear_before_reset else rh @ (r * h) + rbh
        return {"h": (1 - z) * g(wh @ x + inner + wbh) + z * h}

    def lstm(x, past, w):
        h, c = past["h"][-1], past["c"][-1]
        z = [wi @ x + ri @ h + wb + rb for wi, ri, wb, rb in zip(*halves(w, 4))]
        pi, po, pf = w["P"].chunk(3) if "P" in w else (torch.zeros_like(c),) * 3
        i = f(z[0] + pi * c)
        forget = 1 - i if input_forget else f(z[2] + pf * c)
        now = forget * c + i * g(z[3])
        # The clip bounds what the gates and the candidate are given; c on its way out goes as it is.
        name = activations[2]
        return {"h": f(z[1] + po * now) * bounded(name, lambda z: z)(now), "c": now}

    return {"RNN": rnn, "GRU": gru, "LSTM": lstm}[op]


def bounded(name, limit):
    _, function, settings = ACTIVATIONS[name]
    return lambda z: function(limit(z), **settings)


def by_loop(op, direction, activations, inputs, lengths, **attributes):
    step = step_of(op, activations, **attributes)
    states = ["h", "c"] if op == "LSTM" else ["h"]
    x, H = inputs["X"].transpose(0, 1), inputs["R"].shape[-1]
    ways = []
    for d, reverse in enumerate({"forward": [False], "reverse": [True], "bidirectional": [False, True]}[direction]):
        w = {name: inputs[name][d] for name in "WRBP" if name in inputs}
        none = torch.zeros(x.shape[0], H)
        initial = {s: inputs[f"initial_{s}"][d] if f"initial_{s}" in inputs else none for s in states}
        ways.append(loop(step, states, x, w, initial, lengths, reverse))
    ends = {f"Y_{s}": torch.stack([final[s] for _, final in ways]) for s in states}
    return {"Y": torch.stack([y.transpose(0, 1) for y, _ in ways], 1), **ends}


def by_ort(op, direction, activations, inputs, lengths, **attributes):
    order = ["X", "W", "R", "B", "L", "initial_h", "initial_c", "P"][: {"LSTM": 8}.get(op, 6)]
    feeds = {name: value.numpy().astype("f") for name, value in inputs.items()}
    if lengths is not None:
        feeds["L"] = np.array(lengths, np.int32)
    twice = 2 if direction == "bidirectional" else 1
    settings = [ACTIVATIONS[name][2] for name in activations]
    attributes = attributes | {"hidden_size": inputs["R"].shape[-1], "direction": direction}
    attributes["activations"] = [ACTIVATIONS[name][0] for name in activations] * twice
    # ONNX Runtime takes the settings in turn, one for each activation that has it.
    for setting in ("alpha", "beta"):
        if any(setting in of for of in settings):
            attributes[f"activation_{setting}"] = [of[setting] for of in settings if setting in of] * twice
    outputs = ["Y", "Y_h", "Y_c"] if op == "LSTM" else ["Y", "Y_h"]
    node = helper.make_node(op, [name if name in feeds else "" for name in order], outputs, **attributes)
    kind = lambda array: TensorProto.INT32 if array.dtype == np.int32 else TensorProto.FLOAT
    given = [helper.make_tensor_value_info(name, kind(array), array.shape) for name, array in feeds.items()]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph([node], op, given, made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    model.ir_version = 8
    results = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    return {name: torch.from_numpy(array) for name, array in zip(outputs, results)}


def node(op, sizes, direction="forward", activations=None, lengths=None, given=(), **attributes):
    """`given`: which of B, P, initial_h and initial_c the node has."""
    S, B, I, H = sizes
    D, G, activations = 2 if direction == "bidirectional" else 1, GATES[op], activations or USUAL[op]
    more = {"B": (D, 2 * G * H), "initial_h": (D, B, H), "initial_c": (D, B, H), "P": (D, 3 * H)}
    shapes = {"X": (S, B, I), "W": (D, G * H, I), "R": (D, G * H, H), **{name: more[name] for name in given}}
    inputs = {name: draw(*shape) for name, shape in shapes.items()}
    counts = [S] * B if lengths is None else lengths
    run = lambda given: by_loop(op, direction, activations, given, counts, **attributes)
    ort = by_ort(op, direction, activations, inputs, lengths, **attributes)
    ours = run(inputs)
    for b in (b for b, count in enumerate(counts) if count == 0):
        for name in ("Y_h", "Y_c"):
            if name in ort:
                assert (ort[name][:, b] == 0).all()
                ort[name][:, b] = ours[name][:, b]
    agree((op, direction, activations, attributes), {name: value.double() for name, value in ort.items()}, ours, 1e-6)
    named = [{"name": name, **ACTIVATIONS[name][2]} for name in activations]
    layer = {"op": op, "hidden": H, "direction": direction, "activations": named, **attributes}
    title = [op, direction, *activations, *(f"{key} {value}" for key, value in attributes.items()), *given]
    return case(", ".join(title), layer, inputs, run, lengths, ort=ort)


SIZES = (4, 3, 2, 2)
FULL = {"RNN": ["B", "initial_h"], "GRU": ["B", "initial_h"], "LSTM": ["B", "initial_h", "initial_c"]}
RAGGED = [[4, 0, 2], [1, 4, 3], [0, 2, 4]]
cases = []


def add(op, n, given=None, **more):
    direction = ["forward", "reverse", "bidirectional"][n]
    cases.append(node(op, SIZES, direction, lengths=RAGGED[n], given=FULL[op] if given is None else given, **more))


for n in range(3):
    add("RNN", n)
    add("GRU", n, linear_before_reset=0)
    add("GRU", n, linear_before_reset=1)
    add("LSTM", n)
    add("LSTM", n, given=[*FULL["LSTM"], "P"])
    add("LSTM", n, given=[*FULL["LSTM"], "P"], input_forget=1)
add("GRU", 2, linear_before_reset=0, clip=0.7)
add("GRU", 1, linear_before_reset=1, clip=0.7)
add("LSTM", 2, given=[*FULL["LSTM"], "P"], clip=0.7)
add("LSTM", 0, input_forget=1, clip=0.7)
add("LSTM", 2, input_forget=1, activations=["hardSigmoid", "softsign", "scaledTanh"])
add("LSTM", 1, given=["initial_c"])
add("GRU", 0, given=["initial_h"], linear_before_reset=1)
add("RNN", 2, given=[], activations=["leakyRelu"], clip=0.7)
small, names = (3, 2, 1, 2), list(ACTIVATIONS)
for n, one in enumerate(names):
    two, three = names[(n + 3) % len(names)], names[(n + 7) % len(names)]
    for clip in ({}, {"clip": 0.8}):
        cases.append(node("RNN", small, activations=[one], given=["B"], **clip))
        cases.append(node("GRU", small, activations=[one, two], given=["B"], linear_before_reset=n % 2, **clip))
        cases.append(node("LSTM", small, activations=[one, two, three], given=["B"], **clip))
write(__file__, {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}, cases)
