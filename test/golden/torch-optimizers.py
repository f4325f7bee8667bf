"""Writes torch-optimizers.json beside itself, for torch-optimizers.test.ts.

Made with Python 3.11, torch 2.15.0:
    pip install torch && python test/golden/torch-optimizers.py

Runs: a linear model of 3 inputs and 2 outputs under mean squared error, 100 steps on 16 samples in batches of 4 that take
turns, in float64: the loss of each step, and the weights, then biases, after each tenth; where gradients are clipped, their
norms before and after as well. Rates: what schedules give for 40 steps. Numbers to 11 digits, rates
to 14.
"""

import json
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim import lr_scheduler as schedulers
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)
STEPS, SAMPLES, BATCH = 100, 16, 4


def draw(*shape, spread=1.0):
    """Uniform in ±spread, rounded to float32 so that both kinds of kernel start from the same numbers."""
    return ((2 * torch.rand(*shape) - 1) * spread).float().double()


def rounded(values, digits=11):
    return [float(f"{value:.{digits}g}") for value in values]


def plain(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


inputs, targets = draw(SAMPLES, 3), draw(SAMPLES, 2, spread=3.0)
start = {"weight": draw(2, 3), "bias": draw(2)}


def norm(model):
    return torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item()


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()]).tolist()


def run(name, make, schedule=None, clip_value=None, clip_norm=None, ema=None, grouped=False):
    """`make` takes the parameters, or with `grouped` the weight and the bias."""
    model = torch.nn.Linear(3, 2)
    model.weight.data, model.bias.data = start["weight"].clone(), start["bias"].clone()
    optimizer = make(model.weight, model.bias) if grouped else make(model.parameters())
    scheduler = schedule and schedule(optimizer)
    average = ema and AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(ema))
    if average:
        average.update_parameters(model)  # the first time copies
    losses, norms, clipped, weights = [], [], [], []
    for step in range(STEPS):
        rows = slice(BATCH * step % SAMPLES, BATCH * step % SAMPLES + BATCH)
        model.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs[rows]), targets[rows])
        loss.backward()
        norms.append(norm(model))
        if clip_value:
            clip_grad_value_(model.parameters(), clip_value)
        if clip_norm:
            clip_grad_norm_(model.parameters(), clip_norm)
        clipped.append(norm(model))
        optimizer.step()
        if scheduler:
            scheduler.step()
        if average:
            average.update_parameters(model)
        losses.append(loss.item())
        if step % 10 == 9:
            weights.append(rounded(flat(average.module if average else model)))
    return {
        "name": name,
        "losses": rounded(losses),
        **({"norms": rounded(norms), "clipped": rounded(clipped)} if clip_value or clip_norm else {}),
        "weights": weights,
    }


def warm_cosine(peak, steps, warmup, end):
    def make(optimizer):
        climb = schedulers.LinearLR(optimizer, start_factor=1 / (warmup + 1), total_iters=warmup)
        fall = schedulers.CosineAnnealingLR(optimizer, T_max=steps - warmup, eta_min=end)
        return schedulers.SequentialLR(optimizer, [climb, fall], milestones=[warmup])

    return make


