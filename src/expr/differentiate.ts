import { constant, type Expr } from './expr.ts'
import { topological } from './graph.ts'
import { accumulate, derivations } from './rules.ts'

/** A result and the expression of its adjoint (the derivative of the final loss by it). */
export interface Seed {
  readonly of: Expr
  readonly adjoint: Expr
}

/**
 * Reverse-mode differentiation: for each expression in `by`, Σ over seeds of adjoint · ∂of/∂by, again as an expression
 * that shares its nodes with the original (Griewank & Walther, Evaluating Derivatives, ch. 3).
 * Nodes in `by` are treated as independent: nothing flows through one of them to its own arguments.
 */
export function differentiate(seeds: readonly Seed[], by: readonly Expr[]): Expr[] {
  const order = topological(seeds.map((seed) => seed.of))
  const targets = new Set(by)
  const relevant = new Set<Expr>()
  for (const node of order)
    if (targets.has(node) || node.args.some((argument) => relevant.has(argument))) relevant.add(node)

  const adjoints = new Map<Expr, Expr>()
  for (const { of, adjoint } of seeds) adjoints.set(of, accumulate(adjoints.get(of), adjoint))
  for (const node of order.reverse()) {
    const adjoint = adjoints.get(node)
    if (!adjoint || !relevant.has(node) || targets.has(node) || node.op === 'constant' || node.op === 'leaf') continue
    const contributions = derivations[node.op].pullback(node, adjoint)
    node.args.forEach((argument, i) => {
      const contribution = contributions[i]
      if (contribution && relevant.has(argument))
        adjoints.set(argument, accumulate(adjoints.get(argument), contribution))
    })
  }
  return by.map((node) => adjoints.get(node) ?? constant(0))
}
