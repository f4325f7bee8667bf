import { InputError, shown, suggestion } from '../base/errors.ts'
import { rewrite, topological } from '../expr/graph.ts'
import { Expr, leaf } from '../expr/index.ts'
import { type CellGraph, matrixOf, type Operand, type Past, type Product, type Size, type Vector } from './graph.ts'
import { roman, variable } from './names.ts'
import { sizing } from './sizes.ts'

type Step = (scope: Record<string, unknown>) => unknown

/** What a step's scope holds beside the states. */
const ownNames = ['x', 'linear', 'project', 'parameter', 'given']

/** A state one step back, from which earlier ones are reached. */
class State extends Expr {
  readonly back: (steps: number) => Expr

  constructor({ name, symbol }: Expr, back: (steps: number) => Expr) {
    super('leaf', [], 0, name, symbol)
    this.back = back
  }
}

/** Runs a cell's `step` once on symbols and keeps what it did. */
export function trace(name: string, states: readonly string[], projected: readonly string[], step: Step): CellGraph {
  const wrong = (message: string): never => {
    throw new InputError(`cell '${name}': ${message}`)
  }
  if (states.length === 0) wrong("expected at least one state, such as state: ['h']")
  for (const state of states)
    if ([...ownNames, 'gates'].includes(state)) wrong(`'${state}' can't be the name of a state`)
  if (new Set(states).size < states.length) wrong(`a state is declared twice in ${states.join(', ')}`)
  const stateSizes = states.map((state): Size => (projected.includes(state) ? 'projected' : 'hidden'))
  for (const state of projected)
    if (!states.includes(state))
      wrong(`'${state}' is said to be projected, but is not a state of it (${states.join(', ')})`)

  const input = leaf('x', { text: 'x[t]', latex: 'x_t' })
  const past: Past[] = []
  const products: Product[] = []
  const parameters: Vector<number>[] = []
  const given: Vector<readonly number[]>[] = []

  const lookBack = (state: number, back: number): Past => {
    const known = past.find((p) => p.state === state && p.back === back)
    if (known) return known
    const s = states[state]!
    if (!Number.isInteger(back) || back < 1)
      return wrong(`${s}.back(${back}): expected a whole number of steps, 1 or more`)
    const symbol = leaf(`${s} back ${back}`, { text: `${s}[t-${back}]`, latex: `${variable(s)}_{t-${back}}` })
    const made = { state, back, leaf: back === 1 ? new State(symbol, (steps) => lookBack(state, steps).leaf) : symbol }
    past.push(made)
    return made
  }
  const toOperand = (gate: string, expr: unknown): Operand => {
    if (!(expr instanceof Expr)) return wrong(`linear('${gate}', …) takes x, a state or an expression, got ${expr}`)
    if (expr === input) return { from: 'input', matrix: matrixOf(states, 'input') }
    const state = past.find((p) => p.leaf === expr)
    if (state) return { from: 'past', past: state, matrix: matrixOf(states, state) }
    return { from: 'intermediate', expr, matrix: matrixOf(states, expr) }
  }
  const product = (made: Omit<Product, 'leaf'>): Expr => {
    const taken = products.filter((p) => p.name === made.name).flatMap((p) => p.operands)
    const seen = new Set(taken.map(({ matrix }) => matrix))
    for (const { matrix } of made.operands) {
      if (seen.has(matrix)) wrong(`weight_${matrix} has two products named '${made.name}'; give one another name`)
      seen.add(matrix)
    }
    const symbol = leaf(`product ${products.length} ${made.name}`)
    products.push({ ...made, leaf: symbol })
    return symbol
  }
  const linear = (gate: string, ...exprs: unknown[]): Expr => {
    if (typeof gate !== 'string' || gate === '')
      wrong(`linear(…) takes the name of the gate first, such as linear('gate', x, ${states[0]})`)
    if (exprs.length === 0) wrong(`linear('${gate}') needs something to multiply, such as linear('${gate}', x, h)`)
    return product({ name: gate, operands: exprs.map((e) => toOperand(gate, e)), size: 'hidden', bias: true })
  }
  const project = (expr: unknown): Expr => {
    if (!(expr instanceof Expr)) return wrong(`project(…) takes an expression, got ${expr}`)
    const operand: Operand = { from: 'intermediate', expr, matrix: 'hr' }
    return product({ name: 'projection', operands: [operand], size: 'projected', bias: false })
  }
  const vector = <Start extends number | readonly number[]>(list: Vector<Start>[], label: string, initial: Start) => {
    const numbers = [initial].flat()
    if (typeof label !== 'string' || label === '')
      wrong(`a parameter needs a name and its numbers, such as parameter('rate', 1), got ${shown(label)}`)
    if (numbers.length === 0 || !numbers.every(Number.isFinite))
      wrong(`the parameter '${label}': expected finite numbers, got ${shown(initial)}`)
    if (/^(weight|bias)_/.test(label))
      wrong(`a parameter can't be named '${label}': products have such names; call it otherwise`)
    if ([...parameters, ...given].some((p) => p.name === label))
      wrong(`the parameter '${label}' is made twice; keep the first`)
    const symbol = leaf(`parameter ${label}`, { text: label, latex: roman(label) })
    list.push({ name: label, initial, leaf: symbol })
    return symbol
  }

  const scope = {
    x: input,
    ...Object.fromEntries(states.map((state, i) => [state, lookBack(i, 1).leaf])),
    linear,
    project,
    parameter: (label: string, initial: number) => vector(parameters, label, initial),
    given: (label: string, values: readonly number[]) => vector(given, label, [values].flat()),
  }
  const guarded = new Proxy<Record<string, unknown>>(scope, {
    get(target, key) {
      if (typeof key === 'string' && !Object.hasOwn(target, key))
        wrong(`its step reads '${key}', which is not a state of it${suggestion(key, states)} (${states.join(', ')})`)
      return target[key as string]
    },
  })
  const result: unknown = step(guarded)
  if (typeof result !== 'object' || result === null)
    return wrong(`its step returns ${result}; return { ${states.join(', ')} }`)
  const { gates = {}, ...returned } = result as { gates?: Record<string, Expr> }
  if (gates === null || Array.isArray(gates) || typeof gates !== 'object')
    wrong('its step returns gates without names; return gates: { forget }')
  for (const state of states)
    if (!(state in returned)) wrong(`its step never returns the state '${state}'; return { ${states.join(', ')} }`)
  for (const key of Object.keys(returned))
    if (!states.includes(key))
      wrong(`its step returns '${key}', which is not a state of it${suggestion(key, states)} (${states.join(', ')})`)
  for (const [key, value] of [...Object.entries(returned), ...Object.entries(gates)])
    if (!(value instanceof Expr)) wrong(`its step returns ${value} for '${key}', expected an expression`)
  if (products.length === 0) wrong("its step has no product; multiply the input: linear('gate', x, …)")

  const own = new Set([input, ...[...past, ...products, ...parameters, ...given].map((v) => v.leaf)])
  const roots = [...Object.values(returned), ...Object.values(gates), ...intermediatesOf(products)] as Expr[]
  for (const expr of topological(roots))
    if (expr.op === 'leaf' && !own.has(expr)) wrong(`its step uses ${expr.symbol?.text ?? expr.name}, but not its own`)

  const graph = share({
    input,
    past,
    next: new Map(states.map((state) => [state, (returned as Record<string, Expr>)[state]!])),
    products,
    parameters,
    given,
    noise: [],
    gates: new Map(Object.entries(gates)),
  })
  const size = sizing({ ...graph, stateSizes }, wrong)
  const sizeOf = (expr: Expr): Size => size(expr) ?? 'hidden'
  expectSizes(graph, stateSizes, size, wrong)
  const depths = states.map((_, i) => Math.max(...past.filter((p) => p.state === i).map((p) => p.back)))
  return { ...graph, stateSizes, depths, sizeOf }
}

