import type { Size } from '../cells/graph.ts'
import { type Address, columnsOf, type Jobs, type Kernels, type Matrix, matrix, type Rows } from '../kernels/index.ts'
import { takeZeros } from './elementwise.ts'
import { Exchange } from './exchange.ts'
import { type Layout, NEAR, rowsBetween } from './layout.ts'
import type { PackedWeights } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import { columnsIn, operandSize, type Sizes, unitsOf } from './sizes.ts'
import type { Pass, Source, SourceKind } from './sources.ts'
import { type Clock, Timeline } from './timeline.ts'
import type { Units } from './units.ts'

/** Where a source lies, and which of its rows a step is at. */
interface Place {
  readonly at: Address
  readonly rowStride: number
  readonly clock: Clock
}

/** Numbers of pre-activations that the input product makes ahead of the loop, few enough to be near when it reads them. */
const AHEAD = 2 ** 14
/** Rows of them at least, where the weights come from so far that they had better serve many. */
const ROWS_AHEAD = 192
/**
 * Some sequences of a batch carried through all their steps, forward and back. Buffers, with R rows over all steps, S
 * sequences and H units (P where projected); all in the arena, so they live until the training step ends:
 * `x [R, I]`, `z [R, slots · H]` (pre-activations, then what is saved of them, then their adjoints where those may lie in
 * place), a state `[depth · S + R, H]` each (initial rows first), an intermediate `[R, H]` each, a mean `[R]` each.
 */
export class Shard {
  readonly layout: Layout
  /** Between the caller's order and this one's. */
  readonly exchange: Exchange
  readonly x: Address
  readonly states: readonly Address[]
  /** Adjoint of each state `[depth · S, H]`, of the final ones before `backward` and of the initial ones after it. */
  readonly dStates: readonly Address[]
  /** Adjoint of the input `[R, I]`, after `inputGradients`. */
  dX: Address = 0
  /** Adjoint of the output `[R, H]`; to be set before `backward` where there is one. */
  dOutput: Address | undefined
  private readonly kernels: Kernels
  private readonly recurrence: Recurrence
  private readonly sizes: Sizes
  private readonly weights: PackedWeights
  private readonly phases: readonly number[]
  /** Row stride of z and dZ: a block for each slot, and one for each parameter's adjoint. */
  private readonly width: number
  /** Where in a row each of these begins. */
  private readonly columns: readonly number[]
  private readonly z: Address
  private dZ: Address = 0
  private readonly operands: readonly Address[]
  private readonly noise: readonly Address[]
  private dOperands: readonly Address[] = []
  private gates: readonly Address[] = []
  private readonly means: readonly Address[]
  private readonly passingMeans: readonly Address[]

  /** @param phases see `phaseBounds` */
  constructor(
    kernels: Kernels,
    recurrence: Recurrence,
    sizes: Sizes,
    weights: PackedWeights,
    layout: Layout,
    phases: readonly number[],
  ) {
    const { sequences, rows } = layout
    const { graph } = recurrence.cell
    const take = (length: number) => kernels.memory.take(length)
    this.kernels = kernels
    this.recurrence = recurrence
    this.sizes = sizes
    this.weights = weights
    this.layout = layout
    this.phases = phases
    const { at, width } = columnsIn(recurrence, sizes)
    this.columns = at
    this.width = width
    // What is drawn once a sequence goes the way of a state of one step.
    const perSequence = graph.noise.filter(({ per }) => per === 'sequence')
    this.exchange = new Exchange(kernels, layout, [...graph.depths, ...perSequence.map(() => 1)])
    this.x = take(rows * sizes.inputs)
    this.z = take(rows * this.width)
    this.states = graph.depths.map((depth, i) => take((depth * sequences + rows) * this.stateUnits(i)))
    this.dStates = graph.depths.map((depth, i) => take(depth * sequences * this.stateUnits(i)))
    this.operands = recurrence.intermediates.map(({ expr }) => take(rows * unitsOf(graph.sizeOf(expr), sizes)))
    this.noise = graph.noise.map(({ per, size }) => take((per === 'step' ? rows : sequences) * unitsOf(size, sizes)))
    this.means = Array.from({ length: recurrence.means }, () => take(rows))
    this.passingMeans = Array.from({ length: recurrence.passingMeans }, () => take(sequences))
  }

