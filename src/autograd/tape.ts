import type { Random } from '../base/random.ts'
import type { FloatArray } from '../base/samples.ts'
import { type PlainTensor, type Shape, sizeOf } from '../base/shape.ts'
import type { Address, Kernels } from '../kernels/index.ts'
import type { RecurrentRun } from '../recurrence/run.ts'
import type { Phase } from '../recurrence/spot.ts'

/** A tensor in a kernel set's memory, as operations see it. */
export interface Variable {
  readonly at: Address
  readonly shape: Shape
  readonly size: number
  /** Whether anything below it is to be differentiated by. */
  readonly differentiable: boolean
}

/** A learned tensor, kept in memory together with its gradient. */
export interface Parameter extends Variable {
  readonly gradient: Address
}

/** Where in a model something runs: the layer, with what it is part of; the cell among its cells; the operation. */
export interface Place {
  readonly layer?: string
  readonly cell?: string
  readonly op?: string
}

/**
 * Records operations as they run, then takes their derivatives last to first. Everything it makes lies in the arena and
 * is gone at the next `release` of the memory.
 */
export class Tape {
  readonly kernels: Kernels
  /** Random numbers for this step; absent when not training, so that dropout lets everything pass. */
  readonly random: Random | undefined
  private readonly pullbacks: (() => void)[] = []
  private readonly gradients = new Map<Variable, Address>()

  constructor(kernels: Kernels, random?: Random) {
    this.kernels = kernels
    this.random = random
  }

  /** Runs a part of a model, or an operation; a tape that watches knows by this where it is. */
  within<R>(_place: Place, run: () => R): R {
    return run()
  }

  /** Shows a tape that watches the inside of a recurrent operation, while its numbers are there. */
  look(_run: RecurrentRun, _phase: Phase): void {}

  /** Places plain numbers in the arena, as data: nothing is differentiated by them unless asked. */
  input({ data, shape }: PlainTensor, differentiable = false): Variable {
    return { ...this.filled(shape, (into) => into.set(data)), differentiable }
  }

  /** Data that a function writes straight into the arena. */
  filled(shape: Shape, fill: (into: FloatArray) => void): Variable {
    const size = sizeOf(shape)
    const at = this.kernels.memory.take(size)
    fill(this.kernels.memory.view(at, size))
    return { at, shape, size, differentiable: false }
  }

  /**
   * The result of an operation, at `at`.
   * @param pullback adds to the gradients of the inputs, given where the gradient of the result lies
   */
  result(at: Address, shape: Shape, inputs: readonly Variable[], pullback: (gradient: Address) => void): Variable {
    return this.results([{ at, shape }], inputs, ([gradient]) => pullback(gradient!))[0]!
  }

  /** Several results of one operation; of those that nothing used, the pullback is given no gradient. */
  results(
    places: readonly { readonly at: Address; readonly shape: Shape }[],
    inputs: readonly Variable[],
    pullback: (gradients: readonly (Address | undefined)[]) => void,
  ): Variable[] {
    const differentiable = inputs.some((input) => input.differentiable)
    const results = places.map(({ at, shape }): Variable => ({ at, shape, size: sizeOf(shape), differentiable }))
    if (differentiable)
      this.pullbacks.push(() => {
        // What no later operation used has no gradient to hand down.
        const gradients = results.map((result) => this.gradients.get(result))
        if (gradients.some((gradient) => gradient !== undefined)) pullback(gradients)
      })
    return results
  }

  /** Where an operation adds to the gradient of a variable; zero at first. */
  gradient(variable: Variable): Address {
    if ('gradient' in variable) return (variable as Parameter).gradient
    const known = this.gradients.get(variable)
    if (known !== undefined) return known
    const at = this.kernels.memory.take(variable.size)
    this.kernels.zero(at, variable.size)
    this.gradients.set(variable, at)
    return at
  }

  /** The gradients of a loss, or of any variable given its own gradient, added into those of everything below it. */
  backward(of: Variable, gradient: ArrayLike<number> = new Array(of.size).fill(1)): void {
    const at = this.gradient(of)
    this.kernels.memory.view(at, of.size).set(gradient)
    for (const pullback of this.pullbacks.reverse()) pullback()
  }

  /** A copy of a variable's numbers. */
  read({ at, size, shape }: Variable) {
    return { data: this.kernels.memory.copy(at, size), shape }
  }
}
