import { expectOneOf, InputError, suggestion } from '../base/errors.ts'
import { builtInCells, type Cell } from '../cells/index.ts'
import type { Reads } from '../data/index.ts'
import {
  dense,
  dropout,
  encoderDecoder,
  type Layer,
  lastSteps,
  recurrent,
  reshape,
  segmentRecurrent,
} from '../layers/index.ts'
import { type ForecasterOptions, strategies } from './forecaster-options.ts'

/** What decides the layers. */
export type Shaping = Pick<
  ForecasterOptions,
  | 'strategy'
  | 'cell'
  | 'hidden'
  | 'layers'
  | 'dropout'
  | 'keep'
  | 'horizon'
  | 'segment'
  | 'future'
  | 'lags'
  | 'calendar'
>

type Knowing = Pick<Shaping, 'strategy' | 'future' | 'lags' | 'calendar'>

/** What a strategy sees of the rows ahead. */
export function readsOf({ strategy, future, lags, calendar }: Knowing): Reads {
  expectOneOf('strategy', strategy, strategies)
  if (strategy === 'recursive') return 'all'
  if (strategy === 'encoder-decoder') return 'known'
  return future.length + lags.length + calendar.length > 0 ? 'known' : 'past'
}

/**
 * The layers of a forecaster, which give `[answers, outputs]` for a window.
 * @param outputs numbers for each row ahead
 * @param answers rows answered: the horizon, or as many steps as a recursive one learns from
 * @throws InputError for an unknown cell, and as layers do
 */
export function layersOf(options: Shaping, outputs: number, answers: number): Layer[] {
  const { strategy, hidden, layers, keep, horizon, segment } = options
  const cell = cellOf(options)
  const dropped = options.dropout > 0 ? [dropout(options.dropout)] : []
  const stacked = { layers, ...(layers > 1 ? { dropout: options.dropout } : {}) }
  const kept = keep === 'sqrt' ? ({ checkpoint: 'sqrt' } as const) : {}
  const every = () => recurrent(cell, hidden, { ...stacked, ...kept })
  switch (strategy) {
    case 'segments': {
      const known = readsOf(options) === 'known' ? ({ reads: 'inputs' } as const) : {}
      return [segmentRecurrent(every(), { segment, steps: horizon, outputs, dropout: options.dropout, ...known })]
    }
    case 'encoder-decoder':
      return [
        encoderDecoder({
          reads: 'inputs',
          encoder: [every()],
          decoder: [every(), ...dropped, dense(outputs)],
          steps: horizon,
        }),
      ]
    case 'direct':
      if (readsOf(options) === 'past')
        return [
          recurrent(cell, hidden, { ...stacked, ...kept, returns: 'last' }),
          ...dropped,
          dense(horizon * outputs),
          reshape([horizon, outputs]),
        ]
  }
  return [every(), ...dropped, dense(outputs), lastSteps(answers)]
}

/** @throws InputError for an unknown cell, and for one that takes more than a number of units */
function cellOf({ cell: name, hidden }: Pick<Shaping, 'cell' | 'hidden'>): Cell {
  const cell = builtInCells.get(name)
  const known = [...builtInCells].flatMap(([name, cell]) => (isProjected(cell) ? [] : [name]))
  if (!cell) throw new InputError(`cell: no cell '${name}'${suggestion(name, known)} (known: ${known.join(', ')})`)
  if (isProjected(cell))
    throw new InputError(
      `cell: '${name}' needs the size of its projection, which only code can give it ` +
        `(recurrent(cells.${name}, ${hidden}, { projection: … })); take one of ${known.join(', ')}`,
    )
  return cell
}

const isProjected = ({ graph }: Pick<Cell, 'graph'>) => graph.stateSizes.includes('projected')
