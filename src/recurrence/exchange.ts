import type { Address, Kernels } from '../kernels/index.ts'
import { type Layout, stateRows } from './layout.ts'

/** A state's columns, and how many of its steps go to and from the caller: `[B, depth, columns]`. */
export interface StateSize {
  readonly columns: number
  readonly depth: number
}

/** Carries numbers between the caller's order, `[B, T, …]` and `[B, depth, …]`, and the loop's. */
export class Exchange {
  private readonly kernels: Kernels
  private readonly layout: Layout
  private readonly place: Address
  /** For each depth, lists over a state's `depth` blocks of sequences. */
  private readonly index = new Map<number, { readonly [I in 'initial' | 'final' | 'adjoint']: Address }>()

  constructor(kernels: Kernels, layout: Layout, depths: readonly number[]) {
    const { memory } = kernels
    this.kernels = kernels
    this.layout = layout
    this.place = memory.takeIndex(layout.place)
    for (const depth of new Set(depths)) {
      const { initial, final, adjoint } = stateRows(layout, depth)
      const at = memory.takeIndex(initial)
      // One block has nothing to take turns with.
      const turns = depth === 1 ? at : memory.takeIndex(adjoint)
      this.index.set(depth, { initial: at, final: memory.takeIndex(final), adjoint: turns })
    }
  }

  /** Rows in the loop's order ← the caller's `[B, T, columns]`. */
  gatherSteps(to: Address, from: Address, columns: number): void {
    this.kernels.gatherRows(to, from, this.place, this.layout.rows, columns)
  }

  /** The caller's `[B, T, columns]` ← rows in the loop's order. */
  scatterSteps(to: Address, from: Address, columns: number): void {
    this.kernels.scatterRows(to, from, this.place, this.layout.rows, columns)
  }

  /** The caller's `[B, T, columns]` += rows in the loop's order. */
  scatterAddSteps(to: Address, from: Address, columns: number): void {
    this.kernels.scatterAddRows(to, from, this.place, this.layout.rows, columns)
  }

  /** A state's rows from before the start ← the caller's, or zeros. */
  gatherInitial(to: Address, from: Address | undefined, size: StateSize): void {
    this.gather(to, from, 'initial', size)
  }

  /** The adjoints of each sequence's own last steps, where their turn is ← the caller's, or zeros. */
  gatherFinalAdjoints(to: Address, from: Address | undefined, size: StateSize): void {
    this.gather(to, from, 'adjoint', size)
  }

  /** The caller's += the adjoints of the steps before the start. */
  scatterAddInitial(to: Address, from: Address, { columns, depth }: StateSize): void {
    this.kernels.scatterAddRows(to, from, this.index.get(depth)!.initial, this.layout.sequences * depth, columns)
  }

  /** The caller's ← a state's rows after each sequence's own last steps. */
  scatterFinal(to: Address, state: Address, { columns, depth }: StateSize): void {
    const rows = this.layout.sequences * depth
    const { initial, final } = this.index.get(depth)!
    const last = this.kernels.memory.take(rows * columns)
    this.kernels.gatherRows(last, state, final, rows, columns)
    this.kernels.scatterRows(to, last, initial, rows, columns)
  }

  private gather(
    to: Address,
    from: Address | undefined,
    by: 'initial' | 'adjoint',
    { columns, depth }: StateSize,
  ): void {
    const rows = this.layout.sequences * depth
    if (from === undefined) this.kernels.zero(to, rows * columns)
    else this.kernels.gatherRows(to, from, this.index.get(depth)![by], rows, columns)
  }
}
