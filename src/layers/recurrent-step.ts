import type { Cell } from '../cells/index.ts'
import { leaf } from '../expr/index.ts'
import { type Address, type Matrix, matrix } from '../kernels/index.ts'
import { Step } from '../recurrence/step.ts'
import type { LayerStep, StepScope } from './layer.ts'

const [made, read] = [leaf('made'), leaf('read')]
const adding = { inputs: ['made', 'read'], outputs: [{ expr: made.add(read) }] }

export interface Stack {
  readonly layers: number
  readonly units: number
  /** States that begin as a parameter says. */
  readonly learned: readonly string[]
  readonly residual: boolean
}

/** A stack of cells, a step at a time. */
export function stepsOf(
  cell: Cell,
  x: Matrix,
  { kernels, parameter }: StepScope,
  { layers, units, learned, residual }: Stack,
): LayerStep {
  const states = new Map<string, Matrix>()
  const begin = new Map<string, Address>()
  const steps: (() => void)[] = []
  let output = x
  for (let layer = 0; layer < layers; layer++) {
    const below = output
    const step = new Step(kernels, cell, below, units, (name) => parameter(`${name}_l${layer}`))
    for (const [s, state] of cell.states.entries()) {
      states.set(`${state}_l${layer}`, matrix(step.states[s]!, x.rows, units))
      if (learned.includes(state)) begin.set(`${state}_l${layer}`, parameter(`initial_${state}_l${layer}`))
    }
    steps.push(() => step.run())
    output = matrix(step.states[0]!, x.rows, units)
    if (!residual || layer === 0) continue
    const h = output
    const sum = matrix(kernels.memory.take(x.rows * units), x.rows, units)
    steps.push(() => kernels.pointwise(adding)(x.rows, units, [h, below, sum]))
    output = sum
  }
  return {
    output,
    states,
    begin,
    run() {
      for (const step of steps) step()
    },
  }
}