  /** Takes over what chance gave, from the caller's order. */
  gatherNoise(given: readonly Address[] = []): void {
    const { exchange, sizes, recurrence } = this
    for (const [i, { per, size }] of recurrence.cell.graph.noise.entries())
      if (per === 'step') exchange.gatherSteps(this.noise[i]!, given[i]!, unitsOf(size, sizes))
      else exchange.gatherInitial(this.noise[i]!, given[i], { columns: unitsOf(size, sizes), depth: 1 })
  }

  /** The first row of a state after the first step. */
  afterSteps(state: number): Address {
    return this.states[state]! + this.depth(state) * this.layout.sequences * this.stateUnits(state)
  }

  /** Which of a state's rows a step reads. */
  readonly pastClock = (past: number): Clock => {
    const { state, back } = this.recurrence.cell.graph.past[past]!
    return { of: 'state', back, depth: this.depth(state) }
  }

  /**
   * Fills z, the states and the intermediates for some units, given x and the initial states: a phase for each stage of
   * each step, which may begin when all units are done with the one before.
   */
  forward(units: Units): Jobs {
    const { layout, recurrence } = this
    const time = new Timeline(layout)
    const ahead = recurrence.hoisted.map((segment) => this.forwardProduct(segment, units, time))
    const stages = recurrence.stages.map(({ products, forward }) => ({
      products: products.map((segment) => this.forwardProduct(segment, units, time)),
      run: this.movePasses(forward, units, time),
    }))
    const far = this.width * this.sizes.inputs > NEAR
    const most = Math.max(Math.floor(AHEAD / this.width), far ? ROWS_AHEAD : 0)
    const begins = new Set(this.phases)
    let steps = 0
    return Array.from({ length: layout.steps }, (_, t) =>
      stages.map((stage, s) => () => {
        const rows = time.moveTo(t)
        if (s === 0 && t === steps) {
          do steps++
          while (steps < layout.steps && !begins.has(steps) && rowsBetween(layout, t, steps + 1) <= most)
          for (const product of ahead) product(rowsBetween(layout, t, steps))
        }
        for (const product of stage.products) product(rows)
        stage.run(rows)
      }),
    ).flat()
  }

  /**
   * Back-propagation through time for some units: phases like those of `forward`, and one more where the initial state's
   * adjoint is wanted.
   */
  backward(units: Units, initial: boolean): Jobs {
    const { layout, recurrence } = this
    const time = new Timeline(layout)
    const stages = recurrence.stages.map(({ products, backward }) => ({
      products: products.map((segment) => ({
        ...this.adjointOf(segment, units, time),
        run: this.backwardProduct(segment, units, time),
      })),
      run: this.movePasses(backward, units, time),
    }))
    const products = stages.flatMap((stage) => stage.products)
    const intoStates = products.filter((p) => p.intermediate === undefined)
    const last = stages.length - 1
    const intoIntermediates = stages.map((_, made) =>
      products.filter((p) => p.intermediate !== undefined && recurrence.intermediates[p.intermediate]!.stage === made),
    )
    // The kernels of a step have written what reaches the previous states pointwise; the products add the rest.
    const takeBack = (t: number) => {
      const rows = time.moveTo(t)
      for (const { adjoint, run } of intoStates) run(adjoint, rows, 'accumulate')
    }
    const phases: (() => void)[] = []
    for (let t = layout.steps - 1; t >= 0; t--)
      for (let stage = last; stage >= 0; stage--)
        phases.push(() => {
          if (stage === last && t + 1 < layout.steps) takeBack(t + 1)
          const rows = time.moveTo(t)
          const begun = new Set<number>()
          for (const { adjoint, intermediate, run } of intoIntermediates[stage]!) {
            run(adjoint, rows, begun.has(intermediate!) ? 'accumulate' : 'zero')
            begun.add(intermediate!)
          }
          stages[stage]!.run(rows)
        })
    if (initial && layout.steps > 0) phases.push(() => takeBack(0))
    return phases
  }

