import type { Address, Kernels } from '../kernels/index.ts'
import type { Layout } from './layout.ts'

/** Carries numbers between the caller's order, `[B, T, …]` and `[B, H]`, and the loop's. */
export class Exchange {
  private readonly kernels: Kernels
  private readonly layout: Layout
  private readonly hidden: number
  private readonly index: { readonly [I in 'order' | 'place' | 'final']: Address }

  constructor(kernels: Kernels, layout: Layout, hidden: number) {
    const { memory } = kernels
    this.kernels = kernels
    this.layout = layout
    this.hidden = hidden
    this.index = {
      order: memory.takeIndex(layout.order),
      place: memory.takeIndex(layout.place),
      final: memory.takeIndex(layout.final),
    }
  }

  /** Rows in the loop's order ← the caller's `[B, T, columns]`. */
  gatherSteps(to: Address, from: Address, columns: number): void {
    this.kernels.gatherRows(to, from, this.index.place, this.layout.rows, columns)
  }

  /** The caller's `[B, T, columns]` ← rows in the loop's order. */
  scatterSteps(to: Address, from: Address, columns: number): void {
    this.kernels.scatterRows(to, from, this.index.place, this.layout.rows, columns)
  }

  /** The caller's `[B, T, columns]` += rows in the loop's order. */
  scatterAddSteps(to: Address, from: Address, columns: number): void {
    this.kernels.scatterAddRows(to, from, this.index.place, this.layout.rows, columns)
  }

  /** `[S, H]` in the loop's order ← the caller's `[B, H]`, or zeros. */
  gatherSequences(to: Address, from: Address | undefined): void {
    const { sequences } = this.layout
    if (from === undefined) this.kernels.zero(to, sequences * this.hidden)
    else this.kernels.gatherRows(to, from, this.index.order, sequences, this.hidden)
  }

  /** The caller's `[B, H]` += `[S, H]` in the loop's order. */
  scatterAddSequences(to: Address, from: Address): void {
    this.kernels.scatterAddRows(to, from, this.index.order, this.layout.sequences, this.hidden)
  }

  /** The caller's `[B, H]` ← a state `[S + R, H]` after each sequence's own last step. */
  scatterFinal(to: Address, state: Address): void {
    const last = this.kernels.memory.take(this.layout.sequences * this.hidden)
    this.kernels.gatherRows(last, state, this.index.final, this.layout.sequences, this.hidden)
    this.kernels.scatterRows(to, last, this.index.order, this.layout.sequences, this.hidden)
  }
}
