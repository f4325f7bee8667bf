import type { PlainTensor } from '../../src/base/shape.ts'
import { builtInCells, type Cell } from '../../src/cells/index.ts'
import { block, joined, part, transposed } from './tensors.ts'
import type { Tensors, Vector } from './vectors.ts'

/**
 * A case with Keras's weights as one with ours: kernels are transposed, gates stacked in another order. A GRU that resets after
 * its product has a bias for it; otherwise there is one bias, and our second is zero. Gradients go the same way.
 */
export function fromKeras(vector: Vector): Vector {
  const cell = builtInCells.get(vector.layer.cell)!
  const convert = (tensors: Tensors): Tensors =>
    Object.fromEntries(Object.entries(tensors).flatMap(([name, tensor]) => convertTensor(cell, name, tensor)))
  const { inputs, gradients } = vector
  return { ...vector, inputs: convert(inputs), ...(gradients && { gradients: convert(gradients) }) }
}

function convertTensor(cell: Cell, name: string, tensor: PlainTensor): [string, PlainTensor][] {
  const [kind, end] = [name.replace(/_l\d.*/, ''), name.replace(/.*(?=_l\d)/, '')]
  const [from, to] = [cell.order('keras'), cell.order('pytorch')]
  const ordered = (rows: PlainTensor) => {
    const units = rows.shape[0]! / from.length
    return joined(to.map((gate) => block(rows, from.indexOf(gate) * units, units)))
  }
  if (kind === 'kernel') return [[`weight_ih${end}`, ordered(transposed(tensor, [1, 0]))]]
  if (kind === 'recurrent_kernel') return [[`weight_hh${end}`, ordered(transposed(tensor, [1, 0]))]]
  if (kind !== 'bias') return [[name, tensor]]
  if (tensor.shape.length === 1) return [[`bias_ih${end}`, ordered(tensor)]]
  return ['bias_ih', 'bias_hh'].map((bias, i) => [`${bias}${end}`, ordered(part(tensor, i))])
}
