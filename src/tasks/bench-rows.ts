import type { FitOptions } from '../train/index.ts'

/** What is timed: training is forward, full back-propagation through time and Adam; the others are forward alone. */
export interface BenchRow {
  readonly id: string
  readonly work: string
  readonly kind: 'training' | 'inference' | 'streaming'
  /** `own` is an LSTM written as a cell of one's own. */
  readonly cell: 'lstm' | 'gru' | 'rnn' | 'own'
  readonly batch: number
  readonly steps: number
  readonly inputs: number
  readonly hidden: number
  readonly layers: number
  /** Only the last step's output is read. */
  readonly last?: boolean
  /** Outputs of a dense layer on top. */
  readonly head?: number
  /** `'mse'` by default. */
  readonly loss?: NonNullable<FitOptions['loss']>
  /** Inputs are one-hot, targets a class each step, out of so many. */
  readonly classes?: number
  /** Steps timed as one, where one is too short for a clock. */
  readonly repeat?: number
  /** Floating-point operations of a step's products. */
  readonly flops: number
}

const gates = { lstm: 4, gru: 3, rnn: 1, own: 4 }

/** A row with its operations counted. Sizes are batch, steps, inputs and hidden units. */
export function benchRow(
  id: string,
  work: string,
  cell: BenchRow['cell'],
  [batch, steps, inputs, hidden]: readonly [number, number, number, number],
  more: Partial<Omit<BenchRow, 'flops'>> = {},
): BenchRow {
  const row = { id, work, kind: 'training' as const, cell, batch, steps, inputs, hidden, layers: 1, ...more }
  return { ...row, flops: flopsOf(row) }
}

/**
 * The multiply-adds of all products, each counted as two. Back-propagation makes two of each: the weights' gradient and
 * the input's, and nobody computes the gradient of the first layer's input, which has no use.
 */
export function flopsOf(row: Omit<BenchRow, 'flops'>): number {
  const { kind, cell, batch, steps, inputs, hidden, layers, last, head = 0 } = row
  const product = (rows: number, from: number, to: number) => 2 * rows * from * to
  const cellSteps = batch * steps
  const first = product(cellSteps, inputs, gates[cell] * hidden)
  const above = (layers - 1) * product(cellSteps, hidden, gates[cell] * hidden)
  const recurrent = layers * product(cellSteps, hidden, gates[cell] * hidden)
  const forward = first + above + recurrent + product(last ? batch : cellSteps, hidden, head)
  return kind === 'training' ? 3 * forward - first : forward
}

const b = [64, 100, 64, 256] as const

/** The rows of `unrolled bench`: a small model, a large one, another cell, one's own, and one that only reads. */
export const benchRows: readonly BenchRow[] = [
  benchRow('a', 'LSTM B32 T24 I8 H64, last step to 1', 'lstm', [32, 24, 8, 64], { last: true, head: 1 }),
  benchRow('b', 'LSTM B64 T100 I64 H256', 'lstm', b),
  benchRow('d', 'GRU B64 T100 I64 H256', 'gru', b),
  benchRow('g', 'inference, LSTM B64 T100 I64 H256', 'lstm', b, { kind: 'inference' }),
  benchRow('h', "as b, written as a cell of one's own", 'own', b),
]
