import type { Samples } from '../base/samples.ts'
import { type Divergence, DivergenceError } from './divergence.ts'
import { type Finding, LOSS } from './given.ts'

// Loaded where a training has run off, with the search for where: a page that trains well has neither.
export { blame } from './blame.ts'

/** What is known of a step that went wrong. */
export interface Failed {
  readonly loss: number
  readonly gradientNorm: number
  readonly epoch: number
  readonly step: number
  /** What of the model is left. */
  readonly left: string
  /** Whether steps have been taken, and whether their gradients were clipped by norm. */
  readonly begun: boolean
  readonly clipped: boolean
  readonly found: Finding | undefined
}

/** Samples that a sentence names. */
const NAMED = 3

/** What went wrong, where, and what usually helps, in a sentence. */
export function divergenceOf(samples: Samples, failed: Failed): DivergenceError {
  const { loss, gradientNorm, epoch, step, left, found } = failed
  const what = Number.isFinite(loss) ? `the gradient's norm became ${gradientNorm}` : `the loss became ${loss}`
  const place = found ? `: ${placeOf(found)}${among(samples, found.samples)}` : ''
  const rows = samples.describe && found?.samples.map((sample) => samples.describe!(sample))
  const where: Divergence | undefined = found && (rows ? { ...found, rows } : found)
  const sentence = `${what} in epoch ${epoch}, step ${step}${place}; the model ${left} (${helpFor(failed)})`
  return new DivergenceError(sentence, { epoch, step, where })
}

function placeOf(found: Finding): string {
  const { phase, layer = 'the model', cell, op, gate, state, parameter, feature, step, value } = found
  const time = step === undefined ? '' : ` at time step ${step} (from 0)`
  const place = cell === undefined ? layer : `${layer}, ${cell}`
  const grew = Number.isFinite(value) ? `grew to ${value.toExponential(1)}, too large for a norm` : `became ${value}`
  const places: { readonly [P in Finding['phase']]: () => string } = {
    inputs: () => `the inputs hold ${value}${time}${feature === undefined ? '' : `, feature ${feature}`}`,
    targets: () => `the targets hold ${value}`,
    states: () => `the state '${state}' carried over from the window before holds ${value}`,
    parameters: () => `the parameter '${parameter}' holds ${value}`,
    forward() {
      const what = gate ? `the gate '${gate}'` : state ? `the state '${state}'` : `the result of '${op}'`
      return `${what} in ${place} became ${value}${time}`
    },
    loss: () => `the loss${op === undefined ? '' : ` ('${op}')`} came to ${value} on finite outputs`,
    backward() {
      const of = gate
        ? `of '${gate}' in ${place}`
        : parameter
          ? `of the parameter '${parameter}'`
          : `below '${op}' in ${place}`
      return `on the way back the gradient ${of}${time} ${grew}`
    },
  }
  return places[phase]()
}

/** The first of some samples, by number and where they come from. */
function among(samples: Samples, numbers: readonly number[]): string {
  const shown = numbers.slice(0, NAMED).map((sample) => {
    const rows = samples.describe?.(sample)
    return rows === undefined ? `sample ${sample}` : `sample ${sample} (${rows})`
  })
  if (shown.length === 0) return ''
  const more = numbers.length > NAMED ? [`${numbers.length - NAMED} more`] : []
  return `, in ${listed([...shown, ...more], 'conjunction')}`
}

/** What usually helps where such a thing was found. */
function helpFor({ begun, clipped, found }: Failed): string {
  const rate = begun ? ['a smaller learning rate'] : []
  const gentler = [...rate, ...(begun && !clipped ? ['clipNorm: 1'] : [])]
  const start = "start: { recurrent: 'orthogonal' }"
  const bounds = 'keeping from 0 what the loss takes logs or quotients of'
  const missing = found && Number.isNaN(found.value)
  const data = [missing ? 'filling in or leaving out what is missing' : 'scaling the data']
  const recurrent = found?.op === 'recurrent'
  const ways: { readonly [P in Finding['phase']]: () => readonly string[] } = {
    inputs: () => data,
    targets: () => data,
    states: () => [...gentler, 'a bounded activation'],
    parameters: () => [...rate, 'starting from other weights'],
    forward: () =>
      recurrent && found?.state
        ? [start, 'a bounded activation', ...rate, 'scaled inputs']
        : [...gentler, 'scaled inputs'],
    loss: () => (missing ? [bounds, ...gentler] : [...gentler, 'scaled targets', bounds]),
    backward() {
      if (recurrent) return [start, 'a gated cell', 'fewer steps (window)', ...gentler]
      return found?.layer === LOSS ? [bounds, ...gentler] : [...gentler, 'scaled inputs']
    },
  }
  const help = found ? ways[found.phase]() : ['a smaller learning rate', 'clipNorm: 1', 'scaled inputs']
  return `${listed(help, 'disjunction')} usually ${help.length === 1 ? 'helps' : 'help'}`
}

const listed = (items: readonly string[], type: 'conjunction' | 'disjunction') =>
  new Intl.ListFormat('en-GB', { type }).format(items)
