import type { Size } from '../cells/graph.ts'
import { topological } from '../expr/graph.ts'
import { type Expr, leaf } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'

/**
 * What a stage's pointwise kernels read and write; `index` counts slots, operands, past states, next states, vectors or
 * means. A mean is saved, or is passed from one pass to the next.
 */
export type SourceKind =
  | 'input'
  | 'slot'
  | 'operand'
  | 'past'
  | 'next'
  | 'parameter'
  | 'noise'
  | 'given'
  | 'gate'
  | 'mean'
  | 'passingMean'
  | 'dOutput'
  | 'dNext'
  | 'dPast'
  | 'dSlot'
  | 'dOperand'
  | 'dParameter'
  | 'dInput'

export interface Source {
  readonly kind: SourceKind
  readonly index: number
  /** How many columns it has, or the row that a mean was taken of. */
  readonly size: Size
}

/** The leaf that stands for a source in a stage's program. */
export class SourceLeaves {
  private readonly leaves = new Map<string, { source: Source; expr: Expr }>()

  of(kind: SourceKind, index: number, size: Size): Expr {
    const name = `${kind} ${index}`
    const known = this.leaves.get(name)
    if (known) return known.expr
    const expr = leaf(name)
    this.leaves.set(name, { source: { kind, index, size }, expr })
    return expr
  }

  /** The sources that expressions read. */
  below(exprs: readonly Expr[]): { readonly name: string; readonly source: Source }[] {
    return topological(exprs).flatMap((node) => {
      if (node.op !== 'leaf' || node === perUnit) return []
      const entry = this.leaves.get(node.name)
      if (!entry) throw new RangeError(`'${node.name}' is not computed before it is read`)
      return [{ name: node.name, source: entry.source }]
    })
  }
}

/** 1 / units: what makes a mean of a sum. */
export const perUnit = leaf('1 / units')

/** A pointwise program with what its matrices are, in their order, and of how many columns. */
export interface Pass {
  readonly program: PointwiseProgram
  readonly sources: readonly Source[]
  readonly size: Size
}
