"""PyTorch's side of examples/shakespeare.ts: the same model, data and recipe, told as JSON on stdin."""

import copy
import json
import math
import sys
import time

import torch

told = json.load(sys.stdin)
torch.manual_seed(told["seed"])
torch.set_num_threads(told["threads"])
tensors = lambda part: [torch.tensor(part[name]).reshape(part["shape"]) for name in ("inputs", "targets")]
parts = {name: tensors(part) for name, part in told["parts"].items()}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(told["vocabulary"], told["embedding"])
        between = told["dropout"] if told["layers"] > 1 else 0
        self.lstm = torch.nn.LSTM(told["embedding"], told["units"], told["layers"], batch_first=True, dropout=between)
        self.head = torch.nn.Linear(told["units"], told["vocabulary"])
        self.drop = torch.nn.Dropout(told["dropout"])

    def forward(self, ids, state):
        y, state = self.lstm(self.drop(self.embedding(ids)), state)
        return self.head(self.drop(y)), state


def windows(part):
    """The loss of each window of streams, states carried on and gradients not."""
    state = None
    for from_ in range(0, part[0].shape[1], told["window"]):
        x, y = (ids[:, from_ : from_ + told["window"]] for ids in part)
        logits, state = net(x, state)
        state = tuple(s.detach() for s in state)
        yield torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten()), y.numel()


def mean_loss(part):
    net.eval()
    with torch.inference_mode():
        losses = [(loss.item(), count) for loss, count in windows(part)]
    net.train()
    return sum(loss * count for loss, count in losses) / sum(count for _, count in losses)


net = Net()
started, steps, epochs = time.perf_counter(), 0, 0
best = {"loss": math.inf, "weights": copy.deepcopy(net.state_dict()), "epoch": 0}
for rate in told["rates"]:
    net.load_state_dict(best["weights"])
    optimizer = torch.optim.Adam(net.parameters(), rate)
    for _ in range(told["epochs"]):
        epochs += 1
        for loss, _ in windows(parts["train"]):
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimizer.step()
            steps += 1
        validation = mean_loss(parts["validation"])
        seconds = time.perf_counter() - started
        print(f"PyTorch epoch {epochs}  {validation / math.log(2):.3f} bits a character  {seconds:.0f} s", file=sys.stderr)
        if validation < best["loss"]:
            best = {"loss": validation, "weights": copy.deepcopy(net.state_dict()), "epoch": epochs}
seconds = time.perf_counter() - started
net.load_state_dict(best["weights"])
print(
    json.dumps(
        {
            "parameters": sum(p.numel() for p in net.parameters()),
            "steps": steps,
            "seconds": round(seconds, 1),
            "epochs": epochs,
            "best": best["epoch"],
            "test": mean_loss(parts["test"]) / math.log(2),
            "besides": {"on validation": best["loss"] / math.log(2)},
            "versions": {"torch": torch.__version__.split("+")[0], "threads": told["threads"]},
        }
    )
)
