"""Writes torch-optimizers.json beside itself, for torch-optimizers.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-optimizers.py

A linear model of 3 inputs and 2 outputs on 6 samples, mean squared error, 20 steps on all samples at once, in float64.
"""

import torch
from torch.nn.utils import clip_grad_norm_

from vectors import draw, plain, write

torch.manual_seed(8)
start = {"inputs": draw(6, 3), "targets": draw(6, 2, spread=3.0), "weight": draw(2, 3), "bias": draw(2)}


def optimizer(name, make, clip=None):
    model, losses, norms = torch.nn.Linear(3, 2), [], []
    model.weight.data, model.bias.data = start["weight"].clone(), start["bias"].clone()
    optim = make(model.parameters())
    for _ in range(20):
        optim.zero_grad()
        loss = torch.nn.functional.mse_loss(model(start["inputs"]), start["targets"])
        loss.backward()
        norms.append(torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item())
        if clip is not None:
            clip_grad_norm_(model.parameters(), clip)
        optim.step()
        losses.append(loss.item())
    outputs = {"losses": torch.tensor(losses), "norms": torch.tensor(norms), "weight": model.weight, "bias": model.bias}
    tensors = {"inputs": start, "outputs": outputs}
    return {"name": name} | {kind: {key: plain(value) for key, value in of.items()} for kind, of in tensors.items()}


cases = [
    optimizer("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
    optimizer("sgd clipped", lambda p: torch.optim.SGD(p, lr=0.1), clip=0.9),
    optimizer("adam", lambda p: torch.optim.Adam(p, lr=0.05)),
    optimizer("adam with options", lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3)),
]
write(__file__, {"torch": torch.__version__}, cases)
