import { type Address, type Kernels, type Matrix, matrix, type Rows, transposed } from '../kernels/index.ts'
import { addColumnSums, addInto, takeZeros } from './elementwise.ts'
import { Exchange } from './exchange.ts'
import type { Layout } from './layout.ts'
import { type FindWeight, operandSize, type PackedWeights, type Sizes, weightBlock } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import type { BoundProgram, Source, SourceKind } from './sources.ts'
import { type Clock, type Run, stateRuns, Timeline } from './timeline.ts'

/** Where a source lies, and which of its rows a step is at. */
interface Place {
  readonly at: Address
  readonly rowStride: number
  readonly clock: Clock
}

/**
 * Some sequences of a batch carried through all their steps, forward and back. Buffers, with R rows over all steps, S
 * sequences and H units; all in the arena, so they live until the training step ends:
 * `x [R, I]`, `z [R, slots · H]` (pre-activations, then what is saved of them, then their adjoints where those may lie in
 * place), a state `[S + R, H]` each (initial rows first), an intermediate `[R, H]` each.
 */
export class Shard {
  readonly layout: Layout
  /** Between the caller's order and this one's. */
  readonly exchange: Exchange
  readonly x: Address
  readonly states: readonly Address[]
  /** Adjoint of each state `[S, H]`, of the final one before `backward` and of the initial one after it. */
  readonly dStates: readonly Address[]
  /** Adjoint of the input `[R, I]`, after `backward`. */
  dX: Address = 0
  /** Adjoint of the output `[R, H]`; to be set before `backward` where there is one. */
  dOutput: Address | undefined
  private readonly kernels: Kernels
  private readonly recurrence: Recurrence
  private readonly sizes: Sizes
  private readonly weights: PackedWeights
  /** Row stride of z and dZ: a block for each slot, and one for each parameter's adjoint. */
  private readonly width: number
  private readonly z: Address
  private dZ: Address = 0
  private readonly operands: readonly Address[]
  private dOperands: readonly Address[] = []
  private gates: Address = 0

  constructor(kernels: Kernels, recurrence: Recurrence, sizes: Sizes, weights: PackedWeights, layout: Layout) {
    const { sequences, rows } = layout
    const { inputs, hidden } = sizes
    const take = (length: number) => kernels.memory.take(length)
    this.kernels = kernels
    this.recurrence = recurrence
    this.sizes = sizes
    this.weights = weights
    this.layout = layout
    this.width = (recurrence.slots.length + recurrence.cell.graph.parameters.length) * hidden
    this.exchange = new Exchange(kernels, layout, hidden)
    this.x = take(rows * inputs)
    this.z = take(rows * this.width)
    this.states = recurrence.cell.states.map(() => take((sequences + rows) * hidden))
    this.dStates = recurrence.cell.states.map(() => take(sequences * hidden))
    this.operands = recurrence.intermediates.map(() => take(rows * hidden))
  }

  /** Fills z, the states and the intermediates, given x and the initial states. */
  forward(): void {
    const { kernels, weights, layout } = this
    const { hidden } = this.sizes
    const multiply = (segment: Segment, out: Matrix, left: Matrix) =>
      kernels.multiply(
        out,
        left,
        weights.forward(segment),
        segment.begins ? { bias: weights.bias + segment.slot * hidden } : 'accumulate',
      )
    for (const segment of this.recurrence.hoisted)
      multiply(segment, this.slotsOf(segment, this.z, layout.rows), this.operandRows(segment, layout.rows))

    const time = new Timeline(layout)
    const stages = this.recurrence.stages.map(({ products, forward }) => ({
      products: products.map((segment) => this.moveProduct(segment, this.z, time)),
      run: this.moveKernel(forward, time),
    }))
    for (let t = 0; t < layout.steps; t++) {
      const rows = time.moveTo(t)
      for (const stage of stages) {
        for (const { segment, slots, operand } of stage.products) {
          slots.rows = operand.rows = rows
          multiply(segment, slots, operand)
        }
        stage.run(rows)
      }
    }
  }

