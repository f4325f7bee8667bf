import {
  arithmetic,
  concat,
  type Loss,
  type LossName,
  pointwise,
  reshape,
  type Tape,
  timeStep,
  type Variable,
} from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { Sample } from '../base/samples.ts'
import { expectShape, expectWhole, type PlainTensor, sizeOf } from '../base/shape.ts'
import {
  expectOnce,
  type Layer,
  type LayerConfig,
  type Model,
  type RecurrentLayer,
  type RecurrentLayerOptions,
  recurrent,
} from '../layers/index.ts'
import { lossOf } from '../train/index.ts'

/** How far a gradient comes back through time in one sample. A state is everything the layer carries: of an LSTM h and c. */
export interface GradientFlow {
  /** ‖∂L/∂s[t]‖ after each step, by way of all that reads it. */
  readonly loss: readonly number[]
  /** ‖∂s[at]/∂s[t]‖, the largest singular value, for each step up to `at`, where it is 1: by way of the states alone. */
  readonly jacobian: readonly number[]
  /** The same in words. */
  readonly verdict: string
  /** How many steps back it has vanished or exploded; absent where it does neither. */
  readonly stepsBack?: number
}

export interface GradientFlowOptions {
  /** What the outputs are held against the target by; `'mse'` by default. */
  readonly loss?: LossName | Loss
  /** The step, counted from 0, whose state is differentiated by those before; the last by default. */
  readonly at?: number
}

/** A change that is less than this share of itself, or this many times itself, is lost or out of hand. */
const LOST = 1e-3

/**
 * Whether the gradient of a recurrent layer, an encoder's or a decoder's too, vanishes or explodes on its way back through a
 * sample; a decoder reads the target a step behind. The layer is run a step at a time; the Jacobians are exact, by one pass back
 * with a copy of the sample for each number of the state, and their norms come from power iteration.
 * @throws InputError when the layer is not one of the model, or more than one, or reads the last step first
 */
export function gradientFlow<S extends string, G extends string>(
  model: Model,
  layer: RecurrentLayer<S, G>,
  { x, y }: Sample,
  { loss = 'mse', at }: GradientFlowOptions = {},
): GradientFlow {
  const { states = [] } = layer
  expectOnce('gradientFlow', model.layers, layer)
  if (states.some(({ reverse }) => reverse))
    throw new InputError('gradientFlow: expected a layer that reads the first step first')
  expectShape('the sample', x, model.inputShape)
  const size = states.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

  /** The model for copies of the sample, that layer a step at a time: its outputs, and the states after each step. */
  const run = (tape: Tape, copies: number) => {
    const repeated = ({ data, shape }: PlainTensor) =>
      tape.input({ data: Array.from({ length: copies }, () => Array.from(data)).flat(), shape: [copies, ...shape] })
    const after: Step[] = []
    const stepped = stepByStep(layer, after)
    const instead = (other: Layer) => (other === layer ? stepped : other)
    return { output: model.forward(tape, repeated(x), { target: repeated(y), instead }), after }
  }
  const gradientsOf = (tape: Tape, state: States) =>
    [...state.values()].map((variable) => tape.read({ ...variable, at: tape.gradient(variable) }).data)

  const losses = model.withTape((tape) => {
    const { output, after } = run(tape, 1)
    tape.backward(lossOf(loss).run(tape, output, tape.input({ data: y.data, shape: [1, ...y.shape] })))
    return after.map(({ states }) => Math.hypot(...gradientsOf(tape, states).flatMap((part) => Array.from(part))))
  })
  const end = at ?? losses.length - 1
  expectWhole('gradientFlow: at', end, 0, losses.length - 1)
  const jacobian = model.withTape((tape) => {
    const { output, after } = run(tape, size)
    let row = 0
    for (const state of after[end]!.carried.values()) {
      const columns = state.size / size
      const seed = tape.kernels.memory.view(tape.gradient(state), state.size)
      for (let i = 0; i < columns; i++) seed[(row + i) * columns + i] = 1
      row += columns
    }
    // The seeds lie on what step `end` hands on; of the outputs themselves nothing is asked.
    tape.backward(output, new Array(output.size).fill(0))
    return after.slice(0, end + 1).map(({ carried }) => {
      const matrix = new Float64Array(size * size)
      let column = 0
      for (const part of gradientsOf(tape, carried)) {
        const columns = part.length / size
        for (let i = 0; i < size; i++) matrix.set(part.subarray(i * columns, (i + 1) * columns), i * size + column)
        column += columns
      }
      return largestSingularValue(matrix, size)
    })
  })
  model.parameters.clear(model.parameters.gradient)
  return { loss: losses, jacobian, ...verdictOf(jacobian) }
}