/** Refuses states returned in another size than declared, and a matrix whose operands are of two sizes. */
function expectSizes(
  { next, gates, products }: Pick<CellGraph, 'next' | 'gates' | 'products'>,
  stateSizes: readonly Size[],
  size: (expr: Expr) => Size | undefined,
  wrong: (message: string) => never,
): void {
  for (const expr of gates.values()) size(expr)
  for (const [i, [state, expr]] of [...next].entries()) {
    const got = size(expr)
    if (got === undefined || got === stateSizes[i]) continue
    wrong(
      got === 'hidden'
        ? `the state '${state}' is projected, but its step returns it in the hidden size; return project(…)`
        : `the state '${state}' is of the hidden size, but its step returns a projection; declare it: projected: ['${state}']`,
    )
  }
  const met = new Map<string, { size: Size; name: string }>()
  for (const { name, operands } of products)
    for (const operand of operands) {
      if (operand.from === 'input') continue
      const here = size(operand.from === 'past' ? operand.past.leaf : operand.expr) ?? 'hidden'
      const first = met.get(operand.matrix) ?? { size: here, name }
      met.set(operand.matrix, first)
      if (first.size !== here)
        wrong(
          `weight_${operand.matrix} meets the ${first.size} size in '${first.name}' and the ${here} size in '${name}'`,
        )
    }
}

type Unsized = Omit<CellGraph, 'stateSizes' | 'depths' | 'sizeOf'>

const intermediatesOf = (products: readonly Product[]) =>
  products.flatMap((p) => p.operands.flatMap((operand) => (operand.from === 'intermediate' ? [operand.expr] : [])))

/** Makes equal sub-expressions of the whole graph one object, so that later passes may compare by identity. */
export function share<G extends Unsized>(graph: G): G {
  const leaves = [graph.input, ...[...graph.past, ...graph.parameters, ...graph.given].map((v) => v.leaf)]
  const roots = [
    ...leaves,
    ...graph.products.map((p) => p.leaf),
    ...graph.next.values(),
    ...graph.gates.values(),
    ...intermediatesOf(graph.products),
  ]
  const shared = new Map(rewrite(roots).map((node, i) => [roots[i]!, node]))
  const get = (node: Expr) => shared.get(node)!
  const renew = (nodes: ReadonlyMap<string, Expr>) => new Map([...nodes].map(([key, node]) => [key, get(node)]))
  return {
    ...graph,
    next: renew(graph.next),
    gates: renew(graph.gates),
    products: graph.products.map((product) => ({
      ...product,
      operands: product.operands.map((operand) =>
        operand.from === 'intermediate' ? { ...operand, expr: get(operand.expr) } : operand,
      ),
    })),
  }
}
