import type { Cell } from '../cells/define.ts'
import type { Address, Jobs, Kernels } from '../kernels/index.ts'
import { compile } from './compile.ts'
import type { StateSize } from './exchange.ts'
import { layOut, phaseBounds, shardBounds, type Window } from './layout.ts'
import { type FindWeight, PackedWeights } from './packed-weights.ts'
import type { Recurrence } from './plan.ts'
import { Shard } from './shard.ts'
import { operandSize, type Sizes, unitsOf } from './sizes.ts'
import { firstSpot, type Phase, type Spot } from './spot.ts'
import { type Units, unitBlocks } from './units.ts'
import type { WeightGradients } from './weight-gradients.ts'

/** A batch of sequences for one cell. */
export interface Shape extends Sizes {
  readonly batch: number
  readonly steps: number
  /** Steps of each sequence, all T where absent. */
  readonly lengths?: ArrayLike<number> | undefined
  /** Last step first; each sequence from its own last step. */
  readonly reverse?: boolean | undefined
  /** The steps of each sequence that are run, whole phases, beginning with the initial states; all where absent. */
  readonly window?: Window | undefined
}

/** Its numbers, at their places in a kernel set's memory. */
export interface Batch extends Shape {
  /** `[B, T, I]` */
  readonly x: Address
  /** Initial state `[B, H]` each, or `[B, depth, H]`, zero where absent. */
  readonly initial: readonly (Address | undefined)[]
  /** What chance gives to each step `[B, T, H]`, or to each sequence `[B, H]`, in the order of the cell's graph. */
  readonly noise?: readonly Address[] | undefined
}

/** What the caller knows of the loss's derivatives: by the outputs `[B, T, H]`, and by each final state, shaped as initial ones. */
export interface OutputAdjoints {
  readonly outputs?: Address | undefined
  readonly states: readonly (Address | undefined)[]
}

/** The batch cut into shards, with the steps at which phases begin; and the weights that a step multiplies states by. */
function layOutBatch({ stages }: Recurrence, batch: Shape) {
  const { steps, lengths, reverse = false, window } = batch
  const segments = stages.flatMap(({ products }) => products)
  const weights = segments.reduce(
    (sum, segment) => sum + segment.count * unitsOf(segment.size, batch) * operandSize(segment, batch),
    0,
  )
  const bounds = shardBounds(batch.batch, weights)
  const layouts = bounds.slice(1).map((end, i) => layOut(bounds[i]!, end - bounds[i]!, steps, lengths, reverse, window))
  return { layouts, phases: phaseBounds(layouts), weights }
}

/**
 * The steps of a batch in windows of a number of steps each, rounded up to whole phases: run one after another forwards, then
 * back from the last one on, they come to the bits of one run.
 */
export function windowsOf(cell: Cell, batch: Shape, steps: number): Window[] {
  const { phases } = layOutBatch(compile(cell), batch)
  const bounds = [0]
  for (const phase of phases.slice(1, -1)) if (phase - bounds.at(-1)! >= steps) bounds.push(phase)
  return bounds.map((from, i) => [from, bounds[i + 1] ?? batch.steps])
}

/** A batch run forward, with what is needed to look inside and to go back. All addresses are in the caller's order. */
export class RecurrentRun {
  private readonly kernels: Kernels
  private readonly recurrence: Recurrence
  private readonly batch: Batch
  private readonly weights: PackedWeights
  private readonly shards: readonly Shard[]
  private readonly phases: readonly number[]
  private readonly blocks: readonly Units[]

  constructor(kernels: Kernels, cell: Cell, batch: Batch, weight: FindWeight) {
    const { hidden } = batch
    const recurrence = compile(cell)
    this.kernels = kernels
    this.recurrence = recurrence
    this.batch = batch
    this.weights = new PackedWeights(kernels, recurrence, batch, weight)
    const { layouts, phases, weights } = layOutBatch(recurrence, batch)
    this.phases = phases
    this.shards = layouts.map((layout) => new Shard(kernels, recurrence, batch, this.weights, layout, phases))
    const { length } = this.shards
    const threads = recurrence.unitsApart ? kernels.threads : 1
    this.blocks = unitBlocks(hidden, length, threads, (weights * batch.batch) / length)
    kernels.parallel([
      [
        ...this.weights.prepareForward(),
        ...this.shards.map((shard) => () => {
          shard.exchange.gatherSteps(shard.x, batch.x, batch.inputs)
          for (const [s, state] of shard.states.entries())
            shard.exchange.gatherInitial(state, batch.initial[s], this.stateSize(s))
          shard.gatherNoise(batch.noise)
        }),
      ],
      ...this.loop((shard, units) => shard.forward(units)),
    ])
  }

