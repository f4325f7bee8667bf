import { defineCell } from '../cells/index.ts'
import { sigmoid, tanh } from '../expr/index.ts'
import { dense, gru, lstm, type Model, recurrent, rnn, sequential } from '../layers/index.ts'
import { adam, fit } from '../train/index.ts'
import type { BenchRow } from './bench-rows.ts'

/** The LSTM as its equations, for `own`. */
const ownCell = defineCell({
  name: 'own',
  state: ['h', 'c'],
  step({ x, h, c, linear }) {
    const forget = sigmoid(linear('forget', x, h))
    const input = sigmoid(linear('input', x, h))
    const candidate = tanh(linear('candidate', x, h))
    const output = sigmoid(linear('output', x, h))
    const cell = forget.mul(c).add(input.mul(candidate))
    return { h: output.mul(tanh(cell)), c: cell }
  },
})

/** The model of a row. */
export function benchModel({ cell, inputs, steps, hidden, layers, last, head }: BenchRow): Model {
  const options = { layers, returns: last ? ('last' as const) : ('all' as const) }
  const layer = {
    lstm: () => lstm(hidden, options),
    gru: () => gru(hidden, options),
    rnn: () => rnn(hidden, { ...options, activation: 'relu' }),
    own: () => recurrent(ownCell, hidden, options),
  }[cell]()
  return sequential(head ? [layer, dense(head)] : [layer]).init({ inputs, steps, seed: 1 })
}

/** Collects step times: two to warm up, then for so many seconds; where the second alone takes longer, it is what counts. */
export class StepTimes {
  /** In milliseconds. */
  readonly times: number[] = []
  private readonly limit: number
  private count = 0
  private end = Number.POSITIVE_INFINITY

  constructor(seconds: number) {
    this.limit = 1000 * seconds
  }

  /** Notes what so many steps took together, in milliseconds; whether there are enough now. */
  add(took: number, steps = 1): boolean {
    const now = performance.now()
    this.count++
    if (this.count === 2) this.end = now + this.limit
    const slow = this.count === 2 && took > this.limit
    if (this.count > 2 || slow) this.times.push(took / steps)
    return slow || (this.count > 2 && now >= this.end)
  }
}

/**
 * Times steps of a row on a model of it, on made-up numbers.
 * @returns milliseconds a step, in order
 */
export async function timeSteps(model: Model, row: BenchRow, seconds: number): Promise<readonly number[]> {
  const { batch, steps, inputs } = row
  const x = row.classes ? oneHots(batch * steps, row.classes) : noise(batch * steps * inputs)
  const measured = new StepTimes(seconds)
  if (row.kind === 'training') await timeTraining(model, row, x, measured)
  else
    for (let enough = false; !enough; ) {
      const started = performance.now()
      model.run({ data: x, shape: [batch, steps, inputs] })
      enough = measured.add(performance.now() - started)
    }
  return measured.times
}

async function timeTraining(model: Model, row: BenchRow, x: Float32Array, measured: StepTimes): Promise<void> {
  const { batch, steps, inputs, classes, loss = 'mse' } = row
  const targetShape = classes ? [steps] : model.outputShape
  const y = new Float32Array(batch * targetShape.reduce((product, size) => product * size, 1))
  if (classes) for (const i of y.keys()) y[i] = (i * 17) % classes
  const train = {
    count: batch * 100,
    inputShape: [steps, inputs],
    targetShape,
    fillInputs: (_: ArrayLike<number>, into: Float32Array | Float64Array) => into.set(x),
    fillTargets: (_: ArrayLike<number>, into: Float32Array | Float64Array) => into.set(y),
    restore: (outputs: ArrayLike<number>) => Float64Array.from(outputs),
  }
  const controller = new AbortController()
  let started = performance.now()
  const onStep = () => {
    if (measured.add(performance.now() - started)) controller.abort()
    started = performance.now()
  }
  const options = { epochs: 1e9, batch, optimizer: adam(1e-3), loss, shuffle: false, signal: controller.signal, onStep }
  for await (const _ of fit(model, { train }, options));
}

/** Numbers that are neither zero nor all alike. */
export const noise = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => 0.5 * Math.sin(12.9898 * i))

function oneHots(count: number, width: number): Float32Array {
  const values = new Float32Array(count * width)
  for (let i = 0; i < count; i++) values[i * width + ((i * 31) % width)] = 1
  return values
}

/** The middle one; the upper of two. */
export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
