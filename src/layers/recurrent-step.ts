import type { Cell } from '../cells/index.ts'
import { leaf } from '../expr/index.ts'
import { type Address, type Matrix, matrix } from '../kernels/index.ts'
import type { Units } from '../recurrence/sizes.ts'
import { Step } from '../recurrence/step.ts'
import type { LayerStep, StepScope } from './layer.ts'

const [made, read] = [leaf('made'), leaf('read')]
const adding = { inputs: ['made', 'read'], outputs: [{ expr: made.add(read) }] }

export interface Stack {
  readonly layers: number
  readonly sizes: Units
  /** States that begin as a parameter says. */
  readonly learned: readonly string[]
  readonly residual: boolean
}

/** A stack of cells, a step at a time. */
export function stepsOf(
  cell: Cell,
  x: Matrix,
  { kernels, parameter }: StepScope,
  { layers, sizes, learned, residual }: Stack,
): LayerStep {
  const states = new Map<string, Matrix>()
  const begin = new Map<string, Address>()
  const steps: (() => void)[] = []
  let output = x
  for (let layer = 0; layer < layers; layer++) {
    const below = output
    const step = new Step(kernels, cell, below, sizes, (name) => parameter(`${name}_l${layer}`))
    for (const [s, state] of cell.states.entries()) {
      states.set(`${state}_l${layer}`, step.states[s]!)
      if (learned.includes(state)) begin.set(`${state}_l${layer}`, parameter(`initial_${state}_l${layer}`))
    }
    steps.push(() => step.run())
    output = step.output
    if (!residual || layer === 0) continue
    const h = output
    const sum = matrix(kernels.memory.take(h.rows * h.columns), h.rows, h.columns)
    steps.push(() => kernels.pointwise(adding)(h.rows, h.columns, [h, below, sum]))
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
