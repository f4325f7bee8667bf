"""What ONNX Runtime itself computes for the case ZeroSeqInMiddle, beside what its test prints.

pip install onnx onnxruntime numpy; python test/golden/ort-zero-length.py ../shared/vectors/ort-rnn-cases.json
"""

import json
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

vectors = json.load(open(sys.argv[1]))
case = next(c for c in vectors["lstm_cases"] if c["name"] == "ZeroSeqInMiddle")
both = lambda name, *shape: np.array(vectors["lstm"][name], np.float32).reshape(1, *shape).repeat(2, 0)
feed = {
    "X": np.array(case["X"], np.float32).reshape(2, 4, 2),
    "W": both("W", 8, 2),
    "R": both("R", 8, 2),
    "B": both("B", 16),
    "L": np.array(case["sequence_lens"], np.int32),
}
info = lambda name, a: helper.make_tensor_value_info(
    name, TensorProto.INT32 if a.dtype == np.int32 else TensorProto.FLOAT, a.shape
)
node = helper.make_node("LSTM", list(feed), ["Y"], hidden_size=2, direction="bidirectional")
graph = helper.make_graph(
    [node], "case", [info(*item) for item in feed.items()], [helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)]
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
model.ir_version = 8
(y,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feed)
printed = np.array(case["Y"], np.float32)
for place in np.argsort(-abs(y.ravel() - printed))[:3]:
    print(place, "printed", printed[place], "computed", y.ravel()[place])
