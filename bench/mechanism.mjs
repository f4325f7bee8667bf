/**
 * `node bench/mechanism.mjs [--seconds 10]`: what follows from one mechanism for all cells. Training steps of two models in
 * turn (A B A B), and the median of how long the second takes of the first: cells of one's own beside the LSTM, both
 * directions beside one, a batch half of which is padding beside a full one.
 */
import { parseArgs } from 'node:util'
import { build, install } from '../scripts/ready.mjs'
import { keep, machine } from './results.mjs'

const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
install()
build()
const { adam, defineCell, fit, lstm, recurrent, sequential } = await import('unrolled')
const { sigmoid, sub, tanh } = await import('unrolled/expr')
const { chooseTier, threadCount } = await import('unrolled/kernels')
const { median, noise } = await import('../dist/tasks/bench.js')

const sizes = { batch: 32, steps: 64, inputs: 128, hidden: 256 }
const { batch, steps, inputs, hidden } = sizes

/** The LSTM's equations and its four products, the products reading h some steps back. */
const written = (name, back) =>
  defineCell({
    name,
    state: ['h', 'c'],
    step({ x, h, c, linear }) {
      const read = back === 1 ? h : h.back(back)
      const gate = (name) => sigmoid(linear(name, x, read))
      const cell = gate('forget')
        .mul(c)
        .add(gate('input').mul(tanh(linear('candidate', x, read))))
      return { h: gate('output').mul(tanh(cell)), c: cell }
    },
  })

/** Four products in an order of its own: two memories that forget at one rate, and an output between them. */
const other = defineCell({
  name: 'other',
  state: ['h', 'slow', 'fast'],
  step({ x, h, slow, fast, linear }) {
    const keep = sigmoid(linear('keep', x, h))
    const mix = sigmoid(linear('mix', x, h))
    const nextSlow = keep.mul(slow).add(sub(1, keep).mul(tanh(linear('long', x, h))))
    const nextFast = keep.mul(fast).add(tanh(linear('short', x, h)))
    return { h: mix.mul(tanh(nextFast)).add(sub(1, mix).mul(nextSlow)), slow: nextSlow, fast: nextFast }
  },
})

const lengths = (of) => Array.from({ length: batch }, (_, i) => of(i))
const full = () => stepper(lstm(hidden))
const halfEmpty = () => stepper(lstm(hidden), { lengths: lengths((i) => (i % 2 === 0 ? steps : 0)) })
const pairs = [
  ['the LSTM written anew', 1, () => stepper(recurrent(written('anew', 1), hidden))],
  ['four products under other equations, three states', 1, () => stepper(recurrent(other, hidden))],
  ['an LSTM whose products look three steps back', 1, () => stepper(recurrent(written('skipping', 3), hidden))],
  ['both directions', 2, () => stepper(lstm(hidden, { bidirectional: 'concat' }))],
  ['lengths from 1 to 63', 0.5, () => stepper(lstm(hidden), { lengths: lengths((i) => 2 * ((13 * i) % batch) + 1) })],
  ['every other sequence empty', 0.5, halfEmpty],
  ['the same, beside a batch of the others alone', 1, halfEmpty, () => stepper(lstm(hidden), { batch: batch / 2 })],
]

const results = []
for (const [what, expected, make, base = full] of pairs) {
  const sides = [base(), make()]
  for (const step of sides) for (let i = 0; i < 3; i++) await step()
  const turns = []
  const end = performance.now() + 1000 * Number(flags.seconds)
  while (performance.now() < end) turns.push([await sides[0](), await sides[1]()])
  const [milliseconds, of] = [1, 0].map((side) => median(turns.map((turn) => turn[side])))
  const ratio = median(turns.map(([one, other]) => other / one))
  results.push({ what, expected, milliseconds, of, ratio, turns: turns.length })
  console.log(
    `${what.padEnd(52)}${milliseconds.toFixed(1).padStart(7)} ms of ${of.toFixed(1).padStart(6)}: ${ratio.toFixed(3)}`,
  )
}
const versions = { kernels: chooseTier().tier, threads: threadCount() }
console.error(`Kept in ${keep('mechanism', { machine: machine(), sizes, versions, results }).file}`)

/** A function that takes a step of training and tells its milliseconds. */
function stepper(layer, { lengths, batch = sizes.batch } = {}) {
  const model = sequential([layer]).init({ inputs, steps, seed: 1 })
  const [x, y] = [inputs, model.outputShape[1]].map((width) => noise(batch * steps * width))
  const train = {
    count: batch,
    inputShape: [steps, inputs],
    targetShape: model.outputShape,
    fillInputs: (_, into) => into.set(x),
    fillTargets: (_, into) => into.set(y),
    restore: (outputs) => Float64Array.from(outputs),
    ...(lengths ? { lengths: () => Int32Array.from(lengths) } : {}),
  }
  let done = 0
  // An epoch is one step.
  const options = { epochs: 1e9, batch, optimizer: adam(1e-3), shuffle: false }
  const epochs = fit(model, { train }, { ...options, onStep: () => (done = performance.now()) })
  return async () => {
    const started = performance.now()
    await epochs.next()
    return done - started
  }
}
