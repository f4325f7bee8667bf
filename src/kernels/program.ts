import { schedule } from '../expr/graph.ts'
import type { PointwiseProgram } from './contract.ts'

/** A text that is equal for programs that compute the same thing. */
export function programKey({ inputs, scalars = [], outputs, sum }: PointwiseProgram): string {
  const { code, roots } = schedule([...outputs.map((output) => output.expr), ...(sum ? [sum] : [])])
  const instructions = code.map((instruction) => {
    if (instruction.op === 'constant') return instruction.value
    if (instruction.op === 'leaf') return instruction.name
    return `${instruction.op}(${instruction.args.join(',')})`
  })
  const modes = outputs.map((output) => (output.accumulate ? '+' : '=')).join('')
  return [inputs.join(), scalars.join(), instructions.join(';'), roots.join(), modes, sum ? 'sum' : ''].join('|')
}
