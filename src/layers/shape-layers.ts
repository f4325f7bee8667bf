import { dropout as dropoutOp, repeat as repeatOp, reshape as reshapeOp, timeSteps } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { expectWhole, type Shape, showShape, sizeOf } from '../base/shape.ts'
import type { Matrix } from '../kernels/index.ts'
import type { Layer, LayerStep } from './layer.ts'
import { expectWholeSequences } from './stack.ts'

/** The step of a layer that lets everything pass. */
const unchanged = (x: Matrix): LayerStep => ({ output: x, states: new Map(), run() {} })

/** All numbers of a sample in one row: `[B, T, F]` → `[B, T·F]`. Needs to know T: `init({ inputs, steps })`. */
export function flatten(): Layer {
  return {
    config: { kind: 'flatten' },
    build(input) {
      if (input.some((size) => size < 0))
        throw new InputError('flatten needs to know the number of steps: give it to init({ inputs, steps })')
      return { output: [sizeOf(input)], parameters: [] }
    },
    forward: (x, { tape }) => reshapeOp.run(tape, [x], { shape: [x.shape[0]!, sizeOf(x.shape.slice(1))] }),
    step(x, { input }) {
      if (input.length > 1)
        throw new InputError('flatten puts all steps of a sequence in one row, so it has no output after each of them')
      return unchanged(x)
    },
  }
}

/**
 * The same numbers of a sample under another shape: `[B, T, F]` → `[B, …shape]`. A first -1 leaves the steps as they are, any
 * number of them: `reshape([-1, 28, 1])` makes of every step's 28 features a row of an image with one channel.
 * @throws InputError from `init`, when the numbers are not as many
 */
export function reshape(shape: Shape): Layer {
  const [first, ...rest] = shape
  if (first === undefined) throw new InputError('reshape: expected at least one dimension')
  for (const size of first === -1 ? rest : shape) expectWhole('reshape: a dimension', size)
  return {
    config: { kind: 'reshape', shape },
    build(input) {
      const output = first === -1 ? [input[0]!, ...rest] : shape
      // A number of steps that is not known stands for itself on both sides.
      if (sizeOf(output) !== sizeOf(input) || (first !== -1 && input[0]! < 0))
        throw new InputError(`reshape: expected as many numbers, got ${showShape(input)} for ${showShape(shape)}`)
      return { output, parameters: [] }
    },
    forward: (x, { tape }) =>
      reshapeOp.run(tape, [x], { shape: [x.shape[0]!, first === -1 ? x.shape[1]! : first, ...rest] }),
    step(x) {
      if (first === -1) return unchanged(x)
      throw new InputError('reshape takes all steps of a sequence together, so it has no output after each of them')
    },
  }
}

/** One row as every step of a sequence, for a layer that makes many of one: `[F]` → `[steps, F]`. */
export function repeat(steps: number): Layer {
  expectWhole('repeat: steps', steps)
  return {
    config: { kind: 'repeat', steps },
    ownSteps: true,
    build(input) {
      if (input.length !== 1 || input[0]! < 0)
        throw new InputError(
          `repeat: expected one row of features, got ${showShape(input)}; take returns: 'last' below`,
        )
      return { output: [steps, input[0]!], parameters: [] }
    },
    forward: (x, { tape }) => repeatOp.run(tape, [x], { at: 1, times: steps }),
    step() {
      throw new InputError('repeat makes many steps of one, so it has no one output after each of them')
    },
  }
}

/** The last n steps of every sequence: `[T, F]` → `[n, F]`. @throws InputError when there are fewer, or sequences of several lengths */
export function lastSteps(n: number): Layer {
  expectWhole('lastSteps: n', n)
  const expectSteps = (steps: number) => {
    if (steps < n) throw new InputError(`lastSteps: expected at least ${n} steps, got ${steps}`)
  }
  return {
    config: { kind: 'lastSteps', n },
    ownSteps: true,
    build(input) {
      if (input.length !== 2)
        throw new InputError(`lastSteps: expected sequences [time, features], got ${showShape(input)}`)
      if (input[0] !== -1) expectSteps(input[0]!)
      return { output: [n, input[1]!], parameters: [] }
    },
    forward(x, { tape, lengths }) {
      const steps = x.shape[1]!
      expectSteps(steps)
      expectWholeSequences('lastSteps', lengths, steps)
      return timeSteps.run(tape, [x], { from: steps - n, to: steps })
    },
    step() {
      throw new InputError('lastSteps has to know which steps come last, so it has no output after each of them')
    },
  }
}

/** Drops each number with probability `rate` while training, and scales the others up by 1/(1 - rate). */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new InputError(`dropout: expected a rate of at least 0 and below 1, got ${rate}`)
  return {
    config: { kind: 'dropout', rate },
    build: (input) => ({ output: input, parameters: [] }),
    forward: (x, { tape }) => dropoutOp.run(tape, [x], { rate }),
    step: unchanged,
  }
}
