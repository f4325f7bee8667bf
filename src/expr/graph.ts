import { type Expr, Expr as ExprNode, type Op } from './expr.ts'

/** Every node below the roots once, arguments before their users; `known` ones are taken as leaves. */
export function topological(roots: readonly Expr[], known?: ReadonlyMap<Expr, unknown>): Expr[] {
  const order: Expr[] = []
  const seen = new Set<Expr>()
  const visit = (node: Expr): void => {
    if (seen.has(node)) return
    seen.add(node)
    if (!known?.has(node)) for (const arg of node.args) visit(arg)
    order.push(node)
  }
  for (const root of roots) visit(root)
  return order
}

/** The roots with some nodes replaced, and equal sub-expressions made the same object. */
export function rewrite(roots: readonly Expr[], replacement: ReadonlyMap<Expr, Expr> = new Map()): Expr[] {
  const ids = new Map<Expr, number>()
  const byKey = new Map<string, Expr>()
  const done = new Map<Expr, Expr>()
  const intern = (node: Expr): Expr => {
    const args = node.args.map((arg) => ids.get(arg)!).join(',')
    const key = `${node.op}(${args})${node.op === 'constant' ? node.value : node.name}`
    const known = byKey.get(key)
    if (known) return known
    byKey.set(key, node)
    ids.set(node, ids.size)
    return node
  }
  const visit = (node: Expr): Expr => {
    const ready = done.get(node)
    if (ready) return ready
    const target = replacement.get(node)
    let result: Expr
    if (target) result = visit(target)
    else {
      const args = node.args.map(visit)
      const same = args.every((arg, i) => arg === node.args[i])
      result = intern(same ? node : new ExprNode(node.op, args, node.value, node.name, node.symbol))
    }
    done.set(node, result)
    return result
  }
  return roots.map(visit)
}

/** Straight-line code for a set of expressions: each instruction reads only earlier ones. */
export interface Schedule {
  readonly code: readonly Instruction[]
  /** For each root, the instruction that computes it. */
  readonly roots: readonly number[]
}

export type Instruction =
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: 'leaf'; readonly name: string }
  | { readonly op: Op; readonly args: readonly number[] }

/** Orders the operations of `roots`, equal sub-expressions computed once. */
export function schedule(roots: readonly Expr[]): Schedule {
  const shared = rewrite(roots)
  const position = new Map<Expr, number>()
  const code = topological(shared).map((node, i): Instruction => {
    position.set(node, i)
    if (node.op === 'constant') return { op: node.op, value: node.value }
    if (node.op === 'leaf') return { op: node.op, name: node.name }
    if (node.op === 'mean') throw new RangeError('a mean over units has no place among scalar operations')
    return { op: node.op, args: node.args.map((arg) => position.get(arg)!) }
  })
  return { code, roots: shared.map((root) => position.get(root)!) }
}
