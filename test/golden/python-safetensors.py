"""Writes python.safetensors beside itself with the format's own library, for test/formats/safetensors.test.ts.

Made with Python 3.11, safetensors 0.8.0, numpy 2.4.6, ml_dtypes 0.6.0:
    pip install safetensors numpy ml_dtypes && python test/golden/python-safetensors.py
"""

from pathlib import Path

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

tensors = {
    "f64": np.array([[np.pi, -0.0], [5e-324, 1.7976931348623157e308]]),
    "f32": np.array([[1.5, -2.25, 3.1415927], [1e-45, 3.4028235e38, np.inf]], np.float32),
    # ordinary, largest, smallest normal, smallest subnormal, largest subnormal, both infinities
    "f16": np.array([1, -2.5, 65504, 6.104e-05, 6e-08, 6.1e-05, np.inf, -np.inf], np.float16),
    "bf16": np.array([1, -3.140625, 3.3895314e38, 9.2e-41, np.inf], ml_dtypes.bfloat16),
    "i64": np.array([-(2**63), 2**63 - 1]),
    "i32": np.array([-(2**31), 7], np.int32),
    "u8": np.array([0, 255], np.uint8),
    "bool": np.array([True, False, True]),
    "scalar": np.array(0.5, np.float32),
    "empty": np.zeros((0, 3), np.float32),
}
save_file(tensors, Path(__file__).with_name("python.safetensors"), {"made by": "python", "größe": "klein"})
for name in ("f16", "bf16"):
    print(name, tensors[name].astype(np.float64).tolist())
