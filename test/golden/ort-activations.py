"""Writes ort-activations.json beside itself, for ort-activations.test.ts.

Made with Python 3.11, onnx 1.23.2, onnxruntime 1.32.0:
    pip install onnx onnxruntime && python test/golden/ort-activations.py

RNN, GRU and LSTM of ONNX with every activation that ONNX Runtime has, settings of its own where it takes any, with and without a
clip, from numbers large enough to reach the clip and all the kinks, and not so large that a gate above 1 makes a state diverge.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

S, B, I, H = 3, 2, 2, 2
random = np.random.default_rng(5)
# ONNX's name, ours, and the settings given.
ACTIVATIONS = [
    ("Affine", "affine", {"alpha": 0.6, "beta": 0.2}),
    ("Relu", "relu", {}),
    ("LeakyRelu", "leakyRelu", {"alpha": 0.3}),
    ("ThresholdedRelu", "thresholdedRelu", {"alpha": 0.4}),
    ("Tanh", "tanh", {}),
    ("ScaledTanh", "scaledTanh", {"alpha": 1.3, "beta": 0.7}),
    ("Sigmoid", "sigmoid", {}),
    ("HardSigmoid", "hardSigmoid", {"alpha": 0.3, "beta": 0.4}),
    ("Elu", "elu", {"alpha": 1.4}),
    ("Softsign", "softsign", {}),
    ("Softplus", "softplus", {}),
]
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def run(op, activations, clip=None, **more):
    draw = lambda *shape: random.uniform(-1, 1, shape).astype("f")
    gates = GATES[op]
    feeds = {"X": draw(S, B, I), "W": draw(1, gates * H, I), "R": draw(1, gates * H, H), "B": draw(1, 2 * gates * H)}
    list_of = lambda setting: [settings[setting] for _, _, settings in activations if setting in settings]
    attributes = {"hidden_size": H, "activations": [name for name, _, _ in activations], **more}
    # ONNX Runtime takes the settings in turn, one for each activation that has it.
    for setting in ("alpha", "beta"):
        if list_of(setting):
            attributes[f"activation_{setting}"] = list_of(setting)
    if clip is not None:
        attributes["clip"] = clip
    outputs = ["Y", "Y_h"] + (["Y_c"] if op == "LSTM" else [])
    node = helper.make_node(op, list(feeds), outputs, **attributes)
    value = lambda name, shape=None: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], op, [value(k, v.shape) for k, v in feeds.items()], [value(k) for k in outputs])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    model.ir_version = 8
    results = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    assert all(np.isfinite(array).all() for array in results)
    # As few digits as say which float32 it is.
    plain = lambda arrays: {name: [float(str(v)) for v in array.flatten()] for name, array in arrays.items()}
    return {
        "op": op,
        "activations": [{"name": ours, **settings} for _, ours, settings in activations],
        **({} if clip is None else {"clip": clip}),
        **more,
        "inputs": plain(feeds),
        "outputs": plain(dict(zip(outputs, results))),
    }


cases = []
for n, one in enumerate(ACTIVATIONS):
    two, three = ACTIVATIONS[(n + 3) % len(ACTIVATIONS)], ACTIVATIONS[(n + 7) % len(ACTIVATIONS)]
    cases += [run("RNN", [one]), run("RNN", [one], clip=0.8)]
    cases += [run("GRU", [one, two], linear_before_reset=n % 2), run("GRU", [one, two], clip=0.8, linear_before_reset=n % 2)]
    cases += [run("LSTM", [one, two, three]), run("LSTM", [one, two, three], clip=0.8)]
sizes = {"seq": S, "batch": B, "inputs": I, "hidden": H}
lines = ",\n".join("  " + json.dumps(case, separators=(",", ":")) for case in cases)
Path(__file__).with_name("ort-activations.json").write_text(
    f'{{\n"onnxruntime": "{onnxruntime.__version__}",\n"sizes": {json.dumps(sizes)},\n"cases": [\n{lines}\n]\n}}\n'
)