  /** Takes room for the way back. */
  prepareBackward(input: boolean): void {
    const { kernels, layout, recurrence } = this
    this.dZ = recurrence.inPlace ? this.z : kernels.memory.take(layout.rows * this.width)
    if (input || recurrence.usesInput) this.dX = kernels.memory.take(layout.rows * this.sizes.inputs)
    const { sizeOf } = recurrence.cell.graph
    this.dOperands = recurrence.intermediates.map(({ expr }) =>
      kernels.memory.take(layout.sequences * unitsOf(sizeOf(expr), this.sizes)),
    )
  }

  /** After `backward`: dX, a job for each phase. */
  inputGradients(): Jobs {
    const { kernels, weights, layout, recurrence, phases } = this
    const { inputs } = this.sizes
    return phases.slice(1).map((to, phase) => () => {
      const from = phases[phase]!
      const [first, rows] = [rowsBetween(layout, 0, from), rowsBetween(layout, from, to)]
      const dX = matrix(this.dX + first * inputs, rows, inputs)
      if (!recurrence.usesInput && recurrence.hoisted.length === 0) kernels.zero(dX.at, rows * inputs)
      for (const [i, segment] of recurrence.hoisted.entries()) {
        const start = i === 0 && !recurrence.usesInput ? 'zero' : 'accumulate'
        kernels.multiply(dX, this.adjointRows(segment, first, rows), weights.backward(segment), start)
      }
    })
  }

  /** Fills the gates from what was saved. Before `backward`, which may overwrite it. */
  inspect(): void {
    const { layout, recurrence, kernels } = this
    const { gates, sizeOf } = recurrence.cell.graph
    this.gates = [...gates.values()].map((gate) => kernels.memory.take(layout.rows * unitsOf(sizeOf(gate), this.sizes)))
    const time = new Timeline(layout)
    const run = this.movePasses(recurrence.inspection, { first: 0, count: this.sizes.hidden }, time)
    for (let t = 0; t < layout.steps; t++) run(time.moveTo(t))
  }

  /** A gate at every step, `[R, H]`, after `inspect`. */
  gate(index: number): Address {
    return this.gates[index]!
  }

  /** The adjoint of every slot and parameter in some rows `[rows, width]`, after `backward`. */
  adjoints(first = 0, rows = this.layout.rows): Matrix {
    return matrix(this.dZ + first * this.width, rows, this.width)
  }

  /** The adjoint of a segment's slots in some rows. */
  adjointRows(segment: Segment, first: number, rows: number): Matrix {
    return this.slotsOf(segment, this.dZ + first * this.width, rows)
  }

  /** What a segment multiplies: all rows from the first on, a state's initial ones among them. */
  operandRows(segment: Segment, first: number, rows: number): Matrix {
    const { operand } = segment
    const columns = operandSize(segment, this.sizes)
    const base = () => {
      if (operand.from === 'input') return this.x
      if (operand.from === 'intermediate') return this.operands[operand.index]!
      return this.states[this.recurrence.cell.graph.past[operand.index]!.state]!
    }
    return matrix(base() + first * columns, rows, columns)
  }

  private slotsOf(segment: Segment, base: Address, rows: number): Matrix {
    const columns = segment.count * unitsOf(segment.size, this.sizes)
    return matrix(base + this.columns[segment.slot]!, rows, columns, this.width)
  }

  /** Rows of z ← a segment's operand · Wᵀ, for some units of each of its gates. */
  private forwardProduct(segment: Segment, units: Units, time: Timeline): (rows: number) => void {
    const { hidden } = this.sizes
    const { operand: from } = segment
    const operand = time.follow(
      this.operandRows(segment, 0, 0),
      from.from === 'past' ? this.pastClock(from.index) : 'step',
    )
    const slots = this.slotsOf(segment, this.z, 0)
    const whole = units.count === hidden
    const parts = Array.from({ length: whole ? 1 : segment.count }, (_, gate) => {
      const first = gate * hidden + units.first
      const columns = whole ? slots.columns : units.count
      return {
        first,
        out: time.follow({ ...slots, at: slots.at + first, columns }, 'step'),
      }
    })
    return (rows) => {
      operand.rows = rows
      for (const { first, out } of parts) {
        out.rows = rows
        this.weights.multiply(segment, out, operand, first)
      }
    }
  }

