import { embedding as embeddingOp, expectToken } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { expectWhole, showShape } from '../base/shape.ts'
import { matrix } from '../kernels/index.ts'
import type { Layer } from './layer.ts'

export interface EmbeddingLayerOptions {
  /** The id that stands for no token: it becomes zeros, and its row of the table stays zero. */
  readonly padding?: number
}

/**
 * A learned vector for each token: ids `[B, T]` from 0 to vocabulary - 1 become `[B, T, units]`. The first layer of a model
 * made by `init({ inputs: 'tokens' })`. Its parameter `weight [vocabulary, units]` starts standard normal, as in PyTorch's
 * `nn.Embedding`.
 */
export function embedding(vocabulary: number, units: number, { padding }: EmbeddingLayerOptions = {}): Layer {
  expectWhole('embedding: vocabulary', vocabulary)
  expectWhole('embedding: units', units)
  if (padding !== undefined) expectWhole('embedding: padding', padding, 0, vocabulary - 1)
  return {
    config: { kind: 'embedding', vocabulary, units, ...(padding === undefined ? {} : { padding }) },
    build(input) {
      if (input.length !== 1)
        throw new InputError(
          `embedding: expected token ids [time], got ${showShape(input)}; ` +
            "make it the first layer, and the model by init({ inputs: 'tokens' })",
        )
      return {
        output: [...input, units],
        parameters: [
          {
            name: 'weight',
            shape: [vocabulary, units],
            initial(random, into) {
              for (let i = 0; i < into.length; i++) into[i] = Math.floor(i / units) === padding ? 0 : random.normal()
            },
          },
        ],
      }
    },
    forward: (ids, { tape, parameter, lengths }) =>
      embeddingOp.run(tape, [ids, parameter('weight')], { padding, lengths }),
    step(ids, { kernels: { memory }, parameter }) {
      const output = matrix(memory.take(ids.rows * units), ids.rows, units)
      const table = parameter('weight')
      return {
        output,
        states: new Map(),
        read() {
          for (const [i, id] of memory.view(ids.at, ids.rows).entries()) {
            expectToken(id, vocabulary, () => (ids.rows === 1 ? 'the step' : `session ${i}`))
            const row = memory.view(output.at + i * units, units)
            if (id === padding) row.fill(0)
            else row.set(memory.view(table + id * units, units))
          }
        },
        run() {},
      }
    },
  }
}
