import { type PlainTensor, placeOf, sizeOf } from '../../src/base/shape.ts'

export type Nested = number | readonly Nested[]

/** Nested lists as a tensor. */
export function tensorOf(nested: Nested): PlainTensor {
  const shape: number[] = []
  const data: number[] = []
  const walk = (value: Nested, depth: number): void => {
    if (typeof value === 'number') return void data.push(value)
    shape[depth] = value.length
    for (const one of value) walk(one, depth + 1)
  }
  walk(nested, 0)
  return { data, shape }
}

/** Rows `from` and on, so many of them. */
export function block({ data, shape: [, ...row] }: PlainTensor, from: number, rows: number): PlainTensor {
  const size = sizeOf(row)
  return { data: Array.from(data).slice(from * size, (from + rows) * size), shape: [rows, ...row] }
}

/** One row, without the first dimension. */
export const part = (tensor: PlainTensor, index: number): PlainTensor => ({
  data: block(tensor, index, 1).data,
  shape: tensor.shape.slice(1),
})

/** Tensors with the same rows, one below the other. */
export const joined = (tensors: readonly PlainTensor[]): PlainTensor => ({
  data: tensors.flatMap(({ data }) => Array.from(data)),
  shape: [tensors.reduce((rows, { shape }) => rows + shape[0]!, 0), ...tensors[0]!.shape.slice(1)],
})

/** The same numbers with dimensions in another order: `axes[d]` is what stood where dimension d is now. */
export function transposed({ data, shape }: PlainTensor, axes: readonly number[]): PlainTensor {
  const to = axes.map((axis) => shape[axis]!)
  const strides = axes.map((axis) => sizeOf(shape.slice(axis + 1)))
  const numbers = Array.from({ length: data.length }, (_, i) =>
    placeOf(i, to).reduce((at, place, d) => at + place * strides[d]!, 0),
  )
  return { data: numbers.map((at) => data[at]!), shape: to }
}
