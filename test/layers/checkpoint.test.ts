import { describe, expect, test } from 'vitest'
import type { Variable } from '../../src/autograd/index.ts'
import { recur } from '../../src/autograd/recurrent.ts'
import { Tape } from '../../src/autograd/tape.ts'
import { Random } from '../../src/base/random.ts'
import type { Cell } from '../../src/cells/index.ts'
import { dense, gru, lstm, memoryPlan, sequential } from '../../src/index.ts'
import { createKernels, type Kernels, surveyTiers } from '../../src/kernels/index.ts'
import { WasmKernels } from '../../src/kernels/wasm/kernels.ts'
import { nodeHost } from '../../src/kernels/wasm/thread-hosts.ts'
import { ThreadPool } from '../../src/kernels/wasm/threads.ts'
import { windowsOf } from '../../src/recurrence/run.ts'
import { outputsOf, stateShape } from '../../src/recurrence/sizes.ts'
import { weightSpecs } from '../../src/recurrence/weights.ts'
import { randomTensor, unitsOf } from '../recurrence/cases.ts'
import { allCells } from '../recurrence/cells.ts'

const tiers = surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))
const kernelSets: readonly (readonly [string, () => Kernels])[] = [
  ['reference', () => createKernels('reference')],
  ...tiers.flatMap((tier) =>
    [1, 2].map((threads) => {
      const pool = new ThreadPool(nodeHost, threads, 0)
      return [`${tier}, threads ${threads}`, () => WasmKernels.on(tier, pool)] as const
    }),
  ),
]

/** Two shards of sizes that fill no tile, whose sequences end all along. */
const [batch, steps] = [61, 41]
const lengths = Array.from({ length: batch }, (_, i) => (29 * i + 41) % (steps + 1))

/** Outputs, final states and the gradients of everything, of a cell run in windows of some phases. */
function everything(kernels: Kernels, cell: Cell, reverse: boolean, checkpoint: number | undefined): number[] {
  const random = new Random(4, 'checkpoint')
  const { hidden, inputs, projected } = unitsOf(cell, { hidden: 7, inputs: 3, seed: 4 })
  const tape = new Tape(kernels, random)
  const of = (shape: readonly number[], spread = 0.5) => tape.input(randomTensor(random, shape, spread), true)
  const x = of([batch, steps, inputs], 1.5)
  const weights = weightSpecs(cell, inputs, hidden, projected).map(({ shape }) => of(shape))
  const sizes = { hidden, projected }
  const initial = cell.states.map((_, s) => of([batch, ...stateShape(cell, s, sizes)]))
  const { y, states } = recur(
    tape,
    { x, weights, initial },
    { cell, ...sizes, returns: 'all', reverse, lengths, checkpoint },
  )
  for (const state of states)
    kernels.memory.view(tape.gradient(state), state.size).set(randomTensor(random, state.shape).data)
  tape.backward(y, randomTensor(random, y.shape).data)
  expect(y.shape).toEqual([batch, steps, outputsOf(cell, sizes)])
  const gradients = [x, ...weights, ...initial].map((variable) => ({ ...variable, at: tape.gradient(variable) }))
  const all = [y, ...states, ...gradients].flatMap((variable) => Array.from(tape.read(variable).data))
  return all
}

const sameBits = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length)
  expect(actual.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1)
  expect(expected.every(Number.isFinite)).toBe(true)
}

describe.each(kernelSets)('in parts on %s, to the bit', (_, make) => {
  test.each(allCells)('%s', (_, cell) => {
    const { hidden, inputs, projected } = unitsOf(cell, { hidden: 7, inputs: 3, seed: 4 })
    const windows = [1, 16].map((n) => windowsOf(cell, { batch, steps, lengths, hidden, inputs, projected }, n))
    expect(windows.map(({ length }) => length)).toEqual([3, 2])
    for (const reverse of [false, true]) {
      const whole = everything(make(), cell, reverse, undefined)
      for (const n of [1, 16, steps]) sameBits(everything(make(), cell, reverse, n), whole)
    }
  })
})

/** Outputs, final states and all gradients of a model of two layers. */
function ofModel(options: object, kernels: 'reference' | 'auto'): number[] {
  const random = new Random(8, 'model')
  const model = sequential([lstm(6, { layers: 2, ...options })]).init({ inputs: 3, kernels })
  return model.withTape((tape) => {
    const input = tape.input(randomTensor(random, [batch, steps, 3], 1.5), true)
    const final: Variable[] = []
    const y = model.forward(tape, input, { lengths, final: (_, state) => final.push(state) })
    for (const state of final) model.kernels.memory.view(tape.gradient(state), state.size).fill(0.1)
    tape.backward(y, randomTensor(random, y.shape).data)
    const weights = model.parameters.names.map((name) => {
      const parameter = model.parameters.get(name)
      return { ...parameter, at: parameter.gradient }
    })
    const all = [y, ...final, { ...input, at: tape.gradient(input) }, ...weights]
    return all.flatMap((variable) => Array.from(tape.read(variable).data))
  }, new Random(1, 'chance'))
}

describe('a layer with checkpoints', () => {
  test.each([
    ['last outputs', { returns: 'last', initial: 'learned' }],
    ['residual, with dropout', { residual: true, dropout: 0.3 }],
    ['both directions, with chance', { bidirectional: 'concat', variational: { state: 0.3 }, zoneout: 0.2 }],
  ] as const)('%s: the same bits, on every kernel', (_, options) => {
    for (const kernels of ['reference', 'auto'] as const) {
      const whole = ofModel(options, kernels)
      for (const checkpoint of ['sqrt', 1, 11, 1000] as const)
        sameBits(ofModel({ ...options, checkpoint }, kernels), whole)
    }
  })

  test('takes a fraction of the memory on long sequences, as planned and as taken', () => {
    const layers = (options: object) => [lstm(64, { returns: 'last', ...options }), dense(1)]
    const planned = (options: object, steps: number) =>
      memoryPlan(sequential(layers(options)), { inputs: 4, batch: 32, steps, kernels: 'simd' }).activations
    expect(planned({ checkpoint: 'sqrt' }, 1024) / planned({}, 1024)).toBeLessThan(0.1)
    expect(planned({ checkpoint: 'sqrt' }, 4096) / planned({}, 4096)).toBeLessThan(0.05)
    const peak = (options: object) => {
      const model = sequential(layers(options)).init({ inputs: 4 })
      model.withTape((tape) => {
        const y = model.forward(tape, tape.input(randomTensor(new Random(1, 'x'), [32, 400, 4])))
        tape.backward(y, new Float64Array(32).fill(1))
      }, new Random(1, 'chance'))
      return model.kernels.memory.usage().arenaPeak
    }
    expect(peak({ checkpoint: 'sqrt' }) / peak({})).toBeLessThan(0.15)
  })

  test('is shown as ever', () => {
    const { data } = randomTensor(new Random(2, 'x'), [300, 3])
    const seen = ([layer]: [ReturnType<typeof gru>]) =>
      sequential([layer])
        .init({ inputs: 3, seed: 1 })
        .inspect(layer, { x: { data, shape: [300, 3] } })
    expect(seen([gru(3, { checkpoint: 4 })])).toEqual(seen([gru(3)]))
  })
})
