import {
  arithmetic,
  concat,
  dropout as drop,
  pointwise,
  pointwiseOf,
  type RecurrentOptions,
  recur,
  repeat,
  type Tape,
  timeStep,
  type Variable,
} from '../autograd/index.ts'
import { InputError, shown } from '../base/errors.ts'
import { expectWhole, showShape } from '../base/shape.ts'
import { type Cell, expectedCell, noisyCell } from '../cells/index.ts'
import { leaf } from '../expr/index.ts'
import { outputsOf, stateShape, type Units } from '../recurrence/sizes.ts'
import { weightSpecs } from '../recurrence/weights.ts'
import type { Layer, LayerScope, ParameterSpec } from './layer.ts'
import { checkRecurrentOptions, type Merge, noiseOf, type RecurrentLayerOptions } from './recurrent-options.ts'
import { stepsOf } from './recurrent-step.ts'
import { type SeenCell, seenIn } from './seen.ts'
import { checkStart, startOf } from './start.ts'

/** A layer of a cell; the handle by which a model shows its states `S` and gates `G`. */
export interface RecurrentLayer<S extends string = string, G extends string = string> extends Layer {
  readonly cell: Cell<S, G>
  readonly units: number
  readonly sizes: Units
}

/**
 * Any cell over sequences: `[B, T, I]` → `[B, T, units]`, or `[B, units]` with `returns: 'last'`. Parameters are named as
 * in PyTorch (`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then `…_l0_reverse` of a second direction, then
 * `…_l1`) and start uniform in ±1/√units, or as `start` says; learned initial states are `initial_h_l0` and so on.
 */
