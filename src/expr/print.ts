import type { Expr } from './expr.ts'
import { derivations } from './rules.ts'

/** The two ways a formula is written. */
export type Notation = 'text' | 'latex'

/** An expression as a formula; nodes found in `names` are written as that symbol instead of spelled out. */
export function print(expr: Expr, notation: Notation = 'text', names: ReadonlyMap<Expr, string> = new Map()): string {
  return write(expr, notation, names).body
}

function write(expr: Expr, notation: Notation, names: ReadonlyMap<Expr, string>): { body: string; binding: number } {
  const name = names.get(expr)
  // A name may stand for a whole sum, such as W x + U h + b.
  if (name !== undefined) return { body: name, binding: name.includes(' + ') ? 1 : 4 }
  // Twelve digits: 1 - 0.8 is 0.2 to a reader.
  if (expr.op === 'constant')
    return { body: String(Number(expr.value.toPrecision(12))), binding: expr.value < 0 ? 3 : 4 }
  if (expr.op === 'leaf') return { body: expr.symbol?.[notation] ?? expr.name, binding: 4 }
  const rule = derivations[expr.op]
  const args = expr.args.map((argument, i) => {
    const part = write(argument, notation, names)
    const enclosed = rule.binding === 4 || (expr.op === 'div' && notation === 'latex')
    // The right side of a difference or quotient binds tighter than its left.
    const least = rule.binding + (i > 0 && (expr.op === 'sub' || expr.op === 'div') ? 1 : 0)
    // `x - (-2)`: never two signs side by side.
    if (enclosed || (part.binding >= least && !(i > 0 && part.body.startsWith('-')))) return part.body
    return notation === 'latex' ? `\\left(${part.body}\\right)` : `(${part.body})`
  })
  return { body: rule[notation](...args), binding: rule.binding }
}