  /** The first state after each step, `[B, T, H]`, with zeros where a sequence has ended; only the steps run, given `to`. */
  outputs(to?: Address): Address {
    return this.bySteps((shard) => shard.afterSteps(0), this.stateSize(0).columns, to)
  }

  /** A state after each sequence's own last step, `[B, H]`, or its last ones, `[B, depth, H]`, in new room or given room. */
  finalState(index: number, given?: Address): Address {
    const size = this.stateSize(index)
    const to = given ?? this.kernels.memory.take(this.batch.batch * size.depth * size.columns)
    for (const shard of this.shards) shard.exchange.scatterFinal(to, shard.states[index]!, size)
    return to
  }

  /** Each gate after each step, `[B, T, H]`, in the cell's order. Before `backward`. */
  gates(): Address[] {
    this.kernels.parallel([this.shards.map((shard) => () => shard.inspect())])
    const { gates, sizeOf } = this.recurrence.cell.graph
    return [...gates.values()].map((expr, gate) =>
      this.bySteps((shard) => shard.gate(gate), unitsOf(sizeOf(expr), this.batch)),
    )
  }

  /**
   * Where it first went wrong, in the order of the loop: gates and states, before `backward`; after it the adjoints of products,
   * the last step first.
   */
  find(phase: Phase, wrong: (value: number) => boolean): Spot | undefined {
    const { kernels, recurrence, batch, shards } = this
    const mark = kernels.memory.mark()
    if (phase === 'forward') kernels.parallel([shards.map((shard) => () => shard.inspect())])
    const spot = firstSpot(kernels, { recurrence, batch, shards }, phase, wrong)
    kernels.memory.release(mark)
    return spot
  }

  /**
   * Back-propagation through time. Adds to the gradients of the weights, and into `dX [B, T, I]` and `dInitial`, shaped as
   * `initial`, where given. Once a run.
   */
  backward(
    adjoints: OutputAdjoints,
    weights: WeightGradients,
    into: { x?: Address | undefined; initial: readonly (Address | undefined)[] },
  ): void {
    const { kernels, batch, shards } = this
    const { x } = into
    const outputs = this.stateSize(0).columns
    for (const shard of shards) {
      shard.prepareBackward(x !== undefined)
      if (adjoints.outputs !== undefined) shard.dOutput = kernels.memory.take(shard.layout.rows * outputs)
    }
    const gather = shards.map((shard) => () => {
      if (adjoints.outputs !== undefined) shard.exchange.gatherSteps(shard.dOutput!, adjoints.outputs, outputs)
      for (const [s, adjoint] of adjoints.states.entries())
        shard.exchange.gatherFinalAdjoints(shard.dStates[s]!, adjoint, this.stateSize(s))
    })
    const scatter = shards.map((shard) => () => {
      if (x !== undefined) shard.exchange.scatterAddSteps(x, shard.dX, batch.inputs)
      for (const [s, state] of into.initial.entries())
        if (state !== undefined) shard.exchange.scatterAddInitial(state, shard.dStates[s]!, this.stateSize(s))
    })
    const wantsInitial = into.initial.some((state) => state !== undefined)
    const [packing, ...phases] = weights.add(shards, this.phases)
    const inputGradients = x === undefined ? [] : shards.flatMap((shard) => shard.inputGradients())
    kernels.parallel([
      [...this.weights.prepareBackward(x !== undefined), ...gather],
      ...this.loop((shard, units) => shard.backward(units, wantsInitial)),
      [...packing!, ...inputGradients],
      scatter,
      ...phases,
    ])
  }

  /** Phases of all shards and blocks of units together; one phase where nobody has to wait for others' units. */
  private loop(phasesOf: (shard: Shard, units: Units) => Jobs): Jobs[] {
    const jobs = this.shards.flatMap((shard) => this.blocks.map((units) => phasesOf(shard, units)))
    if (this.blocks.length === 1)
      return [
        jobs.map((phases) => () => {
          for (const phase of phases) phase()
        }),
      ]
    const length = Math.max(0, ...jobs.map((phases) => phases.length))
    return Array.from({ length }, (_, i) => jobs.flatMap((phases) => phases[i] ?? []))
  }

  private stateSize(state: number): StateSize {
    const { stateSizes, depths } = this.recurrence.cell.graph
    return { columns: unitsOf(stateSizes[state]!, this.batch), depth: depths[state]! }
  }

  private bySteps(rowsOf: (shard: Shard) => Address, columns: number, given?: Address): Address {
    const { kernels, batch, shards } = this
    const rows = batch.batch * batch.steps
    const to = given ?? kernels.memory.take(rows * columns)
    if (given === undefined && shards.reduce((sum, { layout }) => sum + layout.rows, 0) < rows)
      kernels.zero(to, rows * columns)
    kernels.parallel([shards.map((shard) => () => shard.exchange.scatterSteps(to, rowsOf(shard), columns))])
    return to
  }
}
