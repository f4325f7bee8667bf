import { recurrent as recurrentOp } from '../autograd/index.ts'
import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole, showShape } from '../base/shape.ts'
import {
  type Cell,
  type CellOptions,
  gru as gruCell,
  leaky as leakyCell,
  lstm as lstmCell,
  rnn as rnnCell,
} from '../cells/index.ts'
import { type Matrix, matrix } from '../kernels/index.ts'
import { compile } from '../recurrence/compile.ts'
import { Step } from '../recurrence/step.ts'
import { weightSpecs } from '../recurrence/weights.ts'
import type { Layer, ParameterSpec } from './layer.ts'

export interface RecurrentLayerOptions {
  /** Cells stacked on one another, each reading the outputs of the one below; 1 by default. */
  readonly layers?: number
  /** The output of every step `[B, T, units]` (default), or of each sequence's last `[B, units]`. */
  readonly returns?: 'all' | 'last'
  /** Last step first. */
  readonly reverse?: boolean
}

/** Far beyond what trains; a bound, so that a hostile file cannot ask for a list without end. */
const MOST_LAYERS = 1000

/** A layer of a cell; the handle by which a model shows its states `S` and gates `G`. */
export interface RecurrentLayer<S extends string = string, G extends string = string> extends Layer {
  readonly cell: Cell<S, G>
  readonly units: number
}

/**
 * Any cell over sequences: `[B, T, I]` → `[B, T, units]`, or `[B, units]` with `returns: 'last'`. Parameters are named as
 * in PyTorch (`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then `…_l1`) and start uniform in ±1/√units.
 */
export function recurrent<S extends string, G extends string>(
  cell: Cell<S, G>,
  units: number,
  { layers = 1, returns = 'all', reverse = false }: RecurrentLayerOptions = {},
): RecurrentLayer<S, G> {
  expectWhole(`${cell.name}: units`, units)
  expectWhole(`${cell.name}: layers`, layers, 1, MOST_LAYERS)
  expectOneOf(`${cell.name}: returns`, returns, ['all', 'last'])
  const specsOf = (layer: number, inputs: number) => weightSpecs(cell, layer === 0 ? inputs : units, units)
  const self: RecurrentLayer<S, G> = {
    cell,
    units,
    config: { kind: 'recurrent', cell: cell.name, options: cell.options, units, layers, returns, reverse },
    build(input) {
      const [steps, inputs] = input
      if (input.length !== 2)
        throw new InputError(
          `${cell.name}: expected sequences [time, features], got ${showShape(input)}` +
            (input[0] === -1
              ? '; token ids go through an embedding first'
              : " (the layer below may need returns: 'all')"),
        )
      if (compile(cell).usesInput && inputs !== units)
        throw new InputError(
          `cell '${cell.name}' uses x outside a product, so its units must equal its inputs: got ${units} and ${inputs}`,
        )
      const parameters = Array.from({ length: layers }, (_, layer) =>
        specsOf(layer, inputs!).map(({ name, shape, initial }): ParameterSpec => {
          const start = initial === undefined ? { bound: 1 / Math.sqrt(units) } : { value: initial }
          return { name: `${name}_l${layer}`, shape, initial: start }
        }),
      )
      return { output: returns === 'all' ? [steps!, units] : [units], parameters: parameters.flat() }
    },
    forward(x, { tape, parameter, lengths, observe }) {
      let y = x
      for (let layer = 0; layer < layers; layer++) {
        const weights = specsOf(layer, y.shape.at(-1)!).map(({ name }) => parameter(`${name}_l${layer}`))
        y = recurrentOp.run(tape, [y, ...weights], {
          cell: cell as Cell,
          hidden: units,
          returns: layer === layers - 1 ? returns : 'all',
          reverse,
          ...(lengths ? { lengths } : {}),
          ...(observe ? { observe: (run) => observe(self, run) } : {}),
        })
      }
      return y
    },
    step(x, { kernels, parameter }) {
      if (reverse) throw new InputError(`${cell.name}: with reverse it reads the last step first, so it has to know it`)
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

/** A layer function for a cell, taking the cell's own options beside the layer's. */
const layerOf =
  <S extends string, G extends string, O extends CellOptions>(cell: Cell<S, G, O>) =>
  (units: number, options: RecurrentLayerOptions & Partial<O> = {}): RecurrentLayer<S, G> => {
    const known = ['layers', 'returns', 'reverse', ...Object.keys(cell.options)]
    for (const key of Object.keys(options)) expectOneOf(`${cell.name}: option`, key, known)
    const { layers, returns, reverse, ...own } = options
    const chosen = Object.keys(own).length > 0 ? cell.with(own as unknown as Partial<O>) : cell
    const given = Object.entries({ layers, returns, reverse }).filter(([, value]) => value !== undefined)
    return recurrent(chosen, units, Object.fromEntries(given))
  }

/** The simple recurrent layer; `activation` is `'tanh'`, `'relu'` or `'identity'`. */
export const rnn = layerOf(rnnCell)
/** Long short-term memory; see `recurrent`. */
export const lstm = layerOf(lstmCell)
/** Gated recurrent units; `reset` is `'after'` (PyTorch) or `'before'`. */
export const gru = layerOf(gruCell)
/** Leaky units; `alpha` is a number or `'learned'`. */
export const leaky = layerOf(leakyCell)
