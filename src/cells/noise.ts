import { constant, Expr, leaf, type Scalar } from '../expr/index.ts'
import type { Cell } from './define.ts'
import type { CellGraph, Noise, Operand, Size } from './graph.ts'
import { sizing } from './sizes.ts'
import { share } from './trace.ts'

/** What chance does to a cell in training. */
export interface CellNoise {
  /** Share of h that the products of a sequence don't see, the same in all its steps (Gal & Ghahramani 2016). */
  readonly dropState?: number | undefined
  /** For each state the probability that a unit keeps it over a step (Krueger et al. 2017). */
  readonly zoneout?: Readonly<Record<string, number>> | undefined
}

/** The cell as it is trained. */
export function noisyCell<C extends Cell>(cell: C, { dropState = 0, zoneout = {} }: CellNoise): C {
  const noise: Noise[] = []
  const drawn = (name: string, size: Size, per: Noise['per'], draw: Noise['draw']) => {
    const symbol = leaf(`noise ${name}`)
    noise.push({ leaf: symbol, size, per, draw })
    return symbol
  }
  let { graph } = cell
  if (dropState > 0) {
    const kept = 1 / (1 - dropState)
    graph = masked(
      graph,
      drawn('drop', graph.stateSizes[0]!, 'sequence', (random) => (random.uniform() < dropState ? 0 : kept)),
    )
  }
  graph = zoned(graph, zoneout, (state, rate, size) =>
    drawn(`zone ${state}`, size, 'step', (random) => (random.uniform() < rate ? 1 : 0)),
  )
  return noise.length === 0 ? cell : { ...cell, graph: renewed({ ...graph, noise }) }
}

/** The cell as it runs outside training: everything is seen, and of a state that is kept by chance what is kept on average. */
export function expectedCell<C extends Cell>(cell: C, { zoneout = {} }: CellNoise): C {
  if (!Object.values(zoneout).some((rate) => rate > 0)) return cell
  return { ...cell, graph: renewed(zoned(cell.graph, zoneout, (_, rate) => constant(rate))) }
}

/** Every product reads mask⊙h where it read h, of whichever step. */
function masked(graph: CellGraph, mask: Expr): CellGraph {
  const seen = new Map(graph.past.flatMap(({ state, leaf }) => (state === 0 ? [[leaf, leaf.mul(mask)] as const] : [])))
  const operand = (read: Operand): Operand => {
    if (read.from === 'input' || (read.from === 'past' && read.past.state !== 0)) return read
    const expr = replaced(read.from === 'past' ? read.past.leaf : read.expr, seen)
    return { from: 'intermediate', expr, matrix: read.matrix }
  }
  const products = graph.products.map((product) => ({ ...product, operands: product.operands.map(operand) }))
  return { ...graph, products }
}

/** Each state s[t] = z⊙s[t-1] + (1 - z)⊙s̃[t], where s̃ is what the equations say. */
function zoned(
  graph: CellGraph,
  zoneout: Readonly<Record<string, number>>,
  share: (state: string, rate: number, size: Size) => Scalar,
): CellGraph {
  const next = [...graph.next].map(([state, expr], i): [string, Expr] => {
    const rate = zoneout[state] ?? 0
    if (rate === 0) return [state, expr]
    const kept = share(state, rate, graph.stateSizes[i]!)
    return [state, expr.add(graph.past[i]!.leaf.sub(expr).mul(kept))]
  })
  return { ...graph, next: new Map(next) }
}

/** An expression with others in place of some leaves. */
function replaced(expr: Expr, leaves: ReadonlyMap<Expr, Expr>): Expr {
  if (expr.args.length === 0) return leaves.get(expr) ?? expr
  const args = expr.args.map((arg) => replaced(arg, leaves))
  return new Expr(expr.op, args, expr.value, expr.name, expr.symbol)
}

/** A graph whose expressions are new, made ready for the passes after it. */
function renewed(graph: CellGraph): CellGraph {
  const shared = share(graph)
  const size = sizing(shared, (message) => {
    throw new RangeError(message)
  })
  return { ...shared, sizeOf: (expr) => size(expr) ?? 'hidden' }
}