  /** Back-propagation through time; adds into the weight gradients that `gradient` finds. */
  backward(gradient: FindWeight): void {
    const { kernels, weights, layout, recurrence } = this
    const { inputs, hidden } = this.sizes
    this.dZ = recurrence.inPlace ? this.z : kernels.memory.take(layout.rows * this.width)
    this.dX = kernels.memory.take(layout.rows * inputs)
    this.dOperands = recurrence.intermediates.map(() => kernels.memory.take(layout.sequences * hidden))

    const time = new Timeline(layout)
    const stages = recurrence.stages.map(({ products, backward }) => ({
      products: products.map((segment) => ({
        ...this.moveProduct(segment, this.dZ, time),
        ...this.adjointOf(segment),
      })),
      run: this.moveKernel(backward, time),
    }))
    const products = stages.flatMap((stage) => stage.products)
    const intoIntermediates = recurrence.stages.map((_, made) =>
      products.filter((p) => p.intermediate !== undefined && recurrence.intermediates[p.intermediate]!.stage === made),
    )
    const intoStates = products.filter((p) => p.intermediate === undefined)
    for (let t = layout.steps - 1; t >= 0; t--) {
      const rows = time.moveTo(t)
      for (let stage = stages.length - 1; stage >= 0; stage--) {
        const begun = new Set<number>()
        for (const { segment, slots, adjoint, intermediate } of intoIntermediates[stage]!) {
          slots.rows = adjoint.rows = rows
          kernels.multiply(adjoint, slots, weights.backward(segment), begun.has(intermediate!) ? 'accumulate' : 'zero')
          begun.add(intermediate!)
        }
        stages[stage]!.run(rows)
      }
      // The kernels have written what reaches the previous states pointwise; the products add the rest.
      for (const { segment, slots, adjoint } of intoStates) {
        slots.rows = adjoint.rows = rows
        kernels.multiply(adjoint, slots, weights.backward(segment), 'accumulate')
      }
    }
    this.inputGradient()
    this.weightGradients(gradient)
  }

  /** Fills the gates from what was saved. Before `backward`, which may overwrite it. */
  inspect(): void {
    const { layout, recurrence, kernels } = this
    this.gates = kernels.memory.take(recurrence.inspection.outputs.length * layout.rows * this.sizes.hidden)
    const time = new Timeline(layout)
    const run = this.moveKernel(recurrence.inspection, time)
    for (let t = 0; t < layout.steps; t++) run(time.moveTo(t))
  }

  /** A gate at every step, `[R, H]`, after `inspect`. */
  gate(index: number): Address {
    return this.gates + index * this.layout.rows * this.sizes.hidden
  }

  private inputGradient(): void {
    const { kernels, weights, layout, recurrence } = this
    const { rows } = layout
    const dX = matrix(this.dX, rows, this.sizes.inputs)
    if (!recurrence.usesInput) kernels.zero(this.dX, rows * this.sizes.inputs)
    for (const segment of recurrence.hoisted)
      kernels.multiply(dX, this.slotsOf(segment, this.dZ, rows), weights.backward(segment), 'accumulate')
  }

  /** dW += dZᵀ · operand over all steps at once, and the column sums of dZ for the biases and parameters. */
  private weightGradients(gradient: FindWeight): void {
    const { kernels, layout, recurrence, sizes } = this
    const { hidden } = sizes
    for (const segment of [...recurrence.hoisted, ...recurrence.stages.flatMap((stage) => stage.products)])
      for (const { from, to, rows } of this.runs(segment)) {
        const dZ = this.slotsOf(segment, this.dZ, rows)
        dZ.at += to * this.width
        const operand = this.operandRows(segment, rows)
        operand.at += from * operand.rowStride
        kernels.multiply(weightBlock(segment, sizes, gradient), transposed(dZ), kernels.pack(operand), 'accumulate')
      }
    const sums = takeZeros(kernels, this.width)
    addColumnSums(kernels, sums, matrix(this.dZ, layout.rows, this.width))
    for (const [name, stacked] of recurrence.matrices)
      for (const [block, product] of stacked.entries()) {
        const slot = recurrence.slots.findIndex((s) => s.product === product)
        addInto(kernels, gradient(`bias_${name}`) + block * hidden, sums + slot * hidden, hidden)
      }
    for (const [i, { name }] of recurrence.cell.graph.parameters.entries())
      addInto(kernels, gradient(name), sums + (recurrence.slots.length + i) * hidden, hidden)
  }

