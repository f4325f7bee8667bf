import type { CellGraph } from '../cells/graph.ts'
import { topological } from '../expr/graph.ts'
import { differentiate, type Expr, flush, type Seed } from '../expr/index.ts'
import type { Intermediate, Slot } from './plan.ts'
import { type BoundProgram, bind, type Source, type SourceLeaves } from './sources.ts'

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
export function backwardPrograms({ leaves, saved, graph, slots, intermediates, stages }: Compiled) {
  const last = stages.length - 1
  const below = intermediates.map(({ expr, stage }) => ({ stage, nodes: new Set(topological([expr])) }))
  const stageOfAdjoint = slots.map((slot) =>
    Math.min(last, ...below.filter(({ nodes }) => nodes.has(slot.product.leaf)).map(({ stage }) => stage)),
  )
  const inputs = [graph.input, ...graph.previous.values(), ...graph.parameters.map((p) => p.leaf)]
  const source = (kind: Source['kind'], index: number): Source => ({ kind, index })
  const inputSources = [
    source('dInput', 0),
    ...[...graph.previous.values()].map((_, index) => source('dState', index)),
    ...graph.parameters.map((_, index) => source('dParameter', index)),
  ]

  const usesInput = topological([...graph.next.values(), ...intermediates.map((i) => i.expr)]).includes(graph.input)
  const programs = stages.map((stage): BoundProgram => {
    const seeds: Seed[] = [...graph.next.values()].map((of, index) => {
      const adjoint = flush(leaves.of('dState', index), LEAST)
      // The first state is the cell's output: its own step's gradient joins what comes from later steps.
      return { of, adjoint: index === 0 ? adjoint.add(leaves.of('dOutput')) : adjoint }
    })
    for (const [index, intermediate] of intermediates.entries())
      if (intermediate.stage >= stage) seeds.push({ of: intermediate.expr, adjoint: leaves.of('dOperand', index) })
    const targets: [Source, Expr][] = []
    for (const [index, slot] of slots.entries())
      if (stageOfAdjoint[index] === stage) targets.push([{ kind: 'dSlot', index }, slot.product.leaf])
    if (stage === 0)
      for (const [i, expr] of inputs.entries())
        if (expr !== graph.input || usesInput) targets.push([inputSources[i]!, expr])
    const adjoints = differentiate(
      seeds,
      targets.map(([, expr]) => expr),
    )
    return bind(
      leaves,
      targets.map(([source], i) => [source, adjoints[i]!]),
      saved,
    )
  })
  // A slot may be overwritten by its adjoint if no stage that runs later (an earlier stage) still reads it.
  const inPlace = slots.every((_, index) =>
    programs.every(
      (program, stage) =>
        stage >= stageOfAdjoint[index]! || !program.inputs.some((s) => s.kind === 'slot' && s.index === index),
    ),
  )
  return { programs, inPlace }
}
