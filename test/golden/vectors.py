"""What the scripts of this folder share: numbers, a case forward and back, a recurrence as a plain loop, and the file.

A case is a recurrent layer by its config, the `lengths` of its sequences where they differ, its `inputs` by name, its `outputs`,
an adjoint for each of them, and the `gradients` of Σ outputs · adjoints by every input. All is float64.
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)


def draw(*shape, spread=1.0):
    """Uniform in ±spread, in steps of 1/64: the same number in float32, and short in a file."""
    return ((2 * torch.rand(shape) - 1) * spread * 64).round() / 64


def evaluate(run, inputs, adjoints=None):
    """What `run` makes of its inputs, an adjoint for each output, and the gradients by every input."""
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    outputs = run(leaves)
    adjoints = adjoints or {name: draw(*value.shape) for name, value in outputs.items()}
    loss = sum((value * adjoints[name]).sum() for name, value in outputs.items())
    # What an output does not hang on, such as a state nobody reads, has a gradient of zero.
    found = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True, materialize_grads=True)
    return {"outputs": outputs, "adjoints": adjoints, "gradients": dict(zip(leaves, found))}


def case(name, layer, inputs, run, lengths=None, also=None, **more):
    """One case. `also` is another way to the same numbers: the script fails where it gives others."""
    made = evaluate(run, inputs)
    if also:
        again = evaluate(also, inputs, made["adjoints"])
        for part in ("outputs", "gradients"):
            agree(f"{name}, {part}", again[part], made[part], 1e-12)
    tensors = {"inputs": inputs, **made, **more}
    about = {"name": name, "layer": layer} | ({} if lengths is None else {"lengths": lengths})
    return about | {kind: {key: plain(value) for key, value in of.items()} for kind, of in tensors.items()}


def plain(tensor):
    """Nested lists of numbers with 13 digits: what is left out is below 1e-12 of the largest."""
    return nested(tensor.detach().double().tolist())


def nested(value):
    return [nested(one) for one in value] if isinstance(value, list) else short(float(f"{value:.13g}"))


def short(value):
    return int(value) if value.is_integer() else value


def write(script, versions, cases):
    lines = ",\n".join("  " + json.dumps(one, separators=(",", ":")) for one in cases)
    head = json.dumps({name: version.split("+")[0] for name, version in versions.items()})
    Path(script).with_suffix(".json").write_text(f'{{\n"versions": {head},\n"cases": [\n{lines}\n]\n}}\n')


def agree(what, ours, theirs, tolerance):
    """Fails the script where two ways to the same tensors differ, relative to the largest number of each."""
    assert ours.keys() == theirs.keys(), (what, ours.keys(), theirs.keys())
    for name in ours:
        assert ours[name].shape == theirs[name].shape, (what, name, ours[name].shape, theirs[name].shape)
        scale = max(1.0, theirs[name].abs().max().item())
        worst = (ours[name] - theirs[name]).abs().max().item() / scale
        assert worst < tolerance, f"{what}: {name} differs by {worst}"


def loop(step, states, x, weights, initial, lengths, reverse=False):
    """A cell over sequences, each through its own steps alone: zero behind its end, and its last states after it.

    `states` are the names; `initial` holds of each `[B, H]`, or `[B, depth, H]`, oldest first, where the cell looks further
    back. step(x, past, weights) gives the next states; past[s][-1] is s one step back, past[s][-2] two.
    """
    deep = lambda s: initial[s].dim() == 3
    y, ends = [], {s: [] for s in states}
    for b, length in enumerate(lengths):
        past = {s: list(initial[s][b]) if deep(s) else [initial[s][b]] for s in states}
        rows = {}
        for t in reversed(range(length)) if reverse else range(length):
            now = step(x[b, t], past, weights)
            past = {s: past[s][1:] + [now[s]] for s in states}
            rows[t] = now[states[0]]
        nothing = torch.zeros_like(past[states[0]][-1])
        y.append(torch.stack([rows.get(t, nothing) for t in range(x.shape[1])]))
        for s in states:
            ends[s].append(torch.stack(past[s]) if deep(s) else past[s][0])
    return torch.stack(y), {s: torch.stack(rows) for s, rows in ends.items()}


MERGES = {"concat": lambda a, b: torch.cat([a, b], -1), "sum": lambda a, b: a + b, "mean": lambda a, b: (a + b) / 2}


def ends_of(layers, bidirectional):
    """What the names of weights and states of each cell of a stack end with, layer by layer."""
    return [[f"_l{i}", f"_l{i}_reverse"] if bidirectional else [f"_l{i}"] for i in range(layers)]


def stack(step, states, inputs, lengths, layers=1, bidirectional=None, reverse=False, residual=False, returns="all"):
    """Cells stacked, in one direction or two, by our names and options. `states`: the shape of each, for one sequence."""
    merge = MERGES[bidirectional] if bidirectional else lambda one: one
    read, outputs = inputs["x"], {}
    for layer, ends in enumerate(ends_of(layers, bidirectional)):
        ways, lasts = [], []
        for end in ends:
            w = {name.removesuffix(end): value for name, value in inputs.items() if name.endswith(end)}
            begin = lambda s, shape: w.get(f"initial_{s}", torch.zeros(shape)).expand(len(lengths), *shape)
            initial = {s: w[s] if s in w else begin(s, shape) for s, shape in states.items()}
            y, final = loop(step, list(states), read, w, initial, lengths, reverse or end.endswith("reverse"))
            outputs |= {f"{s}{end}": value for s, value in final.items()}
            ways.append(y)
            last = next(iter(final.values()))
            lasts.append(last[:, -1] if last.dim() == 3 else last)
        below, read, last = read, merge(*ways), merge(*lasts)
        if residual and layer > 0:
            read = read + below
            last = last + torch.stack([below[b, 0 if reverse else n - 1] for b, n in enumerate(lengths)])
    return {"y": read if returns == "all" else last, **outputs}


def inputs_of(weights, states, sizes, layers=1, bidirectional=None, initial="given", **_):
    """Random numbers for a stack: weights(I) gives the shapes of one cell that reads I numbers a step.

    `sizes`: of x, [B, T, I], and how many numbers a cell gives a step. Initial states are given, learned or zero.
    """
    (batch, steps, features), width = sizes
    inputs = {"x": draw(batch, steps, features, spread=1.5)}
    for layer, ends in enumerate(ends_of(layers, bidirectional)):
        for end in ends:
            inputs |= {f"{name}{end}": draw(*shape, spread=0.9) for name, shape in weights(features).items()}
            if initial == "learned":
                inputs |= {f"initial_{s}{end}": draw(*shape) for s, shape in states.items()}
            if initial == "given":
                inputs |= {f"{s}{end}": draw(batch, *shape) for s, shape in states.items()}
        features = 2 * width if bidirectional == "concat" else width
    return inputs
