import {
  adam,
  type Cell,
  dense,
  fit,
  formatModel,
  gru,
  lstm,
  type PlainTensor,
  parseModel,
  sequential,
  tableOf,
  type UnrollInput,
  unroll,
  windows,
} from 'unrolled'
import { chooseTier, type KernelChoice, surveyTiers, threadCount } from 'unrolled/kernels'
import { allCells } from '../../recurrence/cells.ts'

/** Adjoints of what a cell gives, as `backward` takes them. */
export interface Adjoints {
  readonly y: PlainTensor
  readonly state: Readonly<Record<string, PlainTensor>>
}

/** Where this runs and by what; in a page the self-test has chosen. */
export const about = () => ({
  isolated: globalThis.crossOriginIsolated === true,
  tier: chooseTier().tier,
  hasRelaxed: surveyTiers().some(({ tier, test }) => tier === 'relaxed' && test !== undefined),
  threads: threadCount(),
})

/** A run of one of the cells, forward and back, every tensor by its name. */
export function numbers(name: string, input: UnrollInput, adjoints: Adjoints, kernels: KernelChoice) {
  const cell: Cell = allCells.find(([known]) => known === name)![1]
  const run = unroll(cell, { ...input, kernels })
  const back = run.backward(adjoints)
  const entries = Object.entries
  const tensors = [
    ['y', run.y] as const,
    ...entries(run.state).map(([n, t]) => [`final ${n}`, t] as const),
    ...entries(run.gates).map(([n, t]) => [`gate ${n}`, t] as const),
    ['gradient of x', back.x] as const,
    ...entries(back.weights).map(([n, t]) => [`gradient of ${n}`, t] as const),
    ...entries(back.state).map(([n, t]) => [`gradient of initial ${n}`, t] as const),
  ]
  return Object.fromEntries(tensors.map(([n, { data, shape }]) => [n, { data: Array.from(data), shape: [...shape] }]))
}

/** Trains on rows that repeat, with work enough for threads; then predicts, looks inside, and goes through a file's bytes. */
export async function train(kernels: KernelChoice = 'auto') {
  const value = Array.from({ length: 400 }, (_, i) => (i % 24) / 24 + ((i * 37) % 41) / 82)
  const data = windows(tableOf({ value }), { target: 'value', past: 16, horizon: 2 })
  const memory = lstm(32)
  const model = sequential([memory, gru(16, { returns: 'last' }), dense(2)]).init({ inputs: 1, seed: 5, kernels })
  const losses: number[] = []
  for await (const epoch of fit(model, data, { epochs: 6, batch: 64, optimizer: adam(1e-2), clipNorm: 1 }))
    losses.push(epoch.loss)
  const bytes = formatModel(model)
  const prediction = model.predict(data.test)
  return {
    losses,
    bytes: Array.from(bytes),
    prediction: Array.from(prediction.data),
    predictionAgain: Array.from(parseModel(bytes, 'bytes', { kernels }).model.predict(data.test).data),
    forget: [...model.inspect(memory, data.test.at(0)).gates.forget.shape],
  }
}
