import { describe, expect, test } from 'vitest'
import type { Variable } from '../../src/autograd/index.ts'
import { Random } from '../../src/base/random.ts'
import {
  type Cell,
  cells,
  dense,
  encoderDecoder,
  gradientFlow,
  gru,
  type Model,
  type RecurrentLayer,
  sequential,
} from '../../src/index.ts'
import type { RecurrentLayerOptions } from '../../src/layers/index.ts'
import { layerOf, randomTensor, unitsOf } from '../recurrence/cases.ts'
import { foldingCell, skippingCell, windingCell } from '../recurrence/cells.ts'

const random = new Random(17, 'structures')
const [batch, steps, inputs, hidden] = [4, 7, 2, 4]
const x = randomTensor(random, [batch, steps, inputs], 1.5)
const lengths = [7, 2, 0, 5]

/** Cells whose states are of several steps, of two sizes, or meet in means; and one of the usual kind. */
const deep = [
  ['skipping', skippingCell],
  ['winding', windingCell],
  ['folding', foldingCell],
  ['projected lstm', cells.projectedLstm],
  ['layer norm lstm', cells.layerNormLstm],
  ['gru', cells.gru],
] as unknown as readonly (readonly [string, Cell])[]
const layer = (cell: Cell, options: RecurrentLayerOptions) =>
  layerOf(cell, unitsOf(cell, { hidden, inputs, seed: 1 }), options) as RecurrentLayer
const init = (one: RecurrentLayer) => sequential([one]).init({ inputs, seed: 3, kernels: 'reference' })
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  return Math.max(0, ...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}

/** Gives learned initial states other numbers than zeros. */
function learn(model: Model): void {
  for (const name of model.parameters.names.filter((name) => name.includes('initial_'))) {
    const { at, size } = model.parameters.get(name)
    const values = model.kernels.memory.view(at, size)
    for (let i = 0; i < size; i++) values[i] = random.between(-1, 1)
  }
}

/** A loss at random of outputs and final states, and its derivatives, with the same chance each time. */
function lossOf(model: Model) {
  return model.withTape((tape) => {
    const input = tape.input({ data: Array.from(x.data), shape: x.shape }, true)
    const final: Variable[] = []
    const y = model.forward(tape, input, { lengths, final: (_, state) => final.push(state) })
    // The topmost cell's last output may be its final state itself.
    const all = [y, ...final.filter((state) => state !== y)]
    const seeds = all.map(({ shape }, i) => randomTensor(new Random(i, 'seeds'), shape).data)
    const loss = all.reduce((sum, variable, i) => {
      return sum + Array.from(tape.read(variable).data).reduce((part, value, j) => part + value * seeds[i]![j]!, 0)
    }, 0)
    for (const [i, state] of all.entries())
      model.kernels.memory.view(tape.gradient(state), state.size).set(Float64Array.from(seeds[i]!))
    model.parameters.clear(model.parameters.gradient)
    tape.backward(y, seeds[0]!)
    const gradients = model.parameters.names.map((name) => {
      const parameter = model.parameters.get(name)
      return tape.read({ ...parameter, at: parameter.gradient }).data
    })
    return { loss, dx: tape.read({ ...input, at: tape.gradient(input) }).data, gradients }
  }, new Random(5, 'chance'))
}

const structures: readonly (readonly [string, RecurrentLayerOptions])[] = [
  ['two directions side by side, two deep', { layers: 2, bidirectional: 'concat', initial: 'learned' }],
  ['their mean, last outputs', { layers: 2, bidirectional: 'mean', returns: 'last' }],
  ['residual, last outputs of three layers', { layers: 3, residual: true, returns: 'last', initial: 'learned' }],
  ['chance', { layers: 2, variational: { input: 0.2, state: 0.4, output: 0.1 }, zoneout: 0.3, dropout: 0.2 }],
  ['chance, backwards', { reverse: true, variational: { state: 0.4 }, zoneout: 0.3 }],
]

