import { readFileSync } from 'node:fs'
import type { PlainTensor } from '../../src/base/shape.ts'
import { gru, layerNormLstm, lstm, minGru, minLstm, projectedLstm, rnn } from '../../src/cells/index.ts'

/** Our cells by the names in the files. */
export const ours = {
  'rnn tanh': rnn,
  'rnn relu': rnn.with({ activation: 'relu' }),
  lstm,
  gru,
  'projected lstm': projectedLstm,
  'layer norm lstm': layerNormLstm,
  minGru,
  minLstm,
}

export type Tensors = Readonly<Record<string, PlainTensor>>

/** A cell of PyTorch's, forward and back, as torch-cells.py or torch-more-cells.py wrote it. */
export interface TorchCell {
  readonly name: keyof typeof ours
  readonly lengths: readonly number[]
  readonly x: PlainTensor
  readonly weights: Tensors
  readonly state: Tensors
  readonly adjoints: { readonly y: PlainTensor; readonly state: Tensors }
  readonly y: PlainTensor
  readonly final: Tensors
  readonly gradients: { readonly x: PlainTensor; readonly weights: Tensors; readonly state: Tensors }
}

const read = (file: string): readonly TorchCell[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')).cells

export const torchCells = [...read('torch-cells.json'), ...read('torch-more-cells.json')]
