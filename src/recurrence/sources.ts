import { rewrite, topological } from '../expr/graph.ts'
import { type Expr, leaf } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'

/** What a stage's pointwise kernel reads and writes; `index` counts slots, operands, states or parameters. */
export type SourceKind =
  | 'input'
  | 'slot'
  | 'operand'
  | 'previous'
  | 'next'
  | 'parameter'
  | 'noise'
  | 'gate'
  | 'dOutput'
  | 'dState'
  | 'dSlot'
  | 'dOperand'
  | 'dParameter'
  | 'dInput'

export interface Source {
  readonly kind: SourceKind
  readonly index: number
}

/** The leaf that stands for a source in a stage's program. */
export class SourceLeaves {
  private readonly leaves = new Map<string, { source: Source; expr: Expr }>()

  of(kind: SourceKind, index = 0): Expr {
    const name = `${kind} ${index}`
    const known = this.leaves.get(name)
    if (known) return known.expr
    const expr = leaf(name)
    this.leaves.set(name, { source: { kind, index }, expr })
    return expr
  }

  /** The source a leaf name stands for. */
  source(name: string): Source {
    const entry = this.leaves.get(name)
    if (!entry) throw new RangeError(`'${name}' is not computed before it is read`)
    return entry.source
  }
}

/** A pointwise program with what its matrices are. */
export interface BoundProgram {
  readonly program: PointwiseProgram
  readonly inputs: readonly Source[]
  readonly outputs: readonly Source[]
}

/** Writes expressions over the sources that are known in memory. */
export function bind(
  leaves: SourceLeaves,
  outputs: readonly (readonly [Source, Expr])[],
  known: ReadonlyMap<Expr, Expr>,
): BoundProgram {
  const exprs = rewrite(
    outputs.map(([, expr]) => expr),
    known,
  )
  const inputs = topological(exprs).flatMap((node) => (node.op === 'leaf' ? [node.name] : []))
  return {
    program: { inputs, outputs: exprs.map((expr) => ({ expr })) },
    inputs: inputs.map((name) => leaves.source(name)),
    outputs: outputs.map(([source]) => source),
  }
}
