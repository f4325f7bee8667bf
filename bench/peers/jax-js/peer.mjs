/**
 * jax-js on its WebAssembly backend, which has one thread in Node: cells written out over the steps (it has no scan), a
 * training step under one `jit`. What a function takes is its own there; `ref` keeps it.
 */
import { readFileSync } from 'node:fs'
import { init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax'
import { answer, noise, oneHots } from '../protocol.mjs'

const { version } = JSON.parse(readFileSync(new URL('node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'))
await init('wasm')

const array = (values, shape) => np.array(values).reshape(shape)
const weight = (...shape) =>
  array(
    noise(shape.reduce((a, b) => a * b)).map((x) => x / 16),
    shape,
  )

/** A step of each cell: its inputs times their weights, the states, the states' weights → the states after. */
const cells = {
  lstm(x, [h, c], wh) {
    const [i, f, g, o] = np.split(x.add(np.matmul(h, wh)), 4, 1)
    const cell = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)))
    return [nn.sigmoid(o).mul(np.tanh(cell.ref)), cell]
  },
  gru(x, [h], wh) {
    const [xr, xz, xn] = np.split(x, 3, 1)
    const [hr, hz, hn] = np.split(np.matmul(h.ref, wh), 3, 1)
    const n = np.tanh(xn.add(nn.sigmoid(xr.add(hr)).mul(hn)))
    return [n.ref.add(nn.sigmoid(xz.add(hz)).mul(h.sub(n)))]
  },
  rnn: (x, [h], wh) => [nn.relu(x.add(np.matmul(h, wh)))],
}
const gates = { lstm: 4, gru: 3, rnn: 1 }

await answer(async (row) => {
  const { kind, batch, steps, inputs, hidden, layers, last, head, loss } = row
  const kindOfCell = row.cell === 'own' ? 'lstm' : row.cell
  const width = gates[kindOfCell] * hidden
  const zeros = () => Array.from({ length: kindOfCell === 'lstm' ? 2 : 1 }, () => np.zeros([batch, hidden]))

  /** `[T, B, features]` through one layer: all outputs `[T, B, H]`, or the last `[B, H]`, and the states after. */
  const layer = (x, state, { wx, wh, b }, onlyLast) => {
    const projected = np.matmul(x, wx).add(b)
    const outputs = []
    let now = state
    for (const input of np.unstack(projected)) {
      now = cells[kindOfCell](input, now, wh.ref)
      if (!onlyLast) outputs.push(now[0].ref)
    }
    wh.dispose()
    return { y: onlyLast ? now[0].ref : np.stack(outputs), state: now }
  }
  const forward = (weights, x) => {
    let y = x
    for (const [i, each] of weights.cells.entries()) {
      const run = layer(y, zeros(), each, last && i === layers - 1)
      tree.dispose(run.state)
      y = run.y
    }
    for (const { w, b } of weights.head) y = np.matmul(y, w).add(b)
    return y
  }
  const lossOf = (weights, x, target) => {
    const y = forward(weights, x)
    if (loss)
      return nn
        .logSoftmax(y, -1)
        .mul(target)
        .sum()
        .mul(-1 / (steps * batch))
    return np.square(y.sub(target)).mean()
  }

  const shapes = last ? [batch, head] : [steps, batch, head ?? hidden]
  const x = array(loss ? oneHots(steps * batch, inputs) : noise(steps * batch * inputs), [steps, batch, inputs])
  const target = loss ? array(oneHots(steps * batch, head), shapes) : np.zeros(shapes)
  let weights = {
    cells: Array.from({ length: layers }, (_, i) => ({
      wx: weight(i === 0 ? inputs : hidden, width),
      wh: weight(hidden, width),
      b: weight(width),
    })),
    head: head ? [{ w: weight(hidden, head), b: weight(head) }] : [],
  }
  const versions = { 'jax-js': version, threads: 1 }

  if (kind === 'inference') {
    const run = jit(forward)
    return { versions, step: async () => (await run(tree.ref(weights), x.ref).data()).length }
  }
  if (kind === 'streaming') {
    const run = jit((w, input, state) => layer(input, state, w, true))
    let state = zeros()
    const step = async () => {
      const result = run(tree.ref(weights.cells[0]), x.ref, state)
      state = result.state
      await result.y.data()
    }
    return { versions, step }
  }

  let moments = { m: tree.map((w) => np.zerosLike(w.ref), weights), v: tree.map((w) => np.zerosLike(w.ref), weights) }
  const train = jit((w, { m, v }, input, wanted, rate, correction) => {
    const [value, g] = valueAndGrad(lossOf)(tree.ref(w), input, wanted)
    const mean = tree.map((m, g) => m.mul(0.9).add(g.ref.mul(0.1)), m, tree.ref(g))
    const square = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), v, g)
    const next = tree.map(
      (w, m, v) => w.sub(rate.ref.mul(m).div(np.sqrt(v).mul(correction.ref).add(1e-8))),
      w,
      tree.ref(mean),
      tree.ref(square),
    )
    return { value, weights: next, moments: { m: mean, v: square } }
  })
  let n = 0
  const step = async () => {
    n++
    const [rate, correction] = [1e-3 / (1 - 0.9 ** n), 1 / Math.sqrt(1 - 0.999 ** n)].map((value) => np.array(value))
    const result = train(weights, moments, x.ref, target.ref, rate, correction)
    weights = result.weights
    moments = result.moments
    await result.value.data()
  }
  return { versions, step }
})
