"""SegRNN's own code on ETTh1: trains and tests it for each horizon, and writes what it came to after each of them.

    python run.py CLONE ETTh1.csv OUT.json [--horizons 96,192] [--epochs 4] ...
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import platform
import re
import runpy
import sys
import tempfile
import time

import numpy
import torch

parser = argparse.ArgumentParser()
parser.add_argument("clone", help="a clone of github.com/lss-1138/SegRNN")
parser.add_argument("data", help="ETTh1.csv")
parser.add_argument("out", help="the JSON file to write")
parser.add_argument("--horizons", default="96,192,336,720")
parser.add_argument("--past", type=int, default=720)
parser.add_argument("--segment", type=int, default=24)
parser.add_argument("--units", type=int, default=512)
parser.add_argument("--dropout", type=float, default=0.1)
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--rate", type=float, default=0.0003)
parser.add_argument("--loss", default="mse")
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--patience", type=int, default=5)
parser.add_argument("--seed", type=int, default=2024)
options = parser.parse_args()

clone, data, out = (pathlib.Path(path).resolve() for path in (options.clone, options.data, options.out))
numpy.Inf = numpy.inf  # it was written for NumPy 1
sys.path.insert(0, str(clone))
os.chdir(tempfile.mkdtemp())  # it leaves checkpoints and plots where it runs


class Tee(io.StringIO):
    def write(self, text):
        sys.stderr.write(text)
        sys.stderr.flush()
        return super().write(text)


def horizon(steps):
    flags = {
        "is_training": 1, "model_id": "ETTh1", "model": "SegRNN", "data": "ETTh1", "features": "M", "itr": 1,
        "root_path": data.parent, "data_path": data.name, "enc_in": 7, "rnn_type": "gru", "dec_way": "pmf",
        "channel_id": 1, "num_workers": 0, "seq_len": options.past, "pred_len": steps, "seg_len": options.segment,
        "d_model": options.units, "dropout": options.dropout, "batch_size": options.batch, "loss": options.loss,
        "learning_rate": options.rate, "train_epochs": options.epochs, "patience": options.patience,
        "random_seed": options.seed,
    }  # fmt: skip
    sys.argv = ["run_longExp.py", *(text for name, value in flags.items() for text in (f"--{name}", str(value)))]
    said = Tee()
    begin, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(said):
        runpy.run_path(str(clone / "run_longExp.py"), run_name="__main__")
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    text = said.getvalue()
    numbers = lambda pattern: [float(found) for found in re.findall(pattern, text)]
    return {
        "horizon": steps,
        "mse": numbers(r"mse:([\d.]+)")[-1],
        "mae": numbers(r"mae:([\d.]+)")[-1],
        "seconds": round(seconds, 1),
        "cpuSeconds": round(cpu, 1),
        "epochSeconds": [round(s, 1) for s in numbers(r"cost time: ([\d.]+)")],
        "validation": numbers(r"Vali Loss: ([\d.]+)"),
    }


recipe = {k: v for k, v in vars(options).items() if k not in ("clone", "data", "out", "horizons")}
versions = {"python": platform.python_version(), "torch": torch.__version__, "threads": torch.get_num_threads()}
results = []
for steps in options.horizons.split(","):
    results.append(horizon(int(steps)))
    document = {"kind": "segrnn", "recipe": recipe, **versions, "horizons": results}
    out.write_text(json.dumps(document, indent=1) + "\n")
