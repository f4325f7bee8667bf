import { expectOneOf, InputError, suggestion } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { sizeOf } from '../base/shape.ts'
import type { WeightSpec } from '../recurrence/index.ts'
import type { ParameterSpec } from './layer.ts'

/** How the weights of a recurrent layer start, where not uniform in ±1/√units. `G` are the names of the cell's gates. */
export interface StartOptions<G extends string = string> {
  /**
   * Matrices that read a state: the block of each gate orthogonal (Saxe et al. 2014), as in Keras, or the identity (Le et
   * al. 2015).
   */
  readonly recurrent?: 'orthogonal' | 'identity'
  /** The bias of a gate, for all units or for each of them: 1 for an LSTM's forget gate, say, or `chronoBias`. */
  readonly bias?: { readonly [Gate in G]?: number | readonly number[] }
}

/**
 * Biases by which gates keep a state for 1 to `longest` steps, a number a unit: log of evenly spaced times (chrono
 * initialisation, Tallec & Ollivier 2018). A gate that keeps takes them (an LSTM's forget gate, a GRU's update gate), one that
 * lets in takes their negatives (an LSTM's input gate).
 * @throws InputError when `units` or `longest` is no number of at least 1 and 2
 */
export function chronoBias(units: number, longest: number): number[] {
  if (!(Number.isInteger(units) && units >= 1))
    throw new InputError(`chronoBias: units: expected a whole number of at least 1, got ${units}`)
  if (!(longest >= 2 && Number.isFinite(longest)))
    throw new InputError(`chronoBias: longest: expected a number of steps of at least 2, got ${longest}`)
  return Array.from({ length: units }, (_, i) => Math.log(1 + ((longest - 2) * (i + 0.5)) / units))
}

/** @throws InputError when a start is unknown or of the wrong size */
export function checkStart(what: string, start: StartOptions, products: readonly string[], units: number): void {
  for (const key of Object.keys(start)) expectOneOf(`${what}: option`, key, ['recurrent', 'bias'])
  if (start.recurrent !== undefined) expectOneOf(`${what}: recurrent`, start.recurrent, ['orthogonal', 'identity'])
  for (const [gate, bias] of Object.entries(start.bias ?? {})) {
    if (!products.includes(gate))
      throw new InputError(
        `${what}: bias: no product of the cell is named '${gate}'${suggestion(gate, products)} (${products.join(', ')})`,
      )
    const numbers: readonly unknown[] = Array.isArray(bias) ? bias : [bias]
    if (Array.isArray(bias) && bias.length !== units)
      throw new InputError(`${what}: bias: ${gate}: expected a number for each of ${units} units, got ${bias.length}`)
    const wrong = numbers.find((number) => !Number.isFinite(number))
    if (wrong !== undefined) throw new InputError(`${what}: bias: ${gate}: expected finite numbers, got ${wrong}`)
  }
}

/** What a weight of a cell of `units` starts with. */
export function startOf(
  { shape, initial, blocks = [], reads, firstBiases = [] }: WeightSpec,
  units: number,
  { recurrent, bias = {} }: StartOptions = {},
): ParameterSpec['initial'] {
  if (initial !== undefined) return { value: initial }
  const bound = 1 / Math.sqrt(units)
  const length = sizeOf(shape) / Math.max(1, blocks.length)
  const columns = shape[1]
  const fills = blocks.map((name) => {
    if (columns !== undefined) return reads === 'state' && recurrent ? squares[recurrent] : undefined
    const given = bias[name]
    if (given === undefined) return undefined
    // A product's operands have a bias each, of which the sum counts: the first has it all.
    if (!firstBiases.includes(name)) return (_: Random, into: Block) => into.fill(0)
    return (_: Random, into: Block) => (typeof given === 'number' ? into.fill(given) : into.set(given))
  })
  if (!fills.some((fill) => fill)) return { bound }
  return (random, into) => {
    for (const [i, fill] of fills.entries()) {
      const block = into.subarray(i * length, (i + 1) * length)
      if (fill) fill(random, block, columns!)
      else for (let k = 0; k < length; k++) block[k] = random.between(-bound, bound)
    }
  }
}

type Block = Float32Array | Float64Array

const squares = {
  identity(_: Random, into: Block, columns: number) {
    for (let i = 0; i < into.length; i++) into[i] = Math.floor(i / columns) === i % columns ? 1 : 0
  },

  /** Normal numbers whose rows, or columns where those are fewer, are made orthonormal one after another (Gram & Schmidt). */
  orthogonal(random: Random, into: Block, columns: number) {
    const rows = into.length / columns
    const tall = rows > columns
    const [count, length] = tall ? [columns, rows] : [rows, columns]
    const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal()))
    for (const [i, vector] of vectors.entries()) {
      // Twice, for what rounding leaves of the others the first time.
      for (const other of [...vectors.slice(0, i), ...vectors.slice(0, i)]) {
        const along = vector.reduce((sum, value, k) => sum + value * other[k]!, 0)
        for (let k = 0; k < length; k++) vector[k]! -= along * other[k]!
      }
      const norm = Math.hypot(...vector)
      for (let k = 0; k < length; k++) vector[k]! /= norm
      for (let k = 0; k < length; k++) into[tall ? k * columns + i : i * columns + k] = vector[k]!
    }
  },
}
