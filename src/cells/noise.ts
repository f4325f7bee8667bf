import { constant, Expr, leaf, type Scalar } from '../expr/index.ts'
import type { Cell } from './define.ts'
import type { CellGraph, Noise, Operand } from './graph.ts'
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
  const drawn = (name: string, per: Noise['per'], draw: Noise['draw']) => {
    const symbol = leaf(`noise ${name}`)
    noise.push({ leaf: symbol, per, draw })
    return symbol
  }
  let { graph } = cell
  if (dropState > 0) {
    const kept = 1 / (1 - dropState)
    graph = masked(
      cell,
      drawn('drop', 'sequence', (random) => (random.uniform() < dropState ? 0 : kept)),
    )
  }
  graph = zoned(graph, zoneout, (state, rate) =>
    drawn(`zone ${state}`, 'step', (random) => (random.uniform() < rate ? 1 : 0)),
  )
  return noise.length === 0 ? cell : { ...cell, graph: share({ ...graph, noise }) }
}

/** The cell as it runs outside training: everything is seen, and of a state that is kept by chance what is kept on average. */
export function expectedCell<C extends Cell>(cell: C, { zoneout = {} }: CellNoise): C {
  if (!Object.values(zoneout).some((rate) => rate > 0)) return cell
  return { ...cell, graph: share(zoned(cell.graph, zoneout, (_, rate) => constant(rate))) }
}

/** Every product reads mask⊙h where it read h. */
function masked({ graph, states }: Cell, mask: Expr): CellGraph {
  const h = graph.previous.get(states[0]!)!
  const seen = h.mul(mask)
  const operand = (read: Operand): Operand => {
    if (read.from === 'state' && read.state === states[0]) return { from: 'intermediate', expr: seen }
    return read.from === 'intermediate' ? { from: 'intermediate', expr: replaced(read.expr, h, seen) } : read
  }
  const products = graph.products.map((product) => ({ ...product, operands: product.operands.map(operand) }))
  return { ...graph, products }
}

/** Each state s[t] = z⊙s[t-1] + (1 - z)⊙s̃[t], where s̃ is what the equations say. */
function zoned(
  graph: CellGraph,
  zoneout: Readonly<Record<string, number>>,
  share: (state: string, rate: number) => Scalar,
): CellGraph {
  const next = [...graph.next].map(([state, expr]): [string, Expr] => {
    const rate = zoneout[state] ?? 0
    return [state, rate > 0 ? expr.add(graph.previous.get(state)!.sub(expr).mul(share(state, rate))) : expr]
  })
  return { ...graph, next: new Map(next) }
}

function replaced(expr: Expr, from: Expr, to: Expr): Expr {
  if (expr === from) return to
  if (expr.args.length === 0) return expr
  const args = expr.args.map((arg) => replaced(arg, from, to))
  return new Expr(expr.op, args, expr.value, expr.name, expr.symbol)
}