/** States by names such as `h_l0`. */
type States = ReadonlyMap<string, Variable>

/** After a step, the states that cells above and outputs read, and the same as the next step is handed them. */
interface Step {
  readonly states: States
  readonly carried: States
}

/**
 * The layer a step at a time, telling what it carries after each. Cells are run one by one, so that the output of each is the very
 * variable that the next step and the next cell read.
 */
function stepByStep<S extends string, G extends string>(layer: RecurrentLayer<S, G>, after: Step[]): Layer {
  const { returns, layers, residual, zoneout, initial, projection } = layer.config as RecurrentLayerOptions &
    LayerConfig
  const step = recurrent(layer.cell, layer.units, {
    returns: 'last',
    ...(zoneout ? { zoneout } : {}),
    ...(initial ? { initial } : {}),
    ...(projection ? { projection } : {}),
  })
  return {
    ...layer,
    forward(x, { tape, parameter, initial, final }) {
      const steps = x.shape[1]!
      const outputs = Array.from({ length: steps }, (_, t) => {
        const before = after.at(-1)?.carried
        const [states, carried] = [new Map<string, Variable>(), new Map<string, Variable>()]
        after.push({ states, carried })
        return Array.from({ length: layers! }).reduce(
          (read: Variable, _, l) => {
            const named = (name: string) => name.replace(/_l0$/, `_l${l}`)
            const h = step.forward(asSteps(tape, read, 1), {
              tape,
              parameter: (name) => parameter(named(name)),
              initial: (name) => (before ? before.get(named(name)) : initial?.(named(name))),
              final: (name, state) => {
                states.set(named(name), state)
                carried.set(named(name), reshape.run(tape, [state], { shape: state.shape }))
              },
            })
            return residual && l > 0 ? pointwise.run(tape, [h, read], arithmetic.add) : h
          },
          timeStep.run(tape, [x], { step: t }),
        )
      })
      for (const [name, state] of after.at(-1)!.carried) final?.(name, state)
      if (returns === 'last') return outputs.at(-1)!
      return asSteps(tape, concat.run(tape, outputs, undefined), steps)
    },
  }
}

/** `[B, steps·F]` as `[B, steps, F]`. */
const asSteps = (tape: Tape, x: Variable, steps: number): Variable =>
  reshape.run(tape, [x], { shape: [x.shape[0]!, steps, x.shape[1]! / steps] })

/** Of a square matrix, by power iteration. */
function largestSingularValue(matrix: Float64Array, size: number): number {
  let vector = Float64Array.from({ length: size }, (_, i) => 1 + i / size)
  let value = 0
  for (let round = 0; round < 1000; round++) {
    const norm = Math.hypot(...vector)
    if (norm === 0) return 0
    const image = new Float64Array(size)
    const back = new Float64Array(size)
    for (let row = 0; row < size; row++) {
      let sum = 0
      for (let i = 0; i < size; i++) sum += (matrix[row * size + i]! * vector[i]!) / norm
      image[row] = sum
      for (let i = 0; i < size; i++) back[i]! += matrix[row * size + i]! * sum
    }
    const next = Math.hypot(...image)
    vector = back
    if (Math.abs(next - value) <= 1e-12 * next) return next
    value = next
  }
  return value
}

function verdictOf(jacobian: readonly number[]): Pick<GradientFlow, 'verdict' | 'stepsBack'> {
  const back = [...jacobian].reverse()
  const exploded = back.findIndex((norm) => norm > 1 / LOST)
  if (exploded >= 0) {
    const verdict = `The gradient explodes: ${exploded} steps back it has grown more than a thousandfold.`
    return { verdict, stepsBack: exploded }
  }
  const lost = back.findLastIndex((norm) => norm >= LOST) + 1
  if (lost === back.length) return { verdict: `The gradient neither vanishes nor explodes over ${lost} steps.` }
  const verdict = `The gradient vanishes: from ${lost} steps back on less than a thousandth of it is left.`
  return { verdict, stepsBack: lost }
}
