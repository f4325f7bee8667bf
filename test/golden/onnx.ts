import type { PlainTensor } from '../../src/base/shape.ts'
import { type Cell, coupledLstm, gru, lstm, peepholeLstm, rnn } from '../../src/cells/index.ts'
import { block, joined, part, transposed } from './tensors.ts'
import { type Tensors, type Vector, withEnd } from './vectors.ts'

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

/** A node with tensors in ONNX's layout: X, W, R, B, P, initial_h and initial_c come in, Y, Y_h and Y_c go out. */
export interface OnnxCase extends Pick<Partial<Vector>, 'lengths' | 'adjoints' | 'gradients'> {
  readonly name: string
  readonly layer: OnnxNode & { readonly hidden: number; readonly direction?: string | undefined }
  readonly inputs: Tensors
  readonly outputs: Tensors
}

/** A node as a layer of ours. All that is done to tensors is to move their numbers about, so gradients go the same way. */
export function fromOnnx({ layer: node, inputs, outputs, adjoints, gradients, ...rest }: OnnxCase): Vector {
  const { hidden, direction = 'forward' } = node
  const cell = cellOf({ ...node, peepholes: inputs.P !== undefined })
  const convert = (tensors: Tensors) => convertTensors(cell, hidden, tensors)
  return {
    ...rest,
    layer: {
      cell: cell.name,
      options: cell.options,
      units: hidden,
      ...(direction === 'bidirectional' ? { bidirectional: 'concat' } : { reverse: direction === 'reverse' }),
    },
    inputs: convert(inputs),
    outputs: convert(outputs),
    ...(adjoints && { adjoints: convert(adjoints) }),
    ...(gradients && { gradients: convert(gradients) }),
  }
}

/** ONNX stacks the gates in its own order, directions outermost, both biases in one row, and the peepholes as input, output, forget. */
function convertTensors(cell: Cell, hidden: number, tensors: Tensors): Tensors {
  const to = cell.order('pytorch')
  // A node with coupled gates holds a forget gate all the same, and never looks at it.
  const from = cell.states.length === 2 ? lstm.order('onnx') : cell.order('onnx')
  const ordered = (tensor: PlainTensor) => joined(to.map((gate) => block(tensor, from.indexOf(gate) * hidden, hidden)))
  const ofDirection: Readonly<Record<string, (tensor: PlainTensor) => Tensors>> = {
    W: (W) => ({ weight_ih: ordered(W) }),
    R: (R) => ({ weight_hh: ordered(R) }),
    B: (B) => ({
      bias_ih: ordered(block(B, 0, from.length * hidden)),
      bias_hh: ordered(block(B, from.length * hidden, from.length * hidden)),
    }),
    P: (P) =>
      Object.fromEntries(
        ['input', 'output', 'forget'].flatMap((gate, i) =>
          to.includes(gate) ? [[`peephole_${gate}`, block(P, i * hidden, hidden)]] : [],
        ),
      ),
    initial_h: (h) => ({ h }),
    initial_c: (c) => ({ c }),
    Y_h: (h) => ({ h }),
    Y_c: (c) => ({ c }),
  }
  const named = Object.entries(tensors).map(([name, tensor]): Tensors => {
    if (name === 'X') return { x: transposed(tensor, [1, 0, 2]) }
    if (name === 'Y') {
      const [steps, directions, batch] = tensor.shape as [number, number, number]
      return { y: { ...transposed(tensor, [2, 0, 1, 3]), shape: [batch, steps, directions * hidden] } }
    }
    const ends = ['_l0', '_l0_reverse'].slice(0, tensor.shape[0])
    return Object.assign({}, ...ends.map((end, d) => withEnd(ofDirection[name]!(part(tensor, d)), end)))
  })
  return Object.assign({}, ...named)
}
