import { describe, expect, test } from 'vitest'
import { Tape } from '../../src/autograd/tape.ts'
import { Random } from '../../src/base/random.ts'
import type { PlainTensor } from '../../src/base/shape.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { attend, attentionParameters } from '../../src/layers/attend.ts'
import { randomTensor } from '../recurrence/cases.ts'

const rows = ({ data, shape }: PlainTensor) => {
  const width = shape.at(-1)!
  return Array.from({ length: data.length / width }, (_, i) => Array.from(data).slice(i * width, (i + 1) * width))
}
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
const times = (matrix: PlainTensor, v: readonly number[]) => rows(matrix).map((row) => dot(row, v))

// The equations of Luong et al. (2015) and Bahdanau et al. (2015) in plain loops: scores are not divided by anything.
describe.each(['dot', 'general', 'additive'] as const)('%s attention', (kind) => {
  test('is its equations: softmax of the scores as they are, context, then tanh(W·[context, h] + b)', () => {
    const [units, features, queries, keys] = [4, kind === 'dot' ? 4 : 3, 2, 5]
    const random = new Random(6, kind)
    const h = randomTensor(random, [1, queries, units], 2)
    const encoded = randomTensor(random, [1, keys, features], 2)
    const own = new Map(
      attentionParameters(kind, units, [keys, features]).map(({ name, shape }) => [name, randomTensor(random, shape)]),
    )
    const of = (name: string) => own.get(`attention.${name}`)!
    const score = {
      dot: (q: number[], k: number[]) => dot(q, k),
      // The score's rows are of the encoder's features, as of a dense layer that brings h to them.
      general: (q: number[], k: number[]) => dot(times(of('score'), q), k),
      additive: (q: number[], k: number[]) => {
        const [fromQuery, fromKey] = [times(of('query'), q), times(of('key'), k)]
        return dot(
          rows(of('score'))[0]!,
          fromQuery.map((value, i) => Math.tanh(value + fromKey[i]!)),
        )
      },
    }[kind]
    const expected = rows(h).map((q) => {
      const powers = rows(encoded).map((k) => Math.exp(score(q, k)))
      const weights = powers.map((power) => power / powers.reduce((sum, value) => sum + value))
      const context = Array.from({ length: features }, (_, f) =>
        dot(
          weights,
          rows(encoded).map((k) => k[f]!),
        ),
      )
      const next = times(of('combine'), [...context, ...q]).map((value, i) => Math.tanh(value + of('bias').data[i]!))
      return { weights, next }
    })

    const tape = new Tape(createKernels('reference'))
    const variables = new Map([...own].map(([name, tensor]) => [name, tape.input(tensor)]))
    let seen: readonly number[] = []
    const y = attend(kind, tape.input(h), tape.input(encoded), {
      tape,
      lengths: undefined,
      parameter: (name) => variables.get(name)!,
      observe: (weights) => {
        seen = Array.from(tape.read(weights).data)
      },
    })
    const near = (actual: ArrayLike<number>, values: readonly number[]) => {
      expect(actual.length).toBe(values.length)
      for (const [i, value] of values.entries()) expect(actual[i]).toBeCloseTo(value, 10)
    }
    near(
      seen,
      expected.flatMap(({ weights }) => weights),
    )
    near(
      tape.read(y).data,
      expected.flatMap(({ next }) => next),
    )
  })
})
