import type { Cell } from '../cells/define.ts'
import type { Operand, Product } from '../cells/graph.ts'
import { topological } from '../expr/graph.ts'
import { type Expr, leaf } from '../expr/index.ts'
import { derivations, rules } from '../expr/rules.ts'
import { compile } from './compile.ts'
import { type Sizes, unitsOf } from './sizes.ts'

/** A weight, or its gradient, by its PyTorch name, rows first. */
export type OracleWeights = (name: string) => Float64Array

type Vectors = Map<Expr, Float64Array>

const adjointLeaf = leaf('adjoint')

/**
 * The float64 oracle: walks a cell's graph step by step as written, forward and backward, with none of the compiled
 * loop's stages, slots or packing. One sequence at a time; slow and readable.
 */
export class Oracle {
  private readonly cell: Cell
  private readonly sizes: Sizes
  private readonly weight: OracleWeights
  /** For each step every node's value, in the order in which they were computed. */
  private readonly steps: Vectors[] = []
  private readonly stacked: ReadonlyMap<string, readonly Product[]>

  constructor(cell: Cell, sizes: Sizes, weight: OracleWeights) {
    this.cell = cell
    this.sizes = sizes
    this.weight = weight
    this.stacked = compile(cell).matrices
  }

  /** One step from what the graph lists as past, with input `x`; returns the next states in declared order. */
  forward(x: Float64Array, past: readonly Float64Array[]): Float64Array[] {
    const { graph } = this.cell
    const values: Vectors = new Map([[graph.input, x]])
    for (const [i, { leaf: symbol }] of graph.past.entries()) values.set(symbol, past[i]!)
    for (const { name, leaf: symbol } of graph.parameters) values.set(symbol, this.weight(name))
    for (const { initial, leaf: symbol } of graph.given) values.set(symbol, Float64Array.from(initial))
    this.steps.push(values)
    for (const gate of graph.gates.values()) this.value(gate, values)
    return [...graph.next.values()].map((next) => this.value(next, values))
  }

  /** A gate's value at a step. */
  gate(name: string, step: number): Float64Array {
    return this.steps[step]!.get(this.cell.graph.gates.get(name)!)!
  }

  /** Takes a step back: from the next states' adjoints to the input's and those of what was past. Adds into `gradient`. */
  backward(step: number, dNext: readonly Float64Array[], gradient: OracleWeights) {
    const { graph } = this.cell
    const values = this.steps[step]!
    const adjoints: Vectors = new Map()
    const add = (node: Expr, amount: ArrayLike<number>) => {
      const sum = adjoints.get(node) ?? new Float64Array(amount.length)
      for (let i = 0; i < amount.length; i++) sum[i]! += amount[i]!
      adjoints.set(node, sum)
    }
    for (const [i, next] of [...graph.next.values()].entries()) add(next, dNext[i]!)
    // Values were computed arguments first, so the reverse order meets every user of a node before the node.
    for (const [node, value] of [...values].reverse()) {
      const adjoint = adjoints.get(node)
      if (!adjoint || node.op === 'constant') continue
      const product = graph.products.find((p) => p.leaf === node)
      if (product) this.productBackward(product, adjoint, values, add, gradient)
      else if (node.op !== 'leaf')
        for (const [i, term] of derivations[node.op].pullback(node, adjointLeaf).entries()) {
          const known: Vectors = new Map([...values, [adjointLeaf, adjoint]])
          add(node.args[i]!, this.value(term, known).subarray(0, value.length))
        }
    }
    for (const { name, leaf: symbol } of graph.parameters) {
      const sum = gradient(name)
      for (const [i, amount] of (adjoints.get(symbol) ?? []).entries()) sum[i]! += amount
    }
    const of = (node: Expr) => adjoints.get(node) ?? new Float64Array(values.get(node)!.length)
    return { x: of(graph.input), past: graph.past.map((one) => of(one.leaf)) }
  }

  private value(expr: Expr, values: Vectors): Float64Array {
    // A constant is as long as anything may be; what it meets says how long the result is.
    const most = Math.max(this.sizes.hidden, this.sizes.projected ?? 0, this.sizes.inputs)
    for (const node of this.inOrder(expr)) {
      if (values.has(node)) continue
      const product = this.cell.graph.products.find((p) => p.leaf === node)
      if (product) values.set(node, this.productForward(product, values))
      else if (node.op === 'constant') values.set(node, new Float64Array(most).fill(node.value))
      else if (node.op !== 'leaf') {
        const args = node.args.map((arg) => values.get(arg)!)
        const result = new Float64Array(Math.min(...args.map((arg) => arg.length)))
        if (node.op === 'mean') result.fill(args[0]!.reduce((sum, value) => sum + value, 0) / result.length)
        else {
          const { evaluate } = rules[node.op]
          for (let i = 0; i < result.length; i++) result[i] = evaluate(...args.map((arg) => arg[i]!))
        }
        values.set(node, result)
      }
    }
    return values.get(expr)!
  }

  /** Every node below an expression, through its products' operands too, arguments first. */
  private inOrder(expr: Expr): Expr[] {
    return topological([expr]).flatMap((node) => {
      const product = this.cell.graph.products.find((p) => p.leaf === node)
      const operands = product?.operands.flatMap((o) => (o.from === 'intermediate' ? this.inOrder(o.expr) : [])) ?? []
      return [...operands, node]
    })
  }

  private operand(operand: Operand): Expr {
    const { graph } = this.cell
    if (operand.from === 'input') return graph.input
    return operand.from === 'past' ? operand.past.leaf : operand.expr
  }

  /** Σ over operands of W·v + b. */
  private productForward(product: Product, values: Vectors): Float64Array {
    const sum = new Float64Array(unitsOf(product.size, this.sizes))
    for (const operand of product.operands) {
      const { matrix, row } = this.block(product, operand)
      const [w, b] = [this.weight(`weight_${matrix}`), product.bias && this.weight(`bias_${matrix}`)]
      const v = values.get(this.operand(operand))!
      for (let i = 0; i < sum.length; i++) {
        if (b) sum[i]! += b[row + i]!
        for (let j = 0; j < v.length; j++) sum[i]! += w[(row + i) * v.length + j]! * v[j]!
      }
    }
    return sum
  }

  /** dW = dz·vᵀ, db = dz, dv = Wᵀ·dz. */
  private productBackward(
    product: Product,
    dz: Float64Array,
    values: Vectors,
    add: (node: Expr, amount: Float64Array) => void,
    gradient: OracleWeights,
  ): void {
    for (const operand of product.operands) {
      const { matrix, row } = this.block(product, operand)
      const [w, dw] = [this.weight(`weight_${matrix}`), gradient(`weight_${matrix}`)]
      const db = product.bias && gradient(`bias_${matrix}`)
      const v = values.get(this.operand(operand))!
      const dv = new Float64Array(v.length)
      for (let i = 0; i < dz.length; i++) {
        if (db) db[row + i]! += dz[i]!
        for (let j = 0; j < v.length; j++) {
          dw[(row + i) * v.length + j]! += dz[i]! * v[j]!
          dv[j]! += w[(row + i) * v.length + j]! * dz[i]!
        }
      }
      add(this.operand(operand), dv)
    }
  }

  private block(product: Product, operand: Operand): { matrix: string; row: number } {
    const { matrix } = operand
    return { matrix, row: this.stacked.get(matrix)!.indexOf(product) * unitsOf(product.size, this.sizes) }
  }
}
