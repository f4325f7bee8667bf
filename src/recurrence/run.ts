import { sizeOf } from '../base/shape.ts'
import type { Cell } from '../cells/define.ts'
import type { Address, Kernels } from '../kernels/index.ts'
import { compile } from './compile.ts'
import { addInto, takeZeros } from './elementwise.ts'
import { layOut, shardBounds } from './layout.ts'
import { type FindWeight, PackedWeights, type Sizes } from './packed-weights.ts'
import { Shard } from './shard.ts'
import { weightSpecs } from './weights.ts'

/** A batch of sequences for one cell, at its places in a kernel set's memory. */
export interface Batch extends Sizes {
  readonly batch: number
  readonly steps: number
  /** `[B, T, I]` */
  readonly x: Address
  /** Initial state `[B, H]` each, zero where absent. */
  readonly initial: readonly (Address | undefined)[]
  /** Steps of each sequence, all T where absent. */
  readonly lengths?: ArrayLike<number> | undefined
  /** Last step first; each sequence from its own last step. */
  readonly reverse?: boolean | undefined
}

/** What the caller knows of the loss's derivatives: by the outputs `[B, T, H]`, and by each final state `[B, H]`. */
export interface OutputAdjoints {
  readonly outputs?: Address | undefined
  readonly states: readonly (Address | undefined)[]
}

/** A batch run forward, with what is needed to look inside and to go back. All addresses are in the caller's order. */
export class RecurrentRun {
  private readonly kernels: Kernels
  private readonly cell: Cell
  private readonly batch: Batch
  private readonly weights: PackedWeights
  private readonly shards: readonly Shard[]

  constructor(kernels: Kernels, cell: Cell, batch: Batch, weight: FindWeight) {
    this.kernels = kernels
    this.cell = cell
    this.batch = batch
    const recurrence = compile(cell)
    const weights = new PackedWeights(kernels, recurrence, batch, weight)
    this.weights = weights
    const bounds = shardBounds(batch.batch)
    this.shards = bounds.slice(1).map((end, i) => {
      const layout = layOut(bounds[i]!, end - bounds[i]!, batch.steps, batch.lengths, batch.reverse ?? false)
      return new Shard(kernels, recurrence, batch, weights, layout)
    })
    this.eachShard((shard) => {
      shard.exchange.gatherSteps(shard.x, batch.x, batch.inputs)
      for (const [s, state] of shard.states.entries()) shard.exchange.gatherSequences(state, batch.initial[s])
      shard.forward()
    })
  }

  /** The first state after each step, `[B, T, H]`, with zeros where a sequence has ended. */
  outputs(): Address {
    return this.bySteps((shard) => shard.states[0]! + shard.layout.sequences * this.batch.hidden)
  }

  /** A state after each sequence's own last step, `[B, H]`. */
  finalState(index: number): Address {
    const { kernels, batch } = this
    const to = takeZeros(kernels, batch.batch * batch.hidden)
    this.eachShard((shard) => shard.exchange.scatterFinal(to, shard.states[index]!))
    return to
  }

  /** Each gate after each step, `[B, T, H]`, in the cell's order. Before `backward`. */
  gates(): Address[] {
    this.eachShard((shard) => shard.inspect())
    return this.cell.gates.map((_, gate) => this.bySteps((shard) => shard.gate(gate)))
  }

  /**
   * Back-propagation through time. Adds into the weight gradients that `gradient` finds, and into `dX [B, T, I]` and
   * `dInitial [B, H]` where given. Once a run.
   */
  backward(
    adjoints: OutputAdjoints,
    gradient: FindWeight,
    into: { x?: Address | undefined; initial: readonly (Address | undefined)[] },
  ): void {
    const { kernels, batch, cell } = this
    this.weights.prepareBackward()
    const specs = weightSpecs(cell, batch.inputs, batch.hidden).map(({ name, shape }) => ({
      name,
      length: sizeOf(shape),
    }))
    // Each shard sums its own; the shards' sums are then added in their order, whoever computed them.
    const partials = this.shards.map(
      () => new Map(specs.map(({ name, length }) => [name, kernels.memory.take(length)])),
    )
    this.eachShard((shard, i) => {
      const partial = partials[i]!
      for (const { name, length } of specs) kernels.zero(partial.get(name)!, length)
      if (adjoints.outputs !== undefined) {
        shard.dOutput = kernels.memory.take(shard.layout.rows * batch.hidden)
        shard.exchange.gatherSteps(shard.dOutput, adjoints.outputs, batch.hidden)
      }
      for (const [s, adjoint] of adjoints.states.entries()) shard.exchange.gatherSequences(shard.dStates[s]!, adjoint)
      shard.backward((name) => partial.get(name)!)
      if (into.x !== undefined) shard.exchange.scatterSteps(into.x, shard.dX, batch.inputs)
      for (const [s, state] of into.initial.entries())
        if (state !== undefined) shard.exchange.scatterSequences(state, shard.dStates[s]!)
    })
    for (const partial of partials)
      for (const { name, length } of specs) addInto(kernels, gradient(name), partial.get(name)!, length)
  }

  private bySteps(rowsOf: (shard: Shard) => Address): Address {
    const { kernels, batch } = this
    const to = takeZeros(kernels, batch.batch * batch.steps * batch.hidden)
    this.eachShard((shard) => shard.exchange.scatterSteps(to, rowsOf(shard), batch.hidden))
    return to
  }

  private eachShard(job: (shard: Shard, index: number) => void): void {
    this.kernels.parallel(this.shards.map((shard, i) => () => job(shard, i)))
  }
}
