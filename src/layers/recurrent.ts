import { concat, type Pointwise, pointwise, pointwiseOf, recur, type Tape, type Variable } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { expectWhole, showShape } from '../base/shape.ts'
import type { Cell } from '../cells/index.ts'
import { leaf } from '../expr/index.ts'
import { type Matrix, matrix } from '../kernels/index.ts'
import { compile } from '../recurrence/compile.ts'
import { Step } from '../recurrence/step.ts'
import { weightSpecs } from '../recurrence/weights.ts'
import type { Layer, ParameterSpec } from './layer.ts'
import { checkRecurrentOptions, type Merge, type RecurrentLayerOptions } from './recurrent-options.ts'

/** A layer of a cell; the handle by which a model shows its states `S` and gates `G`. */
export interface RecurrentLayer<S extends string = string, G extends string = string> extends Layer {
  readonly cell: Cell<S, G>
  readonly units: number
}

/**
 * Any cell over sequences: `[B, T, I]` → `[B, T, units]`, or `[B, units]` with `returns: 'last'`. Parameters are named as
 * in PyTorch (`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then `…_l0_reverse` of a second direction, then
 * `…_l1`) and start uniform in ±1/√units.
 */
export function recurrent<S extends string, G extends string>(
  cell: Cell<S, G>,
  units: number,
  options: RecurrentLayerOptions = {},
): RecurrentLayer<S, G> {
  expectWhole(`${cell.name}: units`, units)
  const checked = checkRecurrentOptions(cell.name, options)
  const { layers, returns, reverse, bidirectional } = checked
  const directions = bidirectional ? [false, true] : [reverse]
  const width = bidirectional === 'concat' ? 2 * units : units
  /** What the names of a cell's parameters and states end with. */
  const suffix = (layer: number, direction: number) => `_l${layer}${direction === 0 ? '' : '_reverse'}`
  const specsOf = (layer: number, inputs: number) => weightSpecs(cell, layer === 0 ? inputs : width, units)
  const self: RecurrentLayer<S, G> = {
    cell,
    units,
    config: { kind: 'recurrent', cell: cell.name, options: cell.options, units, ...checked },
    build(input) {
      const [steps, inputs] = input
      if (input.length !== 2)
        throw new InputError(
          `${cell.name}: expected sequences [time, features], got ${showShape(input)}` +
            (input[0] === -1
              ? '; token ids go through an embedding first'
              : " (the layer below may need returns: 'all')"),
        )
      const read = layers > 1 && width !== units ? width : inputs
      if (compile(cell).usesInput && read !== units)
        throw new InputError(
          `cell '${cell.name}' uses x outside a product, so its units must equal its inputs: got ${units} and ${read}`,
        )
      const parameters = Array.from({ length: layers }, (_, layer) =>
        directions.map((_, direction) =>
          specsOf(layer, inputs!).map(({ name, shape, initial }): ParameterSpec => {
            const start = initial === undefined ? { bound: 1 / Math.sqrt(units) } : { value: initial }
            return { name: `${name}${suffix(layer, direction)}`, shape, initial: start }
          }),
        ),
      )
      return { output: returns === 'all' ? [steps!, width] : [width], parameters: parameters.flat(2) }
    },
    forward(x, { tape, parameter, lengths, observe, initial, final }) {
      let y = x
      for (let layer = 0; layer < layers; layer++) {
        const input = y
        const outputs = directions.map((reverse, direction) => {
          const end = suffix(layer, direction)
          const weights = specsOf(layer, input.shape.at(-1)!).map(({ name }) => parameter(`${name}${end}`))
          const begin = cell.states.map((name) => initial?.(`${name}${end}`))
          const run = recur(
            tape,
            { x: input, weights, initial: begin },
            {
              cell: cell as Cell,
              hidden: units,
              returns: layer === layers - 1 ? returns : 'all',
              reverse,
              ...(lengths ? { lengths } : {}),
              ...(observe ? { observe: (run) => observe(self, run, direction) } : {}),
            },
          )
          for (const [s, state] of run.states.entries()) final?.(`${cell.states[s]}${end}`, state)
          return run.y
        })
        y = bidirectional ? merged(tape, outputs, bidirectional) : outputs[0]!
      }
      return y
    },
    step(x, { kernels, parameter }) {
      const direction = bidirectional ? 'bidirectional' : reverse ? 'reverse' : undefined
      if (direction)
        throw new InputError(`${cell.name}: with ${direction} it reads the last step first, so it has to know it`)
      const states = new Map<string, Matrix>()
      const steps: Step[] = []
      let output = x
      for (let layer = 0; layer < layers; layer++) {
        const step = new Step(kernels, cell as Cell, output, units, (name) => parameter(`${name}_l${layer}`))
        for (const [i, name] of cell.states.entries())
          states.set(`${name}_l${layer}`, matrix(step.states[i]!, x.rows, units))
        output = matrix(step.states[0]!, x.rows, units)
        steps.push(step)
      }
      return {
        output,
        states,
        run() {
          for (const step of steps) step.run()
        },
      }
    },
  }
  return self
}

const [there, back] = [leaf('there'), leaf('back')]
const merges: { readonly [M in Exclude<Merge, 'concat'>]: Pointwise } = {
  sum: pointwiseOf([there, back], there.add(back)),
  mean: pointwiseOf([there, back], there.add(back).mul(0.5)),
}

const merged = (tape: Tape, outputs: readonly Variable[], merge: Merge): Variable =>
  merge === 'concat' ? concat.run(tape, outputs, undefined) : pointwise.run(tape, outputs, merges[merge])
