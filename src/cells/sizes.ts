import { type Expr, print } from '../expr/index.ts'
import type { CellGraph, Size } from './graph.ts'

type Sized = Pick<CellGraph, 'past' | 'products' | 'noise' | 'stateSizes'>

/**
 * Finds the size of any expression of a cell. Constants fit anywhere; everything that is neither a projected state nor a
 * projection is of the hidden size.
 * @param wrong is told where two sizes meet
 */
export function sizing({ past, products, noise, stateSizes }: Sized, wrong: (message: string) => never) {
  const leaves = new Map<Expr, Size>([
    ...past.map(({ leaf, state }) => [leaf, stateSizes[state]!] as const),
    ...[...products, ...noise].map(({ leaf, size }) => [leaf, size] as const),
  ])
  const names = new Map(products.map(({ leaf, name }) => [leaf, `the product ${name}`]))
  const known = new Map<Expr, Size | undefined>()
  const find = (expr: Expr): Size | undefined => {
    if (known.has(expr)) return known.get(expr)
    const sized = expr.args.flatMap((arg) => {
      const size = find(arg)
      return size ? [{ size, arg }] : []
    })
    const odd = sized.find(({ size }) => size !== sized[0]!.size)
    if (odd) {
      const show = (arg: Expr) => print(arg, 'text', names)
      const projected = odd.size === 'projected' ? odd.arg : sized[0]!.arg
      const other = projected === odd.arg ? sized[0]!.arg : odd.arg
      wrong(
        `its step puts ${show(projected)}, of the projected size, together with ${show(other)}, of the hidden size; ` +
          'a product takes one to the other: linear(…) or project(…)',
      )
    }
    const size = expr.op === 'leaf' ? (leaves.get(expr) ?? 'hidden') : sized[0]?.size
    known.set(expr, size)
    return size
  }
  return (expr: Expr): Size | undefined => find(expr)
}
