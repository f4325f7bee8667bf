import type { PlainTensor } from '../../src/base/shape.ts'
import { type Cell, coupledLstm, gru, lstm, peepholeLstm, rnn } from '../../src/cells/index.ts'

/** What of an ONNX node says which cell it is. */
export interface OnnxNode {
  readonly op: string
  readonly peepholes?: boolean | undefined
  readonly input_forget?: number | undefined
  readonly linear_before_reset?: number | undefined
  readonly clip?: number | undefined
  /** f, g and h, with their settings as ONNX lists them. */
  readonly activations?: readonly Activation[] | undefined
}
type Activation = Extract<(typeof lstm)['options']['activation'], object>

/** Our cell for a node. */
export function cellOf({
  op,
  peepholes = false,
  input_forget,
  linear_before_reset,
  clip,
  activations,
}: OnnxNode): Cell {
  const [first, second, third] = activations ?? []
  const clipped = clip === undefined ? {} : { clip }
  if (op === 'RNN') return rnn.with({ ...clipped, ...(first ? { activation: first } : {}) }) as unknown as Cell
  const two = first && second ? { recurrentActivation: first, activation: second } : {}
  if (op === 'GRU') {
    const reset = linear_before_reset ? 'after' : 'before'
    return gru.with({ reset, ...clipped, ...two }) as unknown as Cell
  }
  const options = { ...clipped, ...two, ...(third ? { outputActivation: third } : {}) }
  if (input_forget) return coupledLstm.with({ ...options, peepholes }) as unknown as Cell
  return (peepholes ? peepholeLstm : lstm).with(options) as unknown as Cell
}

/** A node's tensors, of one direction, as plain numbers. */
export interface OnnxWeights {
  readonly W: readonly number[]
  readonly R: readonly number[]
  readonly B?: readonly number[] | undefined
  readonly P?: readonly number[] | undefined
}

/** ONNX stacks the gates in its own order, both biases in one list, and the peepholes as input, output, forget. */
export function weightsOf(cell: Cell, { W, R, B, P }: OnnxWeights, I: number, H: number): Record<string, PlainTensor> {
  const to = cell.order('pytorch')
  // A node with coupled gates holds a forget gate all the same, and never looks at it.
  const from = cell.states.length === 2 ? lstm.order('onnx') : cell.order('onnx')
  const stack = (rows: readonly number[], width: number): PlainTensor => ({
    data: to.flatMap((gate) => rows.slice(from.indexOf(gate) * H * width, (from.indexOf(gate) + 1) * H * width)),
    shape: width === 1 ? [to.length * H] : [to.length * H, width],
  })
  const half = (B?.length ?? 0) / 2
  const peepholes = ['input', 'output', 'forget'].flatMap((gate, i) =>
    P && to.includes(gate) ? [[`peephole_${gate}`, { data: P.slice(i * H, (i + 1) * H), shape: [H] }] as const] : [],
  )
  return {
    weight_ih: { ...stack(W, I), shape: [to.length * H, I] },
    weight_hh: { ...stack(R, H), shape: [to.length * H, H] },
    ...(B ? { bias_ih: stack(B.slice(0, half), 1), bias_hh: stack(B.slice(half), 1) } : {}),
    ...Object.fromEntries(peepholes),
  }
}

/** `[seq, batch, width]` as `[batch, seq, width]`. */
export const batchFirst = (data: readonly number[], seq: number, batch: number, width: number): number[] =>
  Array.from({ length: batch * seq * width }, (_, i) => {
    const [b, t, j] = [Math.floor(i / (seq * width)), Math.floor(i / width) % seq, i % width]
    return data[(t * batch + b) * width + j]!
  })
