import { type Expr, type Notation, print } from '../expr/index.ts'
import type { Cell } from './define.ts'
import type { Product } from './graph.ts'
import { roman, variable } from './names.ts'

/**
 * The cell's equations, one a line: its gates by name, then its states after the step.
 * `equations(cells.rnn)` is `['h[t] = tanh(W_hidden·x[t] + U_hidden·h[t-1] + b_hidden)']`.
 */
export function equations(cell: Cell, notation: Notation = 'text'): string[] {
  const { gates, next, products } = cell.graph
  const latex = notation === 'latex'
  const named = new Map<Expr, string>()
  const line = (name: string, expr: Expr): string => {
    for (const product of products)
      if (!named.has(product.leaf)) named.set(product.leaf, writeProduct(product, cell, notation, named))
    const formula = print(expr, notation, named)
    if (!named.has(expr)) named.set(expr, name)
    // A product of an expression is spelled out anew on each line, with the names known by then: U·(reset[t]⊙h[t-1]).
    for (const product of products)
      if (product.operands.some((operand) => operand.from === 'intermediate')) named.delete(product.leaf)
    return `${name} = ${formula}`
  }
  const lines: string[] = []
  for (const [gate, expr] of gates) lines.push(line(latex ? `${roman(gate)}_t` : `${gate}[t]`, expr))
  // The first state is the output and mostly reads the others, so the others come first.
  for (const [state, expr] of [...next].reverse())
    lines.push(line(latex ? `${variable(state)}_t` : `${state}[t]`, expr))
  return lines
}

/** `W_forget·x[t] + U_forget·h[t-1] + b_forget`: W meets the input and U what recurs, as textbooks have it. */
function writeProduct(product: Product, cell: Cell, notation: Notation, named: ReadonlyMap<Expr, string>): string {
  const latex = notation === 'latex'
  const letter = (name: string) => (latex ? `${name}_{${roman(product.name)}}` : `${name}_${product.name}`)
  const times = (matrix: string, vector: string) =>
    latex ? `${letter(matrix)} ${vector}` : `${letter(matrix)}·${vector}`
  const terms = product.operands.map((operand) => {
    if (operand.from === 'input') return times('W', latex ? 'x_t' : 'x[t]')
    if (operand.from === 'intermediate') {
      const inner = print(operand.expr, notation, named)
      return times('U', latex ? `\\left(${inner}\\right)` : `(${inner})`)
    }
    const { state, back, leaf } = operand.past
    const of = [state === 0 && back === 1 ? [] : [cell.states[state]], back === 1 ? [] : [back]].flat()
    return times(['U', ...of].join('_'), leaf.symbol![notation])
  })
  if (!product.bias) return terms.join(' + ')
  // A product without the input has a bias of its own beside its namesake's: PyTorch's b_hn beside b_in.
  const bias = product.operands.some((operand) => operand.from === 'input') ? 'b' : "b'"
  return [...terms, letter(bias)].join(' + ')
}