  /** An adjoint's rows += dZ · W, for some units of the operand. */
  private backwardProduct(segment: Segment, units: Units, time: Timeline) {
    const slots = time.follow(this.slotsOf(segment, this.dZ, 0), 'step')
    return (adjoint: Matrix, rows: number, start: 'accumulate' | 'zero'): void => {
      slots.rows = adjoint.rows = rows
      const right = columnsOf(this.weights.backward(segment), units.first, units.count)
      this.kernels.multiply(adjoint, slots, right, start)
    }
  }

  private adjointOf(segment: Segment, units: Units, time: Timeline): { adjoint: Matrix; intermediate?: number } {
    const { operand } = segment
    if (operand.from === 'input') throw new RangeError('the input product is taken back after the loop')
    const columns = unitsOf(operand.size, this.sizes)
    const { first, count } = this.partOf(operand.size, units)
    const rows = ({ at, clock }: Place) => time.follow(matrix(at + first, 0, count, columns), clock)
    const { index, size } = operand
    return operand.from === 'past'
      ? { adjoint: rows(this.place({ kind: 'dPast', index, size })) }
      : { adjoint: rows(this.place({ kind: 'dOperand', index, size })), intermediate: index }
  }

  private movePasses(passes: readonly Pass[], units: Units, time: Timeline): (rows: number) => void {
    const moving = passes.map(({ program, sources, size }) => {
      const { first, count } = this.partOf(size, units)
      const matrices = sources.map((source): Rows => {
        const { at, rowStride, clock } = this.place(source)
        const column = source.kind === 'mean' || source.kind === 'passingMean'
        return time.follow({ at: column ? at : at + first, rowStride }, clock)
      })
      return { run: this.kernels.pointwise(program), count, matrices, scalars: program.scalars?.map(() => 1 / count) }
    })
    return (rows) => {
      for (const { run, count, matrices, scalars } of moving) run(rows, count, matrices, scalars)
    }
  }

  /** The units of a size that a job computes: some of them only where all sizes are one. */
  private partOf(size: Size, units: Units): Units {
    return this.recurrence.unitsApart ? units : { first: 0, count: unitsOf(size, this.sizes) }
  }

  private depth(state: number): number {
    return this.recurrence.cell.graph.depths[state]!
  }

  private stateUnits(state: number): number {
    return unitsOf(this.recurrence.cell.graph.stateSizes[state]!, this.sizes)
  }

  private place({ kind, index, size }: Source): Place {
    const { width } = this
    const { past, parameters, noise } = this.recurrence.cell.graph
    const units = unitsOf(size, this.sizes)
    const at = (start: Address, clock: Clock, rowStride = units) => ({ at: start, rowStride, clock })
    const block = (base: Address, slot: number) => at(base + this.columns[slot]!, 'step', width)
    const adjoint = (state: number, back: number) =>
      at(this.dStates[state]!, { of: 'adjoint', back, depth: this.depth(state) })
    const places: { [K in SourceKind]: () => Place } = {
      input: () => at(this.x, 'step', this.sizes.inputs),
      slot: () => block(this.z, index),
      operand: () => at(this.operands[index]!, 'step'),
      past: () => at(this.states[past[index]!.state]!, this.pastClock(index)),
      next: () => at(this.states[index]!, { of: 'state', back: 0, depth: this.depth(index) }),
      gate: () => at(this.gate(index), 'step'),
      parameter: () => at(this.weights.parameter(parameters[index]!.name), 'fixed', 0),
      given: () => at(this.weights.given[index]!, 'fixed', 0),
      noise: () => at(this.noise[index]!, noise[index]!.per === 'step' ? 'step' : 'fixed'),
      mean: () => at(this.means[index]!, 'step', 1),
      passingMean: () => at(this.passingMeans[index]!, 'fixed', 1),
      dOutput: () =>
        this.dOutput === undefined ? at(takeZeros(this.kernels, units), 'fixed', 0) : at(this.dOutput, 'step'),
      dNext: () => adjoint(index, 0),
      dPast: () => adjoint(past[index]!.state, past[index]!.back),
      dSlot: () => block(this.dZ, index),
      dOperand: () => at(this.dOperands[index]!, 'fixed'),
      dParameter: () => block(this.dZ, this.recurrence.slots.length + index),
      dInput: () => at(this.dX, 'step', this.sizes.inputs),
    }
    return places[kind]()
  }
}
