import { InputError, suggestion } from '../base/errors.ts'
import { rewrite } from '../expr/graph.ts'
import { Expr, leaf } from '../expr/index.ts'
import { type CellGraph, matrixOf, type Operand, type Parameter, type Product } from './graph.ts'
import { roman, variable } from './names.ts'

type Step = (scope: Record<string, unknown>) => unknown

/** Runs a cell's `step` once on symbols and keeps what it did. */
export function trace(name: string, states: readonly string[], step: Step): CellGraph {
  const wrong = (message: string): never => {
    throw new InputError(`cell '${name}': ${message}`)
  }
  if (states.length === 0) wrong("expected at least one state, such as state: ['h']")
  for (const state of states)
    if (['x', 'linear', 'parameter', 'gates'].includes(state)) wrong(`'${state}' can't be the name of a state`)
  if (new Set(states).size < states.length) wrong(`a state is declared twice in ${states.join(', ')}`)

  const input = leaf('x', { text: 'x[t]', latex: 'x_t' })
  const previous = new Map(
    states.map((s) => [s, leaf(`state ${s}`, { text: `${s}[t-1]`, latex: `${variable(s)}_{t-1}` })]),
  )
  const products: Product[] = []
  const parameters: Parameter[] = []

  const toOperand = (gate: string, expr: unknown): Operand => {
    if (!(expr instanceof Expr)) return wrong(`linear('${gate}', …) takes x, a state or an expression, got ${expr}`)
    if (expr === input) return { from: 'input' }
    for (const [state, symbol] of previous) if (symbol === expr) return { from: 'state', state }
    return { from: 'intermediate', expr }
  }
  const linear = (gate: string, ...exprs: unknown[]): Expr => {
    if (exprs.length === 0) wrong(`linear('${gate}') needs something to multiply, such as linear('${gate}', x, h)`)
    const operands = exprs.map((expr) => toOperand(gate, expr))
    const taken = products.filter((p) => p.name === gate).flatMap((p) => p.operands)
    const seen = new Set(taken.map((operand) => matrixOf(operand, states)))
    for (const operand of operands) {
      const matrix = matrixOf(operand, states)
      if (seen.has(matrix)) wrong(`weight_${matrix} has two products named '${gate}'; give one another name`)
      seen.add(matrix)
    }
    const symbol = leaf(`product ${products.length} ${gate}`)
    products.push({ name: gate, operands, leaf: symbol })
    return symbol
  }
  const parameter = (label: string, initial: number): Expr => {
    if (/^(weight|bias)_/.test(label))
      wrong(`a parameter can't be named '${label}': products have such names; call it otherwise`)
    if (parameters.some((p) => p.name === label)) wrong(`the parameter '${label}' is made twice; keep the first`)
    const symbol = leaf(`parameter ${label}`, { text: label, latex: roman(label) })
    parameters.push({ name: label, initial, leaf: symbol })
    return symbol
  }

  const result: unknown = step({ x: input, ...Object.fromEntries(previous), linear, parameter })
  if (typeof result !== 'object' || result === null)
    return wrong(`its step returns ${result}; return { ${states.join(', ')} }`)
  const { gates = {}, ...returned } = result as { gates?: Record<string, Expr> }
  for (const state of states)
    if (!(state in returned)) wrong(`its step never returns the state '${state}'; return { ${states.join(', ')} }`)
  for (const key of Object.keys(returned))
    if (!states.includes(key))
      wrong(`its step returns '${key}', which is not a state of it${suggestion(key, states)} (${states.join(', ')})`)
  for (const [key, value] of [...Object.entries(returned), ...Object.entries(gates)])
    if (!(value instanceof Expr)) wrong(`its step returns ${value} for '${key}', expected an expression`)
  if (products.length === 0) wrong("its step has no product; multiply the input: linear('gate', x, …)")

  return share({
    input,
    previous,
    next: new Map(states.map((state) => [state, (returned as Record<string, Expr>)[state]!])),
    products,
    parameters,
    noise: [],
    gates: new Map(Object.entries(gates)),
  })
}

/** Makes equal sub-expressions of the whole graph one object, so that later passes may compare by identity. */
export function share(graph: CellGraph): CellGraph {
  const intermediates = graph.products.flatMap((p) =>
    p.operands.flatMap((operand) => (operand.from === 'intermediate' ? [operand.expr] : [])),
  )
  const leaves = [graph.input, ...graph.previous.values(), ...graph.parameters.map((p) => p.leaf)]
  const roots = [
    ...leaves,
    ...graph.products.map((p) => p.leaf),
    ...graph.next.values(),
    ...graph.gates.values(),
    ...intermediates,
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
