import { type Dimension, dimensionsOf, rangeOf } from './space.ts'
import { rungsOfPlan, type SweepPlan, type Trial } from './state.ts'
import { show } from './table.ts'

/** An upright line of the picture; heights go from 0 at its foot to 1. */
export interface Axis {
  readonly name: string
  readonly ticks: readonly { readonly height: number; readonly text: string }[]
  readonly height: (trial: Trial) => number
  /** Within how much of a height the lines that share it may spread. */
  readonly spread: number
}

/** An axis for each option, for the rungs where there are several, and for the loss. */
export function axesOf(plan: SweepPlan, trials: readonly Trial[]): Axis[] {
  const rungs = rungsOfPlan(plan).map(({ epochs }) => epochs)
  return [
    ...dimensionsOf(plan.space).map(optionAxis),
    ...(rungs.length > 1 ? [listAxis('epochs', rungs, (trial) => rungs[trial.rungs.length - 1])] : []),
    lossAxis(trials),
  ]
}

export const lossOf = ({ rungs }: Trial): number => rungs.at(-1)!.loss

function optionAxis([option, values]: Dimension): Axis {
  const range = rangeOf(values)
  if (!range) return listAxis(option, values as readonly unknown[], (trial) => trial.options[option])
  const scale = scaleOf(...range.bounds, range.kind === 'logUniform')
  const shown = (value: number) => (range.kind === 'integers' ? Math.round(value) : Number(value.toPrecision(2)))
  return { ...lineAxis(option, scale, shown), height: (trial) => scale.height(Number(trial.options[option])) }
}

function listAxis(name: string, values: readonly unknown[], pick: (trial: Trial) => unknown): Axis {
  const texts = values.map((value) => JSON.stringify(value))
  const at = (i: number) => (i + 0.5) / values.length
  return {
    name,
    ticks: values.map((value, i) => ({ height: at(i), text: show(value) })),
    height: (trial) => at(texts.indexOf(JSON.stringify(pick(trial)))),
    spread: Math.min(0.08, 0.5 / values.length),
  }
}

/** The losses, in their logarithm where they are magnitudes apart. */
function lossAxis(trials: readonly Trial[]): Axis {
  const losses = trials.map(lossOf)
  const [low, high] = [Math.min(...losses), Math.max(...losses)]
  const scale = scaleOf(low, high, low > 0 && high > 10 * low)
  return {
    ...lineAxis('validation loss', scale, (value) => Number(value.toPrecision(3))),
    height: (trial) => scale.height(lossOf(trial)),
  }
}

interface Scale {
  readonly height: (value: number) => number
  readonly value: (height: number) => number
}

function scaleOf(low: number, high: number, logarithmic: boolean): Scale {
  const [into, back] = logarithmic ? [Math.log, Math.exp] : [(x: number) => x, (x: number) => x]
  const [foot, top] = [into(low), into(high)]
  return {
    height: (value) => (top === foot ? 0 : (into(value) - foot) / (top - foot)),
    value: (height) => back(foot + (top - foot) * height),
  }
}

function lineAxis(name: string, { height, value }: Scale, shown: (value: number) => number): Omit<Axis, 'height'> {
  const values = [...new Set([0, 0.25, 0.5, 0.75, 1].map((at) => shown(value(at))))]
  return { name, ticks: values.map((each) => ({ height: height(each), text: String(each) })), spread: 0 }
}