  /** Runs of rows over which a segment's operand and its slots advance together. */
  private runs(segment: Segment): readonly Run[] {
    const { layout } = this
    if (segment.operand.from === 'state') return stateRuns(layout)
    return layout.rows ? [{ from: 0, to: 0, rows: layout.rows }] : []
  }

  private slotsOf(segment: Segment, base: Address, rows: number): Matrix {
    const { hidden } = this.sizes
    return matrix(base + segment.slot * hidden, rows, segment.count * hidden, this.width)
  }

  private operandRows(segment: Segment, rows: number): Matrix {
    const { operand } = segment
    const bases = { input: [this.x], state: this.states, intermediate: this.operands }
    const at = bases[operand.from][operand.from === 'input' ? 0 : operand.index]!
    return matrix(at, rows, operandSize(segment, this.sizes))
  }

  private adjointOf({ operand }: Segment): { adjoint: Matrix; intermediate?: number } {
    if (operand.from === 'input') throw new RangeError('the input product is taken back after the loop')
    const bases = operand.from === 'state' ? this.dStates : this.dOperands
    const adjoint = matrix(bases[operand.index]!, 0, this.sizes.hidden)
    return operand.from === 'state' ? { adjoint } : { adjoint, intermediate: operand.index }
  }

  private moveProduct(segment: Segment, z: Address, time: Timeline) {
    const slots = time.follow(this.slotsOf(segment, z, 0), 'step')
    const operand = time.follow(this.operandRows(segment, 0), segment.operand.from === 'state' ? 'previous' : 'step')
    return { segment, slots, operand }
  }

  private moveKernel(bound: BoundProgram, time: Timeline): (rows: number) => void {
    const run = this.kernels.pointwise(bound.program)
    const matrices = [...bound.inputs, ...bound.outputs].map((source): Rows => {
      const { at, rowStride, clock } = this.place(source)
      return time.follow({ at, rowStride }, clock)
    })
    return (rows) => run(rows, this.sizes.hidden, matrices)
  }

  private place({ kind, index }: Source): Place {
    const { width } = this
    const { inputs, hidden } = this.sizes
    const at = (start: Address, clock: Clock, rowStride = hidden) => ({ at: start, rowStride, clock })
    const block = (base: Address, slot: number) => at(base + slot * hidden, 'step', width)
    const places: { [K in SourceKind]: () => Place } = {
      input: () => at(this.x, 'step', inputs),
      slot: () => block(this.z, index),
      operand: () => at(this.operands[index]!, 'step'),
      previous: () => at(this.states[index]!, 'previous'),
      next: () => at(this.states[index]!, 'next'),
      gate: () => at(this.gate(index), 'step'),
      parameter: () => at(this.weights.parameter(this.recurrence.cell.graph.parameters[index]!.name), 'fixed', 0),
      dOutput: () =>
        this.dOutput === undefined ? at(takeZeros(this.kernels, hidden), 'fixed', 0) : at(this.dOutput, 'step'),
      dState: () => at(this.dStates[index]!, 'fixed'),
      dSlot: () => block(this.dZ, index),
      dOperand: () => at(this.dOperands[index]!, 'fixed'),
      dParameter: () => block(this.dZ, this.recurrence.slots.length + index),
      dInput: () => at(this.dX, 'step', inputs),
    }
    return places[kind]()
  }
}
