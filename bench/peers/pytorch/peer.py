"""PyTorch on the CPU: its nn modules, and for a cell of one's own that cell, as they are and compiled; the fastest counts."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from protocol import answer, request, timed

seconds, threads, row = request()
torch.set_num_threads(threads)
torch.manual_seed(1)
torch._dynamo.config.allow_rnn = True
kinds = {"lstm": torch.nn.LSTM, "own": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
batch, steps, inputs, hidden = (row[name] for name in ("batch", "steps", "inputs", "hidden"))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        more = {"nonlinearity": "relu"} if row["cell"] == "rnn" else {}
        self.layers = kinds[row["cell"]](inputs, hidden, row["layers"], batch_first=True, **more)
        self.head = torch.nn.Linear(hidden, row["head"]) if row.get("head") else torch.nn.Identity()

    def forward(self, x, state=None):
        y, state = self.layers(x, state)
        return self.head(y[:, -1] if row.get("last") else y), state


class OwnCell(torch.nn.Module):
    """The LSTM written out step by step."""

    def __init__(self):
        super().__init__()
        self.input = torch.nn.Linear(inputs, 4 * hidden)
        self.recurrent = torch.nn.Linear(hidden, 4 * hidden)

    def forward(self, x):
        projected = self.input(x)
        h = c = x.new_zeros(batch, hidden)
        outputs = []
        for t in range(steps):
            i, f, g, o = (projected[:, t] + self.recurrent(h)).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs, 1), (h, c)


def stepper(net):
    """What a step is, as a function without arguments."""
    if row["kind"] == "streaming":
        stream = {"x": torch.randn(1, 1, inputs), "state": None}

        def push():
            with torch.inference_mode():
                _, stream["state"] = net(stream["x"], stream["state"])

        return push
    if row.get("loss"):
        classes = torch.randint(inputs, (batch, steps))
        x = torch.nn.functional.one_hot(classes, inputs).float()
        loss_of = lambda y: torch.nn.functional.cross_entropy(y.flatten(0, 1), classes.flatten())
    else:
        x = torch.randn(batch, steps, inputs)
        loss_of = lambda y: y.square().mean()
    if row["kind"] == "inference":

        def infer():
            with torch.inference_mode():
                net(x)

        return infer
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)

    def train():
        optimizer.zero_grad()
        loss_of(net(x)[0]).backward()
        optimizer.step()

    return train


def measured(net, compiled=False):
    try:
        step = stepper(torch.compile(net) if compiled else net)
        return timed(step, seconds, row.get("repeat", 1), patience=300 if compiled else 60)
    except Exception as error:
        return {"unsupported": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"}


def middle(result):
    times = sorted(result["times"]) if "times" in result else []
    return times[len(times) // 2] if times else float("inf")


variants = {"nn": measured(Net())}
if row["cell"] == "own":
    variants["own cell"] = measured(OwnCell())
    variants["own cell compiled"] = measured(OwnCell(), compiled=True)
elif row["cell"] != "lstm" and steps > 32:
    # It writes the steps out: 100 of a GRU were not compiled in nine minutes.
    variants["nn compiled"] = {"unsupported": f"not tried over {steps} steps"}
else:
    variants["nn compiled"] = measured(Net(), compiled=True)
best = min(variants, key=lambda name: middle(variants[name]))
config = torch.__config__.show()
blas = re.search(r"BLAS_INFO=(\w+)", config)
onednn = re.search(r"MKL-DNN v([\d.]+)", config)
seen = {name: round(middle(result), 4) if "times" in result else result["unsupported"] for name, result in variants.items()}
versions = {
    "torch": torch.__version__,
    "blas": blas and blas[1],
    "oneDNN": onednn and onednn[1],
    "threads": threads,
    "variant": best,
    "variants": seen,
}
answer({**variants[best], "versions": versions})
