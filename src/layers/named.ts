import { expectOneOf } from '../base/errors.ts'
import {
  type Cell,
  type CellOptions,
  gru as gruCell,
  leaky as leakyCell,
  lstm as lstmCell,
  rnn as rnnCell,
} from '../cells/index.ts'
import { type RecurrentLayer, recurrent } from './recurrent.ts'
import { optionNamesOf, type RecurrentLayerOptions, recurrentOptionNames } from './recurrent-options.ts'

/** A layer function for a cell, taking the cell's own options beside the layer's. */
const layerOf =
  <S extends string, G extends string, O extends CellOptions>(cell: Cell<S, G, O>) =>
  (units: number, options: RecurrentLayerOptions<S, G> & Partial<O> = {}): RecurrentLayer<S, G> => {
    const known = [...optionNamesOf(cell), ...Object.keys(cell.options)]
    for (const key of Object.keys(options)) expectOneOf(`${cell.name}: option`, key, known)
    const pick = (wanted: boolean) =>
      Object.fromEntries(Object.entries(options).filter(([key]) => recurrentOptionNames.includes(key) === wanted))
    const own = pick(false) as Partial<O>
    return recurrent(Object.keys(own).length > 0 ? cell.with(own) : cell, units, pick(true))
  }

/** The simple recurrent layer; `activation` is `'tanh'`, `'relu'` or `'identity'`. */
export const rnn = layerOf(rnnCell)
/** Long short-term memory; see `recurrent`. */
export const lstm = layerOf(lstmCell)
/** Gated recurrent units; `reset` is `'after'` (PyTorch) or `'before'`. */
export const gru = layerOf(gruCell)
/** Leaky units; `alpha` is a number or `'learned'`. */
export const leaky = layerOf(leakyCell)
