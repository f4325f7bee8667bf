import type { Parameter } from '../autograd/index.ts'
import { InputError, suggestion } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { FloatArray } from '../base/samples.ts'
import { expectShape, type PlainTensor, type Shape, showShape, sizeOf } from '../base/shape.ts'
import type { Address, Kernels } from '../kernels/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { ParameterSpec } from './layer.ts'

/**
 * All parameters of a model in one stretch of its memory, and their gradients in another, so that an optimiser or a norm
 * is one call over everything.
 */
export class Parameters {
  readonly at: Address
  readonly gradient: Address
  readonly length: number
  private readonly kernels: Kernels
  private readonly byName = new Map<string, Parameter>()
  private readonly ties: ReadonlyMap<string, string>
  private readonly slots = new Map<string, Address>()

  /** @param ties names under which other parameters are found as well */
  constructor(kernels: Kernels, specs: readonly ParameterSpec[], seed: number, ties: ReadonlyMap<string, string>) {
    this.kernels = kernels
    this.ties = ties
    this.length = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
    this.at = kernels.memory.keep(this.length)
    this.gradient = kernels.memory.keep(this.length)
    let offset = 0
    for (const { name, shape, initial } of specs) {
      const size = sizeOf(shape)
      const [at, gradient] = [this.at + offset, this.gradient + offset]
      this.byName.set(name, { at, shape, size, differentiable: true, gradient })
      // A stream for each name: adding a layer leaves the start of the others as it was.
      const random = new Random(seed, `parameter ${name}`)
      fill(kernels.memory.view(at, size), initial, random)
      offset += size
    }
  }

  get names(): string[] {
    return [...this.byName.keys()]
  }

  get(name: string): Parameter {
    const parameter = this.byName.get(this.ties.get(name) ?? name)
    if (!parameter) throw new InputError(`the model has no parameter '${name}'${suggestion(name, this.names)}`)
    return parameter
  }

  /** Copies of all parameters by name, in the model's order. */
  read(): Map<string, { shape: readonly number[]; data: Float32Array }> {
    return new Map(
      [...this.byName].map(([name, { at, size, shape }]) => [
        name,
        { shape, data: Float32Array.from(this.kernels.memory.view(at, size)) },
      ]),
    )
  }

  /**
   * Puts numbers in place of all parameters, or of what a slot holds of each.
   * @throws InputError when one is missing, unknown or of another shape; nothing is changed then
   */
  write(tensors: ReadonlyMap<string, PlainTensor>, where = 'the weights', slot = this.at): void {
    expectParameters(this.byName, tensors, where)
    for (const [name, { at, size }] of this.byName)
      this.kernels.memory.view(slot + at - this.at, size).set(tensors.get(name)!.data)
  }

  /** What a slot holds of each parameter, exactly as it is in the memory. */
  copies(slot: Address): Map<string, Tensor> {
    return new Map(
      [...this.byName].map(([name, { at, size, shape }]) => [
        name,
        { shape, data: this.kernels.memory.copy(slot + at - this.at, size) },
      ]),
    )
  }

  /** Room as large as all parameters, kept under a name: an optimiser's memory, zero at first. */
  slot(name: string): Address {
    const at = this.slots.get(name) ?? this.kernels.memory.keep(this.length)
    this.slots.set(name, at)
    return at
  }

  clear(slot: Address, to = 0): void {
    this.kernels.memory.view(slot, this.length).fill(to)
  }

  /** Puts in one slot what another holds; the parameters are one too, at `at`. */
  copy(from: Address, to: Address): void {
    this.kernels.memory.view(to, this.length).set(this.kernels.memory.view(from, this.length))
  }

  swap(one: Address, other: Address): void {
    const held = this.kernels.memory.view(one, this.length).slice()
    this.copy(other, one)
    this.kernels.memory.view(other, this.length).set(held)
  }
}

function fill(into: FloatArray, initial: ParameterSpec['initial'], random: Random): void {
  if (typeof initial === 'function') initial(random, into)
  else if ('value' in initial) into.fill(initial.value)
  else for (let i = 0; i < into.length; i++) into[i] = random.between(-initial.bound, initial.bound)
}

/**
 * Refuses tensors that are not exactly the parameters of a model.
 * @param parameters the shape of each, by name
 * @throws InputError when one is missing, unknown or of another shape
 */
export function expectParameters(
  parameters: ReadonlyMap<string, { readonly shape: Shape }>,
  tensors: ReadonlyMap<string, PlainTensor>,
  where: string,
): void {
  for (const name of tensors.keys())
    if (!parameters.has(name))
      throw new InputError(`${where}: the model has no parameter '${name}'${suggestion(name, [...parameters.keys()])}`)
  for (const [name, { shape }] of parameters) {
    const given = tensors.get(name)
    if (!given) throw new InputError(`${where}: the parameter '${name}' of shape ${showShape(shape)} is missing`)
    expectShape(`${where}: ${name}`, given, shape)
  }
}
