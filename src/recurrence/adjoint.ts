import type { CellGraph } from '../cells/graph.ts'
import { topological } from '../expr/graph.ts'
import { differentiate, type Expr, flush, type Seed } from '../expr/index.ts'
import { type Output, type PlaceMean, passes } from './passes.ts'
import type { Intermediate, Slot } from './plan.ts'
import type { Pass, Source, SourceLeaves } from './sources.ts'

/** Far under any gradient that matters beside others, and so much over the smallest float that products with it are floats yet. */
const LEAST = 2 ** -107

interface Compiled {
  readonly leaves: SourceLeaves
  /** What stands in memory after a step. */
  readonly saved: ReadonlyMap<Expr, Expr>
  readonly graph: CellGraph
  readonly slots: readonly Slot[]
  readonly intermediates: readonly Intermediate[]
  readonly stages: readonly number[]
}

/**
 * The backward half of each stage, by reverse-mode differentiation of the step. Stages run last to first. The adjoint of
 * an intermediate is known once the products that read it have been taken back, so a slot's adjoint is computed in the
 * earliest stage that makes an intermediate out of it, or else in the last stage.
 */
export function backwardPasses(
  { leaves, saved, graph, slots, intermediates, stages }: Compiled,
  placeMeans: () => PlaceMean,
) {
  const last = stages.length - 1
  const below = intermediates.map(({ expr, stage }) => ({ stage, nodes: new Set(topological([expr])) }))
  const stageOfAdjoint = slots.map((slot) =>
    Math.min(last, ...below.filter(({ nodes }) => nodes.has(slot.product.leaf)).map(({ stage }) => stage)),
  )
  const next = [...graph.next.values()]
  const usesInput = topological([...next, ...intermediates.map((i) => i.expr)]).includes(graph.input)
  const source = (kind: Source['kind'], index: number, expr: Expr): Source => ({
    kind,
    index,
    size: graph.sizeOf(expr),
  })

  const all = stages.map((stage): Pass[] => {
    const seeds: Seed[] = next.map((of, index) => {
      const size = graph.stateSizes[index]!
      const adjoint = flush(leaves.of('dNext', index, size), LEAST)
      // The first state is the cell's output: its own step's gradient joins what comes from later steps.
      return { of, adjoint: index === 0 ? adjoint.add(leaves.of('dOutput', 0, size)) : adjoint }
    })
    for (const [index, { expr, stage: made }] of intermediates.entries())
      if (made >= stage) seeds.push({ of: expr, adjoint: leaves.of('dOperand', index, graph.sizeOf(expr)) })
    const targets: (Omit<Output, 'expr'> & { readonly of: Expr })[] = []
    for (const [index, { product }] of slots.entries())
      if (stageOfAdjoint[index] === stage) targets.push({ to: source('dSlot', index, product.leaf), of: product.leaf })
    if (stage === 0) {
      if (usesInput) targets.push({ to: source('dInput', 0, graph.input), of: graph.input })
      // The furthest back takes the turn of the adjoint that was read; what is nearer has had adjoints from later steps.
      for (const [index, { leaf, state, back }] of graph.past.entries())
        targets.push({ to: source('dPast', index, leaf), of: leaf, accumulate: back < graph.depths[state]! })
      for (const [index, { leaf }] of graph.parameters.entries())
        targets.push({ to: source('dParameter', index, leaf), of: leaf })
    }
    const adjoints = differentiate(
      seeds,
      targets.map(({ of }) => of),
    )
    const outputs = targets.flatMap(({ of: _, ...target }, i): Output[] => {
      const expr = adjoints[i]!
      return target.accumulate && expr.op === 'constant' ? [] : [{ ...target, expr }]
    })
    return passes(leaves, outputs, saved, placeMeans())
  })
  // A slot may be overwritten by its adjoint if no stage that runs later (an earlier stage) still reads it.
  const reads = (pass: Pass, index: number) =>
    pass.sources.slice(0, pass.program.inputs.length).some((s) => s.kind === 'slot' && s.index === index)
  const inPlace = slots.every((_, index) =>
    all.every((some, stage) => stage >= stageOfAdjoint[index]! || !some.some((pass) => reads(pass, index))),
  )
  return { passes: all, inPlace }
}
