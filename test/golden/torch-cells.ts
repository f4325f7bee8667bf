import { readFileSync } from 'node:fs'
import type { PlainTensor } from '../../src/base/shape.ts'

export type Tensors = Readonly<Record<string, PlainTensor>>

/** A cell of PyTorch's, forward and back, as torch-cells.py wrote it. */
export interface TorchCell {
  readonly name: 'rnn tanh' | 'rnn relu' | 'lstm' | 'gru'
  readonly lengths: readonly number[]
  readonly x: PlainTensor
  readonly weights: Tensors
  readonly state: Tensors
  readonly adjoints: { readonly y: PlainTensor; readonly state: Tensors }
  readonly y: PlainTensor
  readonly final: Tensors
  readonly gradients: { readonly x: PlainTensor; readonly weights: Tensors; readonly state: Tensors }
}

export const { cells: torchCells }: { cells: readonly TorchCell[] } = JSON.parse(
  readFileSync(new URL('torch-cells.json', import.meta.url), 'utf8'),
)
