import { fitScaler, type Scaler } from '../data/index.ts'
import { copyOf, type Span } from './future-copies.ts'

/** Something by which a model may know what it could not have known. */
export interface Leak {
  readonly kind: 'scaler' | 'window' | 'future input' | 'target copy' | 'order' | 'missing'
  /** Whether figures made with it mean nothing, or it is to be looked at. */
  readonly severity: 'refuse' | 'warn'
  readonly sentence: string
}

export interface LeakageColumn {
  readonly name: string
  readonly values: ArrayLike<number>
}

/** An input of the model. */
export interface LeakageInput extends LeakageColumn {
  /** Its values in the rows to be forecast are inputs too. */
  readonly known?: boolean
}

/** A part of the split. */
export interface LeakagePart {
  readonly name: string
  /** Its rows, of each series. */
  readonly rows: readonly Span[]
  /** The row of the last past step of each of its windows. */
  readonly origins?: ArrayLike<number>
}

/** What is looked at: columns in the order of the rows that windows are cut from. */
export interface LeakageGiven {
  readonly target: LeakageColumn
  readonly inputs: readonly LeakageInput[]
  readonly horizon: number
  /** Where each series stands; one of all rows where absent. */
  readonly series?: readonly Span[]
  /** In the order of time, train first. */
  readonly parts?: readonly LeakagePart[]
  /** By column. */
  readonly scalers?: Readonly<Record<string, Scaler>>
  /** The column of times that rows were ordered by. */
  readonly timeColumn?: string | undefined
  /** Other columns of the table, of which one may number the rows. */
  readonly columns?: readonly LeakageColumn[]
  /** How missing values were filled. */
  readonly missing?: string | undefined
}

/** Everything found, what forbids a training first. */
export function leaks(given: LeakageGiven): Leak[] {
  const found = [...scalers(given), ...windows(given), ...copies(given), ...order(given), ...missing(given)]
  return found.sort((a, b) => Number(a.severity === 'warn') - Number(b.severity === 'warn'))
}

const allRows = ({ target, series }: LeakageGiven): readonly Span[] =>
  series ?? [{ start: 0, end: target.values.length }]

/** A scaler that is what comes of rows beyond train, and not of the train rows. */
function scalers(given: LeakageGiven): Leak[] {
  const { target, inputs, parts = [], scalers = {} } = given
  const columns = new Map([...inputs, target].map(({ name, values }) => [name, values]))
  const ranges = parts.map((_, i) => ({
    name: i === parts.length - 1 ? 'all rows' : `the rows of ${namesOf(parts.slice(0, i + 1))}`,
    rows: parts.slice(0, i + 1).flatMap(({ rows }) => rows),
  }))
  return Object.entries(scalers).flatMap(([name, scaler]): Leak[] => {
    const values = columns.get(name)
    if (!values) return []
    const [train, ...more] = ranges.map(({ rows, name }) => ({ name, scaler: refit(scaler, values, rows) }))
    if (!train || sameScaler(scaler, train.scaler)) return []
    const beyond = more.find((range) => sameScaler(scaler, range.scaler))
    if (!beyond) return []
    const [has, wanted] = [scaler, train.scaler].map(
      ({ shift, scale }) => `shift ${short(shift)}, scale ${short(scale)}`,
    )
    return [
      {
        kind: 'scaler',
        severity: 'refuse',
        sentence:
          `The scaler of '${name}' was fitted on ${beyond.name} (${has}; the train rows alone give ${wanted}), so training ` +
          'knows what comes later; fit it on the train rows.',
      },
    ]
  })
}

function refit({ kind, log }: Scaler, values: ArrayLike<number>, rows: readonly Span[]): Scaler {
  const known = rows.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => values[start + i]!))
  return fitScaler(kind, Float64Array.from(known.filter((value) => !Number.isNaN(value))), log)
}

function sameScaler(a: Scaler, b: Scaler): boolean {
  const within = 1e-9 * (Math.abs(b.shift) + Math.abs(b.scale))
  return Math.abs(a.shift - b.shift) <= within && Math.abs(a.scale - b.scale) <= within
}

