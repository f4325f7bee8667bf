import type { Cell } from '../cells/define.ts'
import type { Operand, Product } from '../cells/graph.ts'
import { topological } from '../expr/graph.ts'
import type { Expr } from '../expr/index.ts'
import { derivations } from '../expr/rules.ts'
import { backwardPasses } from './adjoint.ts'
import { type Output, type PlaceMean, passes } from './passes.ts'
import type { Intermediate, Recurrence, Segment, Slot } from './plan.ts'
import { type Pass, perUnit, type Source, SourceLeaves } from './sources.ts'

const compiledCells = new WeakMap<Cell['graph'], Recurrence>()

/** Sorts a cell's graph into stages; done once a cell. */
export function compile(cell: Cell): Recurrence {
  const known = compiledCells.get(cell.graph)
  if (known) return known
  const recurrence = build(cell)
  compiledCells.set(cell.graph, recurrence)
  return recurrence
}

function build(cell: Cell): Recurrence {
  const { graph } = cell
  const order = cell.order('pytorch')
  const hasInput = (product: Product) => product.operands.some((operand) => operand.from === 'input')
  // Slots stand in the order of the weight rows, so that neighbouring gates make one product.
  const products = [...graph.products].sort(
    (a, b) => Number(hasInput(b)) - Number(hasInput(a)) || order.indexOf(a.name) - order.indexOf(b.name),
  )
  const roots = [...graph.next.values(), ...graph.gates.values()]
  const expressions = products.flatMap((p) => p.operands.flatMap((o) => (o.from === 'intermediate' ? [o.expr] : [])))
  const intermediateExprs = [...new Set(expressions)]

  const { levelOf, used } = levels(products)
  const finalLevel = Math.max(0, ...[...graph.next.values()].map(levelOf), ...products.map((p) => levelOf(p.leaf)))
  const usedLevels = [...used, ...intermediateExprs.map(levelOf), finalLevel]
  const stageLevels = [...new Set(usedLevels)].sort((a, b) => a - b)
  const stageOf = (level: number) => stageLevels.findIndex((stage) => stage >= level)

  const next = [...graph.next.values()]
  const slots = products.map((product): Slot => {
    const stage = stageOf(levelOf(product.leaf))
    return { product, stage, saved: activationOf(product.leaf, [...roots, ...intermediateExprs]) ?? product.leaf }
  })
  const intermediates = intermediateExprs.map((expr): Intermediate => ({ expr, stage: stageOf(levelOf(expr)) }))

  const matrices = new Map<string, Product[]>()
  for (const name of order)
    for (const product of products.filter((p) => p.name === name))
      for (const { matrix } of product.operands) {
        matrices.set(matrix, [...(matrices.get(matrix) ?? []), product])
      }

  const indexed = (operand: Operand): Segment['operand'] => {
    const { from } = operand
    if (from === 'input') return { from }
    const expr = from === 'past' ? operand.past.leaf : operand.expr
    const index = from === 'past' ? graph.past.indexOf(operand.past) : intermediateExprs.indexOf(expr)
    return { from, index, size: graph.sizeOf(expr) }
  }
  const segmentsOf = (wanted: (slot: Slot, operand: Operand) => boolean): Segment[] => {
    const segments: Segment[] = []
    for (const [matrix, stacked] of matrices)
      for (const [block, product] of stacked.entries()) {
        const slot = products.indexOf(product)
        const operand = product.operands.find((o) => o.matrix === matrix)!
        if (!wanted(slots[slot]!, operand)) continue
        const segment = {
          matrix,
          operand: indexed(operand),
          block,
          slot,
          count: 1,
          size: product.size,
          begins: operand === firstOf(product),
        }
        const last = segments.at(-1)
        if (last && follows(last, segment)) segments[segments.length - 1] = { ...last, count: last.count + 1 }
        else segments.push(segment)
      }
    return segments
  }

  const leaves = new SourceLeaves()
  const saved = savedLeaves(leaves, { next, slots, intermediates, graph })
  const isNext = (expr: Expr) => next.includes(expr)
  const stageIndices = stageLevels.map((_, i) => i)
  const last = stageLevels.length - 1

  const kept = new Map<Expr, Expr>()
  let passingMeans = 0
  const keepMean: PlaceMean = (mean, size) => {
    const index = kept.size
    kept.set(mean, leaves.of('mean', index, size).mul(perUnit))
    return { kind: 'mean', index, size }
  }
  /** Means that the passes of one stage alone read. */
  const passMeans = (): PlaceMean => {
    let count = 0
    return (_, size) => {
      passingMeans = Math.max(passingMeans, count + 1)
      return { kind: 'passingMean', index: count++, size }
    }
  }

  const forward = stageIndices.map((stage): Pass[] => {
    // Slots of earlier stages hold what was saved; those of this stage still hold the product itself.
    const known = new Map([...saved.beforeLoop, ...kept])
    for (const [i, slot] of slots.entries()) {
      const expr = slot.stage < stage && !isNext(slot.saved) ? slot.saved : slot.product.leaf
      known.set(expr, leaves.of('slot', i, slot.product.size))
    }
    for (const [i, { expr, stage: made }] of intermediates.entries())
      if (made < stage) known.set(expr, leaves.of('operand', i, graph.sizeOf(expr)))
    const outputs: Output[] = []
    const write = (kind: Source['kind'], index: number, expr: Expr, size = graph.sizeOf(expr)) =>
      outputs.push({ to: { kind, index, size }, expr })
    for (const [index, slot] of slots.entries())
      if (slot.stage === stage && slot.saved !== slot.product.leaf && !isNext(slot.saved))
        write('slot', index, slot.saved)
    for (const [index, { expr, stage: made }] of intermediates.entries())
      if (made === stage) write('operand', index, expr)
    if (stage === last) for (const [index, expr] of next.entries()) write('next', index, expr, graph.stateSizes[index])
    return passes(leaves, outputs, known, keepMean)
  })
  const afterLoop = new Map([...kept, ...saved.afterLoop])
  const backward = backwardPasses(
    { leaves, saved: afterLoop, graph, slots, intermediates, stages: stageIndices },
    passMeans,
  )
  const gates = [...graph.gates.values()].map((expr, index): Output => {
    return { to: { kind: 'gate', index, size: graph.sizeOf(expr) }, expr }
  })
  const inspection = passes(leaves, gates, afterLoop, passMeans())
  const everyPass = [...forward, ...backward.passes].flat()

  return {
    cell,
    matrices,
    slots,
    intermediates,
    hoisted: segmentsOf((_, operand) => operand.from === 'input'),
    stages: stageIndices.map((stage) => ({
      products: segmentsOf((slot, operand) => slot.stage === stage && operand.from !== 'input'),
      forward: forward[stage]!,
      backward: backward.passes[stage]!,
    })),
    inspection,
    means: kept.size,
    passingMeans,
    inPlace: backward.inPlace,
    unitsApart: everyPass.every(({ program, size }) => size === 'hidden' && !program.reductions),
    usesInput: topological([...roots, ...intermediateExprs]).includes(graph.input),
  }
}

