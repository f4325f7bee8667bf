import type { Expr } from './expr.ts'
import { type Schedule, schedule } from './graph.ts'
import { rules } from './rules.ts'

/**
 * Runs straight-line code in float64.
 * @param values scratch of at least `code.length` numbers; afterwards it holds every instruction's result
 * @param lookup the value of a leaf by name
 */
export function run({ code }: Schedule, values: Float64Array, lookup: (name: string) => number): void {
  for (let i = 0; i < code.length; i++) {
    const instruction = code[i]!
    if (instruction.op === 'constant') values[i] = instruction.value
    else if (instruction.op === 'leaf') values[i] = lookup(instruction.name)
    else {
      const [a, b] = instruction.args
      values[i] = rules[instruction.op].evaluate(values[a!]!, b === undefined ? 0 : values[b]!)
    }
  }
}

/** The values of expressions, given the values of their leaves by name. */
export function evaluate(roots: readonly Expr[], leaves: Readonly<Record<string, number>>): number[] {
  const plan = schedule(roots)
  const values = new Float64Array(plan.code.length)
  run(plan, values, (name) => {
    const value = leaves[name]
    if (value === undefined) throw new RangeError(`no value was given for the leaf '${name}'`)
    return value
  })
  return plan.roots.map((root) => values[root]!)
}