/** Windows with targets in rows of another part than their own. */
function windows({ parts = [], horizon }: LeakageGiven): Leak[] {
  return parts.flatMap(({ name, rows, origins = [] }): Leak[] => {
    const inPart = (row: number) => rows.some(({ start, end }) => row >= start && row < end)
    const outside = Array.from(origins).filter((origin) => !inPart(origin + 1) || !inPart(origin + horizon))
    if (outside.length === 0) return []
    return [
      {
        kind: 'window',
        severity: 'refuse',
        sentence:
          `${outside.length} of ${origins.length} ${name} windows have targets in the rows of another part, the first after ` +
          `row ${outside[0]! + 1}; leave out windows that straddle a split.`,
      },
    ]
  })
}

/** Inputs that are the target, of their own row or of rows still to come. */
function copies(given: LeakageGiven): Leak[] {
  const { target, inputs, horizon } = given
  return inputs.flatMap(({ name, values, known = false }): Leak[] => {
    if (name === target.name && !known) return []
    const copy = copyOf(values, target.values, allRows(given), [known ? 1 - horizon : 0, horizon])
    if (!copy) return []
    if (copy.lag === 0 && !known)
      return [
        {
          kind: 'target copy',
          severity: 'warn',
          sentence:
            `'${name}' is the target '${target.name}' under another name, row by row: as a past input it does no harm and ` +
            'tells nothing new; leave it out.',
        },
      ]
    const rows = `${Math.abs(copy.lag)} row${Math.abs(copy.lag) === 1 ? '' : 's'}`
    const what =
      copy.lag > 0
        ? `holds the target '${target.name}' of ${rows} later`
        : copy.lag === 0
          ? `is the target '${target.name}' in the rows to be forecast`
          : `holds the target '${target.name}' of ${rows} before, which is still to come ${horizon} rows ahead`
    return [
      {
        kind: 'future input',
        severity: 'refuse',
        sentence:
          `'${name}' ${what} (their changes correlate with ${copy.correlation.toFixed(5)}), so the model would read the ` +
          'answer; leave it out of the inputs.',
      },
    ]
  })
}

/** A column that numbers the rows, out of order, where no column of times orders them. */
function order(given: LeakageGiven): Leak[] {
  const { target, inputs, columns = [], timeColumn } = given
  if (timeColumn !== undefined) return []
  const byName = new Map([...columns, ...inputs, target].map((column) => [column.name, column]))
  return [...byName.values()].flatMap(({ name, values }): Leak[] => {
    const runs = allRows(given).map(({ start, end }) =>
      Array.from({ length: end - start }, (_, i) => values[start + i]!),
    )
    const shuffled = runs.find((run) => isRun(run.toSorted((a, b) => a - b)) && !isRun(run))
    if (!shuffled) return []
    const how = isRun(shuffled.toReversed()) ? 'runs backwards' : 'numbers the rows and is out of order'
    return [
      {
        kind: 'order',
        severity: 'warn',
        sentence:
          `'${name}' ${how}, and no column of times says how rows follow each other: windows would mix what came before ` +
          'and after; sort the rows by it.',
      },
    ]
  })
}

/** Numbers that shorter runs of may be in order by chance are not taken for one. */
const SHORTEST_RUN = 8

/** Whether numbers ascend by the same step. */
function isRun(values: readonly number[]): boolean {
  const step = values[1]! - values[0]!
  return (
    values.length >= SHORTEST_RUN && step > 0 && values.every((value, i) => i === 0 || value - values[i - 1]! === step)
  )
}

const missing = ({ missing }: LeakageGiven): Leak[] =>
  missing === 'linear'
    ? [
        {
          kind: 'missing',
          severity: 'warn',
          sentence:
            "Missing values were filled by 'linear', between the values before and after: a past near a gap knows what " +
            "follows it; 'previous' takes the past alone.",
        },
      ]
    : []

const namesOf = (parts: readonly LeakagePart[]) => new Intl.ListFormat('en').format(parts.map(({ name }) => name))
const short = (value: number) => String(Number(value.toPrecision(5)))