runs = [
    run("sgd", lambda p: SGD(p, lr=0.1)),
    run("sgd, momentum", lambda p: SGD(p, lr=0.02, momentum=0.9)),
    run("sgd, dampening", lambda p: SGD(p, lr=0.05, momentum=0.8, dampening=0.4)),
    run("sgd, nesterov", lambda p: SGD(p, lr=0.02, momentum=0.9, nesterov=True)),
    run("sgd, weight decay", lambda p: SGD(p, lr=0.05, momentum=0.5, weight_decay=0.1)),
    run("rmsprop", lambda p: RMSprop(p)),
    run("rmsprop, momentum", lambda p: RMSprop(p, lr=0.005, alpha=0.9, eps=1e-4, momentum=0.8, weight_decay=0.05)),
    run("rmsprop, centered", lambda p: RMSprop(p, lr=0.01, alpha=0.95, centered=True)),
    run("rmsprop, centered, momentum", lambda p: RMSprop(p, lr=0.005, alpha=0.9, momentum=0.5, centered=True)),
    run("adagrad", lambda p: Adagrad(p)),
    run(
        "adagrad with options",
        lambda p: Adagrad(p, lr=0.5, lr_decay=0.02, weight_decay=0.05, initial_accumulator_value=0.3, eps=1e-3),
    ),
    run("adam", lambda p: Adam(p, lr=0.05)),
    run("adam with options", lambda p: Adam(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1)),
    run("adam, amsgrad", lambda p: Adam(p, lr=0.05, betas=(0.9, 0.9), amsgrad=True)),
    run("adamW", lambda p: AdamW(p)),
    run("adamW with options", lambda p: AdamW(p, lr=0.05, weight_decay=0.2, betas=(0.8, 0.95), eps=1e-6)),
    run("adamW, amsgrad", lambda p: AdamW(p, lr=0.05, weight_decay=0.2, betas=(0.9, 0.9), amsgrad=True)),
    run("clipped by value", lambda p: SGD(p, lr=0.05), clip_value=0.4),
    run("clipped by norm", lambda p: SGD(p, lr=0.1), clip_norm=1.1),
    run("clipped by both", lambda p: Adam(p, lr=0.05), clip_value=0.5, clip_norm=0.8),
    run(
        "groups",
        lambda w, b: AdamW([{"params": [w], "weight_decay": 0.3}, {"params": [b], "lr": 0.01}], lr=0.05),
        grouped=True,
    ),
    run("one frozen", lambda w, _: SGD([w], lr=0.1), grouped=True),
    run("warm cosine", lambda p: Adam(p, lr=0.1), schedule=warm_cosine(0.1, 100, 10, 1e-3)),
    run("averaged", lambda p: SGD(p, lr=0.1), ema=0.9),
]


def rates(name, make, metrics=None, steps=40):
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    scheduler = make(optimizer)
    given = []
    for step in range(steps):
        given.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step(*([] if metrics is None else [metrics[step]]))
    return {"name": name, "rates": rounded(given, 14)}


falling = [1 / (1 + step / 3) for step in range(12)]
losses = falling + [0.3, 0.25, 0.2001, 0.20005] + [0.2 + 0.01 * (step % 3) for step in range(12)] + [0.1] * 12
plateau = schedulers.ReduceLROnPlateau
schedules = [
    rates("stepDecay", lambda o: schedulers.StepLR(o, step_size=7, gamma=0.3)),
    rates("exponential", lambda o: schedulers.ExponentialLR(o, gamma=0.93)),
    rates("cosine", lambda o: schedulers.CosineAnnealingLR(o, T_max=40, eta_min=0.02)),
    rates("warm cosine", warm_cosine(0.4, 40, 9, 0.01)),
    rates("oneCycle", lambda o: schedulers.OneCycleLR(o, max_lr=0.4, total_steps=40, cycle_momentum=False)),
    rates(
        "oneCycle with options",
        lambda o: schedulers.OneCycleLR(o, 0.4, 40, None, None, 0.44, "cos", False, div_factor=5, final_div_factor=50),
    ),
    rates("plateau", lambda o: plateau(o, patience=2), losses),
    rates("plateau, abs", lambda o: plateau(o, factor=0.5, patience=1, threshold=0.02, threshold_mode="abs"), losses),
    rates("plateau, cooldown", lambda o: plateau(o, factor=0.5, patience=0, cooldown=3, min_lr=0.03), losses),
]


def lines(items):
    return ",\n".join("  " + json.dumps(item, separators=(",", ":")) for item in items)


problem = {"inputs": plain(inputs), "targets": plain(targets), **{n: plain(v) for n, v in start.items()}}
Path(__file__).with_name("torch-optimizers.json").write_text(
    f'{{\n"torch": "{torch.__version__.split("+")[0]}",\n"problem": {json.dumps(problem, separators=(",", ":"))},\n'
    f'"losses": {json.dumps(losses, separators=(",", ":"))},\n'
    f'"runs": [\n{lines(runs)}\n],\n"schedules": [\n{lines(schedules)}\n]\n}}\n'
)
