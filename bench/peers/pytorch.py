"""python bench/peers/pytorch.py ID SECONDS THREADS ROW-JSON: one row by PyTorch's nn modules on the CPU, times as JSON."""

import json
import sys
import time

import torch

seconds, threads, row = float(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)
kinds = {"lstm": torch.nn.LSTM, "own": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
more = {"nonlinearity": "relu"} if row["cell"] == "rnn" else {}
net = kinds[row["cell"]](row["inputs"], row["hidden"], row["layers"], batch_first=True, **more)
head = torch.nn.Linear(row["hidden"], 1) if row.get("last") else None
parameters = [*net.parameters(), *(head.parameters() if head else [])]
optimizer = torch.optim.Adam(parameters, 1e-3)
x = torch.randn(row["batch"], row["steps"], row["inputs"])


def step():
    if not row["training"]:
        with torch.no_grad():
            return net(x)
    optimizer.zero_grad()
    y, _ = net(x)
    y = head(y[:, -1]) if head else y
    y.square().mean().backward()
    optimizer.step()


times, end = [], time.perf_counter() + seconds
while time.perf_counter() < end or len(times) < 4:
    started = time.perf_counter()
    step()
    times.append(1e3 * (time.perf_counter() - started))
blas = next((line.strip(" -") for line in torch.__config__.show().splitlines() if "BLAS" in line or "MKL" in line), "?")
print(json.dumps({"times": times[2:], "versions": {"torch": torch.__version__, "blas": blas[:80], "threads": threads}}))