/** How many products in the loop stand before a node: 0 for what hangs on the input and the previous state alone. */
function levels(products: readonly Product[]) {
  const known = new Map<Expr, number>()
  const levelOf = (expr: Expr): number => {
    const ready = known.get(expr)
    if (ready !== undefined) return ready
    const product = products.find((p) => p.leaf === expr)
    const below = product
      ? product.operands.map((o) => (o.from === 'input' ? 0 : 1 + (o.from === 'intermediate' ? levelOf(o.expr) : 0)))
      : expr.args.map(levelOf)
    const level = Math.max(0, ...below)
    known.set(expr, level)
    return level
  }
  const used = products.map((p) => levelOf(p.leaf)).filter((level) => level > 0)
  return { levelOf, used }
}

/** The single operation that reads a product, if its derivative needs only its own result. */
function activationOf(product: Expr, roots: readonly Expr[]): Expr | undefined {
  if (roots.includes(product)) return undefined
  const readers = topological(roots).filter((node) => node.args.includes(product))
  const [only] = readers
  if (readers.length !== 1 || !only || only.op === 'constant' || only.op === 'leaf') return undefined
  return derivations[only.op].fromResult ? only : undefined
}

/** The operand whose product comes first: the input if there is one, as it is done before the loop. */
const firstOf = (product: Product): Operand =>
  product.operands.find((operand) => operand.from === 'input') ?? product.operands[0]!

const follows = (last: Segment, segment: Segment): boolean =>
  last.matrix === segment.matrix &&
  last.begins === segment.begins &&
  last.block + last.count === segment.block &&
  last.slot + last.count === segment.slot &&
  JSON.stringify(last.operand) === JSON.stringify(segment.operand)

/** Which nodes can be read from memory, before a step's products and after the whole step. */
function savedLeaves(
  leaves: SourceLeaves,
  {
    next,
    slots,
    intermediates,
    graph,
  }: Pick<Recurrence, 'slots' | 'intermediates'> & { next: Expr[]; graph: Cell['graph'] },
) {
  const sized = (kind: Source['kind'], list: readonly Expr[]) =>
    list.map((expr, i) => [expr, leaves.of(kind, i, graph.sizeOf(expr))] as const)
  const symbols = (list: readonly { readonly leaf: Expr }[]) => list.map((one) => one.leaf)
  const beforeLoop = new Map<Expr, Expr>([
    ...sized('input', [graph.input]),
    ...sized('past', symbols(graph.past)),
    ...sized('parameter', symbols(graph.parameters)),
    ...sized('given', symbols(graph.given)),
    ...sized('noise', symbols(graph.noise)),
  ])
  const afterLoop = new Map<Expr, Expr>([
    ...beforeLoop,
    ...slots.map(({ saved, product }, i) => [saved, leaves.of('slot', i, product.size)] as const),
    ...sized(
      'operand',
      intermediates.map(({ expr }) => expr),
    ),
  ])
  for (const [i, expr] of next.entries())
    if (!beforeLoop.has(expr)) afterLoop.set(expr, leaves.of('next', i, graph.stateSizes[i]!))
  return { beforeLoop, afterLoop }
}
