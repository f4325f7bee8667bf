import { rewrite, topological } from '../expr/graph.ts'
import type { Expr } from '../expr/index.ts'
import { type Pass, perUnit, type Source, type SourceLeaves } from './sources.ts'

/** An expression and where it goes; added to what stands there, or put in its place. */
export interface Output {
  readonly to: Source
  readonly expr: Expr
  readonly accumulate?: boolean
}

/** Finds room for a mean that is not known yet: the source to write it to. */
export type PlaceMean = (mean: Expr, size: Source['size']) => Source

/**
 * Pointwise passes that write expressions over the sources known in memory: one for each size; and ahead of them, wherever a mean
 * over a row's units stands in the expressions, one that sums the row.
 */
export function passes(
  leaves: SourceLeaves,
  outputs: readonly Output[],
  inMemory: ReadonlyMap<Expr, Expr>,
  placeMean: PlaceMean,
): Pass[] {
  const known = new Map(inMemory)
  const roots = outputs.map(({ expr }) => expr)
  const means = (exprs: readonly Expr[]) =>
    topological(exprs, known).filter((node) => node.op === 'mean' && !known.has(node))
  const all: Pass[] = []
  for (let open = means(roots); open.length > 0; open = means(roots)) {
    // Those that hang on no other mean come first.
    const ready = open.filter((mean) => means(mean.args).length === 0)
    const summands = rewrite(
      ready.map((mean) => mean.args[0]!),
      known,
    )
    const columns = ready.map((mean, i) => {
      const size = leaves.below([summands[i]!])[0]?.source.size ?? 'hidden'
      return { to: placeMean(mean, size), expr: summands[i]! }
    })
    for (const some of bySize(columns))
      all.push(pass(leaves, some, (exprs) => ({ outputs: [], reductions: exprs.map((expr) => ({ expr, by: 'sum' })) })))
    for (const [i, mean] of ready.entries()) {
      const { kind, index, size } = columns[i]!.to
      known.set(mean, leaves.of(kind, index, size).mul(perUnit))
    }
  }
  const exprs = rewrite(roots, known)
  const written = outputs.map((output, i) => ({ ...output, expr: exprs[i]! }))
  for (const some of bySize(written))
    all.push(
      pass(leaves, some, (of) => ({
        outputs: of.map((expr, i) => (some[i]!.accumulate ? { expr, accumulate: true } : { expr })),
      })),
    )
  return all
}

function pass(
  leaves: SourceLeaves,
  written: readonly Output[],
  writing: (exprs: readonly Expr[]) => Pick<Pass['program'], 'outputs' | 'reductions'>,
): Pass {
  const exprs = written.map(({ expr }) => expr)
  const read = leaves.below(exprs)
  const isMean = ({ source: { kind } }: (typeof read)[number]) => kind === 'mean' || kind === 'passingMean'
  const [columns, matrices] = [read.filter(isMean), read.filter((one) => !isMean(one))]
  const names = (list: typeof read) => list.map(({ name }) => name)
  return {
    program: {
      inputs: names(matrices),
      ...(columns.length > 0 ? { perRow: names(columns), scalars: [perUnit.name] } : {}),
      ...writing(exprs),
    },
    sources: [...matrices, ...columns].map(({ source }) => source).concat(written.map(({ to }) => to)),
    size: written[0]!.to.size,
  }
}

const bySize = (outputs: readonly Output[]): Output[][] =>
  (['hidden', 'projected'] as const)
    .map((size) => outputs.filter(({ to }) => to.size === size))
    .filter((some) => some.length > 0)