describe.each(deep)('%s', (_, cell) => {
  test.each(structures)('%s: gradients are central differences', (_, options) => {
    const model = init(layer(cell, options))
    learn(model)
    const { gradients } = lossOf(model)
    for (const [p, name] of model.parameters.names.entries()) {
      const { at, size } = model.parameters.get(name)
      const values = model.kernels.memory.view(at, size)
      for (const i of [0, size - 1]) {
        const value = values[i]!
        const moved = [1e-5, -1e-5].map((by) => {
          values[i] = value + by
          return lossOf(model).loss
        })
        values[i] = value
        const expected = (moved[0]! - moved[1]!) / 2e-5
        expect(Math.abs(gradients[p]![i]! - expected), `${name} ${i}`).toBeLessThan(
          1e-6 * Math.max(1, Math.abs(expected)),
        )
      }
    }
  })

  test('streams and advance go on from one another, from learned states', () => {
    const model = sequential([
      layer(cell, { layers: 2, initial: 'learned', zoneout: 0.2, residual: true }),
      dense(2),
    ]).init({
      inputs,
      seed: 1,
      kernels: 'reference',
    })
    learn(model)
    const whole = model.run(x)
    const cut = ({ data, shape }: typeof x, from: number, to: number) => {
      const rows = Array.from({ length: batch }, (_, b) =>
        Array.from(data).slice((b * steps + from) * shape[2]!, (b * steps + to) * shape[2]!),
      )
      return { data: rows.flat(), shape: [batch, to - from, shape[2]!] }
    }
    for (const split of [1, 2, 6]) {
      const first = model.advance(cut(x, 0, split))
      const stream = model.stream({ state: JSON.parse(JSON.stringify(first.state)) })
      const fresh = model.stream({ sessions: batch })
      for (let t = 0; t < split; t++) fresh.push(cut(x, t, t + 1).data)
      for (const [name, values] of Object.entries(first.state.values))
        expect(worst(fresh.state.values[name]!, values), name).toBeLessThan(1e-12)
      expect(worst(stream.push(cut(x, split, split + 1).data), cut(whole, split, split + 1).data)).toBeLessThan(1e-12)
      const rest = model.advance(cut(x, split + 1, steps), { state: stream.state })
      expect(worst(rest.y.data, cut(whole, split + 1, steps).data)).toBeLessThan(1e-12)
    }
  })

  test('an encoder’s states become a decoder’s, as they are or over a bridge', () => {
    const made = (decoder: RecurrentLayer) =>
      sequential([
        encoderDecoder({ encoder: [layer(cell, {})], decoder: [decoder, dense(2)], steps: 3, start: [0, 0] }),
      ]).init({ inputs, seed: 2, kernels: 'reference' })
    const names = (model: Model) => model.parameters.names.filter((name) => name.includes('bridge'))
    const [same, other] = [made(layer(cell, {})), made(gru(3) as RecurrentLayer)]
    expect([names(same).length, names(other).length]).toEqual([0, 2])
    for (const model of [same, other]) {
      expect(model.run(x, lengths).shape).toEqual([batch, 3, 2])
      const none = { data: new Float64Array(x.data.length), shape: x.shape }
      expect(worst(model.run(x).data, model.run(none).data)).toBeGreaterThan(1e-4)
    }
    const back = sequential([
      encoderDecoder({ encoder: [gru(3)], decoder: [layer(cell, {}), dense(2)], steps: 3, start: [0, 0] }),
    ]).init({ inputs, seed: 2, kernels: 'reference' })
    expect(back.run(x).shape).toEqual([batch, 3, 2])
    expect(names(back)).toHaveLength(2 * cell.states.length)
  })

  test.each<RecurrentLayerOptions>([{}, { layers: 2, residual: true, initial: 'learned', zoneout: 0.2 }])(
    'the gradient that flows back is that of all that is carried: %o',
    (options) => {
      const sample = { x: { data: Array.from(x.data).slice(0, steps * inputs), shape: [steps, inputs] } }
      const one = layer(cell, { returns: 'last', ...options })
      const model = sequential([one, dense(1)]).init({ inputs, seed: 4, kernels: 'reference' })
      // By the states that advance carries: how those after a later step change with those after an earlier one.
      const cut = (from: number, to: number) => ({
        data: sample.x.data.slice(from * inputs, to * inputs),
        shape: [1, to - from, inputs],
      })
      for (const [from, at] of [
        [3, steps - 1],
        [1, 4],
        [4, 5],
      ] as const) {
        const flow = gradientFlow(model, one, { ...sample, y: { data: [0.5], shape: [1] } }, { at })
        expect([flow.loss.length, flow.jacobian.length]).toEqual([steps, at + 1])
        expect(flow.jacobian[at]).toBeCloseTo(1, 12)
        const { state } = model.advance(cut(0, from + 1))
        const ended = (moved: typeof state) =>
          Object.values(model.advance(cut(from + 1, at + 1), { state: moved }).state.values).flat()
        const columns = Object.entries(state.values).flatMap(([name, values]) =>
          values.map((_, i) => {
            const [up, down] = [1e-5, -1e-5].map((by) =>
              ended({ ...state, values: { ...state.values, [name]: values.map((v, j) => (j === i ? v + by : v)) } }),
            )
            return up!.map((value, j) => (value - down![j]!) / 2e-5)
          }),
        )
        expect(flow.jacobian[from]! / largest(columns)).toBeCloseTo(1, 5)
      }
    },
  )
})

/** The largest singular value, by power iteration. */
function largest(columns: readonly (readonly number[])[]): number {
  let direction = columns.map((_, i) => 1 + 0.1 * i)
  let norm = 0
  for (let round = 0; round < 2000; round++) {
    const length = Math.hypot(...direction)
    const image = columns[0]!.map((_, j) =>
      columns.reduce((sum, column, i) => sum + (column[j]! * direction[i]!) / length, 0),
    )
    norm = Math.hypot(...image)
    direction = columns.map((column) => column.reduce((sum, value, j) => sum + value * image[j]!, 0))
  }
  return norm
}
