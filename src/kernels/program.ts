import type { Expr } from '../expr/expr.ts'
import { schedule } from '../expr/graph.ts'
import type { PointwiseProgram } from './contract.ts'

/** Everything a program computes: its outputs, then its reductions, then the sum. */
export const rootsOf = ({ outputs, reductions = [], sum }: PointwiseProgram): Expr[] => [
  ...[...outputs, ...reductions].map(({ expr }) => expr),
  ...(sum ? [sum] : []),
]

/** A text that is equal for programs that compute the same thing. */
export function programKey(program: PointwiseProgram): string {
  const { inputs, perRow = [], scalars = [], outputs, reductions = [], sum } = program
  const { code, roots } = schedule(rootsOf(program))
  const instructions = code.map((instruction) => {
    if (instruction.op === 'constant') return instruction.value
    if (instruction.op === 'leaf') return instruction.name
    return `${instruction.op}(${instruction.args.join(',')})`
  })
  const names = [inputs, perRow, scalars].map((list) => list.join())
  const modes = outputs.map((output) => (output.accumulate ? '+' : '=')).join('')
  const folds = reductions.map(({ by }) => by).join()
  return [...names, instructions.join(';'), roots.join(), modes, folds, sum ? 'sum' : ''].join('|')
}
