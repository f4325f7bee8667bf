import { ranked, type Sweep, type Trial } from './state.ts'

/** A value of an option as people read it: numbers with three digits that matter. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)))
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** What came out of a sweep, in cells, the best trial first. */
export interface Results {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** A sentence for each trial that failed. */
  readonly failures: readonly string[]
}

export function resultsOf({ plan, trials }: Sweep): Results {
  const options = Object.keys(plan.space) as (keyof Trial['options'])[]
  const rows = ranked(trials).map(({ trial, options: own, rungs, failed }, i) => {
    const last = failed ? undefined : rungs.at(-1)
    const came = last ? [String(last.epochs), last.loss.toPrecision(4), last.seconds.toFixed(1)] : ['–', '–', '–']
    return [i === 0 && last ? `${trial} best` : String(trial), ...options.map((option) => show(own[option])), ...came]
  })
  const failures = trials.flatMap(({ trial, failed }) => (failed ? [`Trial ${trial} failed: ${failed}`] : []))
  return { header: ['trial', ...options, 'epochs', 'validation', 'seconds'], rows, failures }
}

/** The trial with the least validation loss, where one came to any. */
export function bestOf({ trials }: Sweep): Trial | undefined {
  const [first] = ranked(trials)
  return first?.failed ? undefined : first
}
