import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Variable } from '../../src/autograd/index.ts'
import type { PlainTensor } from '../../src/base/shape.ts'
import { type Cell, defineCell } from '../../src/cells/index.ts'
import { sigmoid, sub, tanh } from '../../src/expr/index.ts'
import type { KernelChoice } from '../../src/kernels/index.ts'
import { layerFromConfig } from '../../src/layers/from-config.ts'
import { type RecurrentLayer, type RecurrentLayerOptions, sequential } from '../../src/layers/index.ts'
import { type UnrollInput, unroll } from '../../src/recurrence/index.ts'
import { furthest } from './compare.ts'
import { type Nested, tensorOf } from './tensors.ts'

export type Tensors = Readonly<Record<string, PlainTensor>>

/** A recurrent layer's numbers from elsewhere, by PyTorch's names: x, weight_ih_l0, …, h_l0, c_l0_reverse, … */
export interface Vector {
  readonly name: string
  /** As model files have it. */
  readonly layer: { readonly cell: string; readonly units: number; readonly [option: string]: unknown }
  readonly lengths?: readonly number[] | undefined
  /** x, weights (one that is absent is zero) and initial states. */
  readonly inputs: Tensors
  /** y, and final states. */
  readonly outputs: Tensors
  /** Of the outputs; none where nothing is known but outputs. */
  readonly adjoints?: Tensors
  /** Of Σ outputs · adjoints, by every input. */
  readonly gradients?: Tensors
}

type Numbers = Required<Pick<Vector, 'outputs' | 'gradients'>>

