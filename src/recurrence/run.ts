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
      const shard = new Shard(kernels, recurrence, batch, weights, layout)
      kernels.gatherRows(shard.x, batch.x, layout.place, batch.inputs)
      for (const [s, state] of shard.states.entries()) {
        const initial = batch.initial[s]
        if (initial === undefined) kernels.memory.view(state, layout.sequences * batch.hidden).fill(0)
        else kernels.gatherRows(state, initial, layout.order, batch.hidden)
      }
      shard.forward()
      return shard
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
    for (const { states, layout } of this.shards) {
      const last = kernels.memory.take(layout.sequences * batch.hidden)
      kernels.gatherRows(last, states[index]!, layout.final, batch.hidden)
      kernels.scatterAddRows(to, last, layout.order, batch.hidden)
    }
    return to
  }

  /** Each gate after each step, `[B, T, H]`, in the cell's order. Before `backward`. */
  gates(): Address[] {
    for (const shard of this.shards) shard.inspect()
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
    const { kernels, batch } = this
    this.weights.prepareBackward()
    for (const shard of this.shards) {
      const { layout } = shard
      const mark = kernels.memory.mark()
      if (adjoints.outputs !== undefined) {
        shard.dOutput = kernels.memory.take(layout.rows * batch.hidden)
        kernels.gatherRows(shard.dOutput, adjoints.outputs, layout.place, batch.hidden)
      }
      for (const [s, state] of adjoints.states.entries())
        if (state !== undefined) kernels.gatherRows(shard.dStates[s]!, state, layout.order, batch.hidden)
      this.addPartial(gradient, (partial) => shard.backward(partial))
      if (into.x !== undefined) kernels.scatterAddRows(into.x, shard.dX, layout.place, batch.inputs)
      for (const [s, state] of into.initial.entries())
        if (state !== undefined) kernels.scatterAddRows(state, shard.dStates[s]!, layout.order, batch.hidden)
      kernels.memory.release(mark)
    }
  }

  /** Weight gradients are summed a shard at a time and then over shards in order, whoever computed them. */
  private addPartial(gradient: FindWeight, compute: (partial: FindWeight) => void): void {
    const { kernels, batch, cell } = this
    if (this.shards.length === 1) {
      compute(gradient)
      return
    }
    const specs = weightSpecs(cell, batch.inputs, batch.hidden)
    const partial = specs.map(({ name, shape }) => {
      const length = shape.reduce((product, size) => product * size, 1)
      return { name, length, at: takeZeros(kernels, length) }
    })
    compute((name) => partial.find((p) => p.name === name)!.at)
    for (const { name, length, at } of partial) addInto(kernels, gradient(name), at, length)
  }

  private bySteps(rowsOf: (shard: Shard) => Address): Address {
    const { kernels, batch } = this
    const to = takeZeros(kernels, batch.batch * batch.steps * batch.hidden)
    for (const shard of this.shards) kernels.scatterAddRows(to, rowsOf(shard), shard.layout.place, batch.hidden)
    return to
  }
}
