import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { placeOf, showShape } from '../base/shape.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import { stretchesOf, withinLengths } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'

export interface EmbeddingOptions {
  /** The id that stands for no token: zeros come of it, and its row gets no gradient. */
  readonly padding?: number | undefined
  /** Steps of each sequence of ids `[B, T]`: those behind are padding, whatever stands there. */
  readonly lengths?: ArrayLike<number> | undefined
}

/** @throws InputError when an id is no whole number from 0 to vocabulary - 1 */
export function expectToken(id: number, vocabulary: number, where: () => string): void {
  if (!(Number.isInteger(id) && id >= 0 && id < vocabulary))
    throw new InputError(`embedding: expected a token from 0 to ${vocabulary - 1}, got ${id} at ${where()}`)
}

/**
 * Row `id` of a table for each id: ids `[…]` from 0 and the table `[V, O]` give `[…, O]`.
 * @throws InputError when an id is no whole number from 0 to V - 1
 */
export const embedding = defineOp<EmbeddingOptions>({
  name: 'embedding',
  data: [0],
  run(tape, [ids, table], { padding, lengths }) {
    const { kernels } = tape
    const { size, shape } = ids!
    const [vocabulary, units] = table!.shape as [number, number]
    const values = kernels.memory.copy(ids!.at, size)
    const within = withinLengths(shape[1]!, shape.length === 2 ? lengths : undefined)
    const stretches = stretchesOf(size, (i) => {
      const id = values[i]!
      if (!within(i)) return false
      expectToken(id, vocabulary, () => `${showShape(placeOf(i, shape))} of the batch`)
      return id !== padding
    })
    const index = kernels.memory.takeIndex(Int32Array.from(values))
    const at = takeZeros(kernels, size * units)
    for (const { from, rows } of stretches) kernels.gatherRows(at + from * units, table!.at, index + from, rows, units)

    return tape.result(at, [...shape, units], [table!], (gradient) => {
      const into = tape.gradient(table!)
      for (const { from, rows } of stretches)
        kernels.scatterAddRows(into, gradient + from * units, index + from, rows, units)
    })
  },
})

export const samples: OpSamples<EmbeddingOptions> = () =>
  [
    { shapes: [[1], [1, 1]], options: {} },
    {
      shapes: [
        [2, 7],
        [5, 3],
      ],
      options: { padding: 2 },
    },
    {
      shapes: [
        [3, 4],
        [6, 9],
      ],
      options: { padding: 0, lengths: [2, 0, 4] },
    },
  ].map((sample) => ({
    ...sample,
    draw: (random: Random, i: number) => (i === 0 ? random.below(sample.shapes[1]![0]!) : random.between(-1, 1)),
  }))