/** The same tensors with a layer and a direction behind their names. */
export const withEnd = (tensors: Tensors, end: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${name}${end}`, tensor]))

/** Cells of no one's but torch-steps.py: an RNN that reads several steps back, and one whose gates look elsewhere still. */
const severalSkips = defineCell({
  name: 'severalSkips',
  state: ['h'],
  step: ({ x, h, linear }) => ({ h: tanh(linear('hidden', x, h, h.back(2), h.back(3))) }),
})
const gatedSkip = defineCell({
  name: 'gatedSkip',
  state: ['h', 'c'],
  step({ x, h, c, linear }) {
    const keep = sigmoid(linear('keep', x, h.back(3)))
    const write = tanh(linear('write', x, h, c.back(2)))
    const now = keep.mul(c.back(2)).add(sub(1, keep).mul(write))
    return { h: tanh(now).sub(h.back(2).mul(0.3)), c: now, gates: { keep, write } }
  },
})
const ownCells = [severalSkips, gatedSkip] as unknown as readonly Cell[]

/** The cases of a file: all that is not about a case is lists of numbers by name, which become tensors. */
export function readCases<Case = Vector>(file: string): readonly Case[] {
  const { cases } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
  return cases.map(({ name, layer, lengths, ...kinds }: Record<string, object>) => ({
    name,
    layer,
    ...(lengths && { lengths }),
    ...Object.fromEntries(
      Object.entries(kinds).map(([kind, lists]) => [
        kind,
        Object.fromEntries(Object.entries<Nested>(lists as never).map(([key, list]) => [key, tensorOf(list)])),
      ]),
    ),
  }))
}

/** The layer in a model, forward and back; `options` besides its own. */
export function runLayer(vector: Vector, kernels: KernelChoice, options: RecurrentLayerOptions = {}): Numbers {
  const { inputs, adjoints = {}, lengths } = vector
  const layer = layerFromConfig({ kind: 'recurrent', ...vector.layer, ...options }, ownCells)
  const model = sequential([layer]).init({ inputs: inputs.x!.shape[2]!, kernels })
  const { parameters } = model
  const weights = parameters.names.map((name) => [name, parameters.get(name)] as const)
  const given = new Map(Object.entries(inputs).map(([name, tensor]) => [`0.${name}`, tensor]))
  parameters.write(
    new Map(
      weights.map(([name, { shape, size }]) => [name, given.get(name) ?? { data: new Float64Array(size), shape }]),
    ),
  )
  return model.withTape((tape) => {
    const initial = new Map(
      model.states.flatMap(({ name }) =>
        given.has(name) ? [[name, tape.input(given.get(name)!, true)] as const] : [],
      ),
    )
    const x = tape.input(inputs.x!, true)
    const found = new Map<string, Variable>()
    const y = model.forward(tape, x, { lengths, initial, final: (name, state) => found.set(name, state) })
    const outputs = new Map([['0.y', y], ...found])
    // The last output may be a final state itself: their adjoints add up.
    const seeds = new Map<Variable, Float64Array>()
    for (const [name, output] of outputs) {
      const seed = seeds.get(output) ?? new Float64Array(output.size)
      seeds.set(
        output,
        seed.map((value, i) => value + (adjoints[name.slice(2)]?.data[i] ?? 0)),
      )
    }
    for (const [output, seed] of seeds) model.kernels.memory.view(tape.gradient(output), output.size).set(seed)
    tape.backward(y, seeds.get(y)!)
    const read = (variables: Iterable<readonly [string, Variable]>) =>
      Object.fromEntries([...variables].map(([name, variable]) => [name.slice(2), tape.read(variable)]))
    const gradients = [['0.x', x] as const, ...weights, ...initial].map(
      ([name, variable]) => [name, { ...variable, at: tape.gradient(variable) }] as const,
    )
    return { outputs: read(outputs), gradients: read(gradients) }
  })
}

/** What `unroll` takes, where the layer is one cell in one direction from given states. */
export function unrolling({ layer, lengths, inputs, adjoints = {} }: Vector) {
  const { layers = 1, bidirectional, returns = 'all', initial = 'zero', reverse = false } = layer
  if (layers !== 1 || bidirectional || returns !== 'all' || initial !== 'zero') return undefined
  const { cell } = layerFromConfig({ kind: 'recurrent', ...layer }, ownCells) as RecurrentLayer
  const bare = (tensors: Tensors, states: boolean) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([name, tensor]) => {
        const plain = name.replace('_l0', '')
        return plain !== name && cell.states.includes(plain) === states ? [[plain, tensor]] : []
      }),
    )
  const input: UnrollInput = {
    x: inputs.x!,
    weights: bare(inputs, false),
    state: bare(inputs, true),
    reverse: reverse === true,
    ...(lengths ? { lengths } : {}),
  }
  return { cell, input, adjoints: { ...(adjoints.y && { y: adjoints.y }), state: bare(adjoints, true) } }
}

/** The same by `unroll`: with 'reference', the oracle rather than the kernels' loop in float64. */
function runUnrolled(vector: Vector, kernels: KernelChoice): Numbers | undefined {
  const plan = unrolling(vector)
  if (!plan) return undefined
  const run = unroll(plan.cell, { ...plan.input, kernels })
  const back = run.backward(plan.adjoints)
  return {
    outputs: { y: run.y, ...withEnd(run.state, '_l0') },
    gradients: { x: back.x, ...withEnd({ ...back.weights, ...back.state }, '_l0') },
  }
}

/** Every expected tensor is there, of its shape, and near relative to its largest number. */
export function expectNear(actual: Tensors, expected: Tensors, tolerance: number): void {
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name]?.shape, name).toEqual(tensor.shape)
    expect(furthest(actual[name]!, tensor), name).toBeLessThan(tolerance)
  }
}

/** Tests of every vector: as a layer, as one that is run in parts, and unrolled. */
export function testVectors(vectors: readonly Vector[], tolerances = { reference: 1e-12, auto: 1e-5 }): void {
  describe.each(Object.entries(tolerances) as [keyof typeof tolerances, number][])(
    'on %s kernels within %d',
    (kernels, tolerance) => {
      test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
        const { inputs, outputs, gradients } = vector
        expect(Object.keys(outputs).length).toBeGreaterThan(0)
        const layer = runLayer(vector, kernels)
        for (const run of [
          layer,
          runLayer(vector, kernels, { checkpoint: 2 }),
          runUnrolled(vector, kernels) ?? layer,
        ]) {
          expectNear(run.outputs, outputs, tolerance)
          if (!gradients) continue
          expect(names(outputs)).toEqual(names(run.outputs))
          expect(names(gradients)).toEqual(names(inputs))
          expectNear(run.gradients, gradients, tolerance)
        }
      })
    },
  )
}

const names = (tensors: Tensors) => Object.keys(tensors).sort()