export function recurrent<S extends string, G extends string>(
  cell: Cell<S, G>,
  units: number,
  options: RecurrentLayerOptions<NoInfer<S>, NoInfer<G>> = {},
): RecurrentLayer<S, G> {
  if (!cell?.graph) throw new InputError(`recurrent: expected a cell, such as cells.lstm, got ${shown(cell)}`)
  expectWhole(`${cell.name}: units`, units)
  const checked = checkRecurrentOptions(cell as Cell, options)
  const {
    layers,
    returns,
    reverse,
    bidirectional,
    initial,
    residual,
    dropout = 0,
    variational = {},
    checkpoint,
    projection,
    start,
  } = checked
  if (start) checkStart(`${cell.name}: start`, start, cell.order('pytorch'), units)
  const sizes: Units = { hidden: units, ...(projection === undefined ? {} : { projected: projection }) }
  const outputs = outputsOf(cell, sizes)
  const directions = bidirectional ? [false, true] : [reverse]
  const width = bidirectional === 'concat' ? 2 * outputs : outputs
  const noise = noiseOf(cell as Cell, checked)
  const [trained, expected] = [noisyCell(cell as Cell, noise), expectedCell(cell as Cell, noise)]
  const specsOf = (layer: number, inputs: number) => weightSpecs(cell, layer === 0 ? inputs : width, units, projection)
  const learned = initial === 'learned' ? cell.states : []

  /** Which of its cells, where it has several. */
  const placeOf = (layer: number, direction: number) => {
    const among = layers > 1 ? [`cell ${layer}`] : []
    const way = directions.length > 1 ? [direction === 0 ? 'forward direction' : 'reverse direction'] : []
    return layers > 1 || directions.length > 1 ? { cell: [...among, ...way].join(', ') } : {}
  }

  /** A cell of the stack over sequences. */
  const runCell = (
    x: Variable,
    layer: number,
    direction: number,
    scope: LayerScope,
    show?: (seen: SeenCell) => void,
  ) => {
    const { tape, parameter, lengths, final } = scope
    const end = endOf(layer, direction)
    const weights = specsOf(layer, x.shape.at(-1)!).map(({ name }) => parameter(`${name}${end}`))
    const begin = cell.states.map((state) => {
      const given = scope.initial?.(`${state}${end}`)
      if (given || !learned.includes(state)) return given
      return repeat.run(tape, [parameter(`initial_${state}${end}`)], { at: 0, times: x.shape[0]! })
    })
    const options: RecurrentOptions = {
      cell: tape.random ? trained : expected,
      ...sizes,
      returns: layer === layers - 1 ? returns : 'all',
      reverse: directions[direction]!,
      checkpoint: checkpoint === 'sqrt' ? Math.ceil(Math.sqrt(x.shape[1]!)) : checkpoint,
      ...(lengths ? { lengths } : {}),
      ...(show ? { observe: (run) => show(seenIn(tape, run, cell as Cell, sizes, x.shape[1]!)) } : {}),
    }
    const { y, states } = tape.within({ ...placeOf(layer, direction), op: 'recurrent' }, () =>
      recur(tape, { x, weights, initial: begin }, options),
    )
    for (const [s, state] of states.entries()) final?.(`${cell.states[s]}${end}`, state)
    return y
  }

  const self: RecurrentLayer<S, G> = {
    cell,
    units,
    sizes,
    config: { kind: 'recurrent', cell: cell.name, options: cell.options, units, ...checked },
    states: Array.from({ length: layers }, (_, layer) =>
      directions.map((reverse, direction) =>
        cell.states.map((state, s) => ({
          name: `${state}${endOf(layer, direction)}`,
          shape: stateShape(cell, s, sizes),
          reverse,
        })),
      ),
    ).flat(2),
    build(input) {
      const [steps, inputs] = input
      if (input.length !== 2)
        throw new InputError(
          `${cell.name}: expected sequences [time, features], got ${showShape(input)}` +
            (input[0] === -1
              ? '; token ids go through an embedding first'
              : " (the layer below may need returns: 'all')"),
        )
      const parameters = Array.from({ length: layers }, (_, layer) =>
        directions.map((_, direction): ParameterSpec[] => {
          const end = endOf(layer, direction)
          const weights = specsOf(layer, inputs!).map((spec) => ({
            name: `${spec.name}${end}`,
            shape: spec.shape,
            initial: startOf(spec, units, start),
          }))
          const states = learned.map((state, s) => ({
            name: `initial_${state}${end}`,
            shape: stateShape(cell, s, sizes),
            initial: { value: 0 },
          }))
          return [...weights, ...states]
        }),
      )
      return { output: returns === 'all' ? [steps!, width] : [width], parameters: parameters.flat(2) }
    },
    forward(x, scope) {
      const { tape, lengths, observe } = scope
      const seen: SeenCell[] = []
      let y = x
      for (let layer = 0; layer < layers; layer++) {
        const below = y
        const passed = layer === 0 ? below : drop.run(tape, [below], { rate: dropout })
        const read = drop.run(tape, [passed], { rate: variational.input ?? 0, shared: true })
        const show = observe && layer === layers - 1 ? (cell: SeenCell) => seen.push(cell) : undefined
        const ways = directions.map((_, direction) => runCell(read, layer, direction, scope, show))
        y = bidirectional ? merged(tape, ways, bidirectional) : ways[0]!
        if (!residual || layer === 0) continue
        const atEnd = layer === layers - 1 && returns === 'last'
        const added = atEnd ? timeStep.run(tape, [below], { step: reverse ? 0 : -1, lengths }) : below
        y = pointwise.run(tape, [y, added], arithmetic.add)
      }
      const [first, second] = seen
      if (first) observe?.(self, second ? { ...first, reverse: second } : first)
      return drop.run(tape, [y], { rate: variational.output ?? 0, shared: true })
    },
    step(x, scope) {
      const direction = bidirectional ? 'bidirectional' : reverse ? 'reverse' : undefined
      if (direction)
        throw new InputError(`${cell.name}: with ${direction} it reads the last step first, so it has to know it`)
      return stepsOf(expected, x, scope, { layers, sizes, learned, residual: residual === true })
    },
  }
  return self
}

/** What the names of parameters and states of a cell in the stack end with. */
const endOf = (layer: number, direction: number) => `_l${layer}${direction === 0 ? '' : '_reverse'}`

const x = leaf('x')
const half = pointwiseOf([x], x.mul(0.5))

function merged(tape: Tape, outputs: readonly Variable[], merge: Merge): Variable {
  if (merge === 'concat') return concat.run(tape, outputs, undefined)
  const sum = pointwise.run(tape, outputs, arithmetic.add)
  return merge === 'sum' ? sum : pointwise.run(tape, [sum], half)
}
