import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { constant, leaf, sqrt, square } from '../expr/index.ts'
import { type Address, type Kernels, matrix, type PointwiseProgram } from '../kernels/index.ts'
import { addColumnSums } from '../recurrence/elementwise.ts'
import { defineOp, type OpSamples } from './op.ts'

const [x, gain, bias, sum, share] = [leaf('x'), leaf('gain'), leaf('bias'), leaf('sum'), leaf('share')]
const [hat, dy, rate, squares] = [leaf('hat'), leaf('dy'), leaf('rate'), leaf('squares')]
const centred = x.sub(sum.mul(share))
/** What rounding has left of the mean, which is much where that is far from 0. */
const rest = sum.mul(share)

const sums: PointwiseProgram = { inputs: ['x'], outputs: [], reductions: [{ expr: x, by: 'sum' }] }
const centring: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['sum'],
  scalars: ['share'],
  outputs: [{ expr: centred }],
  reductions: [
    { expr: centred, by: 'sum' },
    { expr: square(centred), by: 'sum' },
  ],
}
const rates: PointwiseProgram = {
  inputs: ['squares'],
  scalars: ['share', 'epsilon'],
  outputs: [{ expr: constant(1).div(sqrt(squares.mul(share).add(leaf('epsilon')))) }],
}
const scaling: PointwiseProgram = {
  inputs: ['x', 'gain', 'bias'],
  perRow: ['rate', 'sum'],
  scalars: ['share'],
  outputs: [{ expr: x.sub(rest).mul(rate) }, { expr: x.sub(rest).mul(rate).mul(gain).add(bias) }],
}

const byHat = dy.mul(gain)
const means: PointwiseProgram = {
  inputs: ['hat', 'dy', 'gain'],
  outputs: [],
  reductions: [
    { expr: byHat, by: 'sum' },
    { expr: byHat.mul(hat), by: 'sum' },
  ],
}
const intoX: PointwiseProgram = {
  inputs: ['hat', 'dy', 'gain'],
  perRow: ['rate', 'sum', 'dot'],
  scalars: ['share'],
  outputs: [{ expr: byHat.sub(sum.add(hat.mul(leaf('dot'))).mul(share)).mul(rate), accumulate: true }],
}
const intoGain: PointwiseProgram = { inputs: ['hat', 'dy'], outputs: [{ expr: hat.mul(dy), accumulate: true }] }

export interface LayerNormOptions {
  /** Added to the variance. */
  readonly epsilon: number
}

/** Where the rows of a layer norm lie, `[rows, columns]`, and the room it works in. */
export interface NormPlaces {
  readonly rows: number
  readonly columns: number
  readonly x: Address
  readonly gain: Address
  readonly bias: Address
  /** (x - mean)/deviation, then with gain and bias. */
  readonly hat: Address
  readonly y: Address
  /** 1/deviation of each row, and room for a number of each. */
  readonly rate: Address
  readonly sum: Address
}

/** Takes the room for rows at `x`. */
export function normPlaces({ memory }: Kernels, of: Pick<NormPlaces, 'rows' | 'columns' | 'x' | 'gain' | 'bias'>) {
  const [hat, y] = [memory.take(of.rows * of.columns), memory.take(of.rows * of.columns)]
  return { ...of, hat, y, rate: memory.take(of.rows), sum: memory.take(of.rows) }
}

/** Normalises rows, from `x` to `y`. */
export function normalise(kernels: Kernels, places: NormPlaces, epsilon: number): void {
  const { rows, columns } = places
  const wide = (at: Address) => ({ at, rowStride: columns })
  const [gain, bias] = [places.gain, places.bias].map((at) => ({ at, rowStride: 0 }))
  const [rate, sum] = [places.rate, places.sum].map((at) => ({ at, rowStride: 1 }))
  const [x, hat, y] = [wide(places.x), wide(places.hat), wide(places.y)]
  const flat = { at: places.rate, rowStride: rows }
  kernels.pointwise(sums)(rows, columns, [x, sum!])
  kernels.pointwise(centring)(rows, columns, [x, sum!, hat, sum!, rate!], [1 / columns])
  kernels.pointwise(rates)(1, rows, [flat, flat], [1 / columns, epsilon])
  kernels.pointwise(scaling)(rows, columns, [hat, gain!, bias!, rate!, sum!, hat, y], [1 / columns])
}

/**
 * y = (x - mean)/√(variance + ε)·gain + bias, over the last dimension (Ba et al. 2016): x `[…, F]`, gain `[F]`, bias `[F]`. The
 * variance is the mean of squares.
 */
export const layerNorm = defineOp<LayerNormOptions>({
  name: 'layer norm',
  run(tape, [x, gain, bias], { epsilon }) {
    const { kernels } = tape
    const columns = x!.shape.at(-1)!
    for (const { shape, size } of [gain!, bias!])
      if (size !== columns)
        throw new InputError(`layer norm: expected a gain and a bias of [${columns}], got ${showShape(shape)}`)
    const rows = x!.size / columns
    const places = normPlaces(kernels, { rows, columns, x: x!.at, gain: gain!.at, bias: bias!.at })
    normalise(kernels, places, epsilon)
    return tape.result(places.y, x!.shape, [x!, gain!, bias!], (gradient) => {
      const wide = (at: Address) => ({ at, rowStride: columns })
      const same = (at: Address) => ({ at, rowStride: 0 })
      const column = (at: Address) => ({ at, rowStride: 1 })
      const [hat, dy, sum, dot] = [
        wide(places.hat),
        wide(gradient),
        column(places.sum),
        column(kernels.memory.take(rows)),
      ]
      if (x!.differentiable) {
        const into = wide(tape.gradient(x!))
        kernels.pointwise(means)(rows, columns, [hat, dy, same(gain!.at), sum, dot])
        const from = [hat, dy, same(gain!.at), column(places.rate), sum, dot]
        kernels.pointwise(intoX)(rows, columns, [...from, into], [1 / columns])
      }
      kernels.pointwise(intoGain)(rows, columns, [hat, dy, same(tape.gradient(gain!))])
      addColumnSums(kernels, tape.gradient(bias!), matrix(gradient, rows, columns))
    })
  },
})

export const samples: OpSamples<LayerNormOptions> = () =>
  [
    [1, 3],
    [5, 4],
    [2, 3, 17],
  ].map((shape) => ({
    shapes: [shape, [shape.at(-1)!], [shape.at(-1)!]],
    options: { epsilon: 1e-5 },
  }))
