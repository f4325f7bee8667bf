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
import { expectShape, sizeOf } from '../base/shape.ts'
import {
  type LayerConfig,
  type LayerScope,
  type Model,
  type RecurrentLayer,
  type RecurrentLayerOptions,
  recurrent,
} from '../layers/index.ts'
import { lossOf } from '../train/index.ts'

/** How far a gradient comes back through time in one sample. A state is everything the layer carries: of an LSTM h and c. */
export interface GradientFlow {
  /** ‖∂L/∂s[t]‖ after each step. */
  readonly loss: readonly number[]
  /** ‖∂s[T]/∂s[t]‖, the largest singular value, for each step; 1 at the last of a single cell. */
  readonly jacobian: readonly number[]
  /** The same in words. */
  readonly verdict: string
}

/** A change that is less than this share of itself, or this many times itself, is lost or out of hand. */
const LOST = 1e-3

/**
 * Whether the gradient of a recurrent layer vanishes or explodes on its way back through a sample. The layer is run a step at a
 * time; the Jacobians are exact, by one pass back with a copy of the sample for each number of the state, and their norms come
 * from power iteration.
 * @throws InputError when the layer is not one of the model, or reads the last step first
 */
export function gradientFlow(
  model: Model,
  layer: RecurrentLayer,
  { x, y }: Sample,
  { loss = 'mse' }: { readonly loss?: LossName | Loss } = {},
): GradientFlow {
  const place = model.layers.indexOf(layer)
  if (place < 0) throw new InputError('gradientFlow: this layer is not one of the model')
  const states = model.states.filter(({ name }) => name.startsWith(`${place}.`))
  if (states.some(({ reverse }) => reverse))
    throw new InputError('gradientFlow: expected a layer that reads the first step first')
  expectShape('the sample', x, model.inputShape)
  const { returns, layers, residual, zoneout, initial, projection } = layer.config as RecurrentLayerOptions &
    LayerConfig
  // Cells one by one, so that the output of each is the very variable that the next step and the next layer read.
  const step = recurrent(layer.cell, layer.units, {
    returns: 'last',
    ...(zoneout ? { zoneout } : {}),
    ...(initial ? { initial } : {}),
    ...(projection ? { projection } : {}),
  })
  const size = states.reduce((sum, state) => sum + sizeOf(state.shape), 0)

  /** The model for copies of the sample, that layer a step at a time: its outputs, and the states after each step. */
  const run = (tape: Tape, copies: number) => {
    const repeated = <T>(of: ArrayLike<T>) => Array.from({ length: copies }, () => Array.from(of)).flat()
    const scopeOf = (i: number): LayerScope => ({ tape, parameter: (name) => model.parameters.get(`${i}.${name}`) })
    const after: ReadonlyMap<string, Variable>[] = []
    const output = model.layers.reduce(
      (input: Variable, other, i) => {
        if (i !== place) return other.forward(input, scopeOf(i))
        const steps = input.shape[1]!
        const outputs = Array.from({ length: steps }, (_, t) => {
          const before = after.at(-1)
          const now = new Map<string, Variable>()
          after.push(now)
          const { parameter } = scopeOf(i)
          return Array.from({ length: layers! }).reduce(
            (read: Variable, _, l) => {
              const named = (name: string) => name.replace(/_l0$/, `_l${l}`)
              const h = step.forward(asSteps(tape, read, 1), {
                tape,
                parameter: (name) => parameter(named(name)),
                initial: (name) => before?.get(named(name)),
                final: (name, state) => now.set(named(name), state),
              })
              return residual && l > 0 ? pointwise.run(tape, [h, read], arithmetic.add) : h
            },
            timeStep.run(tape, [input], { step: t }),
          )
        })
        if (returns === 'last') return outputs.at(-1)!
        return asSteps(tape, concat.run(tape, outputs, undefined), steps)
      },
      tape.input({ data: repeated(x.data), shape: [copies, ...x.shape] }),
    )
    return { output, after }
  }
  const gradientsOf = (tape: Tape, state: ReadonlyMap<string, Variable>) =>
    [...state.values()].map((variable) => tape.read({ ...variable, at: tape.gradient(variable) }).data)

  const losses = model.withTape((tape) => {
    const { output, after } = run(tape, 1)
    tape.backward(lossOf(loss).run(tape, output, tape.input({ data: y.data, shape: [1, ...y.shape] })))
    return after.map((state) => Math.hypot(...gradientsOf(tape, state).flatMap((gradient) => Array.from(gradient))))
  })
  const jacobian = model.withTape((tape) => {
    const { output, after } = run(tape, size)
    let row = 0
    for (const state of after.at(-1)!.values()) {
      const columns = state.size / size
      const seed = tape.kernels.memory.view(tape.gradient(state), state.size)
      for (let i = 0; i < columns; i++) seed[(row + i) * columns + i] = 1
      row += columns
    }
    // The seeds lie on the last states; of the outputs themselves nothing is asked.
    tape.backward(output, new Array(output.size).fill(0))
    return after.map((state) => {
      const parts = gradientsOf(tape, state)
      const rows = Array.from({ length: size }, (_, i) =>
        parts.flatMap((part) => Array.from(part.subarray((i * part.length) / size, ((i + 1) * part.length) / size))),
      )
      return largestSingularValue(rows)
    })
  })
  model.parameters.clear(model.parameters.gradient)
  return { loss: losses, jacobian, verdict: verdictOf(jacobian) }
}

/** `[B, steps·F]` as `[B, steps, F]`. */
const asSteps = (tape: Tape, x: Variable, steps: number): Variable =>
  reshape.run(tape, [x], { shape: [x.shape[0]!, steps, x.shape[1]! / steps] })

function largestSingularValue(rows: readonly (readonly number[])[]): number {
  let vector = rows.map((_, i) => 1 + i / rows.length)
  let value = 0
  for (let round = 0; round < 100; round++) {
    const norm = Math.hypot(...vector)
    if (norm === 0) return 0
    const unit = vector.map((v) => v / norm)
    const image = rows.map((row) => row.reduce((sum, entry, i) => sum + entry * unit[i]!, 0))
    const next = Math.hypot(...image)
    vector = unit.map((_, i) => rows.reduce((sum, row, j) => sum + row[i]! * image[j]!, 0))
    if (Math.abs(next - value) <= 1e-9 * next) return next
    value = next
  }
  return value
}

function verdictOf(jacobian: readonly number[]): string {
  const back = [...jacobian].reverse()
  const exploded = back.findIndex((norm) => norm > 1 / LOST)
  if (exploded >= 0) return `The gradient explodes: ${exploded} steps back it has grown more than a thousandfold.`
  const lost = back.findLastIndex((norm) => norm >= LOST) + 1
  if (lost < back.length)
    return `The gradient vanishes: from ${lost} steps back on less than a thousandth of it is left.`
  return `The gradient neither vanishes nor explodes over ${back.length} steps.`
}
